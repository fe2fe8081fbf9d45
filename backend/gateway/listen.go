package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"hangar/backend/auth"
	"hangar/backend/mcp"
)

// keptNotices is how many notifications wait for a listener that reads slowly; the oldest give way.
const keptNotices = 256

// notices is the queue of one subscription.
type notices struct {
	mu    sync.Mutex
	queue []notice
	wake  chan struct{}
}

type notice struct {
	method string
	params json.RawMessage
	same   string
}

func (q *notices) put(method string, params json.RawMessage, same string) {
	q.mu.Lock()
	for i, n := range q.queue {
		if same != "" && n.same == same {
			q.queue = append(q.queue[:i], q.queue[i+1:]...)
			break
		}
	}
	if len(q.queue) >= keptNotices {
		q.queue = q.queue[1:]
	}
	q.queue = append(q.queue, notice{method, params, same})
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *notices) take() []notice {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.queue
	q.queue = nil
	return all
}

// listen is subscriptions/listen: it tells of what was asked for and can be told, until the client or we end it.
func listen(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	wanted, ok := mcp.Get(rq.msg.Params, "notifications")
	if !ok || wanted[0] != '{' {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.notifications is missing or not an object")
	}
	if rq.send == nil {
		return payload{}, mcp.Errorf(mcp.CodeInvalidRequest, "there is no stream to tell on")
	}
	caller, _ := auth.CallerFrom(ctx)
	q := &notices{wake: make(chan struct{}, 1)}
	s := &subscriber{door: rq.door, caller: caller, tell: q.put}
	honoured := g.honour(rq, s, wanted)
	g.hub.join(s)
	defer g.hub.leave(s)
	if uris := s.watchAll(ctx, wanted); len(uris) > 0 {
		honoured["resourceSubscriptions"] = uris
	}
	rq.tag(mcp.NoteAcknowledged, encode(struct {
		Notifications map[string]any `json:"notifications"`
	}{honoured}))
	for {
		for _, n := range q.take() {
			rq.tag(n.method, n.params)
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), errCancelled) && rq.header != nil {
				return payload{none: true}, nil // the client closed the stream
			}
			return g.ended(rq), nil
		case <-g.life.Done():
			return g.ended(rq), nil
		}
	}
}

// honour says which of the wanted changes of lists can be told.
func (g *Gateway) honour(rq *request, s *subscriber, wanted json.RawMessage) map[string]any {
	honoured := map[string]any{}
	capabilities := g.capabilities(rq.door, rq.era)
	for t, of := range map[thing]string{tools: "tools", prompts: "prompts", resources: "resources"} {
		asked, _ := mcp.Get(wanted, of+"ListChanged")
		can, _ := mcp.Get(capabilities, of, "listChanged")
		if string(asked) == "true" && string(can) == "true" {
			s.wants[t] = true
			honoured[of+"ListChanged"] = true
		}
	}
	return honoured
}

// watchAll watches the wanted resources, and gives those that can be told of.
func (s *subscriber) watchAll(ctx context.Context, wanted json.RawMessage) []string {
	raw, _ := mcp.Get(wanted, "resourceSubscriptions")
	list, err := mcp.Elements(raw)
	if err != nil {
		return nil
	}
	var honoured []string
	for _, r := range list {
		if uri, ok := mcp.String(r); ok && s.watch(ctx, uri) == nil {
			honoured = append(honoured, uri)
		}
	}
	return honoured
}

// tag sends a notification of the subscription that this request opened.
func (rq *request) tag(method string, params json.RawMessage) {
	tagged, err := mcp.Set(params, rq.msg.ID, "_meta", mcp.MetaSubscription)
	if err == nil {
		rq.send(mcp.AppendNotification(nil, method, tagged))
	}
}

// ended is how we end a subscription. On a pipe it is announced as well, as the page on cancellation wants it.
func (g *Gateway) ended(rq *request) payload {
	if rq.header == nil {
		rq.send(mcp.AppendNotification(nil, mcp.NoteCancelled, append(append(json.RawMessage(`{"requestId":`), rq.msg.ID...), '}')))
	}
	body := append(json.RawMessage(`{"resultType":"complete","_meta":{"`+mcp.MetaSubscription+`":`), rq.msg.ID...)
	return payload{body: body, tail: "}}"}
}
