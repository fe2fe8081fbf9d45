package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"hangar/backend/mcp"
)

const (
	maxRounds = 16          // of one request
	shedPause = time.Second // before a request is made again because the provider said it is busy
)

// ErrRounds is a provider that never has enough.
var ErrRounds = fmt.Errorf("the provider asked for input %d times without an answer", maxRounds)

// Wants reports whether a result says that input is wanted. Providers of the session era that were built for the stateless
// one sometimes say so without the word.
func Wants(result json.RawMessage) bool {
	at := mcp.Members(result, "resultType", "inputRequests", "requestState", "content", "contents", "messages") // a result may be large: one walk
	if kind, ok := mcp.String(at[0]); ok {
		return kind == mcp.ResultInput
	}
	if requests := at[1]; requests == nil || requests[0] != '{' {
		return false
	}
	keeps := at[2] != nil // then a list of nothing is only what their library writes where there is none
	for _, list := range at[3:] {
		if list != nil && !(keeps && empty(list)) {
			return false
		}
	}
	return true
}

// empty reports a list of nothing.
func empty(list json.RawMessage) bool {
	all, err := mcp.Elements(list)
	return err == nil && len(all) == 0
}

// Rounds makes a request, asks the client for what the provider wants, and makes it again, until there is an answer.
// params must have neither inputResponses nor requestState.
func Rounds(ctx context.Context, params json.RawMessage, ask func(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error),
	do func(ctx context.Context, params json.RawMessage) (json.RawMessage, error),
) (json.RawMessage, error) {
	now := params
	for range maxRounds {
		result, err := do(ctx, now)
		if err != nil || !Wants(result) {
			return result, err
		}
		responses, err := answers(ctx, result, ask)
		if err != nil {
			return nil, err
		}
		if now, err = next(params, result, responses); err != nil {
			return nil, err
		}
	}
	return nil, ErrRounds
}

// answers asks for everything that is wanted, at once.
func answers(ctx context.Context, result json.RawMessage, ask func(context.Context, string, json.RawMessage) (json.RawMessage, error)) (json.RawMessage, error) {
	requests, ok := mcp.Get(result, "inputRequests")
	if !ok {
		return nil, wait(ctx, shedPause)
	}
	var (
		mu     sync.Mutex
		all    sync.WaitGroup
		given  = json.RawMessage(`{}`)
		failed error
	)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := mcp.Each(requests, func(key string, request json.RawMessage) error {
		method, _ := mcp.GetString(request, "method")
		params, _ := mcp.Get(request, "params")
		all.Go(func() {
			answer, err := ask(ctx, method, params)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				given, err = mcp.Set(given, answer, key)
			}
			if err != nil && failed == nil {
				failed = err
				cancel(errOther)
			}
		})
		return nil
	})
	all.Wait()
	if err != nil {
		return nil, mcp.Errorf(mcp.CodeInternal, "the provider's inputRequests cannot be read: %s", err)
	}
	return given, failed
}

var errOther = errors.New("another question was not answered")

// next is the request of the next round.
func next(params, result, responses json.RawMessage) (json.RawMessage, error) {
	state, given := mcp.Get(result, "requestState")
	var err error
	if given {
		if params, err = mcp.Set(params, state, "requestState"); err != nil {
			return nil, err
		}
	}
	if responses != nil {
		params, err = mcp.Set(params, responses, "inputResponses")
	}
	return params, err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
