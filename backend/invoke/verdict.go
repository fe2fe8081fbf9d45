package invoke

import (
	"errors"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/mcp"
)

// next says whether another member may be asked after one did not give a result.
type next uint8

const (
	stop         next = iota // the answer is an answer, or nobody waits for one any more
	again                    // the request was never sent, so nothing has happened there
	ifRepeatable             // it may have happened: only where twice is as good as once
)

// verdict is what the end of a call means for the group.
type verdict struct {
	next    next
	outcome breaker.Outcome
	late    bool // the member did not answer in the time that it was given
}

// judge is the rule of failover and of what counts against a member: its transport alone does. Caller mistakes, JSON-RPC
// errors and isError are answers; a cancellation, a stop by a person and a full house say nothing about its health.
func judge(err error, sent bool) verdict {
	var answered *mcp.Error
	if err == nil || errors.As(err, &answered) {
		return verdict{stop, breaker.Good, false}
	}
	f := fault.From(err)
	move := again
	if sent {
		move = ifRepeatable
	}
	switch f.Type {
	case "RequestCancelledError", "OperationCancelledError", "ShuttingDownError", "StorageBusyError", unrecordedError:
		return verdict{stop, breaker.Neutral, false}
	case "ProviderStoppedError", "ProviderDisabledError", "ProviderBusyError", "ProviderStartingError":
		return verdict{move, breaker.Neutral, false}
	}
	switch f.Kind {
	case fault.Unavailable, fault.Upstream:
		return verdict{move, breaker.Bad, false}
	case fault.Timeout:
		return verdict{stop, breaker.Bad, true}
	case fault.Missing, fault.Conflict, fault.Limited: // deleted meanwhile, without this tool, or full
		if sent {
			return verdict{stop, breaker.Good, false}
		}
		return verdict{again, breaker.Neutral, false}
	default: // the request itself is wrong, or we are
		return verdict{stop, breaker.Neutral, false}
	}
}

// unsent reports whether an error says of itself that the request never left.
func unsent(err error) bool {
	var u interface{ Unsent() bool }
	return errors.As(err, &u) && u.Unsent()
}
