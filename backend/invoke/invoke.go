package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// Session is a provider that takes calls.
type Session interface {
	Tool(name string) (repeatable, ok bool) // repeatable: twice is as good as once, by what the tool says of itself
	Limit() int                             // calls at once by its definition; 0: it says nothing
	Waited() bool                           // it had to be started for this call
	Request(ctx context.Context, x mcp.Exchange) (json.RawMessage, error)
	Release()
}

// Lease finds the session of a provider and starts the provider when need be.
type Lease func(ctx context.Context, id provider.ID) (Session, error)

// Recorder takes the record of a call; it may block for a moment, but never loses what it accepted.
type Recorder interface {
	Record(ctx context.Context, p event.Payload) error
}

// Permit refuses a call that its caller may not make, with a *fault.Error. Every call of a tool comes by here, whichever
// face it came in by, and before anything is started for it: what a policy will want to know of a call beside its name, or
// whom it will want to ask first, is asked here too.
type Permit func(ctx context.Context, id provider.ID, tool string) error

// Options are what calls work with; all are required but Limits and Operations.
type Options struct {
	Permit  Permit
	Lease   Lease
	Record  Recorder
	Timeout time.Duration // of a call whose caller gave no bound of its own
	Limits  Limits
	// Arguments is what records keep of them; "" is their digest.
	Arguments Arguments
	// Strict withholds the answer of a call whose record Record did not take.
	Strict bool
	// Operations shows calls that take their time; nil: nobody wants to see them.
	Operations *operation.Service
	Log        *slog.Logger
}

// Service makes calls.
type Service struct {
	Options // as it was made; Adjust changes Timeout and Limits
	timeout atomic.Int64
	limits  *limits
}

// New makes the service.
func New(o Options) *Service {
	s := &Service{Options: o, limits: newLimits()}
	s.Adjust(o.Timeout, o.Limits)
	return s
}

// Adjust changes the bounds; they hold from the next call on.
func (s *Service) Adjust(timeout time.Duration, l Limits) {
	s.timeout.Store(int64(timeout))
	s.limits.set(l)
}

// patience is how long a call may take whose caller gave no bound of its own.
func (s *Service) patience() time.Duration { return time.Duration(s.timeout.Load()) }

// Call is one tool call.
type Call struct {
	Provider provider.ID
	Tool     string          // the provider's own name
	Params   json.RawMessage // of tools/call: name is the provider's own, no progressToken
	Timeout  time.Duration   // 0 means the service's own
	Via      provider.Via
	Batch    string // the batch that it is part of; "" is none
	Trace    string // the caller's trace id; "" is looked for in the parameters
	// Progress, when not nil, gets the params of each progress notification, in order, one at a time.
	Progress func(params json.RawMessage)
	// Client and Peer are who calls, for a provider that has something to tell or to ask; both may be zero.
	Client mcp.Client
	Peer   mcp.Peer

	Sent    *bool        // when not nil, set once the request may have been seen by a provider
	Took    *provider.ID // when not nil, told which member took a call of a group
	member  bool         // of a group, which decides by itself what comes after a failure
	sending func() error // when not nil, asked right before the request goes out; an error keeps it here
	group   string       // the group that was called
}

// Call makes the call. Errors are *fault.Error, or *mcp.Error when the provider answered with one.
func (s *Service) Call(ctx context.Context, c Call) (json.RawMessage, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = s.patience()
	}
	if err := s.Permit(ctx, c.Provider, c.Tool); err != nil {
		return nil, err // nothing happened, so it is no call of the provider's
	}
	begun := time.Now()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := newTimeLimit(timeout, func() { cancel(errTimeout) })
	defer limit.stop()
	watched := s.watch(limited, &c, cancel)
	if c.Peer != nil || c.Progress != nil {
		c.Peer = &caller{c.Peer, c.Progress, limit}
	}
	split := clock{begun: begun}
	result, err := s.exchange(limited, c, &split)
	if again := new(repeatableError); errors.As(err, &again) || unsent(err) {
		if !c.member && limited.Err() == nil { // the provider is started anew, if it can be
			result, err = s.exchange(limited, c, &split)
		}
	}
	err = word(ctx, c, timeout, err)
	split.took = time.Since(begun)
	watched.end(split.took, result, err)
	if rec := s.note(ctx, c, split, result, err); rec != nil && s.Strict {
		return nil, unrecorded(c, rec)
	}
	return result, err
}

var errTimeout error = timeoutError{}

func (s *Service) exchange(ctx context.Context, c Call, split *clock) (json.RawMessage, error) {
	session, err := s.Lease(ctx, c.Provider)
	if err != nil {
		split.cold = time.Since(split.begun) // it waited for a start that failed, or was refused at once
		return nil, err
	}
	defer session.Release()
	if session.Waited() {
		split.cold = time.Since(split.begun)
	}
	repeatable, known := session.Tool(c.Tool)
	if !known {
		return nil, fault.Named(fault.Missing, "ToolNotFoundError", "provider %q has no tool %q", string(c.Provider), c.Tool).
			With("provider_id", string(c.Provider)).With("tool_name", c.Tool)
	}
	asked := time.Now()
	leave, err := s.limits.enter(ctx, c.Provider, session.Limit())
	split.queue = time.Since(asked)
	if err != nil {
		return nil, err
	}
	defer leave()
	if c.sending != nil {
		if err := c.sending(); err != nil {
			return nil, err
		}
	}
	result, err := session.Request(ctx, c.request())
	if c.Sent != nil && !unsent(err) {
		*c.Sent = true
	}
	if repeatable {
		err = repeat(err)
	}
	return result, err
}

// request is the call as a provider gets it.
func (c *Call) request() mcp.Exchange {
	return mcp.Exchange{Method: mcp.MethodCallTool, Params: c.Params, Client: c.Client, Progress: c.Progress != nil, Peer: c.Peer}
}

// word turns what went wrong into what a caller can act on.
func word(caller context.Context, c Call, timeout time.Duration, err error) error {
	var answered *mcp.Error
	var known *fault.Error
	switch {
	case err == nil, errors.As(err, &answered), errors.As(err, &known):
		return err
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		return fault.Named(fault.Timeout, "ToolTimeoutError", "tool %q of provider %q did not answer within %s", c.Tool, string(c.Provider), timeout).
			With("tool_name", c.Tool).With("timeout_ms", timeout.Milliseconds())
	case caller.Err() != nil: // whatever cause the face gave: the session ended, the client cancelled
		return fault.Named(fault.Unavailable, "RequestCancelledError", "the call of tool %q was given up: %s", c.Tool, context.Cause(caller)).Because(err)
	default:
		return fault.New(fault.Upstream, "provider %q: %s", string(c.Provider), err).Because(err)
	}
}
