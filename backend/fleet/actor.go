package fleet

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	inboxSize  = 64
	settleWait = 5 * time.Second // before a change that could not be written is tried again
)

// actor owns one provider.
type actor struct {
	f        *Fleet
	id       provider.ID
	born     time.Time // when the definition was made
	inbox    chan message
	life     context.Context
	end      context.CancelFunc
	session  atomic.Pointer[session] // published while it takes calls
	stopping atomic.Bool
	circuit  atomic.Pointer[breaker.Breaker]
	turns    chan turn
	watched  watched
	watching sync.Mutex // one subscription at a time

	// What follows belongs to run.
	spec     provider.Spec
	retired  bool
	attempt  *attempt     // a start under way
	leaving  *departure   // a stop under way
	starters []chan error // wait for the attempt
	queued   []start      // starts that wait for what is going on to end
	probing  bool
	listing  bool
	relist   bool              // asked for while listing
	owed     []provider.Change // changes that the store did not take yet
	idle     *time.Timer
	probe    *time.Timer
	settle   *time.Timer // runs well for long enough
	retry    *time.Timer
	retryAt  time.Time // of the restart that is due; zero: none
}

// departure is a session or an attempt on its way out.
type departure struct {
	stop
	waiting []chan error
	hurry   chan struct{} // closed: no patience with calls in flight
	rushed  bool
}

func newActor(f *Fleet, p provider.Provider) *actor {
	life, end := context.WithCancel(f.life)
	a := &actor{
		f: f, id: p.ID, born: p.CreatedAt, spec: p.Spec, inbox: make(chan message, inboxSize), life: life, end: end,
		idle: stoppedTimer(), probe: stoppedTimer(), settle: stoppedTimer(), retry: stoppedTimer(),
	}
	a.turns = make(chan turn, turnsKept)
	a.closeCircuit()
	a.armRetry(p)
	return a
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// post hands over a message; false when the actor has ended and will not take it.
func (a *actor) post(m message) bool {
	select {
	case a.inbox <- m:
		return true
	case <-a.life.Done():
		return false
	}
}

// ask posts a message that wants a reply and waits for it.
func (a *actor) ask(ctx context.Context, build func(chan error) message) error {
	reply := make(chan error, 1)
	select {
	case a.inbox <- build(reply):
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-a.life.Done():
		return a.gone()
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-a.life.Done():
		return a.gone()
	}
}

func (a *actor) gone() error {
	if a.f.life.Err() != nil {
		return stopping()
	}
	return fault.Named(fault.Missing, "ProviderNotFoundError", "provider %q was deleted", string(a.id))
}

// run is the actor's one goroutine.
func (a *actor) run() {
	defer a.hangUp()
	for {
		select {
		case m := <-a.inbox:
			a.take(m)
		case <-a.idle.C:
			a.onIdle()
		case <-a.probe.C:
			a.onProbeTime()
		case <-a.settle.C:
			a.onSettled()
		case <-a.retry.C:
			a.onRetry()
		case t := <-a.turns:
			a.onTurn(t)
		case <-a.life.Done():
			return
		}
	}
}

func (a *actor) take(m message) {
	switch m := m.(type) {
	case start:
		a.onStart(m)
	case stop:
		a.onStop(m)
	case renew:
		a.onRenew(m)
	case unretire:
		a.retired = false
	case respec:
		a.onRespec()
	case relist:
		a.onRelist()
	case started:
		a.onStarted(m)
	case stopped:
		a.onStopped()
	case broke:
		a.onBroke(m)
	case probed:
		a.onProbed(m)
	case listed:
		a.onListed(m)
	}
}

// hangUp runs when nobody will look after this provider any more: whatever is left ends at once.
func (a *actor) hangUp() {
	a.disarm()
	a.retry.Stop()
	a.circuit.Load().Close()
	if a.attempt != nil {
		a.attempt.cancel(errStopped)
	}
	if s := a.session.Swap(nil); s != nil {
		s.finish(fault.New(fault.Unavailable, "Hangar is shutting down"))
		s.wire.Stop(a.life) // life is over: straight to SIGKILL
	}
}

// transition writes a change, after those that are still owed.
func (a *actor) transition(c provider.Change) (provider.Provider, error) {
	for len(a.owed) > 0 {
		if _, err := a.f.Providers.Transition(a.life, a.id, a.owed[0]); err != nil && !fault.Is(err, fault.Conflict) {
			return provider.Provider{}, err
		}
		a.owed = a.owed[1:]
	}
	return a.f.Providers.Transition(a.life, a.id, c)
}

// record writes a change that has happened whether or not the store takes it now; it is owed until it does.
func (a *actor) record(c provider.Change) {
	c.Jitter = rand.Float64()
	p, err := a.transition(c)
	if err == nil {
		a.armRetry(p)
		return
	}
	if fault.Is(err, fault.Missing) {
		return
	}
	a.f.Log.Error("the state of a provider could not be written; trying again", "provider", a.id, "input", c.Input, "error", err)
	a.owed = append(a.owed, c)
	a.idle.Reset(settleWait)
}

func (a *actor) onRespec() {
	p, err := a.f.Providers.Get(a.life, a.id)
	if err != nil {
		return // gone again, or unreadable now: the next start reads it anyway
	}
	a.spec = p.Spec
	if s := a.session.Load(); s != nil {
		s.limit.Store(int64(a.spec.MaxConcurrency))
		a.arm()
	}
}

// arm sets the clocks of a running session.
func (a *actor) arm() {
	a.idle.Stop()
	if !a.spec.HoldWarm {
		a.idle.Reset(time.Duration(a.spec.IdleTTL) * time.Second)
	}
	a.armProbe()
}

// armProbe draws the jitter, up to a tenth either way, so that a fleet started together is not probed together.
func (a *actor) armProbe() {
	interval := time.Duration(a.spec.HealthCheckInterval) * time.Second
	a.probe.Reset(interval - interval/10 + rand.N(interval/5+1))
}

func (a *actor) disarm() {
	a.idle.Stop()
	a.probe.Stop()
	a.settle.Stop()
}

func (a *actor) onIdle() {
	if len(a.owed) > 0 {
		owed := a.owed
		a.owed = nil
		for _, c := range owed {
			a.record(c)
		}
	}
	s := a.session.Load()
	if s == nil {
		return
	}
	if a.watched.any() { // somebody waits to be told
		a.idle.Reset(time.Duration(a.spec.IdleTTL) * time.Second)
		return
	}
	idle, again, closed := s.closeIdle(time.Duration(a.spec.IdleTTL) * time.Second)
	if !closed {
		a.idle.Reset(again)
		return
	}
	a.leave(stop{reason: "idle", idle: &idle})
}

func answerAll(waiting []chan error, err error) {
	for _, reply := range waiting {
		reply <- err
	}
}
