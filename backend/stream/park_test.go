package stream

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
)

// reader is a connection whose writer is the test.
type reader struct {
	*conn
	wanted []int64 // what it has not got yet
	last   int64   // what it got last
	lost   int64
}

// unlogged is a hub whose events are in no log, and whose arrays are flushed by hand.
func unlogged() *Hub {
	return &Hub{
		topics: map[string]*topic{}, waiting: map[*topic]struct{}{}, board: newBoard(), picture: newPicture(nil), all: map[*conn]struct{}{},
		limits: limits{gather: time.Hour},
	}
}

func (h *Hub) reader(i interest) *reader {
	one := &reader{conn: &conn{hub: h, counts: &counts{}, writing: true, interest: i}}
	one.last = h.joinNow(one.conn)
	return one
}

// Whatever order things happen in: what a reader wants either comes, in order and once, or is counted by the gap before
// what comes next.
func TestWhoeverDoesNotReadIsToldWhatItHasLost(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			h := unlogged()
			var readers []*reader
			parked := false
			for range 500 {
				switch n := r.IntN(100); {
				case len(readers) < 6 && n < 10:
					readers = append(readers, h.reader(interest{batch: n < 5}))
				case n < 80:
					offerSome(h, readers, r)
				case n < 85:
					h.mu.Lock()
					h.flushAll()
					h.mu.Unlock()
				case n < 97 && len(readers) > 0: // some read more than others
					i := min(r.IntN(len(readers)), r.IntN(len(readers)))
					readers[i].read(t, r.IntN(400))
				case len(readers) > 0:
					one := readers[r.IntN(len(readers))]
					one.interest.message = filter{providers: [][]string{nil, {"math"}}[r.IntN(2)]}
					h.turn(one.conn, []byte("answer"))
				}
				for _, topic := range h.topics {
					parked = parked || len(topic.parked.conns) > 1
				}
			}
			h.flushAll()
			lost := int64(0)
			for i, one := range readers {
				one.read(t, 1<<30)
				if len(one.wanted) > 0 || one.lost != one.counts.dropped.Load() {
					t.Errorf("reader %d: %d never came; %d were told to be lost, %d were counted", i, len(one.wanted), one.lost, one.counts.dropped.Load())
				}
				lost += one.lost
			}
			for _, topic := range h.topics {
				if len(topic.parked.conns) > 0 || topic.parked.queue.items != nil {
					t.Error("something is still parked")
				}
			}
			if !parked || lost == 0 {
				t.Error("nothing was tested")
			}
		})
	}
}

// A reader that has turned to what another one follows shortly before both are full brings little along; the other one still
// keeps the newest three quarters, and has room for more once it reads.
func TestParkingKeepsTheNewestThreeQuarters(t *testing.T) {
	h := unlogged()
	turned := h.reader(interest{message: filter{providers: []string{"math"}}})
	offerSmall(h, 10)
	steady := h.reader(interest{})
	offerSmall(h, maxFrames-20)
	turned.interest.message = filter{}
	h.turn(turned.conn, []byte("answer"))
	offerSmall(h, 30)
	for _, one := range []*reader{turned, steady} {
		if !one.parked {
			t.Fatal("it has room still")
		}
	}
	it, gap := steady.pop()
	if it.data != nil || gap.dropped == 0 || gap.dropped > maxFrames+10-maxFrames*3/4 || gap.after != 10 {
		t.Errorf("lost %+v", gap)
	}
	offerSmall(h, maxFrames/4-1)
	if steady.parked || !turned.parked {
		t.Error("it is parked again at once, or the other one reads")
	}
}

func offerSmall(h *Hub, n int) {
	for range n {
		h.offer([]event.Envelope{{Position: h.position + 1, Kind: "Small", Stream: "provider:math", Data: []byte("{}")}})
	}
}

// offerSome has up to sixty things happen, one in a thousand of them larger than a queue.
func offerSome(h *Hub, readers []*reader, r *rand.Rand) {
	batch := make([]event.Envelope, 1+r.IntN(60))
	for i := range batch {
		size := 1 << r.IntN(12)
		if r.IntN(1000) == 0 {
			size = maxBytes + 1
		}
		id := []string{"math", "web"}[r.IntN(2)]
		batch[i] = event.Envelope{
			Position: h.position + int64(i) + 1, Kind: "Flood", Stream: "provider:" + id, Data: fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("x", size)),
		}
		for _, one := range readers {
			if one.interest.wants(newFrame(batch[i])) {
				one.wanted = append(one.wanted, batch[i].Position)
			}
		}
	}
	h.offer(batch)
}

// read takes up to n frames and holds them against what was wanted.
func (one *reader) read(t *testing.T, n int) {
	t.Helper()
	for ; n > 0; n-- {
		it, gap := one.pop()
		if gap.dropped > 0 {
			if gap.after != one.last || gap.since.IsZero() || gap.dropped > int64(len(one.wanted)) {
				t.Fatalf("%+v behind %d, of %d wanted", gap, one.last, len(one.wanted))
			}
			one.wanted = one.wanted[gap.dropped:]
			one.lost += gap.dropped
			continue
		}
		if it.data == nil {
			return
		}
		if it.position == 0 {
			continue // an answer
		}
		if len(one.wanted) < int(it.events()) || one.wanted[0] != it.first || one.wanted[it.events()-1] != it.position {
			t.Fatalf("%d to %d come, %d events; wanted are %v", it.first, it.position, it.events(), one.wanted[:min(len(one.wanted), 5)])
		}
		one.wanted, one.last = one.wanted[it.events():], it.position
	}
}
