package stream

import (
	"sync"
	"time"
)

const (
	maxFrames = 1024
	maxBytes  = 1 << 20

	maxAnswers = 64 // frames that may not be dropped
)

// item is a frame that waits. Events have a position; answers to the client (0) are never dropped.
type item struct {
	data     []byte
	position int64
}

// queue is what a connection has still to send. Whoever pushes never waits: when the queue is full the oldest events
// go, a quarter of it at once, so that a reader that stays slow gets few warnings and not one per frame.
type queue struct {
	mu      sync.Mutex
	items   []item
	bytes   int
	answers int
	last    int64     // the position of the last event that was taken out
	dropped int64     // not yet reported
	since   time.Time // when the unreported dropping began
	behind  time.Time // since when the queue has been full at times and never empty; zero: it is not
	wake    chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// start says after which position the events begin.
func (q *queue) start(position int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = position
}

// answer adds a frame that is no event. It refuses when the client asks more than it listens.
func (q *queue) answer(data []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.answers >= maxAnswers {
		return false
	}
	q.answers++
	q.add(item{data: data})
	return true
}

// push adds an event and says how many were dropped for it.
func (q *queue) push(it item) (drops int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.add(it)
}

func (q *queue) add(it item) (drops int64) {
	if len(q.items)+1 > maxFrames || q.bytes+len(it.data) > maxBytes {
		drops = q.evict(len(it.data))
	}
	q.items = append(q.items, it)
	q.bytes += len(it.data)
	select {
	case q.wake <- struct{}{}:
	default: // it has been woken and has not looked yet
	}
	return drops
}

// evict drops the oldest events until three quarters are left and a frame of this size fits.
func (q *queue) evict(size int) int64 {
	frames, bytes := len(q.items), q.bytes
	kept := q.items[:0]
	for _, it := range q.items {
		if it.position > 0 && (frames > maxFrames*3/4 || bytes+size > maxBytes*3/4) {
			frames--
			bytes -= len(it.data)
			continue
		}
		kept = append(kept, it)
	}
	n := int64(len(q.items) - len(kept))
	clear(q.items[len(kept):])
	q.items, q.bytes = kept, bytes
	if n == 0 {
		return 0
	}
	now := time.Now()
	if q.dropped == 0 {
		q.since = now
	}
	if q.behind.IsZero() {
		q.behind = now
	}
	q.dropped += n
	return n
}

// pop takes the next frame out, nil when there is none. A gap is reported before the first frame behind it.
func (q *queue) pop() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped > 0 {
		frame := dropped(q.dropped, q.since, q.last)
		q.dropped = 0
		return frame
	}
	if len(q.items) == 0 {
		q.items, q.behind = nil, time.Time{} // an idle connection costs no queue
		return nil
	}
	it := q.items[0]
	q.items[0] = item{}
	q.items = q.items[1:]
	q.bytes -= len(it.data)
	if it.position > 0 {
		q.last = it.position
	} else {
		q.answers--
	}
	return it.data
}

// late says whether the reader has been behind for longer than d, and the position it has reached.
func (q *queue) late(d time.Duration) (position int64, late bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last, !q.behind.IsZero() && time.Since(q.behind) > d
}
