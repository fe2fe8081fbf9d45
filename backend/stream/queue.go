package stream

import "time"

const (
	maxFrames = 1024
	maxBytes  = 1 << 20

	maxAnswers = 64 // frames that may not be dropped
)

// item is a frame that waits. Events have a position; answers to the client (0) are never dropped.
type item struct {
	data     []byte
	first    int64  // the position of the first event in it, of a topic's
	position int64  // of the last event in it
	count    int    // events in it; 0 means one
	frame    *frame // the one that it is, when it is one
}

func (it item) events() int64 { return int64(max(it.count, 1)) }

// gap is what a full queue has lost.
type gap struct {
	dropped int64     // events; 0: nothing was lost
	since   time.Time // when the dropping began
	after   int64     // the position before it
}

// queue is what a connection has still to send. When it is full the oldest events go, a quarter of it at once, so that a
// reader that stays slow gets few warnings and not one per frame. The connection's mutex guards it.
type queue struct {
	items   []item
	bytes   int
	answers int
	last    int64     // the position of the last event that was taken out
	dropped int64     // events, not yet reported
	since   time.Time // when the unreported dropping began
	behind  time.Time // since when the queue has been full at times and never empty; zero: it is not
}

// start says after which position the events begin.
func (q *queue) start(position int64) { q.last = position }

// answer adds a frame that is no event. It refuses when the client asks more than it listens.
func (q *queue) answer(data []byte) (drops int64, ok bool) {
	if q.answers >= maxAnswers {
		return 0, false
	}
	q.answers++
	return q.push(item{data: data}), true
}

// full says that events have to go for this one.
func (q *queue) full(it item) bool {
	return len(q.items) > q.answers && (len(q.items)+1 > maxFrames || q.bytes+len(it.data) > maxBytes)
}

// push adds a frame and says how many events were dropped for it.
func (q *queue) push(it item) (drops int64) {
	if q.full(it) {
		drops = q.evict(len(it.data))
	}
	q.add(it)
	return drops
}

func (q *queue) add(it item) {
	q.items = append(q.items, it)
	q.bytes += len(it.data)
}

// evict drops the oldest events until three quarters are left and a frame of this size fits.
func (q *queue) evict(size int) (n int64) {
	frames, bytes := len(q.items), q.bytes
	q.keep(func(it item) bool {
		if it.position > 0 && (frames > maxFrames*3/4 || bytes+size > maxBytes*3/4) {
			frames--
			bytes -= len(it.data)
			n += it.events()
			return false
		}
		return true
	})
	if n > 0 {
		q.fail()
		q.dropped += n
	}
	return n
}

// fail notes that events do not fit any more.
func (q *queue) fail() {
	now := time.Now()
	if q.dropped == 0 {
		q.since = now
	}
	if q.behind.IsZero() {
		q.behind = now
	}
}

// take gives all events away.
func (q *queue) take() (events []item) {
	all := q.items
	q.items, q.bytes = nil, 0
	for _, it := range all {
		if it.position > 0 {
			events = append(events, it)
		} else {
			q.add(it)
		}
	}
	q.fail()
	return events
}

// restore puts events back that were noted as lost, and says how many of them. A quarter stays free, or the next one would
// not fit; the newest is put back however large it is.
func (q *queue) restore(events []item) (n int64) {
	for i, it := range events {
		if i == len(events)-1 {
			n -= q.evict(len(it.data))
		}
		q.add(it)
		q.dropped -= it.events()
		n += it.events()
	}
	return n
}

// keep removes what keep says no to.
func (q *queue) keep(keep func(item) bool) {
	kept := q.items[:0]
	for _, it := range q.items {
		if keep(it) {
			kept = append(kept, it)
			continue
		}
		q.bytes -= len(it.data)
	}
	clear(q.items[len(kept):])
	q.items = kept
}

// forget removes all events, lost ones included: they are read from the log again, or not wanted any more.
func (q *queue) forget() {
	q.keep(func(it item) bool { return it.position == 0 })
	q.dropped, q.behind = 0, time.Time{}
}

// pop takes the next frame out; none is left when its data is nil. A gap is reported before the first frame behind it.
func (q *queue) pop() (it item, lost gap) {
	if q.dropped > 0 {
		lost = gap{q.dropped, q.since, q.last}
		q.dropped = 0
		return item{}, lost
	}
	if len(q.items) == 0 {
		q.items, q.behind = nil, time.Time{} // an idle connection costs no queue
		return item{}, gap{}
	}
	it = q.items[0]
	q.items[0] = item{}
	q.items = q.items[1:]
	q.bytes -= len(it.data)
	if it.position > 0 {
		q.last = it.position
	} else {
		q.answers--
	}
	return it, gap{}
}

// late says whether the reader has been behind for longer than d.
func (q *queue) late(d time.Duration) bool { return !q.behind.IsZero() && time.Since(q.behind) > d }
