package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"hangar/backend/mcp"
)

// write is the one goroutine that writes to the provider, so that frames never interleave.
func (c *Conn) write() {
	deadline, _ := c.in.(interface{ SetWriteDeadline(time.Time) error })
	for {
		select {
		case <-c.done:
			return
		case frame := <-c.outbox:
			if deadline != nil {
				// A provider that stopped reading must not hold this goroutine for ever.
				_ = deadline.SetWriteDeadline(time.Now().Add(writeDeadline))
			}
			frame = append(mcp.OneLine(frame), '\n')
			if _, err := c.in.Write(frame); err != nil {
				c.fail(fmt.Errorf("%w: it does not take input: %w", ErrClosed, err))
				return
			}
			c.written(frame)
		}
	}
}

// read is the one goroutine that reads from the provider.
func (c *Conn) read() {
	in := newLines(c.out, c.opts.FrameLimit)
	for {
		line, head, err := in.next()
		if head != nil {
			c.failOversized(head)
		} else if len(line) > 0 {
			c.take(line)
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				c.fail(fmt.Errorf("%w: it closed its output", ErrClosed))
			} else {
				c.fail(fmt.Errorf("%w: %w", ErrClosed, err))
			}
			return
		}
	}
}

// failOversized fails the call that the line would have answered, when its id is known.
func (c *Conn) failOversized(head []byte) {
	c.counts.oversized.Add(1)
	c.failCall(mcp.PeekID(head), oversized(c.opts.FrameLimit))
}

// failCall answers a call in the provider's place.
func (c *Conn) failCall(id json.RawMessage, why *mcp.Error) {
	if p := c.waiting(id); p != nil {
		p.deliver(mcp.Message{Error: why.JSON()})
	}
}

func oversized(limit int) *mcp.Error {
	e := mcp.Errorf(mcp.CodeUpstream, "the provider's answer is larger than the limit of %d bytes", limit)
	e.Data = json.RawMessage(`{"type":"AnswerTooLargeError","retryable":false,"limit_bytes":` + strconv.Itoa(limit) + `}`)
	return e
}

func unusable(why error) *mcp.Error {
	e := mcp.Errorf(mcp.CodeUpstream, "%s", &BadAnswerError{why.Error()})
	e.Data = json.RawMessage(`{"type":"BadAnswerError","retryable":false}`)
	return e
}

func (c *Conn) take(line []byte) {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	if len(line) == 0 {
		return
	}
	if line[0] == '[' { // a batch, legal until 2025-06-18
		if parts, err := mcp.Elements(line); err == nil {
			for _, part := range parts {
				c.takeOne(part)
			}
			return
		}
	}
	c.takeOne(line)
}

func (c *Conn) takeOne(line []byte) {
	m, err := mcp.Parse(line)
	switch {
	case err != nil:
		c.wonder(string(line[:min(len(line), strangeBytes)]), err)
		if m.Result != nil || m.Error != nil { // meant as an answer: whoever waits for it need not wait until the timeout
			c.failCall(m.ID, unusable(err))
		}
	case m.IsResponse():
		c.resolve(m)
	case m.IsRequest() && c.speaks.Load():
		c.counts.refused.Add(1)
		c.reply(mcp.AppendError(nil, m.ID, mcp.Errorf(mcp.CodeMethodNotFound, "revision %s has no requests to clients", mcp.Latest)))
	case m.IsRequest():
		c.questions.serve(m, nil, c.reply)
	default:
		c.heed(m)
	}
}

// What is shown of what should not be on stdout.
const (
	strangeLines = 10
	strangeBytes = 200
)

// wonder tells of a line that is no message: the commonest mistake of those who write servers, and one that nothing else shows.
func (c *Conn) wonder(line string, why error) {
	c.opts.Log.Debug("provider wrote something that is no message to stdout", "line", line, "error", why)
	if n := c.counts.garbage.Add(1); n <= strangeLines && c.opts.Strange != nil {
		c.opts.Strange(line, n == strangeLines)
	}
}

// heed takes a notification.
func (c *Conn) heed(m mcp.Message) {
	switch m.Method {
	case mcp.NoteProgress:
		c.report(m)
	case mcp.NoteMessage:
		// A byte stream does not tell which request a message belongs to.
		if p, _ := c.calls.whose(); p != nil && p.x.Client.WantsLog(m.Params) {
			p.put(note{m.Method, m.Params})
		}
	case mcp.NoteCancelled:
		c.questions.withdraw(m.Params)
	case mcp.NoteAcknowledged:
		id, _ := mcp.Get(m.Params, "_meta", mcp.MetaSubscription)
		if p := c.waiting(id); p != nil {
			p.put(note{m.Method, m.Params})
		}
	default:
		if c.opts.Notify != nil {
			c.opts.Notify(m.Method, m.Params)
		}
	}
}

func (c *Conn) resolve(m mcp.Message) {
	if p := c.waiting(m.ID); p == nil || !p.deliver(m) {
		c.counts.unknownID.Add(1)
	}
}

// deliver reports false when an answer is there already.
func (p *call) deliver(m mcp.Message) bool {
	select {
	case p.answer <- m:
		return true
	default:
		return false
	}
}

func (c *Conn) report(m mcp.Message) {
	token, ok := mcp.Get(m.Params, "progressToken")
	if !ok {
		return
	}
	p := c.waiting(token)
	if p == nil || !p.x.Progress {
		c.counts.unknownID.Add(1)
		return
	}
	p.put(note{m.Method, m.Params})
}

// reply answers the provider. When its own input is full of our frames, a provider that floods us with requests goes
// unanswered: the reader must not wait. An answer that a client gave waits, in a goroutine of its own.
func (c *Conn) reply(frame []byte) {
	select {
	case c.outbox <- frame:
	case <-c.done:
	default:
		if len(c.late) < cap(c.late) {
			c.loops.Go(func() { c.replyLate(frame) })
		}
	}
}

// replyLate waits for room.
func (c *Conn) replyLate(frame []byte) {
	select {
	case c.late <- struct{}{}:
	case <-c.done:
		return
	}
	defer func() { <-c.late }()
	select {
	case c.outbox <- frame:
	case <-c.done:
	}
}
