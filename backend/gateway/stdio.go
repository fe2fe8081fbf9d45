package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/auth"
	"hangar/backend/mcp"
)

// maxRunning bounds the requests that one pipe may have in flight.
const maxRunning = 1024

// pipe is one client on one connection for everything: stdio, or the oldest HTTP transport.
type pipe struct {
	g     *Gateway
	ctx   context.Context
	door  door
	id    string // tells it from other pipes
	calls calls
	slots chan struct{}
	work  sync.WaitGroup
	asker asker
	level atomic.Pointer[string]

	out    func(frame []byte) error // writes one frame
	mu     sync.Mutex               // guards broken, and frames from each other
	broken error                    // of out; nobody reads any more

	hello  sync.Mutex // guards what initialize tells
	client string     // "" before it
	said   json.RawMessage
	follow *subscriber
}

func (g *Gateway) newPipe(ctx context.Context, d door, out func(frame []byte) error) *pipe {
	p := &pipe{g: g, ctx: ctx, door: d, id: rand.Text(), slots: make(chan struct{}, maxRunning), out: out}
	level := mcp.LogAll
	p.level.Store(&level)
	return p
}

// leave ends what belongs to the pipe.
func (p *pipe) leave() {
	p.asker.close(errGone)
	p.hello.Lock()
	follow := p.follow
	p.hello.Unlock()
	if follow != nil {
		p.g.hub.leave(follow)
	}
	if p.g.opts.Leave != nil {
		p.g.opts.Leave(p.key())
	}
}

func (p *pipe) key() string { return "pipe " + p.id }

// contact is how the client is reached while a request of its runs.
func (p *pipe) contact(era mcp.Era) contact {
	c := contact{key: p.key(), send: p.write}
	if era == mcp.Session {
		p.hello.Lock()
		defer p.hello.Unlock()
		c.declared, c.level, c.asker, c.follow, c.outside = p.said, *p.level.Load(), &p.asker, p.follow, outsidePipe{p}
		c.chose = func(level string) { p.level.Store(&level) }
	}
	return c
}

// outsidePipe reaches the client when no request of its runs.
type outsidePipe struct{ p *pipe }

// Hear passes a notification on.
func (o outsidePipe) Hear(method string, params json.RawMessage) {
	o.p.write(mcp.AppendNotification(nil, method, params))
}

// Ask asks the client.
func (o outsidePipe) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	o.p.hello.Lock()
	said := o.p.said
	o.p.hello.Unlock()
	if !mcp.Capable(said, method, params) {
		return nil, mcp.Errorf(mcp.CodeMethodNotFound, "the client does not take %s", method)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, askOutside, errNoAnswer)
	defer cancel()
	return o.p.asker.ask(ctx, o.p.write, method, params)
}

// ServeStdio is the aggregate endpoint over newline-delimited JSON. At the end of input it lets running calls finish for
// a while and returns nil; when ctx ends it cancels them. in is closed when ctx ends and it can be.
func (g *Gateway) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	p := g.newPipe(context.WithoutCancel(ctx), door{prefix: g.opts.Prefix}, func(frame []byte) error {
		_, err := out.Write(append(mcp.OneLine(frame), '\n'))
		return err
	})
	defer p.leave()
	lines := readLines(ctx, in, int(g.opts.BodyLimit))
	for {
		select {
		case <-ctx.Done():
			p.calls.close(context.Cause(ctx))
			p.work.Wait()
			return context.Cause(ctx)
		case l, more := <-lines:
			if !more {
				return p.drain(ctx)
			}
			if l.err != nil && !errors.Is(l.err, errTooLong) {
				p.calls.close(l.err)
				p.work.Wait()
				return l.err
			}
			p.take(l)
			if err := p.writeErr(); err != nil {
				p.calls.close(err)
				p.work.Wait()
				return err
			}
		}
	}
}

// drain waits for the calls that run, as long as it is given.
func (p *pipe) drain(ctx context.Context) error {
	finished := make(chan struct{})
	go func() {
		p.work.Wait()
		close(finished)
	}()
	limit := time.NewTimer(p.g.opts.DrainStdio)
	defer limit.Stop()
	select {
	case <-finished:
		return p.writeErr()
	case <-limit.C:
		p.calls.close(errEnded)
	case <-ctx.Done():
		p.calls.close(context.Cause(ctx))
	}
	<-finished
	return p.writeErr()
}

// take handles one line. Requests run beside each other; notifications act at once.
func (p *pipe) take(l line) {
	if l.err != nil {
		p.write(mcp.AppendError(nil, idOf(l.text), tooLarge(p.g.opts.BodyLimit)))
		return
	}
	msg, err := mcp.Parse(l.text)
	if err != nil {
		p.write(mcp.AppendError(nil, idOf(l.text), unreadable(l.text, err)))
		return
	}
	rq := &request{g: p.g, msg: msg, door: p.door}
	var bad *mcp.Error
	if rq.parts, bad = readParts(msg.Params); bad == nil {
		bad = p.place(rq)
	}
	rq.contact = p.contact(rq.era)
	switch {
	case msg.IsResponse():
		p.asker.take(msg) // nobody waits for it any more: there is nobody to tell
	case msg.IsNotification():
		// A notification that is wrong or not permitted is dropped: there is nobody to tell.
		_ = p.g.heed(p.ctx, rq, &p.calls)
	case bad != nil:
		p.write(mcp.AppendError(nil, msg.ID, bad))
	default:
		p.start(rq)
	}
}

