package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/launch"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

const ringLines = 1000

// Wire is what carries the conversation with a running provider: a process, a container, a remote connection.
type Wire interface {
	PID() int                             // 0 where there is no process of ours
	Done() <-chan struct{}                // nothing of it is left
	Exit() launch.Exit                    // valid after Done
	Stop(ctx context.Context) launch.Exit // returns when nothing is left; hurries when ctx ends
}

// Link is a running provider: the conversation with it, and what carries it. A Wire that is stopped ends its conversation.
type Link struct {
	Conn upstream.Conversation
	Wire Wire
}

// Dial starts what a definition says. The conversation is told how to introduce us and whom to tell of notifications.
type Dial func(ctx context.Context, p provider.Provider, o upstream.Options, stderr *launch.Ring, stage launch.Stage) (Link, error)

// Options of a fleet.
type Options struct {
	Providers *provider.Service
	Events    *eventlog.Log
	Dial      Dial
	// Operations shows every start as an operation; nil: nobody wants to see them.
	Operations *operation.Service
	Version    string // how we introduce ourselves to providers
	Log        *slog.Logger

	StartTimeout time.Duration // from start to ready; default 30 s
	DrainTimeout time.Duration // for running calls when a provider is stopped; default 5 s
	ProbeTimeout time.Duration // for one health check; default 5 s
	Breaker      breaker.Rules // of every provider; default breaker.DefaultRules
}

func (o Options) withDefaults() Options {
	defaults := []struct {
		at *time.Duration
		to time.Duration
	}{{&o.StartTimeout, 30 * time.Second}, {&o.DrainTimeout, 5 * time.Second}, {&o.ProbeTimeout, 5 * time.Second}}
	for _, d := range defaults {
		if *d.at == 0 {
			*d.at = d.to
		}
	}
	if o.Breaker == (breaker.Rules{}) {
		o.Breaker = breaker.DefaultRules()
	}
	return o
}

// Fleet holds the running providers.
type Fleet struct {
	Options
	born time.Time
	life context.Context // of the actors; carries the fleet as the acting system
	end  context.CancelFunc
	work sync.WaitGroup
	cold chan struct{} // slots for cold starts

	told atomic.Pointer[[]func(provider.ID, string, json.RawMessage)] // who wants to hear what providers say unasked

	mu     sync.Mutex
	closed bool
	actors map[provider.ID]*actor
	rings  map[provider.ID]*launch.Ring
}

// New makes a fleet of nothing; actors come into being when a provider is first wanted.
func New(o Options) *Fleet {
	life, end := context.WithCancel(event.WithActor(context.Background(), event.System("fleet")))
	return &Fleet{
		Options: o.withDefaults(), born: time.Now(), cold: make(chan struct{}, coldSlots()), life: life, end: end,
		actors: map[provider.ID]*actor{}, rings: map[provider.ID]*launch.Ring{},
	}
}

