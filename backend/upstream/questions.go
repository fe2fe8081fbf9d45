package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"hangar/backend/mcp"
)

// questions deals with what providers of the session era ask of their clients.
type questions struct {
	calls   *inFlight
	life    context.Context
	outside mcp.Peer // who is asked when no request is under way; nil: nobody
	heard   func()   // a provider asked something
	refused *atomic.Int64
	spawn   func(func()) // runs something that the conversation waits for
}

// serve answers a request of the provider's, at once or when the client has. under is the request on whose stream it
// came; nil when the stream does not tell.
func (q *questions) serve(m mcp.Message, under *call, reply func(frame []byte)) {
	if m.Method == "ping" {
		reply(mcp.AppendResult(nil, m.ID, json.RawMessage(`{}`)))
		return
	}
	if q.heard != nil {
		q.heard()
	}
	p, none := under, false
	if p == nil {
		p, none = q.calls.whose()
	}
	switch {
	case p != nil:
		q.ask(m, p, reply)
	case !none:
		q.refuse(m, reply, mcp.Errorf(mcp.CodeInternal, "several clients are being served at once, and whom %s is for cannot be told", m.Method))
	case q.outside != nil:
		q.askOutside(m, reply)
	case m.Method == mcp.MethodRoots:
		reply(mcp.AppendResult(nil, m.ID, json.RawMessage(`{"roots":[]}`))) // Hangar itself has none
	default:
		q.refuse(m, reply, mcp.Errorf(mcp.CodeMethodNotFound, "no client waits for this provider, so nobody can answer %s", m.Method))
	}
}

func (q *questions) refuse(m mcp.Message, reply func(frame []byte), e *mcp.Error) {
	q.refused.Add(1)
	reply(mcp.AppendError(nil, m.ID, e))
}

func (q *questions) ask(m mcp.Message, p *call, reply func(frame []byte)) {
	if p.x.Peer == nil || !mcp.Capable(p.x.Client.Capabilities, m.Method, m.Params) {
		q.refuse(m, reply, mcp.Errorf(mcp.CodeMethodNotFound, "the client that is being served does not take %s", m.Method))
		return
	}
	ctx, ok := p.begin(m.ID)
	if !ok {
		q.refuse(m, reply, mcp.Errorf(mcp.CodeInvalidRequest, "%s under an id that is in use, or too many questions at once", m.Method))
		return
	}
	q.spawn(func() {
		result, err := p.x.Peer.Ask(ctx, m.Method, m.Params)
		withdrawn := ctx.Err() != nil
		p.end(m.ID)
		if !withdrawn || err == nil {
			reply(answerFrame(m.ID, result, err))
		}
	})
}

func (q *questions) askOutside(m mcp.Message, reply func(frame []byte)) {
	q.spawn(func() {
		result, err := q.outside.Ask(q.life, m.Method, m.Params)
		reply(answerFrame(m.ID, result, err))
	})
}

// withdraw ends a question that the provider does not ask any more.
func (q *questions) withdraw(params json.RawMessage) {
	id, _ := mcp.Get(params, "requestId")
	if p := q.calls.asker(id); p != nil {
		p.end(id)
	}
}

func answerFrame(id, result json.RawMessage, err error) []byte {
	if err == nil {
		return mcp.AppendResult(nil, id, result)
	}
	var refusal *mcp.Error
	if !errors.As(err, &refusal) {
		refusal = mcp.Errorf(mcp.CodeInternal, "the client did not answer: %s", err)
	}
	return mcp.AppendError(nil, id, refusal)
}
