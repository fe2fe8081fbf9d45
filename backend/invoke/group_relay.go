package invoke

import (
	"context"
	"encoding/json"
	"errors"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Relay carries a request that is no call of a tool to a member, and to the next one where that could not take it: such a
// request changes nothing, so it may be made twice. r.Provider is ignored; took is whom the answer is of.
func (g *Groups) Relay(ctx context.Context, id group.ID, r Relay) (result json.RawMessage, took provider.ID, err error) {
	p, err := g.pool(id)
	if err != nil {
		return nil, "", err
	}
	choices, err := g.permitted(ctx, p.pick(callerOf(ctx)), r.Thing)
	if err != nil {
		return nil, "", err
	}
	err = nobody(id, r.Thing, nil, p.now())
	for _, choice := range choices {
		report, ok := p.admit(choice.ID)
		if !ok {
			continue
		}
		r.Provider = choice.ID
		result, err = g.Calls.Relay(ctx, r)
		report(health(err))
		var answered *mcp.Error
		if err == nil || errors.As(err, &answered) || ctx.Err() != nil || !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Upstream) {
			return result, choice.ID, err
		}
	}
	return nil, "", err
}

// health is what the end of a relay says about a member.
func health(err error) breaker.Outcome { return judge(err, true).outcome }