// Recover puts right what an earlier run left in the books: what it had running does not run now, what was due for a
// restart still is, and what is to be warm is started. It waits for no provider.
func (f *Fleet) Recover(ctx context.Context) error {
	all, err := f.Providers.List(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.State == provider.Ready || p.State == provider.Initializing {
			c := provider.Change{Input: provider.Lost, Reason: "hangar_restarted"}
			if p, err = f.Providers.Transition(ctx, p.ID, c); err != nil {
				return err
			}
		}
		if p.Circuit != breaker.Closed { // its breaker was in memory
			if err := f.Providers.SetCircuit(ctx, p.ID, breaker.Closed, 0); err != nil {
				return err
			}
		}
		if err := f.resume(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) resume(ctx context.Context, p provider.Provider) error {
	warm := p.Spec.Prewarm || p.Spec.HoldWarm
	if p.Disabled != nil || p.RetryAt == nil && !warm {
		return nil
	}
	a, err := f.actor(ctx, p.ID) // a new actor takes up the restart that is due
	if err == nil && p.RetryAt == nil {
		a.post(start{reply: make(chan error, 1)})
	}
	return err
}

// Run follows the log: a changed definition reaches its actor, a removed one ends it. It returns when ctx ends.
func (f *Fleet) Run(ctx context.Context) error {
	tail := f.Events.Tail(f.Events.Head())
	for {
		batch, err := tail.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range batch {
			f.follow(e)
		}
	}
}

func (f *Fleet) follow(e event.Envelope) {
	id, ok := providerOf(e)
	if !ok {
		return
	}
	f.mu.Lock()
	a := f.actors[id]
	f.mu.Unlock()
	if a == nil {
		f.unwanted(id, e)
		return
	}
	switch e.Kind {
	case provider.KindUpdated:
		a.post(respec{})
	case provider.KindDeregistered:
		if a.born.Before(e.At) { // else it was defined anew meanwhile, and this is about an earlier one
			f.work.Go(func() { f.retire(f.life, a, stop{reason: "deregistered"}) })
		}
	}
}

// unwanted forgets the lines of a provider without an actor when it was deleted, and not defined anew.
func (f *Fleet) unwanted(id provider.ID, e event.Envelope) {
	if e.Kind != provider.KindDeregistered {
		return
	}
	if _, err := f.Providers.Get(f.life, id); !fault.Is(err, fault.Missing) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.actors[id] == nil {
		delete(f.rings, id)
	}
}

func providerOf(e event.Envelope) (provider.ID, bool) {
	const prefix = "provider:"
	if len(e.Stream) <= len(prefix) || e.Stream[:len(prefix)] != prefix {
		return "", false
	}
	return provider.ID(e.Stream[len(prefix):]), true
}

// actor finds or makes the actor of a provider that exists.
func (f *Fleet) actor(ctx context.Context, id provider.ID) (*actor, error) {
	if a, err := f.present(id); a != nil || err != nil {
		return a, err
	}
	p, err := f.Providers.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, stopping()
	}
	if a := f.actors[id]; a != nil { // another caller was faster
		return a, nil
	}
	a := newActor(f, p)
	f.actors[id] = a
	f.work.Go(a.run)
	return a, nil
}

func (f *Fleet) present(id provider.ID) (*actor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, stopping()
	}
	return f.actors[id], nil
}

func stopping() error {
	return fault.Named(fault.Unavailable, "ShuttingDownError", "Hangar is shutting down; try again in a moment")
}

// Start brings a provider up because a person asked, and waits for it. It does not wait for a restart that is due, and
// lifts a disabling. Concurrent starts share one attempt and its outcome.
func (f *Fleet) Start(ctx context.Context, id provider.ID) error {
	a, err := f.actor(ctx, id)
	if err != nil {
		return err
	}
	return a.ask(ctx, func(reply chan error) message { return start{reply, true} })
}

// Begin is Start without waiting for the outcome.
func (f *Fleet) Begin(ctx context.Context, id provider.ID) error {
	a, err := f.actor(ctx, id)
	if err == nil {
		a.post(start{make(chan error, 1), true})
	}
	return err
}

// Stop drains and stops a provider and waits until nothing of it is left. Stopping what does not run is no error.
func (f *Fleet) Stop(ctx context.Context, id provider.ID, reason string) error {
	a, err := f.actor(ctx, id)
	if err != nil {
		return err
	}
	return a.ask(ctx, func(reply chan error) message { return stop{reply: reply, reason: reason} })
}

// StopIdle is Stop for a provider that nobody calls now; false when it is being called or started.
func (f *Fleet) StopIdle(ctx context.Context, id provider.ID, reason string) (stopped bool, err error) {
	a, err := f.present(id)
	if a == nil {
		return err == nil, err // it was never wanted
	}
	err = a.ask(ctx, func(reply chan error) message { return stop{reply: reply, reason: reason, spare: true} })
	if errors.Is(err, errBusy) {
		return false, nil
	}
	return err == nil, err
}

// Remove stops a provider and deletes its definition; from the first moment on nobody can start it any more.
func (f *Fleet) Remove(ctx context.Context, id provider.ID) error {
	return f.remove(ctx, id, stop{reason: "deleted", retire: true}, func(ctx context.Context) error { return f.Providers.Delete(ctx, id) })
}

