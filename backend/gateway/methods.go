package gateway

import (
	"bytes"
	"context"
	"encoding/json"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/mcp"
)

// method is a row of what we serve.
type method struct {
	name               string
	session, stateless bool // the eras that know it
	permission         auth.Permission
	serve              serve // nil: a notification, which the transports handle
	slow               bool  // a provider answers, so silence is to be expected
}

// serve answers a request.
type serve func(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error)

func methodTable() []method {
	return []method{
		{name: mcp.MethodDiscover, stateless: true, serve: discover},
		{name: mcp.MethodInitialize, session: true, serve: initialize},
		{name: "ping", session: true, serve: ping},
		{name: "tools/list", session: true, stateless: true, serve: listOf(tools)},
		{name: mcp.MethodCallTool, session: true, stateless: true, serve: callTool, slow: true},
		{name: "prompts/list", session: true, stateless: true, serve: listOf(prompts)},
		{name: mcp.MethodGetPrompt, session: true, stateless: true, serve: getPrompt, slow: true},
		{name: "resources/list", session: true, stateless: true, serve: listOf(resources)},
		{name: "resources/templates/list", session: true, stateless: true, serve: listOf(templates)},
		{name: mcp.MethodRead, session: true, stateless: true, serve: readResource, slow: true},
		{name: mcp.MethodSubscribe, session: true, serve: subscribe, slow: true},
		{name: mcp.MethodUnsubscribe, session: true, serve: unsubscribe},
		{name: mcp.MethodComplete, session: true, stateless: true, serve: complete, slow: true},
		{name: mcp.MethodSetLevel, session: true, serve: setLevel},
		{name: mcp.MethodListen, stateless: true, serve: listen},
		{name: "tasks/get", stateless: true, serve: taskMethod, slow: true},
		{name: "tasks/update", stateless: true, serve: taskMethod, slow: true},
		{name: "tasks/cancel", stateless: true, serve: taskMethod, slow: true},
		{name: mcp.NoteInitialized, session: true},
		{name: mcp.NoteCancelled, session: true, stateless: true},
		{name: mcp.NoteRootsChanged, session: true},
		{name: mcp.NoteProgress, session: true},
	}
}

func (m method) in(era mcp.Era) bool {
	if era == mcp.Stateless {
		return m.stateless
	}
	return m.session
}

// payload is a result on its way out. It is put together only when it is written, so that a large one is copied once.
type payload struct {
	head string          // goes in front of the members of body, which is a whole object then
	body json.RawMessage // a whole object, or one that tail closes
	tail string
	none bool // there is no answer to give
}

func (p payload) appendTo(dst []byte) []byte {
	if p.head != "" {
		dst = append(append(dst, '{'), p.head...)
		members := bytes.TrimLeft(p.body[bytes.IndexByte(p.body, '{')+1:], " \t\r\n")
		if members[0] != '}' {
			dst = append(dst, ',')
		}
		return append(dst, members...)
	}
	return append(append(dst, p.body...), p.tail...)
}

// answer is a request's way through the table: does the era know the method, may the caller, then the method itself.
func (g *Gateway) answer(ctx context.Context, rq *request) (payload, *mcp.Error) {
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
	return m.serve(ctx, g, rq)
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
	if d.provider != "" {
		decision = rights.Can(p, string(d.provider))
	}
	if decision.Allowed {
		return nil
	}
	return fault.New(fault.Denied, "this needs %s: %s", p, decision.Reason()).With("permission", string(p))
}

// heed takes a notification: a cancellation ends a call of the same client, changed roots are told to the providers that
// talk to this client alone.
func (g *Gateway) heed(ctx context.Context, rq *request, running *calls) *mcp.Error {
	m, ok := g.methods[rq.msg.Method]
	if !ok {
		return nil
	}
	if bad := g.permit(ctx, m, rq); bad != nil {
		return bad
	}
	switch m.name {
	case mcp.NoteCancelled:
		id, _ := mcp.Get(rq.msg.Params, "requestId")
		running.cancel(id)
	case mcp.NoteRootsChanged:
		if g.opts.RootsChanged != nil && rq.key != "" {
			g.aside(func(ctx context.Context) { g.opts.RootsChanged(ctx, rq.key) })
		}
	}
	return nil
}

func ping(context.Context, *Gateway, *request) (payload, *mcp.Error) {
	return payload{body: json.RawMessage("{}")}, nil
}

func listOf(t thing) serve {
	return func(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
		cursor := ""
		if raw := rq.parts.cursor.Of(rq.msg.Params); raw != nil && string(raw) != "null" {
			var ok bool
			if cursor, ok = mcp.String(raw); !ok {
				return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.cursor must be a string")
			}
		}
		page, ok := g.shown(ctx, rq.door).list(t).page(cursor)
		if !ok {
			return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "the cursor is not of this list as it is now; list again from the beginning")
		}
		if rq.era == mcp.Stateless {
			return payload{body: page, tail: g.hello.listTail}, nil
		}
		return payload{body: page, tail: "}"}, nil
	}
}

// setLevel keeps the level of a session; every request from then on is made at it.
func setLevel(_ context.Context, _ *Gateway, rq *request) (payload, *mcp.Error) {
	level, _ := mcp.GetString(rq.msg.Params, "level")
	if _, known := mcp.LevelRank(level); !known || rq.chose == nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.level must be one of debug, info, notice, warning, error, critical, alert, emergency")
	}
	rq.chose(level)
	return payload{body: json.RawMessage("{}")}, nil
}
