package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// maxRunning bounds the requests that one pipe may have in flight.
const maxRunning = 1024

// pipe is one client on stdio.
type pipe struct {
	g     *Gateway
	ctx   context.Context
	calls calls
	slots chan struct{}
	work  sync.WaitGroup

	mu     sync.Mutex
	out    io.Writer
	broken error // of out; nobody reads any more

	client string // of initialize; "" before it. Of the reading loop alone.
}

// ServeStdio is the aggregate endpoint over newline-delimited JSON. At the end of input it lets running calls finish for
// a while and returns nil; when ctx ends it cancels them. in is closed when ctx ends and it can be.
func (g *Gateway) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	p := &pipe{g: g, ctx: context.WithoutCancel(ctx), slots: make(chan struct{}, maxRunning), out: out}
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
	rq := &request{msg: msg}
	var bad *mcp.Error
	if rq.parts, bad = readParts(msg.Params); bad == nil {
		bad = p.place(rq)
	}
	switch {
	case msg.IsResponse(): // we ask nothing yet
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
	if rq.msg.Method == "initialize" {
		info, _ := mcp.Get(rq.msg.Params, "clientInfo")
		p.client = clientName(info)
	}
	rq.client = p.client
	if p.client == "" && rq.msg.Method != "ping" {
		return mcp.Errorf(mcp.CodeInvalidRequest, "initialize first, or say in params._meta which protocol version this request is of")
	}
	return nil
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
	result, bad := p.g.answer(ctx, rq, func(params json.RawMessage) {
		p.write(mcp.AppendNotification(nil, "notifications/progress", params))
	})
	// The id is free before the answer is out: who has the answer may use the id again.
	cancelled := errors.Is(context.Cause(ctx), errCancelled)
	p.calls.end(rq.msg.ID)
	switch {
	case cancelled: // the protocol wants no answer then
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
	_, p.broken = p.out.Write(append(mcp.OneLine(frame), '\n'))
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
