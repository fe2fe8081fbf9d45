package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Transport is an http.RoundTripper. Its fields are not changed once it is in use.
type Transport struct {
	// Dial connects; the address policy is its caller's, and in it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Rest takes every request that is not an ordinary one over http.
	Rest *http.Transport
	// HeaderTimeout bounds the wait for the head of an answer; 0: only the request's context does.
	HeaderTimeout time.Duration
	HeaderBytes   int64 // of an answer's head, with those of 1xx answers before it
	IdleTimeout   time.Duration
	IdlePerHost   int

	idle     pool
	messages sync.Pool // of *[]byte: requests that were written
}

// RoundTrip is http.RoundTripper's.
func (t *Transport) RoundTrip(rq *http.Request) (*http.Response, error) {
	target, ok := ordinary(rq)
	if !ok {
		return t.Rest.RoundTrip(rq)
	}
	ctx := rq.Context()
	message, ok := t.messages.Get().(*[]byte)
	if !ok {
		message = new([]byte)
	}
	defer func() {
		if cap(*message) <= 2*maxBody {
			t.messages.Put(message)
		}
	}()
	var err error
	if *message, err = appendRequest((*message)[:0], rq, target); err != nil {
		return nil, err
	}
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c, err := t.connection(ctx, address(rq.URL))
		if err != nil {
			return nil, ended(ctx, err)
		}
		rs, again, err := t.exchange(ctx, c, rq, *message)
		if err == nil || !again || ctx.Err() != nil {
			return rs, ended(ctx, err)
		}
	}
}

// CloseIdleConnections closes what nobody uses. Connections in use are closed when they come back, until the next request.
func (t *Transport) CloseIdleConnections() {
	t.idle.close()
	t.Rest.CloseIdleConnections()
}

// ended prefers the end of the context to what it broke.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// connection takes an idle one, or makes one.
func (t *Transport) connection(ctx context.Context, address string) (*conn, error) {
	if c := t.idle.take(address); c != nil {
		return c, nil
	}
	nc, err := t.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return newConn(nc, address), nil
}

// exchange sends a request and reads the head of its answer. again tells that the request may be sent once more on another
// connection (see the package's comment).
func (t *Transport) exchange(ctx context.Context, c *conn, rq *http.Request, message []byte) (rs *http.Response, again bool, err error) {
	stop := context.AfterFunc(ctx, c.hangUp)
	fail := func(again bool, err error) (*http.Response, bool, error) {
		stop()
		c.hangUp()
		return nil, again && c.used, err
	}
	if n, err := c.Write(message); err != nil {
		return fail(n == 0, fmt.Errorf("send the request: %w", err))
	}
	if t.HeaderTimeout > 0 {
		if err := c.SetReadDeadline(time.Now().Add(t.HeaderTimeout)); err != nil {
			return fail(false, err)
		}
	}
	c.room = t.HeaderBytes
	if _, err := c.in.Peek(1); err != nil {
		err = t.slow(c, err)
		return fail(harmless(rq.Method) && !errors.As(err, new(*SlowError)), err)
	}
	if rs, err = c.head(rq); err != nil {
		if c.room == 0 {
			err = fmt.Errorf("the head of the answer is longer than %d bytes", t.HeaderBytes)
		}
		return fail(false, t.slow(c, err))
	}
	c.room = unlimited
	if t.HeaderTimeout > 0 {
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			return fail(false, err)
		}
	}
	t.attach(ctx, c, rs, stop)
	return rs, false, nil
}

// SlowError is an answer that did not begin, or whose head did not end, in the time for it.
type SlowError struct {
	After time.Duration
	err   error
}

// Error says how long we waited.
func (e *SlowError) Error() string { return fmt.Sprintf("no head of an answer within %s", e.After) }

// Timeout is net.Error's, for whoever asks the *url.Error that net/http puts around it.
func (e *SlowError) Timeout() bool { return true }

// Unwrap gives what the reading ended with.
func (e *SlowError) Unwrap() error { return e.err }

// slow words what reading a head ended with.
func (t *Transport) slow(c *conn, err error) error {
	var network net.Error
	switch {
	case !errors.As(c.broken, &network) || !network.Timeout():
	case t.HeaderTimeout > 0:
		return &SlowError{t.HeaderTimeout, c.broken}
	default: // the system gave the connection up
		return c.broken
	}
	return fmt.Errorf("read the answer: %w", err)
}

// head reads the head of the answer, past those that only announce it.
func (c *conn) head(rq *http.Request) (*http.Response, error) {
	for {
		rs, err := http.ReadResponse(c.in, rq)
		if err != nil || rs.StatusCode < 100 || rs.StatusCode > 199 || rs.StatusCode == http.StatusSwitchingProtocols {
			return rs, err
		}
	}
}

// harmless is a method that changes nothing on the server (RFC 9110, 9.2.1).
func harmless(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// attach gives the answer its body, which brings the connection back to the pool when it was read to its end.
func (t *Transport) attach(ctx context.Context, c *conn, rs *http.Response, stop func() bool) {
	b := &body{Reader: rs.Body, t: t, c: c, ctx: ctx, stop: stop}
	// An answer of another protocol than asked for is none that another could follow.
	b.stays = !rs.Close && rs.StatusCode >= 200
	if rs.Request.Method == http.MethodHead || rs.ContentLength == 0 {
		b.over(io.EOF)
		return
	}
	rs.Body = b
	if strings.EqualFold(rs.Header.Get("Content-Encoding"), "gzip") && wantsGzip(rs.Request) {
		rs.Body = &unzipped{body: b}
		rs.Header.Del("Content-Encoding")
		rs.Header.Del("Content-Length")
		rs.ContentLength, rs.Uncompressed = -1, true
	}
}
