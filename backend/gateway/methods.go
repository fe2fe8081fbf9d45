package gateway

import (
	"bytes"
	"context"
	"encoding/json"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// method is a row of what we serve.
type method struct {
	name               string
	session, stateless bool // the eras that know it
	permission         auth.Permission
	serve              serve // nil: a notification, which the transports handle
}

// serve answers a request. report takes the params of progress notifications, with the client's own token; it is nil
// where there is nowhere to send them.
type serve func(ctx context.Context, g *Gateway, rq *request, report func(params json.RawMessage)) (payload, *mcp.Error)

func methodTable() []method {
	return []method{
		{name: "server/discover", stateless: true, serve: discover},
		{name: "initialize", session: true, serve: initialize},
		{name: "ping", session: true, serve: ping},
		{name: "tools/list", session: true, stateless: true, serve: listTools},
		{name: "tools/call", session: true, stateless: true, serve: callTool},
		{name: methodInitialized, session: true},
		{name: methodCancelled, session: true, stateless: true},
	}
}

const (
	methodInitialized = "notifications/initialized"
	methodCancelled   = "notifications/cancelled"
)

func (m method) in(era mcp.Era) bool {
	if era == mcp.Stateless {
		return m.stateless
	}
	return m.session
}

// payload is a result on its way out. It is put together only when it is written, so that a large one is copied once.
type payload struct {
	body    json.RawMessage
	tail    string // closes a body that lacks its end
	untyped bool   // the body is a whole object and lacks resultType
}

func (p payload) appendTo(dst []byte) []byte {
	if p.untyped {
		return appendTyped(dst, p.body)
	}
	return append(append(dst, p.body...), p.tail...)
}

// appendTyped puts resultType in front of the members of an object.
func appendTyped(dst []byte, object json.RawMessage) []byte {
	dst = append(dst, `{"resultType":"complete"`...)
	members := bytes.TrimLeft(object[bytes.IndexByte(object, '{')+1:], " \t\r\n")
	if members[0] != '}' {
		dst = append(dst, ',')
	}
	return append(dst, members...)
}

// lacksType reports a result without resultType. Searching bytes is cheaper than walking a large result, and enough
// where they are not there at all.
func lacksType(result json.RawMessage) bool {
	if !bytes.Contains(result, []byte(`"resultType"`)) {
		return true
	}
	_, ok := mcp.Get(result, "resultType")
	return !ok
}

// answer is a request's way through the table: does the era know the method, may the caller, then the method itself.
func (g *Gateway) answer(ctx context.Context, rq *request, report func(json.RawMessage)) (payload, *mcp.Error) {
	m, ok := g.methods[rq.msg.Method]
	if !ok || !m.in(rq.era) || m.serve == nil {
		return payload{}, mcp.Errorf(mcp.CodeMethodNotFound, "method %q is not served here", rq.msg.Method)
	}
	// Who signed in is who acts. What a client calls itself is only of use where nobody has to.
	if c, ok := auth.CallerFrom(ctx); !ok || c.Via == auth.ViaLocal {
		ctx = event.WithActor(ctx, event.Actor{Type: "mcp_client", ID: rq.client})
	}
	if bad := g.permit(ctx, m, rq); bad != nil {
		return payload{}, bad
	}
	return m.serve(ctx, g, rq, report)
}

func (g *Gateway) permit(ctx context.Context, m method, rq *request) *mcp.Error {
	if err := g.may(ctx, m.permission, rq.door); err != nil {
		return g.problem(err)
	}
	return nil
}

// may asks for a permission at a door: for the provider behind it, or for some.
func (g *Gateway) may(ctx context.Context, p auth.Permission, d door) error {
	rights := g.opts.Access.Rights(ctx)
	decision := rights.Some(p)
	if !d.aggregate() {
		decision = rights.Can(p, string(d.id))
	}
	if decision.Allowed {
		return nil
	}
	return fault.New(fault.Denied, "this needs %s: %s", p, decision.Reason()).With("permission", string(p))
}

// heed takes a notification. Only a cancellation has an effect: it ends a call of the same client.
func (g *Gateway) heed(ctx context.Context, rq *request, running *calls) *mcp.Error {
	m, ok := g.methods[rq.msg.Method]
	if !ok {
		return nil
	}
	if bad := g.permit(ctx, m, rq); bad != nil {
		return bad
	}
	if m.name == methodCancelled {
		id, _ := mcp.Get(rq.msg.Params, "requestId")
		running.cancel(id)
	}
	return nil
}

// hello is what never changes in how we introduce ourselves.
type hello struct {
	info     json.RawMessage // {"name","version"}
	listTail string          // closes a list in the stateless era
}

const capabilities = `{"tools":{}}`

func newHello(version string) hello {
	if version == "" {
		version = "dev"
	}
	info := encode(struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}{"hangar", version})
	return hello{info: info, listTail: `,"ttlMs":0,"cacheScope":"private","resultType":"complete","_meta":{"` + mcp.MetaServerInfo + `":` + string(info) + `}}`}
}

