package invoke

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Limits bound what runs at once.
type Limits struct {
	Global   int           // calls in all; 0: no limit
	Provider int           // calls of one provider whose definition says nothing; 0: no limit
	Queue    time.Duration // how long a call may wait for its place, inside of its own deadline; 0: 30 s
}

// limits holds the gates: one for all, one per provider with calls.
type limits struct {
	bounds atomic.Pointer[Limits]
	all    *gate

	mu        sync.Mutex
	providers map[provider.ID]*held
}

// held is a gate and how many calls hold it in the map.
type held struct {
	*gate
	holders int
}

func newLimits() *limits { return &limits{all: newGate(0), providers: map[provider.ID]*held{}} }

func (l *limits) set(to Limits) {
	if to.Queue == 0 {
		to.Queue = 30 * time.Second
	}
	l.bounds.Store(&to)
}

var errQueue = errors.New("no place in time")

// enter waits for a place with the provider, then for one of all: whoever waits for a slow provider holds up nobody
// else. own is the provider's own limit, 0 for the default.
func (l *limits) enter(ctx context.Context, id provider.ID, own int) (leave func(), err error) {
	bounds := l.bounds.Load()
	limit := bounds.Provider
	if own > 0 {
		limit = own
	}
	g := l.hold(id)
	leave = func() {
		l.all.leave()
		g.leave()
		l.let(id, g)
	}
	inside := g.pass(limit)
	if inside && l.all.pass(bounds.Global) {
		return leave, nil // as nearly all do; a wait costs a timer
	}
	wait, cancel := context.WithTimeoutCause(ctx, bounds.Queue, errQueue)
	defer cancel()
	caller := callerOf(ctx)
	if !inside {
		if err := g.enter(wait, caller, limit); err != nil {
			defer l.let(id, g)
			return nil, busy(err, bounds.Queue, id, g)
		}
	}
	if err := l.all.enter(wait, caller, bounds.Global); err != nil {
		g.leave()
		defer l.let(id, g)
		return nil, busy(err, bounds.Queue, id, g)
	}
	return leave, nil
}

func busy(err error, queue time.Duration, id provider.ID, g *held) error {
	if !errors.Is(err, errQueue) {
		return err
	}
	inside, waiting := g.load()
	f := fault.Named(fault.Unavailable, "ProviderBusyError",
		"no place for a call of provider %q within %s: %d calls run, %d wait", string(id), queue, inside, waiting).
		With("provider_id", string(id)).With("running", inside).With("waiting", waiting)
	f.RetryAfter = time.Second
	return f
}

func (l *limits) hold(id provider.ID) *held {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.providers[id]
	if h == nil {
		h = &held{gate: newGate(0)}
		l.providers[id] = h
	}
	h.holders++
	return h
}

func (l *limits) let(id provider.ID, h *held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.holders--; h.holders == 0 {
		delete(l.providers, id)
	}
}

// callerOf is who shares a turn: the actor of the context.
func callerOf(ctx context.Context) string {
	a, _ := event.ActorFrom(ctx) // nobody is a caller too
	return a.Type + ":" + a.ID
}
