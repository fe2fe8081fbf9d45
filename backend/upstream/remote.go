package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

const (
	partingTime = 2 * time.Second // for saying goodbye to a server that may not listen any more
	noticeTime  = 5 * time.Second // for a message that nobody waits for
	frameRoom   = 96              // bytes of a request beside its parameters, mostly
)

// Remote is one conversation over HTTP. Handshake finds out which of the three dialects the server speaks; that is kept
// for the life of the conversation.
//
// A server that cannot be reached fails the request that noticed it, not the conversation: the next request may find it
// again. The conversation itself ends by Close, with the event stream of the oldest dialect, or when the server turns out
// to speak another dialect than it did.
type Remote struct {
	opts   Options
	way    *way
	pin    string // auto, stateless, session, sse
	counts counters
	calls  inFlight

	questions questions
	streams   sync.Pool // of *bufio.Reader: streams that were read

	life  context.Context // of all that belongs to the conversation; its end wakes every waiting call
	end   context.CancelFunc
	last  context.Context // of the goodbye, which comes after the end of life
	hurry context.CancelFunc
	done  chan struct{}
	work  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	err     error
	endedAt time.Time
	closed  bool                              // no more goroutines
	waits   map[int64]context.CancelCauseFunc // of callers' contexts, which end with the conversation
	lastID  int64                             // of waits
	speaks  dialect                           // nil until the handshake succeeded
}

// dialect is how one of the eras puts a conversation on HTTP.
type dialect interface {
	// hello makes contact; a *otherDialectError says that the next dialect deserves a try.
	hello(ctx context.Context) (Hello, error)
	request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error)
	// watch has the server tell of a resource, or tell no more.
	watch(ctx context.Context, uri string, on bool) error
	// tell passes a notification of a client's on.
	tell(ctx context.Context, method string, params json.RawMessage) error
	// listen follows what the server says unasked, until the life of the conversation ends.
	listen(h Hello)
	// probe names the cheapest method that shows that the server is alive.
	probe() string
	// keep judges an entry of a list.
	keep(kind provider.ItemKind, name string, raw json.RawMessage) error
	// goodbye lets the server forget us; the conversation is over already.
	goodbye(ctx context.Context)
}

// otherDialectError is an answer that a server of this dialect would not give.
type otherDialectError struct{ err error }

func (e *otherDialectError) Error() string { return e.err.Error() }
func (e *otherDialectError) Unwrap() error { return e.err }

func newRemote(w *way, pin string, o Options) *Remote {
	if o.FrameLimit == 0 {
		o.FrameLimit = DefaultFrameLimit
	}
	r := &Remote{opts: o, way: w, pin: pin, done: make(chan struct{}), waits: map[int64]context.CancelCauseFunc{}}
	r.life, r.end = context.WithCancel(context.Background())
	r.last, r.hurry = context.WithCancel(context.Background())
	r.questions = questions{
		calls: &r.calls, life: r.life, outside: o.Outside, heard: o.Asked, refused: &r.counts.refused,
		spawn: func(f func()) { r.spawn(f) },
	}
	return r
}

// Handshake finds the dialect: the newest first, unless the definition says which one it is (http.protocol).
func (r *Remote) Handshake(ctx context.Context) (Hello, error) {
	ctx, stop := r.bound(ctx)
	defer stop()
	var why error
	for _, d := range r.dialects() {
		h, err := d.hello(ctx)
		if err == nil {
			return h, r.settle(d, h)
		}
		d.goodbye(r.last)
		if ctx.Err() != nil {
			return Hello{}, fmt.Errorf("the handshake: %w", context.Cause(ctx))
		}
		var other *otherDialectError
		if !errors.As(err, &other) {
			return Hello{}, r.way.word(err)
		}
		// What server/discover heard is about a method that older servers need not know, and the absence of an event
		// stream tells less than the answer to initialize.
		if _, oldest := d.(*pushed); why == nil || !oldest {
			why = err
		}
	}
	return Hello{}, r.way.word(why)
}

func (r *Remote) dialects() []dialect {
	switch r.pin {
	case provider.ProtocolStateless:
		return []dialect{&stateless{Remote: r}}
	case provider.ProtocolSession:
		return []dialect{newSessional(r)}
	case provider.ProtocolSSE:
		return []dialect{&pushed{Remote: r}}
	default:
		return []dialect{&stateless{Remote: r}, newSessional(r), &pushed{Remote: r}}
	}
}

func (r *Remote) settle(d dialect, h Hello) error {
	r.mu.Lock()
	if r.err == nil {
		r.speaks = d
	}
	over := r.err
	r.mu.Unlock()
	if over != nil {
		d.goodbye(r.last)
		return over
	}
	d.listen(h)
	return nil
}

// Request is Conversation.Request.
func (r *Remote) Request(ctx context.Context, x mcp.Exchange) (json.RawMessage, error) {
	return r.request(ctx, x, false)
}

// ask makes a request of our own.
func (r *Remote) ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	return r.request(ctx, mcp.Exchange{Method: method, Params: params}, true)
}

func (r *Remote) request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	d, err := r.spoken()
	if err != nil {
		return nil, &UnsentError{err}
	}
	ctx, stop := r.bound(ctx)
	defer stop()
	result, err := d.request(ctx, x, own)
	if err != nil {
		return nil, r.word(ctx, err)
	}
	return result, nil
}

// Watch is Conversation.Watch.
func (r *Remote) Watch(ctx context.Context, uri string, on bool) error {
	d, err := r.spoken()
	if err != nil {
		return err
	}
	ctx, stop := r.bound(ctx)
	defer stop()
	return d.watch(ctx, uri, on)
}

