package gateway

import (
	"bytes"
	"context"
	"encoding/json"

	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// find finds what a name means at a door, for somebody who may use it: what one may not use is not there.
func (g *Gateway) find(ctx context.Context, d door, t thing, name string) (target, bool) {
	to, ok := g.shelves.current.Load().names(d, g.groupOf(d)).find(d, t, name)
	if !ok {
		to, ok = g.shelves.fresh(ctx).names(d, g.groupOf(d)).find(d, t, name)
	}
	return to, ok && g.uses(ctx, d, t, to)
}

// resource is find for a URI, with the error for one that is not there.
func (g *Gateway) resource(ctx context.Context, d door, uri string) (target, *mcp.Error) {
	to, ok := g.shelves.current.Load().names(d, g.groupOf(d)).findURI(d, uri)
	if !ok {
		to, ok = g.shelves.fresh(ctx).names(d, g.groupOf(d)).findURI(d, uri)
	}
	if !ok || !g.uses(ctx, d, resources, to) {
		e := mcp.Errorf(mcp.CodeInvalidParams, "there is no resource %q", uri)
		e.Data = encode(struct {
			URI string `json:"uri"`
		}{uri})
		return target{}, e
	}
	return to, nil
}

func (g *Gateway) uses(ctx context.Context, d door, t thing, to target) bool {
	rights := g.opts.Access.Rights(ctx)
	what := sortOf(t).rights + to.name
	members := []provider.ID{to.provider}
	if group := g.groupOf(d); to.group != "" && group != nil {
		members = members[:0]
		for _, m := range group.Members {
			members = append(members, m.ID)
		}
	}
	for _, id := range members {
		if rights.MayUse(string(id), what) {
			return true
		}
	}
	if g.opts.Refused != nil {
		g.opts.Refused(ctx, to.provider, what, fault.New(fault.Denied, "the caller may not use this"))
	}
	return false
}

// stateless tells the era of a provider when it was last up.
func (g *Gateway) stateless(id provider.ID) bool {
	s := g.shelves.current.Load().shelves[id]
	return s != nil && s.stateless
}

func callTool(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	name, ok := mcp.String(rq.parts.name.Of(rq.msg.Params))
	if !ok || name == "" {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.name is missing or not a string")
	}
	if own := g.opts.Own; own != nil && rq.door.aggregate() && own.Has(name) {
		return g.callOwn(ctx, rq, name)
	}
	to, ok := g.find(ctx, rq.door, tools, name)
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "unknown tool %q; tools/list has those that there are", name)
	}
	if bad := checkMirrors(rq, to.entry); bad != nil {
		return payload{}, bad
	}
	params, bad := rq.upstreamParams(rq.parts.name, to.name)
	if bad != nil {
		return payload{}, bad
	}
	return g.carry(ctx, rq, to, params)
}

func getPrompt(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	name, ok := mcp.String(rq.parts.name.Of(rq.msg.Params))
	if !ok || name == "" {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.name is missing or not a string")
	}
	to, ok := g.find(ctx, rq.door, prompts, name)
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "unknown prompt %q; prompts/list has those that there are", name)
	}
	params, bad := rq.upstreamParams(rq.parts.name, to.name)
	if bad != nil {
		return payload{}, bad
	}
	return g.carry(ctx, rq, to, params)
}

func readResource(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	to, params, bad := g.addressed(ctx, rq)
	if bad != nil {
		return payload{}, bad
	}
	return g.carry(ctx, rq, to, params)
}

// addressed finds whose resource a request is about.
func (g *Gateway) addressed(ctx context.Context, rq *request) (target, json.RawMessage, *mcp.Error) {
	uri, ok := mcp.String(rq.parts.uri.Of(rq.msg.Params))
	if !ok || uri == "" {
		return target{}, nil, mcp.Errorf(mcp.CodeInvalidParams, "params.uri is missing or not a string")
	}
	to, bad := g.resource(ctx, rq.door, uri)
	if bad != nil {
		return target{}, nil, bad
	}
	params, bad := rq.upstreamParams(rq.parts.uri, to.name)
	return to, params, bad
}

