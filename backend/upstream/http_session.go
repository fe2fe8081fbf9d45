package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// sessional is streamable HTTP from 2025-03-26 to 2025-11-25: initialize opens a session that the server may name, and
// may lose. A lost one is opened again, once for all who notice, and the request that noticed is sent again: a server
// that does not know the session has not looked at the request.
type sessional struct {
	*Remote
	renewing chan struct{} // a token: whoever holds it may renew

	mu  sync.Mutex // guards now
	now *visit
}

// visit is one session.
type visit struct {
	id      string // empty when the server has none
	version string
	life    context.Context
	end     context.CancelFunc
	settled chan struct{} // closed when it is known whether the server has a stream of its own
}

// streamTime is how long the first calls of a session wait for the stream of what the server says unasked: what it says on
// that stream during a call is lost when there is none yet. Some servers answer that request with their first message only.
const streamTime = 250 * time.Millisecond

func newSessional(r *Remote) *sessional {
	s := &sessional{Remote: r, renewing: make(chan struct{}, 1)}
	s.renewing <- struct{}{}
	return s
}

func (s *sessional) current() *visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// hello opens the session. 400, 404 and 405 may come from a server of the dialect before.
func (s *sessional) hello(ctx context.Context) (Hello, error) {
	h, err := s.open(ctx)
	var status *statusError
	if errors.As(err, &status) && (status.status == 400 || status.status == 404 || status.status == 405) {
		return h, &otherDialectError{err}
	}
	return h, err
}

func (s *sessional) open(ctx context.Context) (Hello, error) {
	v := &visit{settled: make(chan struct{})}
	p, n, id := s.enter(ctx, mcp.Exchange{Method: mcp.MethodInitialize}, true)
	defer s.calls.leave(n)
	rs, err := s.send(ctx, http.MethodPost, v, mcp.AppendRequest(nil, id, mcp.MethodInitialize, initializeParams(s.opts)))
	if err != nil {
		return Hello{}, fmt.Errorf("initialize: %w", err)
	}
	v.id = rs.Header.Get(headerSession)
	result, err := s.exchange(v, id, p).answer(ctx, rs)
	if err != nil {
		return Hello{}, fmt.Errorf("initialize: %w", err)
	}
	h, err := readHello(result)
	if err != nil {
		return h, err
	}
	v.version, h.Sessionless = h.ProtocolVersion, v.id == ""
	if err := s.post(ctx, v, mcp.AppendNotification(nil, mcp.NoteInitialized, nil)); err != nil {
		return h, fmt.Errorf("notifications/initialized: %w", err)
	}
	v.life, v.end = context.WithCancel(s.life)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = v
	return h, nil
}

// send makes a request in a session; body nil is a GET or DELETE.
func (s *sessional) send(ctx context.Context, method string, v *visit, body []byte, headers ...string) (*http.Response, error) {
	accept := typeJSON + ", " + typeStream
	if method == http.MethodGet {
		accept = typeStream
	}
	return s.way.send(ctx, method, s.way.endpoint, body,
		append(headers, "Accept", accept, headerSession, v.id, headerVersion, v.version)...)
}

// post sends what wants no answer: a notification or a response.
func (s *sessional) post(ctx context.Context, v *visit, frame []byte) error {
	rs, err := s.send(ctx, http.MethodPost, v, frame)
	if err != nil {
		return err
	}
	if err := success(rs); err != nil {
		return err
	}
	drainBody(rs.Body)
	return nil
}

func (s *sessional) exchange(v *visit, id json.RawMessage, p *call) *exchange {
	return &exchange{
		r: s.Remote, id: id, call: p,
		reply: func(frame []byte) { s.aside(v, frame) },
		resume: func(ctx context.Context, lastID string) (*http.Response, error) {
			rs, err := s.send(ctx, http.MethodGet, v, nil, headerResume, lastID)
			if err != nil {
				return nil, err
			}
			return rs, success(rs)
		},
	}
}

// aside posts something beside the request under way.
func (s *sessional) aside(v *visit, frame []byte) {
	s.spawn(func() {
		ctx, cancel := context.WithTimeout(s.life, noticeTime)
		defer cancel()
		if err := s.post(ctx, v, frame); err != nil {
			s.opts.Log.Debug("the provider did not take a message", "error", err)
		}
	})
}

func (s *sessional) request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	for again := false; ; again = true {
		v := s.current()
		result, err := s.once(ctx, v, x, own)
		if again || !lost(err, v) {
			return result, err
		}
		if err := s.renew(ctx, v); err != nil {
			return nil, fmt.Errorf("the server had lost our session, and a new one could not be opened: %w", err)
		}
	}
}

