package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

const (
	maxSiblings      = 64              // of a remote provider: sessions
	maxSiblingPipes  = 8               // of one on a pipe: processes, beside the first
	siblingIdle      = 5 * time.Minute // until one that nobody uses is closed
	siblingAfterFail = time.Minute     // until a provider that refused one is asked for another
)

// siblings are further conversations with a provider that is up, beside the first: in the other era, where it speaks both
// and a client is of that one; or for one client alone, where the provider keeps a session and therefore knows its client,
// and where it asks questions, so that nobody else can be taken for the one who is asked.
type siblings struct {
	dial  func(key string, c mcp.Client) (Link, upstream.Hello, error)
	spawn func(func()) // runs something that the fleet waits for
	down  func(Wire)
	limit int

	mu    sync.Mutex // guards what follows
	all   map[string]*sibling
	shut  bool
	after time.Time // nobody is dialled before
}

type sibling struct {
	key   string
	owner string        // the key of the one client that it is for; "": of any
	ready chan struct{} // closed once link or err is known
	link  Link
	hello upstream.Hello
	err   error
	level levels
	death death

	users int       // guarded by siblings
	used  time.Time // guarded by siblings
	timer *time.Timer
}

var errNoSibling = errors.New("no further conversation with this provider")

// take gives a conversation; give it back. Waiting for one that is being opened ends with ctx.
func (s *siblings) take(ctx context.Context, key, owner string, c mcp.Client) (*sibling, error) {
	for {
		b, mine, err := s.enter(key, owner)
		if err != nil {
			return nil, err
		}
		if mine {
			s.spawn(func() { s.open(b, c) }) // others may wait for it longer than this caller
		}
		select {
		case <-b.ready:
		case <-ctx.Done():
			s.give(b)
			return nil, context.Cause(ctx)
		}
		switch {
		case b.err != nil:
			s.give(b)
			return nil, b.err
		case b.over(): // it ended between two calls
			s.drop(b)
			s.give(b)
			continue
		}
		return b, nil
	}
}

func (b *sibling) over() bool {
	select {
	case <-b.link.Conn.Done():
		return true
	case <-b.link.Wire.Done():
		return true
	default:
		return false
	}
}

// enter finds a sibling or makes the place for one, which whoever made it opens.
func (s *siblings) enter(key, owner string) (b *sibling, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b = s.all[key]; b == nil {
		if s.shut || time.Now().Before(s.after) || len(s.all) >= s.limit && !s.evict() {
			return nil, false, errNoSibling
		}
		b, mine = &sibling{key: key, owner: owner, ready: make(chan struct{})}, true
		s.all[key] = b
	}
	b.users++
	if b.timer != nil {
		b.timer.Stop()
	}
	return b, mine, nil
}

func (s *siblings) open(b *sibling, c mcp.Client) {
	link, hello, err := s.dial(b.key, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	b.link, b.hello, b.err = link, hello, err
	close(b.ready)
	switch {
	case err != nil:
		s.after = time.Now().Add(siblingAfterFail)
		s.remove(b)
	case b.users == 0 && s.all[b.key] != b: // nobody wants it any more
		s.close(b)
	}
}

// evict closes the one that was not used for the longest time; false when all are in use.
func (s *siblings) evict() bool {
	var oldest *sibling
	for _, b := range s.all {
		if b.users == 0 && (oldest == nil || b.used.Before(oldest.used)) {
			oldest = b
		}
	}
	if oldest == nil {
		return false
	}
	s.remove(oldest)
	s.close(oldest)
	return true
}

func (s *siblings) remove(b *sibling) {
	if s.all[b.key] == b {
		delete(s.all, b.key)
	}
}

// close ends a sibling that nobody uses.
func (s *siblings) close(b *sibling) {
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.link.Conn != nil {
		b.link.Conn.Close()
		s.spawn(func() { s.down(b.link.Wire) })
	}
}

// give gives a conversation back. One that was taken out of the set meanwhile ends with its last user.
func (s *siblings) give(b *sibling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.users--
	b.used = time.Now()
	if b.users > 0 {
		return
	}
	if s.all[b.key] != b {
		s.close(b)
		return
	}
	b.timer = time.AfterFunc(siblingIdle, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b.users == 0 && s.all[b.key] == b && time.Since(b.used) >= siblingIdle {
			s.remove(b)
			s.close(b)
		}
	})
}

