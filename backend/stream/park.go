package stream

import (
	"cmp"
	"slices"
)

// parked are the connections of a topic whose queues are full because their readers do not read. What waits for them is the
// same, and waits once: all of them together cost one push for an event. The hub's mutex guards it.
type parked struct {
	queue queue           // the newest events
	count int64           // events that were pushed, ever
	conns map[*conn]int64 // what count was before the events that the connection has lost
}

func (p *parked) push(it item) {
	if len(p.conns) > 0 {
		p.queue.push(it)
		p.count += it.events()
	}
}

// keep takes over what a connection had queued, if that reaches further back.
func (p *parked) keep(events []item) {
	if len(p.conns) > 0 && p.queue.items[0].first <= events[0].first {
		return
	}
	p.queue = queue{}
	for _, it := range events {
		p.queue.push(it)
	}
}

// give queues an event of the topic for one of its connections, or parks that.
func (t *topic) give(c *conn, it item) {
	if it.data == nil || c.offer(it) {
		return
	}
	lost := append(c.park(), it)
	n := int64(0)
	for _, one := range lost {
		n += one.events()
	}
	t.parked.keep(later(lost, c.joined)) // what is older may obey another interest
	if t.parked.conns == nil {
		t.parked.conns = map[*conn]int64{}
	}
	t.parked.conns[c] = t.parked.count - n
	delete(t.conns, c)
}

// comeBack is called by the writer of a parked connection.
func (h *Hub) comeBack(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.topic != nil { // else it was silenced meanwhile
		h.unpark(c)
	}
}

// unpark gives a parked connection a queue of its own again, with what is left of what it has lost.
func (h *Hub) unpark(c *conn) {
	p := &c.topic.parked
	before, ok := p.conns[c]
	if !ok {
		return
	}
	delete(p.conns, c)
	c.topic.conns[c] = struct{}{}
	c.counts.dropped.Add(c.unpark(p.queue.items, p.count-before))
	if len(p.conns) == 0 {
		p.queue = queue{}
	}
}

// park takes all events out of the queue.
func (c *conn) park() (events []item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parked = true
	c.wake()
	return c.queue.take()
}

// unpark puts back what is left, and says how many events are lost for good.
func (c *conn) unpark(left []item, lost int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parked = false
	c.queue.dropped += lost
	return lost - c.queue.restore(later(left, max(c.joined, c.queue.last)))
}

// later are the events behind a position.
func later(events []item, position int64) []item {
	i, _ := slices.BinarySearchFunc(events, position+1, func(it item, first int64) int { return cmp.Compare(it.first, first) })
	return events[i:]
}
