package eventlog

import (
	"sync"

	"hangar/backend/event"
)

// How many of the newest batches are handed to tails as they are.
const recentBatches = 8

// How many of the newest events stay in memory. A tail that is further behind reads the database.
const ringLength = 4096

// ring holds the newest events, shared by all tails. Positions have no holes, so an event's place is its position
// modulo the length.
type ring struct {
	mu    sync.Mutex
	slots []event.Envelope
	// The newest batches, of which a tail that keeps up gets each whole: no copy is made for it.
	recent [recentBatches][]event.Envelope
	next   int   // where the next one goes
	first  int64 // the oldest position held; head+1 when there is none
	head   int64
	woken  chan struct{} // closed at the next publish; made only when somebody waits
}

func newRing(head int64) *ring {
	return &ring{slots: make([]event.Envelope, ringLength), first: head + 1, head: head}
}

func (r *ring) last() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head
}

// oldest is the oldest position held; head+1 when there is none.
func (r *ring) oldest() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// publish adds a batch. The store calls it in commit order, so the batch follows on the head.
func (r *ring) publish(batch []event.Envelope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range batch {
		r.slots[e.Position%ringLength] = e
		r.head = e.Position
	}
	r.recent[r.next] = batch
	r.next = (r.next + 1) % recentBatches
	r.first = max(r.first, r.head-ringLength+1)
	if r.woken != nil {
		close(r.woken)
		r.woken = nil
	}
}

// after gives up to limit events after a position. When it has none: either wait is a channel that closes at the next
// publish, or it is nil, and the position is before what is held.
func (r *ring) after(position int64, limit int) (events []event.Envelope, wait <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if position >= r.head {
		if r.woken == nil {
			r.woken = make(chan struct{})
		}
		return nil, r.woken
	}
	if position < r.first-1 {
		return nil, nil
	}
	for i := range recentBatches {
		b := r.recent[(r.next-1-i+2*recentBatches)%recentBatches] // the newest first
		if len(b) > 1 && b[0].Position <= position+1 && position < b[len(b)-1].Position {
			b = b[position+1-b[0].Position:]
			n := min(len(b), limit)
			return b[:n:n], nil
		}
	}
	n := min(int(r.head-position), limit)
	events = make([]event.Envelope, n)
	for i := range events {
		events[i] = r.slots[(position+1+int64(i))%ringLength]
	}
	return events, nil
}
