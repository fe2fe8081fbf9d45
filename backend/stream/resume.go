package stream

import (
	"context"
	"errors"
	"fmt"

	"hangar/backend/event"
	"hangar/backend/eventlog"
)

const catchUpPage = 256

// resume has the writer give what the log has after a position, and join the live ones then.
func (c *conn) resume(after int64) { c.cursor, c.behind = after, true }

// catchUp writes a page of what the log has after the cursor, at the reader's own pace, until the connection has come
// as far as the live ones and joins them. Joining and offering exclude each other, so nothing falls between. A message
// of the client ends the page, because it may change what the page should hold.
func (c *conn) catchUp() (more bool, err error) {
	if !c.behind {
		return false, nil
	}
	log := c.hub.o.Events
	// Before each page: the log may be cut off while a slow client reads.
	if err := log.Check(c.life, c.cursor); err != nil {
		return true, c.startOver(err)
	}
	target, joined := c.hub.join(c, c.cursor)
	if joined {
		c.behind = false
		return true, nil
	}
	page, err := log.Read(c.life, c.cursor, c.interest.stored(), catchUpPage)
	if err != nil {
		return false, c.failed(err)
	}
	done, err := c.writePage(page)
	if err == nil && done && len(page) < catchUpPage { // all that there was, and target was in the log by then
		c.cursor = max(c.cursor, target)
	}
	return true, err
}

// writePage writes what is wanted of a page, and moves the cursor; done says that it came to the end of it.
func (c *conn) writePage(page []event.Envelope) (done bool, err error) {
	var some []*frame
	size := 0
	write := func() error {
		if len(some) == 0 {
			return nil
		}
		it := join(some, c.interest.form)
		some, size = nil, 0
		return c.write(it.data)
	}
	for _, e := range page {
		f := newFrame(e)
		if c.interest.wants(f) {
			n := len(f.bytes(c.interest.form))
			if !c.interest.batch || size+n > maxJoined {
				if err := write(); err != nil {
					return false, err
				}
			}
			some, size = append(some, f), size+n
		}
		if c.asked() {
			c.cursor = e.Position
			return false, write()
		}
	}
	if len(page) > 0 {
		c.cursor = page[len(page)-1].Position
	}
	return true, write()
}

// startOver tells a client that cannot be resumed to take a new snapshot; what happens from now on follows.
func (c *conn) startOver(cause error) error {
	if !errors.Is(cause, eventlog.ErrTruncated) {
		return c.failed(cause)
	}
	head := c.hub.joinNow(c)
	c.behind = false
	reason := fmt.Sprintf("the log does not reach back to position %d", c.cursor)
	if c.cursor > head {
		reason = fmt.Sprintf("position %d is beyond the log: the database was replaced", c.cursor)
	}
	return c.write(c.talk.notice(c.hub.reset(reason, head)))
}

// failed ends a connection whose log cannot be read, and asks the client to try later.
func (c *conn) failed(err error) error {
	if c.life.Err() != nil {
		return context.Cause(c.life)
	}
	c.hub.o.Log.Error("read the event log for a socket", "error", err)
	return closing{closeSlow, "the event log cannot be read at the moment; come back"}
}
