package fleet

import (
	"context"
	"errors"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/mcp"
)

const (
	// slowCall is how long a provider must have had until a missed deadline counts against it: a caller that gives it a
	// millisecond proves nothing.
	slowCall = 10 * time.Second
	// turnsKept is how many turns of a breaker may wait for the actor; there are a few per minute at most.
	turnsKept = 64
)

// turn is a change of a breaker that is not on record yet.
type turn struct {
	to       breaker.State
	failures int
}

// closeCircuit gives the provider a breaker that remembers nothing.
func (a *actor) closeCircuit() {
	fresh := breaker.New(a.f.Breaker, func(to breaker.State, failures int) {
		select {
		case a.turns <- turn{to, failures}:
		default: // the store has been failing for many turns; the next one that fits tells the truth again
		}
	})
	if old := a.circuit.Swap(fresh); old != nil {
		old.Close()
		a.onTurn(turn{to: breaker.Closed})
	}
}

func (a *actor) onTurn(t turn) {
	if err := a.f.Providers.SetCircuit(a.life, a.id, t.to, t.failures); err != nil && !fault.Is(err, fault.Missing) {
		a.f.Log.Error("a circuit breaker's change could not be stored", "provider", a.id, "to", t.to, "error", err)
	}
}

// admit asks the provider's breaker; report must be called once with how the call went.
func (a *actor) admit() (report func(breaker.Outcome), err error) {
	b := a.circuit.Load()
	report, ok := b.Admit()
	if ok {
		return report, nil
	}
	f := fault.Named(fault.Unavailable, "CircuitOpenError",
		"provider %q did not answer %d calls in a row; it is given a rest, then one call at a time", string(a.id), b.Failures()).
		With("provider_id", string(a.id)).With("circuit_state", string(b.State()))
	f.RetryAfter = a.f.Breaker.ResetTimeout
	return nil, f
}

// judge says what the end of a request means for the breaker. Only the transport counts: an answer is an answer, be it
// an error; a caller that gave up, or gave too little time, says nothing, and neither does a stop.
func judge(ctx context.Context, err error, took time.Duration) breaker.Outcome {
	var answered *mcp.Error
	var known *fault.Error
	switch {
	case err == nil, errors.As(err, &answered):
		return breaker.Good
	case errors.As(err, &known) && known.Type == "ProviderStoppedError":
		return breaker.Neutral
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded) && took >= slowCall:
		return breaker.Bad
	case ctx.Err() != nil:
		return breaker.Neutral
	default:
		return breaker.Bad
	}
}