func subscribe(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	uri, ok := mcp.String(rq.parts.uri.Of(rq.msg.Params))
	if !ok || uri == "" || rq.follow == nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.uri is missing or not a string")
	}
	if err := rq.follow.watch(ctx, uri); err != nil {
		return payload{}, g.problem(err)
	}
	return payload{body: json.RawMessage("{}")}, nil
}

func unsubscribe(_ context.Context, _ *Gateway, rq *request) (payload, *mcp.Error) {
	uri, ok := mcp.String(rq.parts.uri.Of(rq.msg.Params))
	if !ok || uri == "" || rq.follow == nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.uri is missing or not a string")
	}
	rq.follow.unwatch(uri)
	return payload{body: json.RawMessage("{}")}, nil
}

// complete passes a question about an argument on to whose prompt or template it is.
func complete(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	ref, ok := mcp.Get(rq.msg.Params, "ref")
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.ref is missing")
	}
	key, to, bad := g.reference(ctx, rq, ref)
	if bad != nil {
		return payload{}, bad
	}
	params, bad := rq.upstreamParams(mcp.Span{}, "")
	if bad != nil {
		return payload{}, bad
	}
	params, err := mcp.Set(params, mcp.Quote(to.name), "ref", key)
	if err != nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.ref: %s", err)
	}
	return g.carry(ctx, rq, to, params)
}

func (g *Gateway) reference(ctx context.Context, rq *request, ref json.RawMessage) (key string, to target, bad *mcp.Error) {
	switch kind, _ := mcp.GetString(ref, "type"); kind {
	case "ref/prompt":
		name, _ := mcp.GetString(ref, "name")
		if to, ok := g.find(ctx, rq.door, prompts, name); ok {
			return "name", to, nil
		}
		return "", target{}, mcp.Errorf(mcp.CodeInvalidParams, "unknown prompt %q", name)
	case "ref/resource":
		uri, _ := mcp.GetString(ref, "uri")
		if to, ok := g.find(ctx, rq.door, templates, uri); ok {
			return "uri", to, nil
		}
		to, bad := g.resource(ctx, rq.door, uri)
		return "uri", to, bad
	}
	return "", target{}, mcp.Errorf(mcp.CodeInvalidParams, "params.ref.type must be ref/prompt or ref/resource")
}

// once makes a request once. peer is who is there meanwhile. For a group it also tells who took it.
func (g *Gateway) once(ctx context.Context, rq *request, to target, params json.RawMessage, peer mcp.Peer) (json.RawMessage, provider.ID, error) {
	took := to.provider
	if rq.msg.Method == mcp.MethodCallTool {
		call := invoke.Call{Provider: to.provider, Tool: to.name, Params: params, Via: provider.ViaMCP, Client: rq.who(ctx, to), Peer: peer}
		if rq.parts.token != nil && rq.send != nil {
			call.Progress = func(params json.RawMessage) { peer.Hear(mcp.NoteProgress, params) }
		}
		if to.group == "" {
			result, err := g.opts.Calls.Call(ctx, call)
			return result, took, err
		}
		call.Took = &took
		result, err := g.opts.GroupCalls.Call(ctx, to.group, call)
		return result, took, err
	}
	relay := invoke.Relay{
		Provider: to.provider, Thing: rightsOf(rq.msg.Method) + to.name,
		Exchange: mcp.Exchange{
			Method: rq.msg.Method, Params: params, Client: rq.who(ctx, to), Peer: peer, Progress: rq.parts.token != nil && rq.send != nil,
		},
	}
	if to.group == "" {
		result, err := g.opts.Calls.Relay(ctx, relay)
		return result, took, err
	}
	result, took, err := g.opts.GroupCalls.Relay(ctx, to.group, relay)
	return result, took, err
}

func rightsOf(method string) string {
	switch method {
	case mcp.MethodGetPrompt:
		return sortOf(prompts).rights
	case mcp.MethodRead:
		return sortOf(resources).rights
	}
	return ""
}

// forSession takes out of a result what only the stateless era knows.
func forSession(result json.RawMessage) json.RawMessage {
	if !bytes.Contains(result, []byte(`"resultType"`)) {
		return result
	}
	kept, err := mcp.Filter(result, func(key string) bool { return key != "resultType" && key != "ttlMs" && key != "cacheScope" })
	if err != nil {
		return result
	}
	return kept
}
