package fleet

import (
	"errors"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// errBusy is the answer to a stop that was to spare callers.
var errBusy = errors.New("it is being called or started")

func (a *actor) onStop(m stop) {
	if m.spare && a.busy() {
		m.reply <- errBusy
		return
	}
	a.retired = a.retired || m.retire
	switch {
	case a.leaving != nil:
		a.leaving.waiting = append(a.leaving.waiting, m.reply)
		a.rush(m.hurry)
	case a.session.Load() != nil:
		a.session.Load().close()
		a.leave(m)
	case a.attempt != nil:
		a.abandon(m)
	case m.retire: // nothing runs: a dead provider stays on record as dead
		m.reply <- nil
	default:
		_, err := a.transition(provider.Change{Input: provider.Stop, Reason: m.reason})
		if err == nil {
			a.giveUpRetry(m.reason)
		}
		m.reply <- err
	}
}

// busy reports whether somebody calls or waits for the provider. When nobody does, its session takes no calls from here on.
func (a *actor) busy() bool {
	switch s := a.session.Load(); {
	case a.leaving != nil:
		return len(a.queued) > 0
	case s != nil:
		_, _, closed := s.closeIdle(0)
		return !closed
	default:
		return a.attempt != nil || len(a.starters) > 0
	}
}

// leave takes a session out of service: new calls wait for the next start, running ones may finish until the deadline.
func (a *actor) leave(m stop) {
	s := a.session.Swap(nil)
	a.disarm()
	a.depart(m)
	hurry := a.leaving.hurry
	a.f.work.Go(func() {
		a.drain(s, hurry)
		s.finish(fault.Named(fault.Unavailable, "ProviderStoppedError",
			"provider %q was stopped (%s) before the call ended", string(a.id), m.reason))
		a.putDown(s.wire)
		a.post(stopped{s})
	})
}

func (a *actor) drain(s *session, hurry <-chan struct{}) {
	patience := time.NewTimer(a.f.DrainTimeout)
	defer patience.Stop()
	select {
	case <-s.drained:
	case <-hurry:
	case <-patience.C:
	case <-a.life.Done():
	}
}

// abandon ends a start that is under way; its callers are told at once, the stop waits until nothing is left.
func (a *actor) abandon(m stop) {
	t := a.attempt
	a.attempt = nil
	t.cancel(errStopped)
	a.failStarters(fault.Named(fault.Unavailable, "ProviderStoppedError", "provider %q was %s (%s)", string(a.id), errStopped, m.reason))
	a.depart(m)
	a.f.work.Go(func() {
		<-t.gone
		a.post(stopped{})
	})
}

func (a *actor) depart(m stop) {
	a.stopping.Store(true)
	a.leaving = &departure{stop: m, hurry: make(chan struct{})}
	a.rush(m.hurry)
	if m.reply != nil {
		a.leaving.waiting = append(a.leaving.waiting, m.reply)
	}
}

func (a *actor) onStopped() {
	d := a.leaving
	a.leaving = nil
	a.stopping.Store(false)
	a.record(provider.Change{Input: provider.Stop, Reason: d.reason, Idle: d.idle})
	answerAll(d.waiting, nil)
	a.resume()
}
