package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// subscriptions is the one subscriptions/listen that we hold with a provider of the stateless era: for the lists that it
// says it tells of, and for the resources that somebody watches. A change of the resources opens it anew, one after the
// other, because there are servers for which the end of one subscription ends the other.
type subscriptions struct {
	kinds  []string // toolsListChanged and the like, as declared
	missed func()   // for a time in which nobody could have told us of a change
	change chan struct{}

	mu     sync.Mutex // guards what follows
	uris   map[string]bool
	opened int                   // how often it was acknowledged
	asked  int                   // how often it was asked for
	acks   map[chan struct{}]int // wait for the acknowledgement of a later asking than this
	agreed map[string]bool       // resources that the server honours
}

func newSubscriptions(h Hello, missed func()) *subscriptions {
	s := &subscriptions{missed: missed, change: make(chan struct{}, 1), uris: map[string]bool{}, acks: map[chan struct{}]int{}}
	for _, kind := range []string{"tools", "prompts", "resources"} {
		if says, _ := mcp.Get(h.Capabilities, kind, "listChanged"); string(says) == "true" {
			s.kinds = append(s.kinds, kind+"ListChanged")
		}
	}
	return s
}

// request is what to ask for; false when there is nothing to listen for.
func (s *subscriptions) request() (mcp.Exchange, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kinds) == 0 && len(s.uris) == 0 {
		return mcp.Exchange{}, false
	}
	s.asked++
	wanted := map[string]any{}
	for _, kind := range s.kinds {
		wanted[kind] = true
	}
	if len(s.uris) > 0 {
		wanted["resourceSubscriptions"] = slices.Sorted(maps.Keys(s.uris))
	}
	raw, err := json.Marshal(map[string]any{"notifications": wanted})
	if err != nil { // strings and booleans
		return mcp.Exchange{}, false
	}
	return mcp.Exchange{Method: mcp.MethodListen, Params: raw, Peer: acknowledgement{s, s.asked}}, true
}

// acknowledgement hears what a subscription is told first.
type acknowledgement struct {
	s  *subscriptions
	of int
}

// Hear takes the acknowledgement.
func (a acknowledgement) Hear(method string, params json.RawMessage) {
	if method == mcp.NoteAcknowledged {
		a.s.acknowledged(a.of, params)
	}
}

// Ask is never called: a subscription asks nothing.
func (acknowledgement) Ask(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	return nil, mcp.Errorf(mcp.CodeMethodNotFound, "nobody is there to answer")
}

// run listens until life ends, or the server says that it does not tell of changes. listen is one request.
func (s *subscriptions) run(life context.Context, listen func(ctx context.Context, x mcp.Exchange) error) {
	for failed := 0; life.Err() == nil; {
		x, ok := s.request()
		if !ok {
			select {
			case <-s.change:
			case <-life.Done():
			}
			continue
		}
		again, err := s.once(life, x, listen)
		var answered *mcp.Error
		switch {
		case again:
			failed = 0
			continue
		case errors.As(err, &answered): // it knows no such thing; a watched resource asks again
			s.settle(s.asked, nil)
			select {
			case <-s.change:
			case <-life.Done():
			}
			continue
		}
		if pause(life, 0, failed) != nil {
			return
		}
		failed++
	}
}

// once holds one subscription; again when it was a good one, or is to be another one.
func (s *subscriptions) once(life context.Context, x mcp.Exchange, listen func(ctx context.Context, x mcp.Exchange) error) (again bool, err error) {
	ctx, cancel := context.WithCancel(life)
	defer cancel()
	ended := make(chan error, 1)
	begun := time.Now()
	go func() { ended <- listen(ctx, x) }()
	select {
	case err = <-ended:
		return time.Since(begun) > maxDelay, err
	case <-s.change:
		cancel()
		<-ended
		return true, nil
	case <-life.Done():
		<-ended
		return false, context.Cause(life)
	}
}

// acknowledged takes the first message of a subscription: what the server honours.
func (s *subscriptions) acknowledged(of int, params json.RawMessage) {
	agreed := map[string]bool{}
	list, _ := mcp.Get(params, "notifications", "resourceSubscriptions")
	for _, uri := range stringsOf(list) {
		agreed[uri] = true
	}
	s.settle(of, agreed)
	s.mu.Lock()
	s.opened++
	late := s.opened > 1
	s.mu.Unlock()
	if late {
		s.missed()
	}
}

// settle wakes those who wait for the server's word on this asking.
func (s *subscriptions) settle(of int, agreed map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agreed = agreed
	for ch, after := range s.acks {
		if of > after {
			close(ch)
			delete(s.acks, ch)
		}
	}
}

// watch adds a resource or takes it away; adding waits for the server's word.
func (s *subscriptions) watch(ctx context.Context, uri string, on bool) error {
	word := make(chan struct{})
	s.mu.Lock()
	if s.uris[uri] == on {
		s.mu.Unlock()
		return nil
	}
	if on {
		s.uris[uri] = true
		s.acks[word] = s.asked
	} else {
		delete(s.uris, uri)
	}
	s.mu.Unlock()
	select {
	case s.change <- struct{}{}:
	default: // it is about to look
	}
	if !on {
		return nil
	}
	select {
	case <-word:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.agreed[uri] {
		delete(s.uris, uri)
		return fmt.Errorf("the provider does not tell of changes of %q", uri)
	}
	return nil
}

// subscribeParams of the session era.
func subscribeParams(uri string) json.RawMessage {
	return append(append(json.RawMessage(`{"uri":`), mcp.Quote(uri)...), '}')
}
