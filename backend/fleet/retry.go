package fleet

import (
	"context"
	"runtime"
	"sync"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

const (
	// callPatience is how long a call waits for a restart that is due; beyond that it is told when to come back.
	callPatience = 2 * time.Second
	// coldSlotHeld bounds how long one cold start keeps the others waiting: starting costs processor time in its first
	// moments, and a provider that hangs in its handshake must not hold up the fleet.
	coldSlotHeld = 2 * time.Second
)

// armRetry takes up the restart that is on record for a provider.
func (a *actor) armRetry(p provider.Provider) {
	a.disarmRetry()
	if p.RetryAt == nil {
		return
	}
	a.retryAt = *p.RetryAt
	a.retry.Reset(time.Until(a.retryAt))
}

func (a *actor) disarmRetry() {
	a.retry.Stop()
	a.retryAt = time.Time{}
}

// onRetry is the restart by itself.
func (a *actor) onRetry() {
	a.retryAt = time.Time{}
	if a.retired || a.leaving != nil || a.attempt != nil || a.session.Load() != nil {
		return
	}
	a.begin(false)
}

// giveUpRetry ends the wait for a restart that a stop made pointless.
func (a *actor) giveUpRetry(reason string) {
	a.disarmRetry()
	a.failStarters(fault.Named(fault.Unavailable, "ProviderStoppedError", "provider %q was stopped (%s)", string(a.id), reason))
}

// notYet tells a caller when the restart is due.
func (a *actor) notYet() error {
	wait := time.Until(a.retryAt)
	f := fault.New(fault.Unavailable, "provider %q failed; it is restarted in %s", string(a.id), wait.Round(time.Second)).
		With("provider_id", string(a.id)).With("time_until_retry_s", wait.Seconds())
	if p, err := a.f.Providers.Get(a.life, a.id); err == nil && p.LastError != nil {
		f = f.With("last_error", p.LastError.Message)
	}
	f.RetryAfter = wait
	return f
}

// onSettled forgets the failures of a provider that has run well for long enough.
func (a *actor) onSettled() {
	if a.session.Load() == nil {
		return
	}
	if err := a.f.Providers.Settle(a.life, a.id); err != nil {
		a.f.Log.Error("the failures of a provider could not be forgotten; trying again", "provider", a.id, "error", err)
		a.settle.Reset(settleWait)
	}
}

// coldSlot waits for one of the slots for cold starts, of which there are as many as processors.
func (f *Fleet) coldSlot(ctx context.Context) (release func(), err error) {
	select {
	case f.cold <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	free := sync.OnceFunc(func() { <-f.cold })
	timer := time.AfterFunc(coldSlotHeld, free)
	return func() { timer.Stop(); free() }, nil
}

func coldSlots() int { return runtime.NumCPU() }
