package upstream

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"hangar/backend/egress"
	"hangar/backend/mcp"
)

// exchange is one request under way over HTTP, or the stream of what the server says unasked.
type exchange struct {
	r      *Remote
	id     json.RawMessage
	call   *call                                                            // nil on a stream that belongs to no request
	reply  func(frame []byte)                                               // to requests of the server; nil in an era that has none
	resume func(ctx context.Context, lastID string) (*http.Response, error) // nil where a broken stream is lost
}

// Bounds of going on with a stream that broke off.
const (
	maxResumes  = 5 // in a row without a message
	resumeDelay = time.Second
	leastDelay  = 100 * time.Millisecond
	maxDelay    = 30 * time.Second
)

// answer reads the answer of a request, which is one JSON object or a stream that ends with it. It runs in the caller's
// goroutine: a slow caller holds up its own stream and no other.
func (x *exchange) answer(ctx context.Context, rs *http.Response) (json.RawMessage, error) {
	if err := success(rs); err != nil {
		return nil, err
	}
	if isType(rs, typeStream) {
		return x.stream(ctx, rs)
	}
	defer rs.Body.Close()
	switch {
	case isType(rs, typeJSON):
		return x.object(rs)
	case rs.StatusCode == http.StatusAccepted || rs.StatusCode == http.StatusNoContent:
		return nil, &BadAnswerError{"it took the request without answering it"}
	default:
		return nil, &BadAnswerError{fmt.Sprintf("it is of type %q, where JSON or an event stream belongs", rs.Header.Get("Content-Type"))}
	}
}

func (x *exchange) object(rs *http.Response) (json.RawMessage, error) {
	limit := x.r.opts.FrameLimit
	body, err := readBody(rs, limit)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case len(body) > limit:
		return nil, x.tooLarge()
	}
	result, done, err := x.take(body)
	if !done && err == nil {
		err = &BadAnswerError{"it is no answer to the request that was sent"}
	}
	return result, err
}

const trusted = 256 << 10 // bytes that a server may announce and get memory for before it has sent them

// readBody reads a body up to its limit and a byte more, into one piece of memory where its length is known.
func readBody(rs *http.Response, limit int) ([]byte, error) {
	if n := rs.ContentLength; n > 0 && n <= int64(min(limit, trusted)) {
		body := make([]byte, n)
		_, err := io.ReadFull(rs.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(rs.Body, int64(limit)+1))
}

func (x *exchange) tooLarge() error {
	x.r.counts.oversized.Add(1)
	return oversized(x.r.opts.FrameLimit)
}

// events reads a stream, in memory that another one was read in.
func (r *Remote) events(body io.Reader) *events {
	buffer, ok := r.streams.Get().(*bufio.Reader)
	if !ok {
		return readEvents(body, r.opts.FrameLimit)
	}
	return (&events{in: buffer, limit: r.opts.FrameLimit}).after(body)
}

// stream reads on, over as many responses as it takes where the server keeps what was said (a session with event ids).
func (x *exchange) stream(ctx context.Context, rs *http.Response) (json.RawMessage, error) {
	defer func() { _ = rs.Body.Close() }()
	in := x.r.events(rs.Body)
	defer func() {
		in.in.Reset(nil)
		x.r.streams.Put(in.in)
	}()
	for failed := 0; ; failed++ {
		result, heard, err := x.read(in)
		if err == nil {
			_ = egress.Finish(rs.Body) // the server ends the stream behind the answer
		}
		if err == nil || !errors.Is(err, errStreamEnded) {
			return result, err
		}
		if heard {
			failed = 0
		}
		if x.resume == nil || in.id == "" || failed >= maxResumes || ctx.Err() != nil {
			return nil, err
		}
		if err := pause(ctx, in.retry, failed); err != nil {
			return nil, err
		}
		_ = rs.Body.Close()
		next, gone := x.resume(ctx, in.id)
		if gone != nil {
			// gone is not wrapped: that a later connection could not be made does not mean that nothing was sent.
			return nil, fmt.Errorf("%w, and could not be taken up again: %s", err, gone)
		}
		rs = next
		in.after(rs.Body)
	}
}

var errStreamEnded = errors.New("the event stream ended before the answer came")

// read takes events until the answer. heard tells whether any came.
func (x *exchange) read(in *events) (result json.RawMessage, heard bool, err error) {
	for {
		f, err := in.next()
		if err != nil {
			return nil, heard, fmt.Errorf("%w: %w", errStreamEnded, err)
		}
		heard = true
		switch {
		case f.cut && string(mcp.PeekID(f.data)) == string(x.id):
			return nil, true, x.tooLarge()
		case f.cut:
			x.r.counts.oversized.Add(1)
		case (f.event == "" || f.event == "message") && len(f.data) > 0: // the first event of a stream may be empty
			if result, done, err := x.take(f.data); done || err != nil {
				return result, true, err
			}
		}
	}
}

// take judges one message, or a batch of them; done when it was the answer.
func (x *exchange) take(data []byte) (result json.RawMessage, done bool, err error) {
	parts := []json.RawMessage{data}
	if batch, err := mcp.Elements(data); err == nil { // legal in 2025-03-26
		parts = batch
	}
	for _, part := range parts {
		m, err := mcp.Parse(part)
		if err != nil {
			x.r.counts.garbage.Add(1)
			x.r.opts.Log.Debug("provider sent something that is no message", "data", snippet(part), "error", err)
			continue
		}
		switch {
		case m.IsResponse() && string(m.ID) == string(x.id), m.IsResponse() && m.ID == nil && m.Error != nil:
			result, err = answer(m)
			done = true
			if err != nil {
				return nil, true, err
			}
		case x.call != nil && m.IsNotification() && x.mine(m):
			x.call.tell(note{m.Method, m.Params})
		default:
			x.r.hear(m, x.call, x.reply)
		}
	}
	return result, done, nil
}

// mine reports a notification of this request. What comes on its stream is its own, but for what concerns everybody.
func (x *exchange) mine(m mcp.Message) bool {
	switch m.Method {
	case mcp.NoteProgress:
		token, ok := mcp.Get(m.Params, "progressToken")
		return ok && x.call.x.Progress && string(token) == string(x.id)
	case mcp.NoteMessage:
		return x.call.x.Client.WantsLog(m.Params)
	case mcp.NoteAcknowledged:
		return x.call.own
	case mcp.NoteCancelled, mcp.NoteUpdated, mcp.NoteToolsChanged, mcp.NotePromptsChanged, mcp.NoteResourcesChanged:
		return false
	}
	return !x.call.own
}

// pause waits before a stream is opened again: as long as the server asked for, else longer each time, with jitter.
func pause(ctx context.Context, asked time.Duration, failed int) error {
	wait := max(min(asked, maxDelay), leastDelay)
	if asked == 0 {
		wait = min(resumeDelay<<min(failed, 10), maxDelay)
		wait = wait/2 + rand.N(wait)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
