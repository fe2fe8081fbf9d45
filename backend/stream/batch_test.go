package stream

import (
	"fmt"
	"testing"
	"time"

	"hangar/backend/event"
)

func TestArraysComeOnlyToThoseWhoAskForThem(t *testing.T) {
	s := newSite(t, func(l *limits) { l.gather = time.Hour }) // only the first is sent at once
	plain, batched := s.dial("/events"), s.dial("/events?batch=1")
	s.append(started("math"))
	if f := batched.batch(); len(f) != 1 || f[0].position() != 1 {
		t.Errorf("one event alone: %v", f)
	}
	var ps []event.Payload
	for range 9 {
		ps = append(ps, started("math"))
	}
	s.append(ps...)
	s.flush(10)
	for i := range int64(10) {
		if f := plain.next(); f.position() != i+1 {
			t.Errorf("frame by frame: %v", f)
		}
	}
	f := batched.batch()
	if len(f) != 9 {
		t.Fatalf("an array of %d", len(f))
	}
	for i := range f {
		if f[i].position() != int64(i)+2 {
			t.Errorf("in the array: %v", f[i])
		}
	}
}

func TestEventsAreGatheredForAMoment(t *testing.T) {
	s := newSite(t, func(l *limits) { l.gather = 500 * time.Millisecond })
	c := s.dial("/events?batch=1&provider_id=math")
	for range 200 {
		s.append(started("web"), started("math"))
	}
	c.positions(2, 400, 2)
	if n := s.hub.Stats().Kinds[KindEvents].Frames; n >= 200 {
		t.Errorf("%d frames for 200 events", n)
	}
}

// An array is bounded, however much happens in a moment.
func TestArraysAreBounded(t *testing.T) {
	s := newSite(t, func(l *limits) { l.gather = time.Hour })
	c := s.dial("/events?batch=1")
	s.flood(50) // of 20 KB each
	s.flush(50)
	for last := int64(0); last < 50; {
		f := c.batch()
		if len(f) > maxJoined/20_000 {
			t.Errorf("an array of %d", len(f))
		}
		last = f[len(f)-1].position()
	}
}

// flush sends what is gathered, once the hub has come so far.
func (s *site) flush(position int64) {
	s.t.Helper()
	s.at(position)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.flushAll()
}

// Who comes while events are gathered, or changes its filter then, gets each event once.
func TestGatheringHasNoSeam(t *testing.T) {
	s := newSite(t, func(l *limits) { l.gather = time.Hour })
	first := s.dial("/events?batch=1")
	s.append(started("math"))
	first.wants(1)
	s.append(started("math"), started("web"))
	s.at(3)
	late := s.dial("/events?batch=1")
	later := s.dial("/events?batch=1&since=2")
	s.append(started("math"))
	s.at(4)
	first.send(`{"type":"subscribe","provider_ids":["math"]}`)
	first.wants(2, 3, 4, "subscribed")
	s.append(started("web"), started("math"))
	s.flush(6)
	first.wants(6)
	late.wants(4, 5, 6)
	later.wants(3, 4, 5, 6)
}

func TestHistoryComesInArraysToo(t *testing.T) {
	s := newSite(t)
	var ps []event.Payload
	for range 600 {
		ps = append(ps, started("math"))
	}
	s.append(ps...)
	for _, since := range []int64{0, 7, 599} {
		c := s.dial(fmt.Sprintf("/events?batch=1&since=%d", since))
		c.positions(since+1, 600, 1)
	}
	if n := s.hub.Stats().Kinds[KindEvents].Frames; n > 12 {
		t.Errorf("%d frames", n)
	}
}

// A queue that overflows counts events, not arrays.
func TestLostArraysAreCountedByTheirEvents(t *testing.T) {
	q := &queue{}
	for i := range int64(maxFrames + 1) {
		q.push(item{data: []byte("x"), position: (i + 1) * 10, count: 10})
	}
	if _, lost := q.pop(); lost.dropped != 10*maxFrames/4 || lost.after != 0 {
		t.Errorf("lost %+v", lost)
	}
}
