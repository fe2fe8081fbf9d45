package stream

import (
	"fmt"
	"slices"
	"time"

	"hangar/backend/eventlog"
	"hangar/backend/operation"
)

// interest is which events a connection gets, and how it is told of them.
type interest struct {
	form    form
	batch   bool   // frames may be arrays
	query   filter // of the URL
	message filter // of the client's last message
	sight   Sight
	only    []string // operations; nil means all. Of the operations socket, which has no filters
}

// wants decides for each event, live and from the log.
func (i interest) wants(f *frame) bool { return i.asks(f) && i.sight.sees(f.Stream) }

func (i interest) asks(f *frame) bool {
	if i.form == operationForm {
		id := f.about("operation")
		return id != "" && (i.only == nil || slices.Contains(i.only, id))
	}
	id := f.about("provider")
	return i.query.match(f.Kind, id) && i.message.match(f.Kind, id)
}

// stored is the part of it that the log can look up.
func (i interest) stored() eventlog.Filter {
	if i.form != operationForm {
		return i.query.stored()
	}
	if len(i.only) == 0 {
		return eventlog.Filter{Kinds: operation.Kinds()}
	}
	var s eventlog.Filter
	for _, id := range i.only {
		s.Streams = append(s.Streams, operation.ID(id).Stream())
	}
	return s
}

func (i interest) key() string {
	return fmt.Sprintf("%d %t %q %t %q\x02%s\x02%s", i.form, i.batch, i.sight.Class, i.only == nil, i.only, i.query.key(), i.message.key())
}

// topic is all connections of one interest: an event is looked at once for all of them, and joined with others once.
// The hub's mutex guards it.
type topic struct {
	interest
	key     string
	conns   map[*conn]struct{}
	parked  parked   // those that do not read
	pending []*frame // of a batch: what the next flush sends
	size    int      // bytes of it
}

// attach makes a connection live after a position. Called with mu held, as all here.
func (h *Hub) attach(c *conn, i interest, position int64) {
	key := i.key()
	t := h.topics[key]
	if t == nil {
		t = &topic{interest: i, key: key, conns: map[*conn]struct{}{}}
		h.topics[key] = t
	}
	t.conns[c] = struct{}{}
	c.topic, c.joined = t, position
}

// detach ends that. What waited to be joined with more for this connection is sent.
func (h *Hub) detach(c *conn) {
	t := c.topic
	if t == nil {
		return
	}
	h.unpark(c)
	h.push(c, t.missing(c))
	delete(t.conns, c)
	if len(t.conns)+len(t.parked.conns) == 0 {
		delete(h.topics, t.key)
		delete(h.waiting, t)
	}
	c.topic = nil
}

// tell sends an event to the connections of a topic, or keeps it for the next flush.
func (h *Hub) tell(t *topic, f *frame) {
	if !t.batch {
		it := f.item(t.form)
		t.parked.push(it)
		for c := range t.conns {
			if f.Position > c.joined {
				t.give(c, it)
			}
		}
		return
	}
	if size := len(f.bytes(t.form)); t.size+size > maxJoined {
		h.flush(t)
	}
	h.waiting[t] = struct{}{}
	t.pending = append(t.pending, f)
	t.size += len(f.bytes(t.form))
}

// flush sends what is pending as one frame, whose bytes are shared by all that were there from its first event on.
func (h *Hub) flush(t *topic) {
	if len(t.pending) == 0 {
		return // one event was too large for an array
	}
	all, first := join(t.pending, t.form), t.pending[0].Position
	t.parked.push(all)
	for c := range t.conns {
		if c.joined < first {
			t.give(c, all)
		} else {
			t.give(c, t.missing(c))
		}
	}
	clear(t.pending)
	t.pending, t.size = t.pending[:0], 0
}

// missing is what is pending for one connection.
func (t *topic) missing(c *conn) item {
	for i, f := range t.pending {
		if f.Position > c.joined {
			return join(t.pending[i:], t.form)
		}
	}
	return item{}
}

// gather flushes now when nothing was flushed for a while, so that a single event is not late; otherwise when the time
// has come. Under load an array so holds all that happened in it.
func (h *Hub) gather() {
	wait := h.limits.gather - time.Since(h.flushed)
	if h.flushing || len(h.waiting) == 0 {
		return
	}
	if wait <= 0 {
		h.flushAll()
		return
	}
	h.flushing = true
	time.AfterFunc(wait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.flushing = false
		h.flushAll()
	})
}

func (h *Hub) flushAll() {
	for t := range h.waiting {
		h.flush(t)
	}
	clear(h.waiting)
	h.flushed = time.Now()
}

func (h *Hub) push(c *conn, it item) {
	if it.data != nil {
		c.counts.dropped.Add(c.push(it))
	}
}