// drop takes a sibling out of the set; its users may finish.
func (s *siblings) drop(b *sibling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(b)
}

// leave drops those of a client that has gone.
func (s *siblings) leave(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.all {
		if b.owner != owner {
			continue
		}
		s.remove(b)
		if b.users == 0 {
			s.close(b)
		}
	}
}

// closeAll ends them all, whoever uses them.
func (s *siblings) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	for _, b := range s.all {
		s.remove(b)
		select {
		case <-b.ready:
			s.close(b)
		default: // it is being opened, and ends with its users
		}
	}
}

// kin says which sibling a client is to have, if any, and whether it is for this client alone.
func (s *session) kin(c mcp.Client) (key, owner string, ok bool) {
	if c.Key == "" || s.siblings == nil {
		return "", "", false
	}
	own := s.remote || s.asks.Load() && asksFor(c)
	switch {
	case s.hello.Stateless() && (c.Era == mcp.Stateless || !s.bothEras):
		return "", "", false
	case s.hello.Stateless() && !own:
		return "session", "", true
	case s.hello.Stateless():
		return "session:" + c.Key, c.Key, true
	case s.hello.Sessionless, !own:
		return "", "", false
	}
	return c.Key, c.Key, true
}

// asksFor reports a client that can answer at least one kind of question.
func asksFor(c mcp.Client) bool {
	for _, method := range []string{mcp.MethodElicit, mcp.MethodSample, mcp.MethodRoots} {
		if mcp.Capable(c.Capabilities, method, nil) {
			return true
		}
	}
	return false
}

// everyQuestion is what a conversation for all clients declares. Who cannot answer is not asked.
const everyQuestion = `{"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{},"url":{}}}`

// dialSibling opens one, in the session era.
func (a *actor) dialSibling(p provider.Provider, s *session) func(string, mcp.Client) (Link, upstream.Hello, error) {
	return func(key string, c mcp.Client) (Link, upstream.Hello, error) {
		ctx, cancel := context.WithTimeoutCause(a.life, a.f.StartTimeout, errTooSlow)
		defer cancel()
		release, err := a.f.coldSlot(ctx)
		if err != nil {
			return Link{}, upstream.Hello{}, err
		}
		defer release()
		o := a.options()
		o.Protocol, o.Notify, o.Asked = provider.ProtocolSession, nil, func() { s.asks.Store(true) }
		if key != "session" {
			o.Capabilities, o.Outside = carried(c.Capabilities), c.Outside
		}
		link, err := a.f.Dial(ctx, p, o, a.ring(), func(string, string) {})
		if err != nil {
			return Link{}, upstream.Hello{}, err
		}
		hello, err := link.Conn.Handshake(ctx)
		if err == nil && s.hello.Stateless() && hello.Sessionless {
			err = fmt.Errorf("%w: it keeps no sessions", errNoSibling)
		}
		if err != nil {
			link.Conn.Close()
			a.f.work.Go(func() { a.putDown(link.Wire) })
			return Link{}, upstream.Hello{}, err
		}
		return link, hello, nil
	}
}

// carried is what a client's capabilities are in a session that is opened for it: what the eras do not share stays out.
func carried(capabilities []byte) []byte {
	if capabilities == nil {
		return nil
	}
	kept, err := mcp.Filter(capabilities, func(key string) bool { return key != "tasks" && key != "extensions" })
	if err != nil { // it was read as far as it matters when it came in
		return nil
	}
	return kept
}

// siblingEnded words the end of a sibling under a call.
func (s *session) siblingEnded(b *sibling, err error) error {
	if unsent := new(upstream.UnsentError); errors.As(err, &unsent) {
		return fault.New(fault.Unavailable, "the provider closed its connection").Because(unsent)
	}
	if endsWithin(b.link.Wire, exitGrace) {
		return fault.New(fault.Unavailable, "the provider %s", b.link.Wire.Exit()).With("reason", "ProviderDiedError").Because(err)
	}
	return fault.New(fault.Unavailable, "the provider closed its connection").Because(err)
}
