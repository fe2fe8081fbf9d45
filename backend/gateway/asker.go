package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"hangar/backend/mcp"
)

// asker keeps what one client of the session era is being asked. The ids are ours, so that no provider's id can meet
// another's.
type asker struct {
	mu      sync.Mutex
	last    int64
	waiting map[string]chan mcp.Message
	over    error // set: nobody is asked any more
}

// ask sends a request to the client and waits for its answer. When ctx ends first, the client is told.
func (a *asker) ask(ctx context.Context, send func(frame []byte), method string, params json.RawMessage) (json.RawMessage, error) {
	id, answer, err := a.begin()
	if err != nil {
		return nil, err
	}
	defer a.end(id)
	send(mcp.AppendRequest(make([]byte, 0, len(params)+80), json.RawMessage(id), method, params))
	select {
	case m := <-answer:
		if m.Error != nil {
			return nil, mcp.ParseError(m.Error)
		}
		return m.Result, nil
	case <-ctx.Done():
		if !errors.Is(context.Cause(ctx), errGone) {
			send(mcp.AppendNotification(nil, mcp.NoteCancelled, json.RawMessage(fmt.Sprintf(`{"requestId":%s,"reason":%s}`, id, mcp.Quote(context.Cause(ctx).Error())))))
		}
		return nil, context.Cause(ctx)
	}
}

func (a *asker) begin() (id string, answer chan mcp.Message, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over != nil {
		return "", nil, a.over
	}
	a.last++
	id, answer = strconv.FormatInt(a.last, 10), make(chan mcp.Message, 1)
	if a.waiting == nil {
		a.waiting = map[string]chan mcp.Message{}
	}
	a.waiting[id] = answer
	return id, answer, nil
}

func (a *asker) end(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// take gives an answer to who waits for it; false when nobody does.
func (a *asker) take(m mcp.Message) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := a.waiting[string(m.ID)]
	if answer == nil {
		return false
	}
	delete(a.waiting, string(m.ID)) // the first answer counts
	answer <- m
	return true
}

// close ends every question.
func (a *asker) close(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = why
	refusal := mcp.Errorf(mcp.CodeInternal, "the client is gone: %s", why).JSON()
	for id, answer := range a.waiting {
		delete(a.waiting, id)
		answer <- mcp.Message{Error: refusal}
	}
}

var errGone = errors.New("the client is gone")
