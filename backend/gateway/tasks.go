package gateway

import (
	"context"
	"encoding/json"

	"hangar/backend/auth"
	"hangar/backend/bridge"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// The tasks extension (SEP-2663) is relayed: the provider runs the task, and its id comes sealed, so that it leads back to
// that provider and is good for one principal at one door.

func (rq *request) taskBound(ctx context.Context) bridge.Bound {
	who, _ := auth.CallerFrom(ctx)
	return bridge.Bound{Principal: who.Principal, Door: rq.door.String(), Request: "task"}
}

// sealTask replaces the id of a task in a result.
func (g *Gateway) sealTask(ctx context.Context, rq *request, id provider.ID, result json.RawMessage) json.RawMessage {
	task, ok := mcp.GetString(result, "taskId")
	if !ok {
		return result
	}
	sealed := g.opts.Seal.Seal(bridge.State{Kind: bridge.Task, Bound: rq.taskBound(ctx), Provider: string(id), Task: task}, taskTTL)
	with, err := mcp.Set(result, mcp.Quote(sealed), "taskId")
	if err != nil {
		return result
	}
	return with
}

// taskMethod is tasks/get, tasks/update and tasks/cancel.
func taskMethod(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	sealed, _ := mcp.String(rq.parts.task.Of(rq.msg.Params))
	state, err := g.opts.Seal.Open(sealed, rq.taskBound(ctx))
	if err != nil || state.Kind != bridge.Task {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "there is no such task")
	}
	params, bad := rq.upstreamParams(rq.parts.task, state.Task)
	if bad != nil {
		return payload{}, bad
	}
	to := target{provider: provider.ID(state.Provider)}
	result, err := g.opts.Calls.Relay(ctx, invoke.Relay{
		Provider: to.provider, Thing: "tasks/" + state.Task,
		Exchange: mcp.Exchange{Method: rq.msg.Method, Params: params, Client: rq.who(ctx, to), Peer: rq},
	})
	if err != nil {
		return payload{}, g.problem(err)
	}
	if _, named := mcp.Get(result, "taskId"); named {
		if result, err = mcp.Set(result, mcp.Quote(sealed), "taskId"); err != nil {
			return payload{}, g.problem(err)
		}
	}
	head := ""
	if resultType(result) == "" {
		head = `"resultType":"complete"`
	}
	return payload{head: head, body: result}, nil
}
