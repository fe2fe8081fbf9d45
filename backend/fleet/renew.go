package fleet

import (
	"context"
	"errors"
	"sync"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// reconfigured is the reason of a stop that a changed definition made necessary.
const reconfigured = "reconfigured"

// Renew brings changed definitions to what runs by the old ones. When it returns, no new call goes to an old process: calls
// that come wait for the new one, those in flight may end unless hurry cuts them. What did not run stays cold, and what had
// failed or was disabled by the old definition may try again.
func (f *Fleet) Renew(ctx context.Context, ids []provider.ID, hurry bool) error {
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() {
			a, err := f.actor(ctx, id)
			if err == nil {
				err = a.ask(ctx, func(reply chan error) message { return renew{reply, hurry} })
			}
			if !fault.Is(err, fault.Missing) { // it is gone again
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Dismiss ends the actors of providers that are not defined any more, and returns at once.
func (f *Fleet) Dismiss(ids []provider.ID, hurry bool) {
	for _, id := range ids {
		if a, err := f.present(id); a != nil && err == nil {
			f.work.Go(func() { f.retire(f.life, a, stop{reason: "deregistered", hurry: hurry}) })
		}
	}
}

// Warm starts what is to be warm and does not run, without waiting for it.
func (f *Fleet) Warm(ctx context.Context, ids []provider.ID) error {
	var errs []error
	for _, id := range ids {
		p, err := f.Providers.Get(ctx, id)
		if err == nil {
			err = f.resume(ctx, p)
		}
		if !fault.Is(err, fault.Missing) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *actor) onRenew(m renew) {
	var err error
	switch s := a.session.Load(); {
	case a.retired:
	case a.leaving != nil: // the next start reads the definition anew
		a.rush(m.hurry)
	case s != nil:
		s.close()
		a.queued = append(a.queued, again())
		a.leave(stop{reason: reconfigured, hurry: m.hurry})
	case a.attempt != nil: // whoever waits for it waits for the new one
		for _, reply := range a.starters {
			a.queued = append(a.queued, start{reply, true})
		}
		a.starters = nil
		a.queued = append(a.queued, again())
		a.abandon(stop{reason: reconfigured})
	default:
		a.disarmRetry()
		_, err = a.transition(provider.Change{Input: provider.Stop, Reason: reconfigured, Asked: true})
		if len(a.starters) > 0 { // they waited for the restart
			a.begin(true)
		}
	}
	m.reply <- err
}

// again is a start that nobody waits for.
func again() start { return start{make(chan error, 1), true} }

// rush ends the patience of a stop that is under way.
func (a *actor) rush(hurry bool) {
	if d := a.leaving; hurry && !d.rushed {
		d.rushed = true
		close(d.hurry)
	}
}
