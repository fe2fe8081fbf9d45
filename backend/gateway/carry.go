package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/auth"
	"hangar/backend/bridge"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

const (
	stateTTL = time.Hour           // of what a provider gave its client to keep
	taskTTL  = 30 * 24 * time.Hour // of the id of a task
)

// carry takes a request to whoever answers it and the answer back, across the eras where they differ.
func (g *Gateway) carry(ctx context.Context, rq *request, to target, params json.RawMessage) (payload, *mcp.Error) {
	if rq.era == mcp.Stateless {
		return g.carryStateless(ctx, rq, to, params)
	}
	result, err := g.inRounds(ctx, rq, to, params)
	// It is not parked, the provider's frame is a copy, the record holds strings of its own, and questions that a provider
	// still has for the client go by what the session keeps.
	rq.released = true
	if err != nil {
		return payload{}, g.problem(err)
	}
	return payload{body: forSession(result)}, nil
}

// inRounds asks a client of the session era for what a provider of the stateless one wants. Later rounds of a group's
// request go to the member that took the first.
func (g *Gateway) inRounds(ctx context.Context, rq *request, to target, params json.RawMessage) (json.RawMessage, error) {
	result, err := bridge.Rounds(ctx, params, rq.askOrLink, func(ctx context.Context, params json.RawMessage) (json.RawMessage, error) {
		result, took, err := g.once(ctx, rq, to, params, rq)
		to.provider, to.group = took, ""
		return result, err
	})
	link := new(linkError)
	if errors.As(err, &link) && rq.msg.Method == mcp.MethodCallTool {
		return link.result(), nil
	}
	return result, err
}

// linkError is a page that the client's user is to visit, where the client does not show pages.
type linkError struct{ url, message string }

// Error says so.
func (e *linkError) Error() string {
	return fmt.Sprintf("this needs a visit to %s (%s), and then another call", e.url, e.message)
}

func (e *linkError) result() json.RawMessage {
	return encode(map[string]any{"isError": true, "content": []any{map[string]any{"type": "text", "text": e.Error()}}})
}

func (rq *request) askOrLink(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if url, _ := mcp.GetString(params, "url"); method == mcp.MethodElicit && url != "" && !mcp.Capable(rq.declared, method, params) {
		message, _ := mcp.GetString(params, "message")
		return nil, &linkError{url, message}
	}
	return rq.Ask(ctx, method, params)
}

// bound is what a state of this request is good for.
func (rq *request) bound(ctx context.Context) bridge.Bound {
	who, _ := auth.CallerFrom(ctx)
	params := rq.msg.Params
	at := rq.parts.name
	if rq.msg.Method == mcp.MethodRead {
		at = rq.parts.uri
	}
	name, _ := mcp.String(at.Of(params))
	arguments, _ := mcp.Get(params, "arguments")
	return bridge.Bound{Principal: who.Principal, Door: rq.door.String(), Request: bridge.Digest(rq.msg.Method, name, arguments)}
}

// carryStateless serves a client that says everything by itself: a retry with the state of an earlier round goes on
// where that ended.
func (g *Gateway) carryStateless(ctx context.Context, rq *request, to target, params json.RawMessage) (payload, *mcp.Error) {
	if rq.parts.state.Found() && string(rq.parts.state.Of(rq.msg.Params)) != "null" {
		return g.retry(ctx, rq, to, params)
	}
	return g.begin(ctx, rq, to, params)
}

// begin makes a request that goes to a provider. Where that may ask something while it runs, the request can be parked.
func (g *Gateway) begin(ctx context.Context, rq *request, to target, params json.RawMessage) (payload, *mcp.Error) {
	if g.stateless(to.provider) || !rq.asks() {
		result, took, err := g.once(ctx, rq, to, params, rq)
		return g.conclude(ctx, rq, to, took, bridge.Outcome{Result: result, Err: err})
	}
	who, _ := auth.CallerFrom(ctx)
	var took provider.ID
	o := g.lot.Run(ctx, who.Principal, rq.Hear, func(ctx context.Context, peer mcp.Peer) (result json.RawMessage, err error) {
		result, took, err = g.once(ctx, rq, to, params, peer)
		return result, err
	})
	if o.Place != "" {
		return g.parked(ctx, rq, o), nil
	}
	return g.conclude(ctx, rq, to, took, o)
}

func (g *Gateway) retry(ctx context.Context, rq *request, to target, params json.RawMessage) (payload, *mcp.Error) {
	sealed, _ := mcp.String(rq.parts.state.Of(rq.msg.Params))
	state, err := g.opts.Seal.Open(sealed, rq.bound(ctx))
	if err != nil {
		return payload{}, bridge.Refusal()
	}
	switch state.Kind {
	case bridge.Parked:
		return g.resume(ctx, rq, to, state)
	case bridge.Relay:
		to.provider, to.group = provider.ID(state.Provider), ""
		if state.Upstream != nil {
			params, err = mcp.Set(params, mcp.Quote(*state.Upstream), "requestState")
		} else {
			params, err = mcp.Delete(params, "requestState")
		}
	case bridge.Again:
		if params, err = mcp.Delete(params, "requestState"); err == nil {
			params, err = mcp.Delete(params, "inputResponses")
		}
	default:
		return payload{}, bridge.Refusal()
	}
	if err != nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params: %s", err)
	}
	return g.begin(ctx, rq, to, params)
}

