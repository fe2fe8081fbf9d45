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
)

// ErrClosed is what every waiting and later call gets once the conversation is over.
var ErrClosed = errors.New("the connection to the provider is closed")

// Options of a conversation.
type Options struct {
	Name, Version string // how we introduce ourselves
	FrameLimit    int    // bytes; 0 means DefaultFrameLimit
	// Protocol is the era to speak: provider.ProtocolAuto (also ""), and so on.
	Protocol string
	// Capabilities and ClientInfo are what a session is opened with: those of the one client that it is for, or of all.
	// nil: none, and ourselves.
	Capabilities json.RawMessage
	ClientInfo   json.RawMessage
	// Notify is told of notifications that belong to no call (list_changed), from whichever goroutine read them: do not
	// block.
	Notify func(method string, params json.RawMessage)
	// Asked is told that the provider asks questions of clients; it may be nil.
	Asked func()
	// Outside is asked what no call causes; nil: nobody.
	Outside mcp.Peer
	// Strange is told of the first lines on stdout that are no messages, and is told last with more that others are only
	// counted; nil: nobody. It is called from the goroutine that reads.
	Strange func(line string, more bool)
	Log     *slog.Logger
}

// Conn is one conversation.
type Conn struct {
	opts Options
	in   io.WriteCloser
	out  io.Reader

	outbox    chan []byte
	spare     sync.Pool     // of *[]byte: frames that were written
	late      chan struct{} // answers that wait for room in the outbox
	done      chan struct{}
	loops     sync.WaitGroup
	counts    counters
	calls     inFlight
	questions questions
	life      context.Context // ends with the conversation
	end       context.CancelFunc

	speaks        atomic.Bool // the stateless era
	subscriptions atomic.Pointer[subscriptions]

	mu  sync.Mutex // guards err
	err error
}

// Counts are the oddities of a conversation.
type Counts struct {
	Garbage   int64 `json:"garbage"`    // lines on stdout that are no message
	Oversized int64 `json:"oversized"`  // frames beyond the limit
	UnknownID int64 `json:"unknown_id"` // answers that nobody waits for: late, doubled or wrong
	Refused   int64 `json:"refused"`    // requests of the provider that nobody could answer
}

type counters struct{ garbage, oversized, unknownID, refused atomic.Int64 }

// Open begins to read and to write. in and out are the provider's stdin and stdout.
func Open(in io.WriteCloser, out io.Reader, opts Options) *Conn {
	if opts.FrameLimit == 0 {
		opts.FrameLimit = DefaultFrameLimit
	}
	c := &Conn{
		opts: opts, in: in, out: out,
		outbox: make(chan []byte, writeQueue),
		late:   make(chan struct{}, maxQuestions),
		done:   make(chan struct{}),
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.questions = questions{
		calls: &c.calls, life: c.life, outside: opts.Outside, heard: opts.Asked, refused: &c.counts.refused,
		spawn: func(f func()) { c.loops.Go(f) },
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

// Wait returns when nothing of the conversation runs any more.
func (c *Conn) Wait() { c.loops.Wait() }

func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done) // whoever waits sees it
	c.end()
}

// Err says why the conversation is over; nil while it goes on.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Request sends a request and waits for its answer. x.Params must be one line of JSON or nil. When ctx ends first, the
// provider is told by notifications/cancelled. A JSON-RPC error comes back as *mcp.Error.
func (c *Conn) Request(ctx context.Context, x mcp.Exchange) (json.RawMessage, error) {
	return c.request(ctx, x, false)
}

// ask makes a request of our own.
func (c *Conn) ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	return c.request(ctx, mcp.Exchange{Method: method, Params: params}, true)
}

func (c *Conn) request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	if err := c.Err(); err != nil {
		return nil, &UnsentError{err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := newStreamCall(ctx, x, own)
	id := c.calls.enter(p)
	defer c.calls.leave(id)
	rawID := strconv.AppendInt(nil, id, 10)
	params, err := c.describe(x, rawID)
	if err != nil {
		return nil, err
	}
	if err := c.send(ctx, mcp.AppendRequest(c.frame(len(params)+96), rawID, x.Method, params)); err != nil {
		return nil, err
	}
	for {
		select {
		case <-p.wake:
			p.drain()
		case m := <-p.answer:
			p.drain()
			return answer(m)
		case <-ctx.Done():
			c.cancel(rawID, context.Cause(ctx))
			return nil, context.Cause(ctx)
		case <-c.done:
			return p.last(c.Err())
		}
	}
}

// describe gives params in the form of the era.
func (c *Conn) describe(x mcp.Exchange, rawID json.RawMessage) (json.RawMessage, error) {
	var token json.RawMessage
	if x.Progress {
		token = rawID
	}
	switch {
	case c.speaks.Load() || x.Method == mcp.MethodDiscover:
		return describe(c.opts, x, token)
	case token != nil:
		return withToken(x.Params, token)
	}
	return x.Params, nil
}

// last prefers an answer that arrived together with the end of the stream.
func (p *call) last(err error) (json.RawMessage, error) {
	select {
	case m := <-p.answer:
		p.drain()
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

func (c *Conn) waiting(rawID json.RawMessage) *call {
	id, err := strconv.ParseInt(string(rawID), 10, 64)
	if err != nil {
		return nil
	}
	return c.calls.get(id)
}

// cancel tells the provider that nobody waits any more; when its pipe is full the notice is not worth waiting for.
func (c *Conn) cancel(rawID json.RawMessage, cause error) {
	select {
	case c.outbox <- mcp.AppendNotification(nil, mcp.NoteCancelled, cancelledParams(rawID, cause)):
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

// maxSpare is how large a frame may be whose memory is used again.
const maxSpare = 64 << 10

// frame gives memory for one.
func (c *Conn) frame(size int) []byte {
	if spare, ok := c.spare.Get().(*[]byte); ok && cap(*spare) >= size {
		return (*spare)[:0]
	}
	return make([]byte, 0, size)
}

// written takes the memory of a frame back.
func (c *Conn) written(frame []byte) {
	if cap(frame) <= maxSpare {
		c.spare.Put(&frame)
	}
}

// send hands a frame to the writer, whose it is from then on.
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