// discover says what we are, in the stateless era.
func discover(ctx context.Context, g *Gateway, rq *request, _ func(json.RawMessage)) (payload, *mcp.Error) {
	body := append(json.RawMessage(`{"supportedVersions":`), encode(mcp.Supported())...)
	body = append(body, `,"capabilities":`+capabilities...)
	if text := g.shown(ctx, rq.door).instructions; text != "" {
		body = append(append(body, `,"instructions":`...), mcp.Quote(text)...)
	}
	return payload{body: body, tail: g.hello.listTail}, nil
}

// initialize says what we are, in the session era. The transport has made the session.
func initialize(ctx context.Context, g *Gateway, rq *request, _ func(json.RawMessage)) (payload, *mcp.Error) {
	requested, ok := mcp.GetString(rq.msg.Params, "protocolVersion")
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.protocolVersion is missing or not a string")
	}
	body := append(json.RawMessage(`{"protocolVersion":`), mcp.Quote(mcp.Negotiate(requested))...)
	body = append(body, `,"capabilities":`+capabilities+`,"serverInfo":`...)
	body = append(body, g.hello.info...)
	if text := g.shown(ctx, rq.door).instructions; text != "" {
		body = append(append(body, `,"instructions":`...), mcp.Quote(text)...)
	}
	return payload{body: body, tail: "}"}, nil
}

func ping(context.Context, *Gateway, *request, func(json.RawMessage)) (payload, *mcp.Error) {
	return payload{body: json.RawMessage("{}")}, nil
}

func listTools(ctx context.Context, g *Gateway, rq *request, _ func(json.RawMessage)) (payload, *mcp.Error) {
	cursor := ""
	if raw := rq.parts.cursor.Of(rq.msg.Params); raw != nil && string(raw) != "null" {
		var ok bool
		if cursor, ok = mcp.String(raw); !ok {
			return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.cursor must be a string")
		}
	}
	page, ok := g.shown(ctx, rq.door).list.page(cursor)
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "the cursor is not of this list as it is now; list again from the beginning")
	}
	if rq.era == mcp.Stateless {
		return payload{body: page, tail: g.hello.listTail}, nil
	}
	return payload{body: page, tail: "}"}, nil
}

func callTool(ctx context.Context, g *Gateway, rq *request, report func(json.RawMessage)) (payload, *mcp.Error) {
	name, ok := mcp.String(rq.parts.name.Of(rq.msg.Params))
	if !ok || name == "" {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.name is missing or not a string")
	}
	to, ok := g.shelves.resolve(ctx, rq.door, name)
	if ok && !g.opts.Access.Rights(ctx).MayUse(string(to.provider), to.tool) { // what one may not call is not there
		ok = false
		if g.opts.Refused != nil {
			g.opts.Refused(ctx, to.provider, to.tool, fault.New(fault.Denied, "the caller may not call this tool"))
		}
	}
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "unknown tool %q; tools/list has those that there are", name)
	}
	params, bad := upstreamParams(rq, to.tool)
	if bad != nil {
		return payload{}, bad
	}
	call := invoke.Call{Provider: to.provider, Tool: to.tool, Params: params, Via: provider.ViaMCP}
	if token := rq.parts.token; token != nil && report != nil {
		call.Progress = func(params json.RawMessage) {
			if own, err := mcp.Set(params, token, "progressToken"); err == nil {
				report(own)
			}
		}
	}
	result, err := g.opts.Calls.Call(ctx, call)
	if err != nil {
		return payload{}, g.problem(err)
	}
	return payload{body: result, untyped: rq.era == mcp.Stateless && lacksType(result)}, nil
}