// resume goes on with a request that waits for input in this process.
func (g *Gateway) resume(ctx context.Context, rq *request, to target, state bridge.State) (payload, *mcp.Error) {
	gone := mcp.Errorf(codeGone, "the request that waited for this input is not there any more: it was given up, answered already, or Hangar was restarted. "+
		"It may have had an effect, so it is not made again; make it anew if that is wanted")
	gone.Data = json.RawMessage(`{"type":"ParkedRequestGoneError","retryable":false}`)
	if state.Instance != g.instance {
		return payload{}, gone
	}
	responses := rq.parts.responses.Of(rq.msg.Params)
	o, err := g.lot.Resume(ctx, state.Parked, responses, rq.Hear)
	switch {
	case err != nil:
		return payload{}, gone
	case o.Place != "":
		return g.parked(ctx, rq, o), nil
	}
	return g.conclude(ctx, rq, to, to.provider, o)
}

// parked is the answer of a round that wants input for a live request.
func (g *Gateway) parked(ctx context.Context, rq *request, o bridge.Outcome) payload {
	state := g.opts.Seal.Seal(bridge.State{Kind: bridge.Parked, Bound: rq.bound(ctx), Parked: o.Place, Instance: g.instance}, stateTTL)
	return g.wanted(o.Wanted, state)
}

func (g *Gateway) wanted(requests json.RawMessage, state string) payload {
	body := append(json.RawMessage(`{"resultType":"input_required","inputRequests":`), requests...)
	body = append(append(body, `,"requestState":`...), mcp.Quote(state)...)
	return payload{body: body, tail: "," + g.hello.meta + "}"}
}

// conclude gives an answer the form of the stateless era. What a provider gave to keep is sealed, so that nobody else can
// come back with it.
func (g *Gateway) conclude(ctx context.Context, rq *request, to target, took provider.ID, o bridge.Outcome) (payload, *mcp.Error) {
	if o.Err != nil {
		return g.concludeError(ctx, rq, to, o.Err)
	}
	result := o.Result
	if bridge.Wants(result) {
		return g.relayed(ctx, rq, to, took, result), nil
	}
	head := ""
	switch kind := resultType(result); {
	case kind == "":
		head = `"resultType":"complete"`
	case kind != mcp.ResultComplete:
		return payload{body: g.sealTask(ctx, rq, took, result)}, nil
	}
	if rq.msg.Method == mcp.MethodRead {
		result, head = cached(result, head)
	}
	return payload{head: head, body: result}, nil
}

// cached sees to the hints of a resource's contents: they are for this caller alone, since not everybody may read them.
func cached(result json.RawMessage, head string) (json.RawMessage, string) {
	join := func(more string) {
		if head != "" {
			head += ","
		}
		head += more
	}
	if _, has := mcp.Get(result, "ttlMs"); !has {
		join(`"ttlMs":0`)
	}
	switch scope, has := mcp.Get(result, "cacheScope"); {
	case !has:
		join(`"cacheScope":"private"`)
	case string(scope) != `"private"`:
		if private, err := mcp.Set(result, json.RawMessage(`"private"`), "cacheScope"); err == nil {
			result = private
		}
	}
	return result, head
}

// resultType is what a result says of itself. Searching bytes is cheaper than walking a large result, and enough where
// they are not there at all.
func resultType(result json.RawMessage) string {
	if !bytes.Contains(result, []byte(`"resultType"`)) {
		return ""
	}
	kind, _ := mcp.GetString(result, "resultType")
	return kind
}

// relayed passes on that a provider wants input.
func (g *Gateway) relayed(ctx context.Context, rq *request, to target, took provider.ID, result json.RawMessage) payload {
	state := bridge.State{Kind: bridge.Relay, Bound: rq.bound(ctx), Provider: string(took)}
	upstream, given := mcp.GetString(result, "requestState")
	if given {
		state.Upstream = &upstream
	}
	head := ""
	if resultType(result) == "" {
		head = `"resultType":"input_required"`
	}
	if given || to.group != "" || head != "" {
		with, err := mcp.Set(result, mcp.Quote(g.opts.Seal.Seal(state, stateTTL)), "requestState")
		if err == nil {
			result = with
		}
	}
	return payload{head: head, body: result}
}

// codeURLElicitation is how a provider of the session era says that a page must be visited first.
const codeURLElicitation = -32042

// concludeError gives an error the form of the stateless era.
func (g *Gateway) concludeError(ctx context.Context, rq *request, to target, err error) (payload, *mcp.Error) {
	var answered *mcp.Error
	if !errors.As(err, &answered) || g.stateless(to.provider) {
		return payload{}, g.problem(err)
	}
	switch {
	case answered.Code == codeURLElicitation && mcp.Capable(rq.capabilities(), mcp.MethodElicit, json.RawMessage(`{"mode":"url"}`)):
		if requests, ok := pages(answered.Data); ok {
			state := g.opts.Seal.Seal(bridge.State{Kind: bridge.Again, Bound: rq.bound(ctx)}, stateTTL)
			return g.wanted(requests, state), nil
		}
	case answered.Code == codeNoResource && rq.msg.Method == mcp.MethodRead: // that code is not for servers any more
		e := *answered
		e.Code = mcp.CodeInvalidParams
		if raw, err := mcp.Set(answered.Raw, json.RawMessage("-32602"), "code"); err == nil {
			e.Raw = raw
		}
		return payload{}, &e
	}
	return payload{}, answered
}

const codeNoResource = -32002

// pages turns the list of pages of such an error into input requests.
func pages(data json.RawMessage) (json.RawMessage, bool) {
	list, ok := mcp.Get(data, "elicitations")
	all, err := mcp.Elements(list)
	if !ok || err != nil || len(all) == 0 {
		return nil, false
	}
	out := json.RawMessage{'{'}
	for i, params := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `"page_%d":{"method":"elicitation/create","params":%s}`, i+1, params)
	}
	return append(out, '}'), true
}
