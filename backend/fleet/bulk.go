package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"hangar/backend/fault"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// Verb is what a bulk does to each of its providers.
type Verb string

// The verbs.
const (
	BulkStart   Verb = "start"
	BulkStop    Verb = "stop"
	BulkRestart Verb = "restart"
	BulkDelete  Verb = "delete"
)

const (
	bulkWidth  = 8         // providers at once; cold starts have slots of their own
	bulkShown  = 500       // entries of each list of a result that would be too large
	bulkLarge  = 200 << 10 // bytes of a result; an operation takes a little more
	bulkReport = 100       // reports of progress, however many providers there are
)

// Idle says why a verb would change nothing about a provider, or "".
func Idle(v Verb, p provider.Provider, live Live) string {
	running := live.Alive || p.State == provider.Initializing
	switch {
	case v == BulkStart && running:
		return "it is running"
	case v == BulkStop && live.Stopping:
		return "it is stopping"
	case v == BulkStop && !running && p.RetryAt == nil, v == BulkRestart && !live.Alive:
		return "it is not running"
	}
	return ""
}

// Left is a provider that a bulk does nothing about.
type Left struct {
	Provider provider.ID `json:"provider_id"`
	Reason   string      `json:"reason"`
}

// Bulk is one verb for many providers.
type Bulk struct {
	Verb        Verb
	Providers   []provider.ID
	Skipped     []Left // known beforehand; they stand in the result
	Reason      string // of a stop
	MaxFailures int    // so many failures end it; 0: none do
	// May is asked again before each provider, because much can have changed since the bulk began.
	May func(context.Context, provider.ID) error
}

// Failure is a provider for which the verb failed.
type Failure struct {
	Provider provider.ID `json:"provider_id"`
	Error    string      `json:"error"`
	Message  string      `json:"message"`
}

// BulkResult is what became of each.
type BulkResult struct {
	Verb   Verb `json:"verb"`
	Counts struct {
		Done     int `json:"done"`
		Failed   int `json:"failed"`
		Skipped  int `json:"skipped"`
		NotTried int `json:"not_tried"`
	} `json:"counts"`
	Done      []provider.ID `json:"done"`
	Failed    []Failure     `json:"failed"`
	Skipped   []Left        `json:"skipped"`
	NotTried  []provider.ID `json:"not_tried"`
	Truncated bool          `json:"truncated"` // the lists are not whole; the operation's log is
}

// Bulk begins the work and shows it as an operation, whose result is a BulkResult. It outlives the request. Whoever cancels
// the operation ends the bulk between two providers: none is left half stopped.
func (f *Fleet) Bulk(ctx context.Context, b Bulk) (operation.ID, error) {
	asked := ctx
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	w := &bulk{Bulk: b, f: f}
	w.report = f.Operations.Track(ctx, "provider_bulk", struct {
		Verb  Verb `json:"verb"`
		Count int  `json:"count"`
	}{b.Verb, len(b.Providers)}, cancel, b.about()...)
	err := w.report.Begun(asked)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.closed {
		err = stopping()
	}
	if err != nil {
		cancel(nil)
		w.report.End(nil, err)
		return "", fmt.Errorf("begin to %s %d providers: %w", b.Verb, len(b.Providers), err)
	}
	f.work.Go(func() {
		defer cancel(nil)
		w.run(ctx)
	})
	return w.report.ID(), nil
}

// about names all providers that its reports name.
func (b Bulk) about() []string {
	var ids []string
	for _, id := range b.Providers {
		ids = append(ids, string(id))
	}
	for _, l := range b.Skipped {
		ids = append(ids, string(l.Provider))
	}
	return ids
}

// bulk is a Bulk under way.
type bulk struct {
	Bulk
	f      *Fleet
	report *operation.Tracker

	mu     sync.Mutex
	next   int
	result BulkResult
	ended  error // why no more are begun
}

func (b *bulk) run(ctx context.Context) {
	b.report.Status(string(b.Verb), "")
	for _, l := range b.Skipped {
		b.report.Log("info", fmt.Sprintf("%s: skipped, %s", l.Provider, l.Reason))
	}
	var workers sync.WaitGroup
	for range min(bulkWidth, len(b.Providers)) {
		workers.Go(func() {
			for id, ok := b.take(ctx); ok; id, ok = b.take(ctx) {
				b.note(id, b.one(ctx, id))
			}
		})
	}
	workers.Wait()
	r := b.outcome()
	if b.ended != nil && fault.Is(b.ended, fault.Unavailable) || r.Counts.Done == 0 && r.Counts.Failed > 0 {
		b.report.Log("error", r.sentence())
		b.report.End(nil, b.verdict(r))
		return
	}
	b.report.Progress(1, r.sentence(), nil)
	b.report.End(r, nil)
}

