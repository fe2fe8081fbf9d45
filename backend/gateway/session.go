package gateway

import (
	"container/list"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/auth"
	"hangar/backend/mcp"
)

// session is a client of the session era on HTTP.
type session struct {
	id     string
	door   door
	client string
	caller auth.Caller // who opened it; nobody else may use it
	calls  calls

	declared json.RawMessage // the client's capabilities
	level    atomic.Pointer[string]
	asker    asker
	outlet   outlet
	follow   *subscriber
	life     context.Context // ends with the session
	end      context.CancelFunc

	place *list.Element // guarded by the table
	used  time.Time     // guarded by the table
}

// contact is how the client is reached while a request of its runs.
func (s *session) contact() contact {
	return contact{
		key: "session " + s.id, declared: s.declared, level: *s.level.Load(), asker: &s.asker, outside: outside{s}, follow: s.follow,
		chose: func(level string) { s.level.Store(&level) },
	}
}

// outside reaches the client of a session when no request of its runs: on its own stream, if it has one open.
type outside struct{ s *session }

// Hear passes a notification on.
func (o outside) Hear(method string, params json.RawMessage) { o.s.notice(method, params, "") }

// Ask asks the client.
func (o outside) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if !o.s.outlet.attached() || !mcp.Capable(o.s.declared, method, params) {
		return nil, mcp.Errorf(mcp.CodeMethodNotFound, "the client cannot be asked now")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, askOutside, errNoAnswer)
	defer cancel()
	defer context.AfterFunc(o.s.life, cancel)()
	return o.s.asker.ask(ctx, func(frame []byte) { o.s.outlet.put(frame, "") }, method, params)
}

// askOutside is how long a client has for a question that nothing waits for.
const askOutside = time.Minute

// calls are the requests in flight of one session or one pipe, by the raw id: 1 and "1" are two.
type calls struct {
	mu      sync.Mutex
	running map[string]context.CancelCauseFunc
	over    error // set: no new ones
}

var (
	errDuplicate = errors.New("a request with this id is still in flight")
	errCancelled = errors.New("cancelled by the client")
	errEnded     = errors.New("the session was ended")
	errExpired   = errors.New("the session expired")
)

// begin enters a request; its context ends with cancel, with the session, or with parent.
func (c *calls) begin(parent context.Context, id json.RawMessage) (context.Context, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return nil, c.over
	}
	if _, taken := c.running[string(id)]; taken {
		return nil, errDuplicate
	}
	ctx, cancel := context.WithCancelCause(parent)
	if c.running == nil {
		c.running = map[string]context.CancelCauseFunc{}
	}
	c.running[string(id)] = cancel
	return ctx, nil
}

func (c *calls) end(id json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.running[string(id)]; cancel != nil {
		cancel(nil)
		delete(c.running, string(id))
	}
}

// cancel ends the context of a request; it stays entered until it has ended.
func (c *calls) cancel(id json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.running[string(id)]; cancel != nil {
		cancel(errCancelled)
	}
}

func (c *calls) close(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = why
	for _, cancel := range c.running {
		cancel(why)
	}
}

func (c *calls) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running) > 0
}

// sessions is the table of them: bounded, the longest unused one in front.
type sessions struct {
	limit int
	idle  time.Duration
	over  func(*session) // told of each that ended; must not block

	mu    sync.Mutex
	byID  map[string]*session
	order *list.List // of *session
}

func newSessions(limit int, idle time.Duration, over func(*session)) *sessions {
	return &sessions{limit: limit, idle: idle, over: over, byID: map[string]*session{}, order: list.New()}
}

// open makes a session. A full table gives up the longest unused session without a running call; false when all of them
// are busy.
func (t *sessions) open(d door, client string, caller auth.Caller) (*session, bool) {
	s := &session{id: rand.Text(), door: d, client: client, caller: caller, used: time.Now()}
	s.life, s.end = context.WithCancel(context.Background())
	level := mcp.LogAll
	s.level.Store(&level)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byID) >= t.limit && !t.giveUpOne() {
		return nil, false
	}
	t.byID[s.id] = s
	s.place = t.order.PushBack(s)
	return s, true
}

func (t *sessions) giveUpOne() bool {
	for e := t.order.Front(); e != nil; e = e.Next() {
		if s := e.Value.(*session); !s.calls.busy() {
			t.drop(s, errExpired)
			return true
		}
	}
	return false
}

func (t *sessions) drop(s *session, why error) {
	delete(t.byID, s.id)
	t.order.Remove(s.place)
	s.calls.close(why)
	s.asker.close(why)
	s.end()
	t.over(s)
}

// find gives the session of an id, at the door where it was opened, to the principal who opened it: knowing an id proves
// nothing.
func (t *sessions) find(id string, d door, principal string) (*session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[id]
	if s == nil || s.door != d || s.caller.Principal != principal {
		return nil, false
	}
	s.used = time.Now()
	t.order.MoveToBack(s.place)
	return s, true
}

// touch is for a session whose client shows by an open stream that it is there.
func (t *sessions) touch(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[s.id] == s {
		s.used = time.Now()
		t.order.MoveToBack(s.place)
	}
}

// end drops a session and cancels its calls.
func (t *sessions) end(s *session, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[s.id] == s {
		t.drop(s, why)
	}
}

func (t *sessions) closeAll(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.byID {
		t.drop(s, why)
	}
}

func (t *sessions) all() []*session {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*session, 0, len(t.byID))
	for _, s := range t.byID {
		list = append(list, s)
	}
	return list
}

func (t *sessions) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// expire drops sessions that were idle for too long, until ctx ends. A running call keeps its session.
func (t *sessions) expire(ctx context.Context) {
	every := time.NewTicker(max(t.idle/60, time.Second))
	defer every.Stop()
	for {
		select {
		case <-every.C:
			t.sweep()
		case <-ctx.Done():
			return
		}
	}
}

func (t *sessions) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := t.order.Front(); e != nil; {
		s := e.Value.(*session)
		if time.Since(s.used) < t.idle {
			return // the rest was used later
		}
		next := e.Next()
		if s.calls.busy() {
			s.used = time.Now()
			t.order.MoveToBack(e)
		} else {
			t.drop(s, errExpired)
		}
		e = next
	}
}
