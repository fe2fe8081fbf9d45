package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"

	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

const catchUpPage = 256

// Events is /api/ws/events: all events, narrowed by ?provider_id= and ?event_type= (repeatable, `*` allowed) and by
// subscribe messages; ?since=<position> resumes.
func (h *Hub) Events(w http.ResponseWriter, r *http.Request) { h.events(w, r, nil) }

// State is /api/ws/state: ProviderStateChanged only.
func (h *Hub) State(w http.ResponseWriter, r *http.Request) {
	h.events(w, r, []string{provider.KindStateChanged})
}

func (h *Hub) events(w http.ResponseWriter, r *http.Request, kinds []string) {
	q := r.URL.Query()
	since, resume, err := number(q, "since", 0, math.MaxInt64, 0)
	f, ferr := queryFilter(q)
	if kinds != nil {
		f.kinds = kinds
	}
	for _, err := range []error{err, ferr, h.guard(r)} {
		if err != nil {
			h.o.WriteError(w, r, err)
			return
		}
	}
	c := h.newConn(r)
	c.query = f
	h.serve(w, r, c, func() error { return c.sendEvents(since, resume) })
}

func (c *conn) sendEvents(since int64, resume bool) error {
	if !resume {
		c.hub.joinNow(c)
	} else if err := c.catchUp(since); err != nil {
		return err
	}
	for {
		if err := c.drain(); err != nil {
			return err
		}
		select {
		case <-c.queue.wake:
		case <-c.soft.Done():
			return context.Cause(c.soft)
		}
	}
}

// drain writes what is queued.
func (c *conn) drain() error {
	for {
		data := c.queue.pop()
		if data == nil {
			return nil
		}
		if err := c.write(data); err != nil {
			return err
		}
		if position, late := c.queue.late(c.hub.limits.behind); late {
			c.hub.tooSlow.Add(1)
			return closing{closeSlow, fmt.Sprintf("too slow; come back with since=%d", position)}
		}
		if c.soft.Err() != nil {
			return context.Cause(c.soft)
		}
	}
}

// catchUp writes what the log has after the cursor, page by page at the reader's own pace, until the connection has
// come as far as the live ones and joins them. Joining and offering exclude each other, so nothing falls between.
func (c *conn) catchUp(cursor int64) error {
	log := c.hub.o.Events
	for {
		// Before each page: the log may be cut off while a slow client reads.
		if err := log.Check(c.soft, cursor); err != nil {
			return c.startOver(cursor, err)
		}
		target, joined := c.hub.join(c, cursor)
		if joined {
			return nil
		}
		page, err := log.Read(c.soft, cursor, c.query.stored(), catchUpPage)
		if err != nil {
			return c.failed(err)
		}
		for _, e := range page {
			if c.match(e.Kind, providerOf(e)) {
				if err := c.write(Encode(e)); err != nil {
					return err
				}
			}
			cursor = e.Position
		}
		if len(page) < catchUpPage { // all that there was, and target was in the log by then
			cursor = max(cursor, target)
		}
		if c.soft.Err() != nil {
			return context.Cause(c.soft)
		}
	}
}

// startOver tells a client that cannot be resumed to take a new snapshot; what happens from now on follows.
func (c *conn) startOver(cursor int64, cause error) error {
	if !errors.Is(cause, eventlog.ErrTruncated) {
		return c.failed(cause)
	}
	head := c.hub.joinNow(c)
	reason := fmt.Sprintf("the log does not reach back to position %d", cursor)
	if cursor > head {
		reason = fmt.Sprintf("position %d is beyond the log: the database was replaced", cursor)
	}
	return c.write(c.hub.reset(reason, head))
}

// failed ends a connection whose log cannot be read, and asks the client to try later.
func (c *conn) failed(err error) error {
	if c.soft.Err() != nil {
		return context.Cause(c.soft)
	}
	c.hub.o.Log.Error("read the event log for a socket", "error", err)
	return closing{closeSlow, "the event log cannot be read at the moment; come back"}
}
