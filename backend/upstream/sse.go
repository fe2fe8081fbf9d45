package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/egress"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// pushed is HTTP+SSE of 2024-11-05: one event stream brings everything that the server says, and we post to the address
// that its first event names. That is a byte stream in pieces, so the conversation on it is a Conn, whose oldest rules
// (one writer, one reader, everything over when the stream ends) are this dialect's own.
type pushed struct {
	*Remote
	conn   *Conn
	cancel context.CancelFunc // of the stream
}

func (p *pushed) hello(ctx context.Context) (Hello, error) {
	stream, cancel := context.WithCancel(p.life)
	stop := context.AfterFunc(ctx, cancel) // until the first event the stream is part of the handshake
	rs, in, target, err := p.open(stream)
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel()
		if rs != nil {
			_ = rs.Body.Close()
		}
		return Hello{}, err
	}
	p.cancel = cancel
	out, feed := io.Pipe()
	post := &poster{way: p.way, to: target, life: stream, end: cancel}
	opts := p.opts
	opts.Protocol = provider.ProtocolSession // this dialect knows no other
	p.conn = Open(post, out, opts)
	post.conn.Store(p.conn)
	pumping := p.spawn(func() {
		defer rs.Body.Close()
		_ = feed.CloseWithError(p.pump(in, feed)) // of a pipe: no error
	})
	if !pumping {
		_ = feed.Close()
		_ = rs.Body.Close()
		return Hello{}, p.Err()
	}
	return p.conn.Handshake(ctx) // a failed one is said goodbye
}

// open reads the stream up to the address.
func (p *pushed) open(ctx context.Context) (*http.Response, *events, *url.URL, error) {
	rs, err := p.way.send(ctx, http.MethodGet, p.way.endpoint, nil, "Accept", typeStream)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := success(rs); err != nil {
		return rs, nil, nil, &otherDialectError{err}
	}
	if !isType(rs, typeStream) {
		return rs, nil, nil, &otherDialectError{&BadAnswerError{"a GET of the endpoint is no event stream"}}
	}
	in := readEvents(rs.Body, p.opts.FrameLimit)
	first, err := in.next()
	if err != nil || first.event != "endpoint" {
		return rs, nil, nil, &otherDialectError{&BadAnswerError{"its event stream does not begin with the address to post to"}}
	}
	target, err := rs.Request.URL.Parse(strings.TrimSpace(string(first.data)))
	if err != nil {
		return rs, nil, nil, &BadAnswerError{"the address to post to cannot be read"}
	}
	// Our credentials go where the definition says, and nowhere else.
	if egress.Origin(target) != egress.Origin(p.way.endpoint) {
		return rs, nil, nil, &BadAnswerError{fmt.Sprintf("it wants messages posted to %s, which is not its own origin", egress.Origin(target))}
	}
	return rs, in, target, nil
}

// pump hands the server's messages to the Conn, one per line.
func (p *pushed) pump(in *events, to io.Writer) error {
	for {
		f, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("its event stream ended")
		case err != nil:
			return fmt.Errorf("its event stream broke off: %w", err)
		case f.cut:
			p.conn.failOversized(f.data)
		case f.event == "" || f.event == "message":
			if _, err := to.Write(append(mcp.OneLine(f.data), '\n')); err != nil {
				return err
			}
		}
	}
}

func (p *pushed) request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	return p.conn.request(ctx, x, own)
}

func (p *pushed) watch(ctx context.Context, uri string, on bool) error {
	return p.conn.Watch(ctx, uri, on)
}

func (p *pushed) tell(ctx context.Context, method string, params json.RawMessage) error {
	return p.conn.Tell(ctx, method, params)
}

// listen makes the end of the stream the end of the conversation.
func (p *pushed) listen(Hello) {
	p.spawn(func() {
		<-p.conn.Done()
		p.fail(p.conn.Err())
	})
}

func (p *pushed) probe() string { return "ping" }

func (p *pushed) keep(provider.ItemKind, string, json.RawMessage) error { return nil }

func (p *pushed) goodbye(context.Context) {
	if p.conn == nil {
		return
	}
	p.conn.Close()
	p.cancel()
	p.conn.Wait()
	c := p.conn.Counts()
	p.counts.garbage.Add(c.Garbage)
	p.counts.oversized.Add(c.Oversized)
	p.counts.unknownID.Add(c.UnknownID)
	p.counts.refused.Add(c.Refused)
}

// poster is the way to the server as a Conn wants it: each frame is one POST, in order.
type poster struct {
	way  *way
	to   *url.URL
	life context.Context // of the stream
	end  context.CancelFunc
	conn atomic.Pointer[Conn]

	mu       sync.Mutex // guards deadline
	deadline time.Time
}

// SetWriteDeadline bounds the next Write.
func (p *poster) SetWriteDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	return nil
}

// Write posts one frame. A server that refuses one message fails the call that sent it; one that cannot be reached, or
// that does not know the session any more, fails them all.
func (p *poster) Write(frame []byte) (int, error) {
	p.mu.Lock()
	until := p.deadline
	p.mu.Unlock()
	ctx, cancel := context.WithDeadline(p.life, until)
	defer cancel()
	rs, err := p.way.send(ctx, http.MethodPost, p.to, frame)
	if err == nil {
		err = success(rs)
	}
	var status *statusError
	switch {
	case err == nil:
		drainBody(rs.Body)
	case errors.As(err, &status) && status.status < 500 && status.status != http.StatusNotFound && status.status != http.StatusGone:
		if c := p.conn.Load(); c != nil {
			why := mcp.Errorf(mcp.CodeUnavailable, "%s", status)
			why.Data = json.RawMessage(`{"type":"ProviderUnavailableError","retryable":false}`)
			c.failCall(mcp.PeekID(frame), why)
		}
	default:
		return 0, p.way.word(err)
	}
	return len(frame), nil
}

// Close ends the stream: there is no half of it to close.
func (p *poster) Close() error {
	p.end()
	return nil
}