// place decides the era of a message by itself. Only the session era remembers something: that initialize was there.
func (p *pipe) place(rq *request) *mcp.Error {
	if rq.era = eraOf(&rq.msg, rq.parts, ""); rq.era == mcp.Stateless {
		rq.client = clientName(rq.parts.info)
		return checkStateless(rq.parts)
	}
	p.hello.Lock()
	defer p.hello.Unlock()
	if rq.msg.Method == mcp.MethodInitialize && rq.msg.IsRequest() {
		p.greeted(rq)
	}
	rq.client = p.client
	if p.client == "" && rq.msg.Method != "ping" && rq.msg.Method != "" {
		return mcp.Errorf(mcp.CodeInvalidRequest, "initialize first, or say in params._meta which protocol version this request is of")
	}
	return nil
}

// greeted keeps what initialize told; from then on the client hears of changes.
func (p *pipe) greeted(rq *request) {
	info, _ := mcp.Get(rq.msg.Params, "clientInfo")
	p.client, p.said = clientName(info), declaredBy(rq)
	if p.follow != nil {
		return
	}
	caller, _ := auth.CallerFrom(p.ctx)
	p.follow = &subscriber{
		door: p.door, caller: caller, wants: [things]bool{tools: true, prompts: true, resources: true},
		tell: func(method string, params json.RawMessage, _ string) {
			// Whoever announces must not wait for a client that does not read.
			p.g.aside(func(context.Context) { p.write(mcp.AppendNotification(nil, method, params)) })
		},
	}
	p.g.hub.join(p.follow)
}

func (p *pipe) start(rq *request) {
	ctx, err := p.calls.begin(p.ctx, rq.msg.ID)
	if err != nil { // id null: the request that has this id is not answered by this
		p.write(mcp.AppendError(nil, nil, mcp.Errorf(mcp.CodeInvalidRequest, "%s", err)))
		return
	}
	select {
	case p.slots <- struct{}{}:
	default:
		p.calls.end(rq.msg.ID)
		e := mcp.Errorf(codeLimited, "%d requests are in flight already", maxRunning)
		e.Data = json.RawMessage(`{"type":"RateLimitExceededError","retryable":true}`)
		p.write(mcp.AppendError(nil, rq.msg.ID, e))
		return
	}
	p.work.Go(func() {
		defer func() { <-p.slots }()
		p.serve(ctx, rq)
	})
}

func (p *pipe) serve(ctx context.Context, rq *request) {
	result, bad := p.g.answer(ctx, rq)
	// The id is free before the answer is out: who has the answer may use the id again.
	cancelled := errors.Is(context.Cause(ctx), errCancelled)
	p.calls.end(rq.msg.ID)
	switch {
	case cancelled, result.none: // the protocol wants no answer then
	case bad != nil:
		p.write(mcp.AppendError(nil, rq.msg.ID, bad))
	default:
		p.write(p.g.frame(nil, rq.msg.ID, result))
	}
}

// write sends one frame. After a failure it sends nothing: the reading loop ends the pipe.
func (p *pipe) write(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken != nil {
		return
	}
	p.broken = p.out(frame)
}

func (p *pipe) writeErr() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// line is one line of input; err is errTooLong for one that was discarded, of which text is the beginning.
type line struct {
	text []byte
	err  error
}

var errTooLong = errors.New("line too long")

// readLines reads in a goroutine, because a read of stdin cannot be interrupted: it ends at the end of input, or when ctx
// ends and in could be closed. The channel is closed at the end of input.
func readLines(ctx context.Context, in io.Reader, limit int) <-chan line {
	out := make(chan line)
	release := context.AfterFunc(ctx, func() {
		if c, ok := in.(io.Closer); ok {
			_ = c.Close()
		}
	})
	go func() {
		defer release()
		defer close(out)
		r := bufio.NewReaderSize(in, 64<<10)
		for {
			l, end := readLine(r, limit)
			if len(l.text) > 0 {
				select {
				case out <- l:
				case <-ctx.Done():
					return
				}
			}
			if end == nil {
				continue
			}
			if !errors.Is(end, io.EOF) {
				select {
				case out <- line{err: end}:
				case <-ctx.Done():
				}
			}
			return
		}
	}()
	return out
}

func readLine(r *bufio.Reader, limit int) (l line, end error) {
	for {
		part, err := r.ReadSlice('\n')
		if l.err == nil {
			l.text = append(l.text, part...)
		}
		if len(l.text) > limit {
			l.text, l.err = l.text[:min(len(l.text), 512)], errTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			l.text = bytes.TrimSpace(l.text)
			return l, err
		}
	}
}
