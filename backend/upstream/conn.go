package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/mcp"
)

// Limits of a conversation.
const (
	DefaultFrameLimit = 16 << 20         // bytes of one frame
	writeDeadline     = 10 * time.Second // for one frame into a full pipe
	writeQueue        = 64               // frames waiting for the writer
	progressQueue     = 64               // progress notifications waiting for a slow caller; the oldest give way
)

// ErrClosed is what every waiting and later call gets once the conversation is over.
var ErrClosed = errors.New("the connection to the provider is closed")

// Options of a conversation.
type Options struct {
	Name, Version string // how we introduce ourselves
	FrameLimit    int    // bytes; 0 means DefaultFrameLimit
	// Notify is told of notifications that belong to no call (list_changed), from whichever goroutine read them: do not
	// block.
	Notify func(method string, params json.RawMessage)
	Log    *slog.Logger
}

// Conn is one conversation.
type Conn struct {
	opts Options
	in   io.WriteCloser
	out  io.Reader

	outbox chan []byte
	done   chan struct{}
	loops  sync.WaitGroup
	counts counters

	mu      sync.Mutex // guards what follows
	nextID  int64
	pending map[int64]*call
	err     error
}

// Counts are the oddities of a conversation.
type Counts struct {
	Garbage   int64 `json:"garbage"`    // lines on stdout that are no message
	Oversized int64 `json:"oversized"`  // frames beyond the limit
	UnknownID int64 `json:"unknown_id"` // answers that nobody waits for: late, doubled or wrong
	Refused   int64 `json:"refused"`    // requests of the provider that we do not serve
}

type counters struct{ garbage, oversized, unknownID, refused atomic.Int64 }

// call is a request under way.
type call struct {
	progress chan json.RawMessage // nil when nobody wants it
	answer   chan mcp.Message     // buffered: the reader never waits
}

// Open begins to read and to write. in and out are the provider's stdin and stdout.
func Open(in io.WriteCloser, out io.Reader, opts Options) *Conn {
	if opts.FrameLimit == 0 {
		opts.FrameLimit = DefaultFrameLimit
	}
	c := &Conn{
		opts: opts, in: in, out: out,
		outbox:  make(chan []byte, writeQueue),
		done:    make(chan struct{}),
		pending: map[int64]*call{},
	}
	c.loops.Go(c.read)
	c.loops.Go(c.write)
	return c
}

// Done is closed when the conversation is over.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Counts tells the oddities so far.
func (c *Conn) Counts() Counts {
	return c.counts.snapshot()
}

func (c *counters) snapshot() Counts {
	return Counts{c.garbage.Load(), c.oversized.Load(), c.unknownID.Load(), c.refused.Load()}
}

// Close ends the conversation; waiting calls get ErrClosed. It closes the provider's stdin, which a conversation that
// broke leaves open, so that its owner can tell a death from a closed pipe. The reader ends with the provider's stdout.
func (c *Conn) Close() {
	c.fail(ErrClosed)
	// A stdin that will not close has no reader any more.
	_ = c.in.Close()
}

// Wait returns when both loops have ended.
func (c *Conn) Wait() { c.loops.Wait() }

func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
	c.pending = map[int64]*call{} // whoever waits sees done
}

// Err says why the conversation is over; nil while it goes on.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Request sends a request and waits for its answer. params must be one line of JSON or nil. progress, when not nil, is
// called in this goroutine, in order and never after Request returned; progressToken is set for it. When ctx ends first,
// the provider is told by notifications/cancelled. A JSON-RPC error comes back as *mcp.Error.
func (c *Conn) Request(ctx context.Context, method string, params json.RawMessage, progress func(json.RawMessage)) (json.RawMessage, error) {
	id, p, err := c.enter(progress != nil)
	if err != nil {
		return nil, err
	}
	defer c.leave(id)
	rawID := strconv.AppendInt(nil, id, 10)
	if progress != nil {
		if params, err = mcp.Set(params, rawID, "_meta", "progressToken"); err != nil {
			return nil, err
		}
	}
	if err := c.send(ctx, mcp.AppendRequest(make([]byte, 0, len(params)+96), rawID, method, params)); err != nil {
		return nil, err
	}
	for {
		select {
		case report := <-p.progress:
			progress(report)
		case m := <-p.answer:
			p.drain(progress)
			return answer(m)
		case <-ctx.Done():
			c.cancel(rawID, context.Cause(ctx))
			return nil, context.Cause(ctx)
		case <-c.done:
			return p.last(progress, c.Err())
		}
	}
}

// drain hands over what was reported before the answer.
func (p *call) drain(progress func(json.RawMessage)) {
	for {
		select {
		case report := <-p.progress:
			progress(report)
		default:
			return
		}
	}
}

// last prefers an answer that arrived together with the end of the stream.
func (p *call) last(progress func(json.RawMessage), err error) (json.RawMessage, error) {
	select {
	case m := <-p.answer:
		p.drain(progress)
		return answer(m)
	default:
		return nil, err
	}
}

func answer(m mcp.Message) (json.RawMessage, error) {
	if m.Error != nil {
		return nil, mcp.ParseError(m.Error)
	}
	if m.Result[0] != '{' {
		return nil, &BadAnswerError{"its result is not an object"}
	}
	return m.Result, nil
}

// BadAnswerError is an answer that cannot be relayed.
type BadAnswerError struct{ What string }

// Error says what is wrong with it.
func (e *BadAnswerError) Error() string { return "the provider's answer cannot be used: " + e.What }

func (c *Conn) enter(wantsProgress bool) (int64, *call, error) {
	p := &call{answer: make(chan mcp.Message, 1)}
	if wantsProgress {
		p.progress = make(chan json.RawMessage, progressQueue)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, nil, &UnsentError{c.err}
	}
	c.nextID++
	c.pending[c.nextID] = p
	return c.nextID, p, nil
}

func (c *Conn) leave(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

func (c *Conn) waiting(rawID json.RawMessage) *call {
	id, err := strconv.ParseInt(string(rawID), 10, 64)
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending[id]
}

// cancel tells the provider that nobody waits any more; when its pipe is full the notice is not worth waiting for.
func (c *Conn) cancel(rawID json.RawMessage, cause error) {
	select {
	case c.outbox <- mcp.AppendNotification(nil, "notifications/cancelled", cancelledParams(rawID, cause)):
	default:
	}
}

func cancelledParams(rawID json.RawMessage, cause error) json.RawMessage {
	params := append([]byte(`{"requestId":`), rawID...)
	return append(append(append(params, `,"reason":`...), mcp.Quote(cause.Error())...), '}')
}

// Notify sends a notification.
func (c *Conn) Notify(ctx context.Context, method string, params json.RawMessage) error {
	return c.send(ctx, mcp.AppendNotification(nil, method, params))
}

func (c *Conn) send(ctx context.Context, frame []byte) error {
	select {
	case c.outbox <- frame:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.done:
		return &UnsentError{c.Err()}
	}
}
