package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

// session is a provider that is up. The actor publishes it; callers share it.
type session struct {
	conn  upstream.Conversation
	hello upstream.Hello
	wire  Wire
	tools atomic.Pointer[map[string]bool] // and whether it may be called twice
	limit atomic.Int64                    // calls at once, by the definition

	remote   bool        // it is reached over HTTP
	bothEras bool        // it speaks the session era beside the stateless one
	asks     atomic.Bool // it asks questions of its clients
	level    levels
	siblings *siblings

	mu       sync.Mutex
	inFlight int
	shut     bool // no new leases
	lastUsed time.Time
	drained  chan struct{} // closed once shut and nothing in flight

	over  chan struct{} // closed once cause is known
	cause *fault.Error
	death death
}

// death is the end of a conversation under its calls. However many were in it, it is one failure of the provider.
type death struct{ told atomic.Bool }

// outcome is what a call says of the provider that it died under: the first one tells, the others only repeat it.
func (d *death) outcome(judged breaker.Outcome) breaker.Outcome {
	if judged == breaker.Bad && d.told.Swap(true) {
		return breaker.Neutral
	}
	return judged
}

func newSession(l Link) *session {
	return &session{conn: l.Conn, wire: l.Wire, lastUsed: time.Now(), drained: make(chan struct{}), over: make(chan struct{})}
}

func (s *session) offers(c provider.Catalogue) {
	names := map[string]bool{}
	for _, it := range c.Of(provider.Tool) {
		names[it.Name] = hint(it.Raw, "readOnlyHint") || hint(it.Raw, "idempotentHint")
	}
	s.tools.Store(&names)
}

func hint(raw json.RawMessage, name string) bool {
	v, _ := mcp.Get(raw, "annotations", name)
	return string(v) == "true"
}

func (s *session) acquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return false
	}
	s.inFlight++
	return true
}

func (s *session) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	s.lastUsed = time.Now()
	if s.shut && s.inFlight == 0 {
		close(s.drained)
	}
}

// close lets no new call in; drained is closed when the last one is out.
func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return
	}
	s.shut = true
	if s.inFlight == 0 {
		close(s.drained)
	}
}

// closeIdle closes the session when nothing ran for ttl; else it tells when to look again.
func (s *session) closeIdle(ttl time.Duration) (idle provider.Idle, again time.Duration, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle = provider.Idle{For: time.Since(s.lastUsed), LastUsed: s.lastUsed}
	switch {
	case s.shut:
		return idle, ttl, false
	case s.inFlight > 0:
		return idle, ttl, false
	case idle.For < ttl:
		return idle, ttl - idle.For, false
	}
	s.shut = true
	close(s.drained)
	return idle, 0, true
}

func (s *session) usage() (inFlight int, idle time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight > 0 {
		return s.inFlight, 0
	}
	return 0, time.Since(s.lastUsed)
}

// finish makes known why the session is over and wakes everyone who waits on it.
func (s *session) finish(cause *fault.Error) {
	s.close()
	s.cause = cause
	close(s.over)
	s.conn.Close()
	if s.siblings != nil {
		s.siblings.closeAll()
	}
}

// Lease is the right to call a provider. Its session is not stopped for idleness while the lease lasts.
type Lease struct {
	session *session
	waited  bool
	once    sync.Once
	report  func(breaker.Outcome)
	outcome breaker.Outcome // of the last request
}

// Release gives the lease back.
func (l *Lease) Release() {
	l.once.Do(func() {
		l.session.release()
		l.report(l.outcome)
	})
}

// Tool reports whether the provider listed this tool, and whether that one may be called twice by what it says of itself.
func (l *Lease) Tool(name string) (repeatable, ok bool) {
	tools := l.session.tools.Load()
	if tools == nil {
		return false, false
	}
	repeatable, ok = (*tools)[name]
	return repeatable, ok
}

// Limit is how many calls at once the definition allows; 0: it says nothing.
func (l *Lease) Limit() int { return int(l.session.limit.Load()) }

// Waited says whether the provider had to be started for this lease.
func (l *Lease) Waited() bool { return l.waited }

// causeGrace bounds the wait for the reason of a death: the process must end and its last lines be read.
const causeGrace = 2 * time.Second

// Request is upstream.Conversation.Request, in the conversation that the client is to have; a provider that dies under the
// call gives the reason of its death, with its last stderr lines, as a *fault.Error.
func (l *Lease) Request(ctx context.Context, x mcp.Exchange) (json.RawMessage, error) {
	begun := time.Now()
	result, under, err := l.request(ctx, x)
	l.outcome = judge(ctx, err, time.Since(begun))
	if under != nil {
		l.outcome = under.outcome(l.outcome)
	}
	return result, err
}

// request also gives the end of the conversation, when it ended under this request.
func (l *Lease) request(ctx context.Context, x mcp.Exchange) (result json.RawMessage, under *death, err error) {
	s := l.session
	if key, owner, ok := s.kin(x.Client); ok {
		b, err := s.siblings.take(ctx, key, owner, x.Client)
		if err == nil {
			defer s.siblings.give(b)
			return s.throughSibling(ctx, b, x)
		}
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		// The first conversation serves everybody, only not as well.
	}
	s.level.want(ctx, s.conn, s.hello, x.Client.LogLevel, true)
	result, err = s.conn.Request(ctx, x)
	if !errors.Is(err, upstream.ErrClosed) {
		return result, nil, err
	}
	return nil, &s.death, s.ended(ctx, err)
}

func (s *session) throughSibling(ctx context.Context, b *sibling, x mcp.Exchange) (json.RawMessage, *death, error) {
	b.level.want(ctx, b.link.Conn, b.hello, x.Client.LogLevel, b.owner == "")
	result, err := b.link.Conn.Request(ctx, x)
	if !errors.Is(err, upstream.ErrClosed) {
		return result, nil, err
	}
	s.siblings.drop(b)
	return nil, &b.death, s.siblingEnded(b, err)
}

// ended words the end of the conversation under a call.
func (s *session) ended(ctx context.Context, err error) error {
	patience := time.NewTimer(causeGrace)
	defer patience.Stop()
	select {
	case <-s.over:
		if unsent := new(upstream.UnsentError); errors.As(err, &unsent) {
			return s.cause.Because(unsent)
		}
		return s.cause
	case <-patience.C:
		return fault.New(fault.Unavailable, "the provider closed its connection").Because(err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
