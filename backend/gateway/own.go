package gateway

import (
	"context"

	"hangar/backend/mcp"
)

// callOwn calls a tool of Hangar itself.
func (g *Gateway) callOwn(ctx context.Context, rq *request, name string) (payload, *mcp.Error) {
	arguments, ok := mcp.Get(rq.msg.Params, "arguments")
	if !ok || string(arguments) == "null" {
		arguments = []byte(`{}`)
	}
	if arguments[0] != '{' {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments must be an object")
	}
	result, err := g.opts.Own.Call(ctx, OwnCall{
		Name: name, Arguments: arguments, Client: rq.who(ctx, target{}), Peer: rq, Progress: rq.parts.token != nil && rq.send != nil,
	})
	if err != nil {
		return payload{}, g.problem(err)
	}
	if rq.era == mcp.Session {
		return payload{body: result}, nil
	}
	return payload{head: `"resultType":"complete"`, body: result}, nil
}
