package invoke

import (
	"context"
	"encoding/json"
	"errors"

	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// repeatableError is the end of a provider under a call that may be made twice.
type repeatableError struct{ error }

// Unwrap gives the end.
func (e *repeatableError) Unwrap() error { return e.error }

// repeat marks an error after which a call that may run twice is made again: the provider died of whatever. That it
// answered, that it was stopped by a person, or that the caller's time is over, is none.
func repeat(err error) error {
	var known *fault.Error
	if !errors.As(err, &known) || known.Kind != fault.Unavailable {
		return err
	}
	if reason, _ := known.Details["reason"].(string); reason != "ProviderDiedError" {
		return err
	}
	return &repeatableError{err}
}

// Relay is a request that is no call of a tool: it is neither recorded nor shown, and only what it is about is permitted.
type Relay struct {
	Provider provider.ID
	Thing    string // what it is about, in the words of tool rights: prompts/NAME, resources/URI
	Exchange mcp.Exchange
}

// Relay carries a request to a provider, started when need be, within the limits that calls have. Errors are those of Call.
func (s *Service) Relay(ctx context.Context, r Relay) (json.RawMessage, error) {
	if err := s.Permit(ctx, r.Provider, r.Thing); err != nil {
		return nil, err
	}
	patience := s.patience()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := newTimeLimit(patience, func() { cancel(errTimeout) })
	defer limit.stop()
	if r.Exchange.Peer != nil {
		r.Exchange.Peer = &caller{r.Exchange.Peer, nil, limit}
	}
	result, err := s.relay(limited, r)
	if unsent(err) && limited.Err() == nil {
		result, err = s.relay(limited, r)
	}
	return result, word(ctx, Call{Provider: r.Provider, Tool: r.Thing}, patience, err)
}

func (s *Service) relay(ctx context.Context, r Relay) (json.RawMessage, error) {
	session, err := s.Lease(ctx, r.Provider)
	if err != nil {
		return nil, err
	}
	defer session.Release()
	leave, err := s.limits.enter(ctx, r.Provider, session.Limit())
	if err != nil {
		return nil, err
	}
	defer leave()
	return session.Request(ctx, r.Exchange)
}