// Tell is Conversation.Tell.
func (r *Remote) Tell(ctx context.Context, method string, params json.RawMessage) error {
	d, err := r.spoken()
	if err != nil {
		return err
	}
	ctx, stop := r.bound(ctx)
	defer stop()
	return d.tell(ctx, method, params)
}

// spoken gives the dialect that the handshake settled on.
func (r *Remote) spoken() (dialect, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return nil, &UnsentError{r.err}
	case r.speaks == nil:
		return nil, errors.New("the handshake has not been made")
	}
	return r.speaks, nil
}

// bound ends a caller's context with the conversation. (context.AfterFunc on r.life would do it at twice the cost, on each call.)
func (r *Remote) bound(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		cancel(r.err)
		return ctx, func() {}
	}
	r.lastID++
	id := r.lastID
	r.waits[id] = cancel
	return ctx, func() {
		r.mu.Lock()
		delete(r.waits, id)
		r.mu.Unlock()
		cancel(nil)
	}
}

// word is the last step of every error: the end of the caller's patience or of the conversation comes before what it
// broke.
func (r *Remote) word(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.way.word(err)
}

// Catalogue is Conversation.Catalogue.
func (r *Remote) Catalogue(ctx context.Context, h Hello) (provider.Catalogue, error) {
	d, err := r.spoken()
	if err != nil {
		return nil, err
	}
	return catalogue(ctx, lister{
		ask: func(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
			return r.ask(ctx, method, params)
		},
		over: r.Err, keep: d.keep, garbage: &r.counts.garbage, log: r.opts.Log,
	}, h)
}

// Probe asks whether the provider is alive, or for its tools where it does not know the question.
func (r *Remote) Probe(ctx context.Context) error {
	d, err := r.spoken()
	if err != nil {
		return err
	}
	_, err = r.ask(ctx, d.probe(), nil)
	if methodMissing(err) {
		_, err = r.ask(ctx, "tools/list", nil)
	}
	return err
}

// Done is closed when the conversation is over.
func (r *Remote) Done() <-chan struct{} { return r.done }

// Counts tells the oddities so far.
func (r *Remote) Counts() Counts { return r.counts.snapshot() }

// Err says why the conversation is over; nil while it goes on.
func (r *Remote) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// EndedAt tells when it was over.
func (r *Remote) EndedAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.endedAt
}

func (r *Remote) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	r.err, r.endedAt = err, time.Now()
	close(r.done)
	r.end()
	for _, cancel := range r.waits {
		cancel(err)
	}
}

// Close ends the conversation; waiting calls get ErrClosed. The goodbye is said beside the caller: Wait waits for it.
func (r *Remote) Close() {
	r.fail(ErrClosed)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.closed = true
	d := r.speaks
	r.work.Go(func() {
		if d != nil {
			ctx, cancel := context.WithTimeout(r.last, partingTime)
			defer cancel()
			d.goodbye(ctx)
		}
	})
}

// Wait returns when nothing of the conversation runs any more.
func (r *Remote) Wait() {
	r.work.Wait()
	r.way.client.CloseIdleConnections()
}

// Stop is Close and Wait; the end of ctx cuts the goodbye short.
func (r *Remote) Stop(ctx context.Context) {
	stop := context.AfterFunc(ctx, r.hurry)
	defer stop()
	r.Close()
	r.Wait()
}

// spawn runs something that ends with the life of the conversation; false when that is over.
func (r *Remote) spawn(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.work.Go(f)
	}
	return !r.closed
}

// enter gives a request its id.
func (r *Remote) enter(ctx context.Context, x mcp.Exchange, own bool) (p *call, id int64, raw json.RawMessage) {
	p = newCall(ctx, x, own)
	id = r.calls.enter(p)
	return p, id, strconv.AppendInt(nil, id, 10)
}

// hear takes a message that is no answer to the request whose stream it came on, and no notification of that request.
// reply is nil where the server may not ask anything.
func (r *Remote) hear(m mcp.Message, under *call, reply func(frame []byte)) {
	switch {
	case m.IsResponse():
		r.counts.unknownID.Add(1)
	case m.IsRequest() && reply == nil:
		r.counts.refused.Add(1)
	case m.IsRequest():
		if under != nil && under.own {
			under = nil
		}
		r.questions.serve(m, under, reply)
	case m.Method == mcp.NoteProgress:
		r.progress(m)
	case m.Method == mcp.NoteMessage:
		if p, _ := r.calls.whose(); p != nil && under == nil && p.x.Client.WantsLog(m.Params) {
			p.tell(note{m.Method, append(json.RawMessage(nil), m.Params...)})
		}
	case m.Method == mcp.NoteCancelled:
		r.questions.withdraw(m.Params)
	case r.opts.Notify != nil:
		r.opts.Notify(m.Method, append(json.RawMessage(nil), m.Params...))
	}
}

// progress is for a report that came on another stream than its request's.
func (r *Remote) progress(m mcp.Message) {
	token, _ := mcp.Get(m.Params, "progressToken")
	id, err := strconv.ParseInt(string(token), 10, 64)
	if p := r.calls.get(id); err == nil && p != nil && p.x.Progress {
		p.tell(note{m.Method, append(json.RawMessage(nil), m.Params...)})
		return
	}
	r.counts.unknownID.Add(1)
}

// missed is for a time in which nobody could have told us of a change.
func (r *Remote) missed() {
	if r.opts.Notify != nil {
		r.opts.Notify(mcp.NoteToolsChanged, nil)
	}
}