func (s *sessional) once(ctx context.Context, v *visit, x mcp.Exchange, own bool) (json.RawMessage, error) {
	if !own {
		select {
		case <-v.settled:
		case <-ctx.Done():
			return nil, &UnsentError{context.Cause(ctx)}
		}
	}
	p, n, id := s.enter(ctx, x, own)
	defer s.calls.leave(n)
	params := x.Params
	if x.Progress {
		var err error
		if params, err = withToken(params, id); err != nil {
			return nil, err
		}
	}
	rs, err := s.send(ctx, http.MethodPost, v, mcp.AppendRequest(make([]byte, 0, len(params)+frameRoom), id, x.Method, params))
	if err == nil {
		var result json.RawMessage
		if result, err = s.exchange(v, id, p).answer(ctx, rs); err == nil {
			return result, nil
		}
	}
	if ctx.Err() != nil { // in this era the end of a connection cancels nothing
		s.aside(v, mcp.AppendNotification(nil, mcp.NoteCancelled, cancelledParams(id, context.Cause(ctx))))
	}
	return nil, err
}

func (s *sessional) watch(ctx context.Context, uri string, on bool) error {
	method := mcp.MethodUnsubscribe
	if on {
		method = mcp.MethodSubscribe
	}
	_, err := s.ask(ctx, method, subscribeParams(uri))
	return err
}

func (s *sessional) tell(ctx context.Context, method string, params json.RawMessage) error {
	return s.post(ctx, s.current(), mcp.AppendNotification(nil, method, params))
}

// lost reports a session that the server does not know any more: 404, or what servers made after the TypeScript SDK's
// example answer, server-everything among them.
func lost(err error, v *visit) bool {
	var status *statusError
	if v.id == "" || !errors.As(err, &status) {
		return false
	}
	return status.status == http.StatusNotFound ||
		status.status == http.StatusBadRequest && status.answered != nil && status.answered.Code == -32000 &&
			strings.Contains(strings.ToLower(status.text), "session")
}

// renew opens a new session in place of an old one; those who come while that goes on share it.
func (s *sessional) renew(ctx context.Context, old *visit) error {
	select {
	case <-s.renewing:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.renewing <- struct{}{} }()
	if s.current() != old {
		return nil
	}
	h, err := s.open(ctx)
	if err != nil {
		return err
	}
	old.end()
	s.opts.Log.Info("the provider had lost our session; a new one is open")
	s.listen(h)
	s.missed() // it most likely started anew, perhaps with other tools
	return nil
}

// listen follows the stream of what the server says unasked, where it offers one.
func (s *sessional) listen(Hello) {
	v := s.current()
	s.spawn(func() {
		settle := sync.OnceFunc(func() { close(v.settled) })
		defer settle()
		defer time.AfterFunc(streamTime, settle).Stop()
		in := &events{limit: s.opts.FrameLimit}
		opened := false
		for failed := 0; ; failed++ {
			rs, err := s.send(v.life, http.MethodGet, v, nil, headerResume, in.id)
			settle()
			if err == nil {
				err = success(rs)
			}
			var status *statusError
			if errors.As(err, &status) && status.status < 500 || err == nil && !isType(rs, typeStream) {
				s.opts.Log.Debug("the provider offers no stream of its own", "error", err)
				if err == nil {
					drainBody(rs.Body)
				}
				return
			}
			if err == nil {
				if opened && in.id == "" { // it does not repeat what was said meanwhile
					s.missed()
				}
				opened = true
				in.after(rs.Body)
				x := s.exchange(v, nil, nil)
				if _, heard, _ := x.read(in); heard { // it ends with the stream
					failed = 0
				}
				_ = rs.Body.Close()
			}
			if pause(v.life, in.retry, failed) != nil {
				return
			}
		}
	})
}

func (s *sessional) probe() string { return "ping" }

func (s *sessional) keep(provider.ItemKind, string, json.RawMessage) error { return nil }

func (s *sessional) goodbye(ctx context.Context) {
	v := s.current()
	if v == nil {
		return
	}
	v.end()
	if v.id == "" {
		return
	}
	rs, err := s.send(ctx, http.MethodDelete, v, nil)
	if err != nil {
		s.opts.Log.Debug("the provider was not told that the session is over", "error", err)
		return
	}
	drainBody(rs.Body)
}