// RemoveIdle is Remove for a provider that nobody calls now, with a deletion of the caller's own; false, with nothing done,
// when it is being called or started.
func (f *Fleet) RemoveIdle(ctx context.Context, id provider.ID, del func(context.Context) error) (removed bool, err error) {
	err = f.remove(ctx, id, stop{reason: "deregistered", retire: true, spare: true}, del)
	if errors.Is(err, errBusy) {
		return false, nil
	}
	return err == nil, err
}

func (f *Fleet) remove(ctx context.Context, id provider.ID, how stop, del func(context.Context) error) error {
	a, err := f.actor(ctx, id)
	if err != nil {
		return err
	}
	err = a.ask(ctx, func(reply chan error) message { how.reply = reply; return how })
	if err != nil {
		return err
	}
	err = del(ctx)
	if err == nil || fault.Is(err, fault.Missing) {
		f.forget(a)
		return err
	}
	a.post(unretire{}) // it is still defined, so it may be wanted again
	return err
}

// retire ends the actor of a provider that is no longer defined.
func (f *Fleet) retire(ctx context.Context, a *actor, how stop) {
	how.retire = true
	if err := a.ask(ctx, func(reply chan error) message { how.reply = reply; return how }); err == nil {
		f.forget(a)
	}
}

func (f *Fleet) forget(a *actor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.actors[a.id] == a {
		delete(f.actors, a.id)
		delete(f.rings, a.id)
	}
	a.end()
}

// Lease gives a session of a ready provider, starting it when need be. Give it back with Release.
func (f *Fleet) Lease(ctx context.Context, id provider.ID) (*Lease, error) {
	waited := false
	for {
		a, err := f.actor(ctx, id)
		if err != nil {
			return nil, err
		}
		report, err := a.admit()
		if err != nil {
			return nil, err
		}
		if s := a.session.Load(); s != nil && s.acquire() {
			return &Lease{session: s, waited: waited, report: report}, nil
		}
		waited = true
		report(breaker.Neutral) // starts have counters of their own
		if err := a.ask(ctx, func(reply chan error) message { return start{reply, false} }); err != nil {
			return nil, err
		}
	}
}

// Ring holds the last log lines of a provider.
func (f *Fleet) Ring(id provider.ID) *launch.Ring {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ring(id)
}

// ring is the actor's own. One that was retired while it worked gets lines that nobody keeps.
func (a *actor) ring() *launch.Ring {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	if a.f.actors[a.id] != a {
		return launch.NewRing(1, a.f.born.UnixMicro())
	}
	return a.f.ring(a.id)
}

// ring is called with mu held.
func (f *Fleet) ring(id provider.ID) *launch.Ring {
	r := f.rings[id]
	if r == nil {
		r = launch.NewRing(ringLines, f.born.UnixMicro())
		f.rings[id] = r
	}
	return r
}

// Live is what only the running fleet knows of a provider.
type Live struct {
	Alive    bool
	PID      int
	Stopping bool
	InFlight int
	Idle     time.Duration // since the last call ended; 0 while one runs
}

// Live looks at a provider without disturbing it.
func (f *Fleet) Live(id provider.ID) Live {
	f.mu.Lock()
	a := f.actors[id]
	f.mu.Unlock()
	if a == nil {
		return Live{}
	}
	l := Live{Stopping: a.stopping.Load()}
	if s := a.session.Load(); s != nil {
		l.Alive, l.PID = true, s.wire.PID()
		l.InFlight, l.Idle = s.usage()
	}
	return l
}

// Close stops all providers at once and waits for them; ctx bounds the patience. No start succeeds afterwards.
func (f *Fleet) Close(ctx context.Context) {
	f.mu.Lock()
	f.closed = true
	all := make([]*actor, 0, len(f.actors))
	for _, a := range f.actors {
		all = append(all, a)
	}
	f.mu.Unlock()
	var each sync.WaitGroup
	for _, a := range all {
		each.Go(func() {
			// An error is a deadline: end() below kills what is left.
			_ = a.ask(ctx, func(reply chan error) message { return stop{reply: reply, reason: "shutdown", retire: true} })
		})
	}
	each.Wait()
	f.end()
	f.work.Wait()
}