// take gives the next provider, unless something ended the bulk.
func (b *bulk) take(ctx context.Context) (provider.ID, bool) {
	_, closing := b.f.present("")
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended != nil:
	case closing != nil:
		b.ended = closing
	case ctx.Err() != nil:
		b.ended = context.Cause(ctx)
	case b.MaxFailures > 0 && len(b.result.Failed) >= b.MaxFailures:
		b.ended = errTooMany
	}
	if b.ended != nil || b.next == len(b.Providers) {
		return "", false
	}
	b.next++
	return b.Providers[b.next-1], true
}

var errTooMany = errors.New("too many failures")

// one does it. What is begun is finished, also when the bulk is cancelled; the end of the fleet ends it.
func (b *bulk) one(ctx context.Context, id provider.ID) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(b.f.life, stop)()
	if err := b.May(ctx, id); err != nil {
		return err
	}
	switch b.Verb {
	case BulkStart:
		return b.f.Start(ctx, id)
	case BulkStop:
		return b.f.Stop(ctx, id, b.Reason)
	case BulkRestart:
		if err := b.f.Stop(ctx, id, b.Reason); err != nil {
			return err
		}
		return b.f.Start(ctx, id)
	case BulkDelete:
		return b.f.Remove(ctx, id)
	default:
		return fault.New(fault.Broken, "a bulk has no verb %q", b.Verb)
	}
}

// note remembers and tells what became of one.
func (b *bulk) note(id provider.ID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.result.Done = append(b.result.Done, id)
		b.report.Log("info", string(id)+": done")
	} else {
		known := fault.From(err)
		b.result.Failed = append(b.result.Failed, Failure{id, known.Type, known.Message})
		b.report.Log("error", fmt.Sprintf("%s: %s: %s", id, known.Type, known.Message))
	}
	all, so := len(b.Providers), len(b.result.Done)+len(b.result.Failed)
	if so*bulkReport/all > (so-1)*bulkReport/all {
		b.report.Progress(float64(so)/float64(all), b.sentence(), nil)
	}
}

func (b *bulk) sentence() string {
	s := fmt.Sprintf("%d of %d", len(b.result.Done), len(b.Providers))
	if n := len(b.result.Failed); n > 0 {
		s += fmt.Sprintf(", %d failed", n)
	}
	return s
}

// verdict is why a bulk as a whole has failed.
func (b *bulk) verdict(r BulkResult) error {
	if fault.Is(b.ended, fault.Unavailable) {
		return b.ended
	}
	first := r.Failed[0]
	return fault.Named(fault.Upstream, first.Error, "none of %d could be done; the first, %s: %s", len(b.Providers), first.Provider, first.Message)
}

// outcome completes the result, cut to what an operation keeps.
func (b *bulk) outcome() BulkResult {
	r := b.result
	r.Verb, r.Skipped, r.NotTried = b.Verb, b.Skipped, b.Providers[b.next:]
	r.Counts.Done, r.Counts.Failed, r.Counts.Skipped, r.Counts.NotTried = len(r.Done), len(r.Failed), len(r.Skipped), len(r.NotTried)
	if raw, err := json.Marshal(r); err == nil && len(raw) > bulkLarge {
		r.Truncated = true
		r.Done, r.Skipped, r.NotTried = first(r.Done), first(r.Skipped), first(r.NotTried)
		r.Failed = first(r.Failed)
		for i := range r.Failed {
			r.Failed[i].Message = ""
		}
	}
	r.Done, r.Failed, r.Skipped, r.NotTried = whole(r.Done), whole(r.Failed), whole(r.Skipped), whole(r.NotTried)
	return r
}

// sentence sums it up.
func (r BulkResult) sentence() string {
	s := fmt.Sprintf("%d done", r.Counts.Done)
	for _, part := range []struct {
		n    int
		what string
	}{{r.Counts.Failed, "failed"}, {r.Counts.Skipped, "skipped"}, {r.Counts.NotTried, "not tried"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return s
}

func first[T any](list []T) []T { return list[:min(len(list), bulkShown)] }

// whole is a list that is never null.
func whole[T any](list []T) []T { return append([]T{}, list...) }
