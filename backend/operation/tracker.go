package operation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// pendingReports bounds what a tracker keeps while the store is slow; what came in between is then left out.
const pendingReports = 256

// Tracker reports work that Hangar does itself. Its methods return at once and never fail: what cannot be stored is
// logged, and the work goes on. Safe for concurrent use; nil is a tracker that reports nothing.
type Tracker struct {
	s     *Service
	ctx   context.Context // who began it
	draft Operation

	tried   chan struct{} // closed when it was first tried to store the operation
	once    sync.Once
	trouble error // why that failed

	mu      sync.Mutex
	pending []Report
	writing bool
	created bool // of the writer
	ended   bool
	left    int // reports that were left out
	broken  bool
}

// Track begins an operation. metadata is a struct or map of ours, nil for none. cancel, when not nil, ends the work with the
// cause ErrCancelled as soon as somebody cancels the operation. providers are those that it is about: none, or more than
// MaxProviders, are the fleet. A nil service tracks nothing.
func (s *Service) Track(ctx context.Context, operationType string, metadata any, cancel context.CancelCauseFunc, providers ...string) *Tracker {
	if s == nil {
		return nil
	}
	if metadata == nil {
		metadata = struct{}{}
	}
	if len(providers) > MaxProviders {
		providers = nil
	}
	o, err := draft(ctx, operationType, describe(metadata), cancel != nil, providers)
	if err != nil {
		s.o.Log.Error("work that takes its time cannot be shown as an operation", "type", operationType, "error", err)
		return nil
	}
	if cancel != nil {
		s.mu.Lock()
		s.cancels[o.ID] = cancel
		s.mu.Unlock()
	}
	t := &Tracker{s: s, ctx: context.WithoutCancel(ctx), draft: o, tried: make(chan struct{})}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake()
	return t
}

// ID is the operation's id, "" for nil.
func (t *Tracker) ID() ID {
	if t == nil {
		return ""
	}
	return t.draft.ID
}

// Begun waits until others can find the operation: for whoever hands out its id. An error says why they cannot; then the work
// should not begin.
func (t *Tracker) Begun(ctx context.Context) error {
	if t == nil {
		return nil
	}
	select {
	case <-t.tried:
		return t.trouble
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Progress says how far the work has come, from 0.0 to 1.0; details are a struct or map of ours, or nil.
func (t *Tracker) Progress(progress float64, message string, details any) {
	t.add(&Progress{min(max(progress, 0), 1), cut(message), optional(details)})
}

// Status says what the work does now.
func (t *Tracker) Status(status, message string) { t.add(&Status{status, cut(message), nil}) }

// Log adds a line.
func (t *Tracker) Log(level, message string) { t.add(&Log{level, cut(message)}) }

// End ends the operation: with the error, or with the result, a value of ours or raw JSON.
func (t *Tracker) End(result any, err error) {
	if t == nil {
		return
	}
	t.s.mu.Lock()
	delete(t.s.cancels, t.draft.ID)
	t.s.mu.Unlock()
	if err != nil {
		t.add(&Failure{cut(err.Error()), typeOf(err)})
		return
	}
	t.add(&Result{optional(result)})
}

func optional(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	return describe(v)
}

// cut makes a text that may come from anywhere one that can be stored.
func cut(message string) string {
	if len(message) > maxMessage {
		message = message[:maxMessage-3] + "..."
	}
	return strings.ToValidUTF8(message, "?")
}

// typeOf is the name of an error as clients know it.
func typeOf(err error) string {
	var known *fault.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "CancelledError"
	case errors.As(err, &known):
		return known.Type
	default:
		return fault.From(err).Type
	}
}

func (t *Tracker) add(r Report) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || t.broken {
		return
	}
	if len(t.pending) >= pendingReports && !r.last() {
		t.left++
		return
	}
	t.pending = append(t.pending, r)
	t.ended = r.last()
	t.wake()
}

// wake starts the writer when there is none. Called with mu held.
func (t *Tracker) wake() {
	if t.writing {
		return
	}
	t.writing = true
	t.s.work.Go(t.write)
}

// write stores what is pending, all of it in one transaction each time, until nothing is left.
func (t *Tracker) write() {
	for {
		t.mu.Lock()
		batch := t.pending
		if len(batch) == 0 && t.created {
			t.writing = false
			t.mu.Unlock()
			return
		}
		if t.left > 0 {
			batch = append([]Report{&Log{"warning", fmt.Sprintf("%d reports were left out: they came faster than they could be stored", t.left)}}, batch...)
		}
		t.pending, t.left = nil, 0
		create := !t.created
		t.created = true
		t.mu.Unlock()
		if err := t.persist(create, batch); err != nil {
			t.giveUp(err)
			return
		}
	}
}

// persist tries until the reports are stored or there is no hope: a full disk heals, and an operation whose end got lost
// would seem to run for ever.
func (t *Tracker) persist(create bool, batch []Report) error {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		err := t.store(create, batch)
		t.once.Do(func() {
			t.trouble = err
			close(t.tried)
		})
		if !fault.Is(err, fault.Full) && !fault.Is(err, fault.Unavailable) {
			return err
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-t.s.life.Done():
			wait.Stop()
			return err
		}
	}
}

func (t *Tracker) store(create bool, batch []Report) error {
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	defer context.AfterFunc(t.s.life, stop)()
	return t.s.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		o := t.draft
		var err error
		if create {
			err = t.s.createTx(ctx, tx, &o)
		} else {
			o, err = load(ctx, tx, o.ID)
		}
		if err != nil || len(batch) == 0 {
			return err
		}
		return t.s.takeTx(ctx, tx, o, fitting(o, batch)...)
	})
}

// fitting leaves out what is beyond the bound of an operation, but never its end.
func fitting(o Operation, batch []Report) []Report {
	if o.Events+len(batch) <= MaxEvents-2 {
		return batch
	}
	room := MaxEvents - 2 - o.Events
	return slices.DeleteFunc(slices.Clone(batch), func(r Report) bool {
		room--
		return room < 0 && !r.last()
	})
}

// giveUp ends the reporting, not the work. That the operation was cancelled or forgotten meanwhile is no failure.
func (t *Tracker) giveUp(err error) {
	t.mu.Lock()
	t.broken, t.writing, t.pending = true, false, nil
	t.mu.Unlock()
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Missing) {
		return
	}
	t.s.o.Log.Warn("the progress of an operation cannot be stored; the work goes on", "operation", t.draft.ID, "type", t.draft.Type, "error", err)
}
