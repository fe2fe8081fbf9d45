package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
)

// wake has the writer look. Called with mu held.
func (c *conn) wake() {
	c.due = true
	if !c.writing && !c.over {
		c.writing = true
		c.writer.Add(1)
		go c.run()
	}
}

func (c *conn) kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake()
}

// run is the writer. It ends when there is nothing to write, or with the connection.
func (c *conn) run() {
	defer c.writer.Done()
	defer c.survive()
	for c.look() {
		if err := c.work(); err != nil {
			c.goodbye(err)
			return // writing stays true: it is not started again
		}
	}
}

// survive turns a panic, which is a bug of ours, into the end of this connection alone, with its stack in the log.
func (c *conn) survive() {
	if v := recover(); v != nil {
		c.hub.o.Log.Error("a socket's writer panicked", slog.Any("panic", v), "stack", string(debug.Stack()))
		c.cut()
	}
}

// look says whether somebody has woken the writer since it looked last; if nobody has, the writer ends.
func (c *conn) look() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing, c.due = c.due, false
	return c.writing
}

// work writes all there is to write: answers first, then what the dialect reads for itself, then the queue.
func (c *conn) work() error {
	if !c.begun {
		c.begun = true
		if err := c.talk.begin(c); err != nil {
			return err
		}
	}
	for {
		if c.life.Err() != nil {
			return context.Cause(c.life)
		}
		if m := c.message(); m != nil {
			if err := c.talk.heed(c, m); err != nil {
				return err
			}
			continue
		}
		more, err := c.talk.step(c)
		if err == nil && !more {
			more, err = c.drain()
		}
		if err != nil || !more {
			return err
		}
	}
}

// drain writes the next frame of the queue.
func (c *conn) drain() (more bool, err error) {
	it, lost := c.pop()
	if lost.dropped > 0 {
		return true, c.talk.lost(c, lost)
	}
	if it.data == nil {
		return false, nil
	}
	if err := c.write(it.data); err != nil {
		return false, err
	}
	c.mu.Lock()
	late, position := c.queue.late(c.hub.limits.behind), c.queue.last
	c.mu.Unlock()
	if late {
		c.counts.tooSlow.Add(1)
		return false, closing{closeSlow, fmt.Sprintf("too slow; come back with since=%d", position)}
	}
	return true, nil
}

// warn tells the client what it has lost.
func (c *conn) warn(g gap) error {
	return c.write(c.talk.notice(dropped(g.dropped, g.since, g.after)))
}

// write writes one sealed frame, unless the connection shall end. A reader that takes nothing for the whole deadline is
// cut: its connection is stuck, so no close frame would get through either.
func (c *conn) write(frame []byte) error {
	if c.life.Err() != nil {
		return context.Cause(c.life)
	}
	if _, err := c.wire.Write(frame); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.counts.tooSlow.Add(1)
		}
		return fmt.Errorf("write to a socket: %w", err)
	}
	c.counts.frames.Add(1)
	return nil
}

// goodbye closes the connection, with a code if there is one to give; the reader then ends.
func (c *conn) goodbye(err error) {
	c.end(err)
	c.hub.silence(c)
	var bye closing
	if errors.As(err, &bye) {
		_ = c.ws.Close(bye.code, bye.reason) // the peer may be gone already
	}
	c.cut()
}

// message takes the next message of the client out, nil when there is none.
func (c *conn) message() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) == 0 {
		return nil
	}
	m := c.inbox[0]
	c.inbox[0] = nil
	if c.inbox = c.inbox[1:]; len(c.inbox) == 0 {
		c.inbox = nil
	}
	c.waiting -= len(m)
	return m
}

// asked says whether a message of the client waits: what takes its time looks at it first.
func (c *conn) asked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inbox) > 0
}

// pop takes the next frame out of the queue. That the writer comes here means that the reader reads.
func (c *conn) pop() (it item, lost gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parked {
		c.mu.Unlock() // the hub's comes first
		c.hub.comeBack(c)
		c.mu.Lock()
	}
	return c.queue.pop()
}

// offer queues an event, if there is room for it.
func (c *conn) offer(it item) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue.full(it) {
		return false
	}
	c.queue.add(it)
	c.wake()
	return true
}

// push queues an event and says how many were dropped for it.
func (c *conn) push(it item) (drops int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	drops = c.queue.push(it)
	c.wake()
	return drops
}

// answer queues a frame that is no event, in its place among the events.
func (c *conn) answer(frame []byte) {
	c.mu.Lock()
	drops, ok := c.queue.answer(frame)
	c.wake()
	c.mu.Unlock()
	c.counts.dropped.Add(drops)
	if !ok {
		c.stop(closing{closePolicy, "too many messages without reading the answers"})
	}
}

// start says after which position the queue's events begin.
func (c *conn) start(position int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue.start(position)
}

// forget empties the queue.
func (c *conn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue.forget()
}
