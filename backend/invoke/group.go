package invoke

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// GroupOptions are what calls of groups work with; all are required but Rules and StartPatience.
type GroupOptions struct {
	Calls     *Service
	Groups    *group.Service
	Catalogue func(ctx context.Context, id provider.ID) (provider.Catalogue, error)
	InFlight  group.InFlight
	Log       *slog.Logger
	Rules     breaker.Rules // of every member; default breaker.DefaultRules
	// StartPatience is how long a call waits for a member that has to be started first, or has no place, while there is
	// another one to try; default 5 s. The start goes on without it.
	StartPatience time.Duration
}

// Groups makes calls of groups: it picks a member, calls it, and goes on to the next where that is safe. It runs the
// members' breakers.
type Groups struct {
	GroupOptions
	outbox *outbox

	mu    sync.Mutex // guards pools
	pools map[group.ID]*pool
}

// NewGroups makes the service.
func NewGroups(o GroupOptions) *Groups {
	if o.Rules == (breaker.Rules{}) {
		o.Rules = breaker.DefaultRules()
	}
	if o.StartPatience == 0 {
		o.StartPatience = 5 * time.Second
	}
	return &Groups{GroupOptions: o, outbox: newOutbox(), pools: map[group.ID]*pool{}}
}

// failed is what became of one member under a call.
type failed struct {
	Member provider.ID `json:"member"`
	Error  string      `json:"error"`
	Reason string      `json:"message"`
}

// Call makes one call of a group; c.Provider is ignored. The deadline is one for all members together. Errors are those
// of Service.Call, or GroupUnavailableError when nobody was left to try.
func (g *Groups) Call(ctx context.Context, id group.ID, c Call) (json.RawMessage, error) {
	p, err := g.pool(id)
	if err != nil {
		return nil, err
	}
	whole := g.Calls.patience()
	if c.Timeout <= 0 {
		c.Timeout = whole
	}
	c.group = string(id)
	patient := c.Timeout >= whole
	deadline := time.Now().Add(c.Timeout)
	var tried []failed
	choices, err := g.permitted(ctx, p.pick(callerOf(ctx)), c.Tool)
	if err != nil {
		return nil, err
	}
	for i, choice := range choices {
		if time.Until(deadline) <= 0 {
			break
		}
		report, ok := p.admit(choice.ID)
		if !ok {
			tried = append(tried, failed{choice.ID, "CircuitOpenError", "its circuit breaker lets no call through"})
			continue
		}
		c.Provider, c.Timeout, c.member = choice.ID, time.Until(deadline), true
		patience := g.StartPatience
		if i+1 == len(choices) || !choices[i+1].InRotation {
			patience = 0 // there is nobody better to go to
		}
		if c.Took != nil {
			*c.Took = choice.ID
		}
		result, sent, err := g.try(ctx, c, patience)
		v := judge(err, sent)
		if v.outcome == breaker.Bad && (!choice.InRotation || v.late && !patient) {
			v.outcome = breaker.Neutral // it was expected to fail, or given less time than others get
		}
		report(v.outcome)
		if err == nil || v.next == stop || v.next == ifRepeatable && !g.repeatable(ctx, choice.ID, c.Tool) {
			return result, err
		}
		tried = append(tried, failed{choice.ID, fault.From(err).Type, fault.From(err).Message})
	}
	return nil, nobody(id, c.Tool, tried, p.now())
}

// permitted leaves out the members whose tool the caller may not call: whom the strategy picks must not decide whether
// a call is allowed. Where none is left, the refusal of the first one is the answer.
func (g *Groups) permitted(ctx context.Context, choices []group.Choice, tool string) ([]group.Choice, error) {
	var refusal error
	allowed := choices[:0:0]
	for _, m := range choices {
		err := g.Calls.Permit(ctx, m.ID, tool)
		if err == nil {
			allowed = append(allowed, m)
		} else if refusal == nil {
			refusal = err
		}
	}
	if len(allowed) == 0 && refusal != nil {
		return nil, refusal
	}
	return allowed, nil
}

// repeatable reports whether a tool may run twice: it says so itself, by its annotations.
func (g *Groups) repeatable(ctx context.Context, id provider.ID, tool string) bool {
	items, err := g.Catalogue(ctx, id)
	if err != nil {
		g.Log.Warn("a call is not repeated: the tool's annotations cannot be read", "provider", id, "tool", tool, "error", err)
		return false
	}
	for _, it := range items.Of(provider.Tool) {
		if it.Name == tool {
			return hint(it.Raw, "readOnlyHint") || hint(it.Raw, "idempotentHint")
		}
	}
	return false
}

func hint(raw json.RawMessage, name string) bool {
	v, _ := mcp.Get(raw, "annotations", name)
	return string(v) == "true"
}

// nobody words the end of the list. A tool that no member has is the caller's mistake, not the group's.
func nobody(id group.ID, tool string, tried []failed, g group.Group) error {
	lacking := 0
	for _, t := range tried {
		if t.Error == "ToolNotFoundError" {
			lacking++
		}
	}
	switch {
	case len(g.Members) == 0:
		return unavailable(id, "group %q has no members; add one first", string(id))
	case lacking > 0 && lacking == len(tried):
		return fault.Named(fault.Missing, "ToolNotFoundError", "no member of group %q has a tool %q", string(id), tool).
			With("group_id", string(id)).With("tool_name", tool)
	case len(tried) == 0:
		return unavailable(id, "the circuit breaker of every member of group %q is open; rebalance the group or wait until one is tried again", string(id))
	}
	last := tried[len(tried)-1]
	return unavailable(id, "no member of group %q took the call; the last one tried, %q: %s", string(id), string(last.Member), last.Reason).
		With("tried", tried)
}

func unavailable(id group.ID, format string, args ...any) *fault.Error {
	f := fault.Named(fault.Unavailable, "GroupUnavailableError", format, args...).With("group_id", string(id))
	f.RetryAfter = time.Second
	return f
}
