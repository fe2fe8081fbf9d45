package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/sabotage"
	"hangar/backend/store"
)

const (
	soon     = 200 * time.Millisecond // until the first refusal of a sort is on record
	quiet    = time.Minute            // between two records of one sort
	maxSorts = 1000                   // that are told apart at a time
)

// Options are what a Watch works with.
type Options struct {
	DB     *store.DB
	Events *eventlog.Log
	Log    *slog.Logger
}

// Watch puts on record what was refused. Telling it costs a map entry and never waits.
type Watch struct {
	o    Options
	wake chan struct{}

	mu    sync.Mutex
	sorts map[sort]*tally
}

// sort is what makes two refusals the same.
type sort struct{ what, principal, address, door, errorType string }

// tally is a sort of refusals: what is not on record yet, and since when nothing may be.
type tally struct {
	first Refusal
	times int64
	from  time.Time
	until time.Time
	next  time.Time // when it may be written again
}

// NewWatch makes a Watch; Run writes.
func NewWatch(o Options) *Watch {
	return &Watch{o: o, wake: make(chan struct{}, 1), sorts: map[sort]*tally{}}
}

// Tell notes a refusal. Safe for concurrent use, and cheap: somebody who knocks a thousand times a second is counted.
func (w *Watch) Tell(r Refusal) {
	if sabotage.Refusals {
		return
	}
	now := time.Now()
	key := sort{r.What, r.Principal, r.Address, r.Door, r.ErrorType}
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.sorts[key]
	if t == nil && len(w.sorts) >= maxSorts { // many strangers at once: told by kind alone
		key = sort{what: r.What}
		r.Principal, r.Address, r.Door, r.Thing, r.RequestID, r.Reason = "many", "many", "", "", "", "too many to be told apart"
		t = w.sorts[key]
	}
	if t == nil {
		t = &tally{next: now}
		w.sorts[key] = t
	}
	if t.times == 0 {
		t.first, t.from = r, now
	}
	t.times++
	t.until = now
	if !t.next.After(now) {
		select {
		case w.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// Run writes what was told, the first of a sort soon and the others once a minute, until ctx ends; then what is left.
func (w *Watch) Run(ctx context.Context) error {
	for {
		timer := time.NewTimer(quiet)
		select {
		case <-ctx.Done():
			timer.Stop()
			w.write(context.WithoutCancel(ctx), true)
			return nil
		case <-w.wake:
			timer.Reset(soon) // others of the same burst go along
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		case <-timer.C:
		}
		timer.Stop()
		w.write(ctx, false)
	}
}

// due takes what is to be written now, and forgets sorts that were quiet for their minute.
func (w *Watch) due(all bool) []Refused {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Refused
	for key, t := range w.sorts {
		switch {
		case t.times > 0 && (all || !t.next.After(now)):
			list = append(list, Refused{Refusal: t.first, Times: t.times, FirstAt: seconds(t.from), LastAt: seconds(t.until)})
			t.times, t.next = 0, now.Add(quiet)
		case t.times == 0 && !t.next.After(now):
			delete(w.sorts, key)
		}
	}
	slices.SortFunc(list, func(a, b Refused) int { return strings.Compare(a.what(), b.what()) })
	return list
}

func (r Refused) what() string { return r.What + " " + r.Principal + " " + r.Address + " " + r.Door }

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// write appends what is due. What cannot be written, because the disk is full, is counted on.
func (w *Watch) write(ctx context.Context, all bool) {
	list := w.due(all)
	if len(list) == 0 {
		return
	}
	err := w.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, r := range list {
			as := event.WithActor(ctx, event.Actor{Type: "user", ID: r.Principal})
			if r.What == KindAddressBlocked {
				as = event.WithActor(ctx, event.System("egress"))
			}
			if err := w.o.Events.Append(as, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	w.o.Log.Error("what was refused could not be put on record yet", "refusals", len(list), "error", err)
	w.putBack(list)
}

// putBack adds what could not be written to what came since.
func (w *Watch) putBack(list []Refused) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range list {
		key := sort{r.What, r.Principal, r.Address, r.Door, r.ErrorType}
		if r.Principal == "many" {
			key = sort{what: r.What}
		}
		t := w.sorts[key]
		if t == nil {
			t = &tally{}
			w.sorts[key] = t
		}
		if t.times == 0 {
			t.until = time.UnixMicro(int64(r.LastAt * 1e6))
		}
		t.first, t.from, t.times = r.Refusal, time.UnixMicro(int64(r.FirstAt*1e6)), t.times+r.Times
		t.next = time.Now().Add(quiet)
	}
}

// Pending counts the sorts that are told apart at the moment, for tests and metrics.
func (w *Watch) Pending() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sorts)
}
