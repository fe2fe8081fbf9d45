package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hangar/backend/event"
)

// 200 sockets that never read and 200 that trickle change nothing for the others: those get everything, and what waits
// for the slow ones is bounded, and shared.
func TestSlowReadersSlowNobody(t *testing.T) {
	const crowd, events = 200, 1000
	s := newSite(t, func(l *limits) { l.behind, l.write = time.Minute, time.Minute })
	trickle := make(chan struct{})
	var trickling sync.WaitGroup
	for i := range 2 * crowd {
		path := []string{"/events", "/events?batch=1", "/state?mode=delta", "/operations"}[i%4]
		if i < crowd {
			s.mute(path)
			continue
		}
		conn := s.mute(path)
		trickling.Go(func() {
			one := make([]byte, 1)
			for {
				select {
				case <-trickle:
					return
				case <-time.After(10 * time.Millisecond):
					_ = conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) // some have nothing to read
					_, _ = conn.Read(one)
				}
			}
		})
	}
	s.until("all are there", func() bool { return s.hub.Stats().Connections == 2*crowd })
	plain, batched := s.dial("/events"), s.dial("/events?batch=1")
	var last int64
	for last < events {
		s.flood(20)
		last += 20
		plain.positions(last-19, last, 1)
		batched.positions(last-19, last, 1)
	}
	s.until("those that never read events are parked", func() bool { return s.parked() >= crowd/2 })
	s.hub.mu.Lock()
	shared := map[*byte]int{}
	for c := range s.hub.all {
		c.mu.Lock()
		if len(c.queue.items) > maxFrames || c.queue.bytes > maxBytes {
			t.Errorf("a queue of %d frames, %d bytes", len(c.queue.items), c.queue.bytes)
		}
		for _, it := range c.queue.items {
			shared[&it.data[0]] = len(it.data)
		}
		c.mu.Unlock()
	}
	for _, topic := range s.hub.topics {
		for _, it := range topic.parked.queue.items {
			shared[&it.data[0]] = len(it.data)
		}
	}
	s.hub.mu.Unlock()
	held := 0
	for _, n := range shared {
		held += n
	}
	if held > 16*maxBytes { // 400 MB, if it were not
		t.Errorf("the queues hold %d bytes", held)
	}
	close(trickle)
	trickling.Wait()
}

// parked counts the connections for which an event costs nothing.
func (s *site) parked() (n int) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.hub.topics {
		n += len(t.parked.conns)
	}
	return n
}

// Clients that come back with the last position that they have seen, again and again while events pour in, see each
// exactly once.
func TestReconnectingInAFlood(t *testing.T) {
	const clients, total, writers = 20, 1500, 3
	s := newSite(t)
	var all, writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range total / writers / 10 {
				ps := make([]event.Payload, 10)
				for i := range ps {
					ps[i] = started("math")
				}
				s.append(ps...)
			}
		})
	}
	var connects atomic.Int64
	for i := range clients {
		all.Go(func() {
			last := int64(0)
			for last < total {
				batch := i % 2
				ws, _, err := websocket.Dial(context.Background(), fmt.Sprintf("%s/events?since=%d&batch=%d", s.url, last, batch), nil)
				if err != nil {
					t.Error(err)
					return
				}
				connects.Add(1)
				ws.SetReadLimit(1 << 20)
				c := &client{t, ws}
				for upTo := last + 100 + int64(i); last < min(upTo, total); {
					for _, f := range c.batch() {
						if last++; f.position() != last {
							t.Errorf("position %d, want %d", f.position(), last)
							_ = ws.CloseNow() // it failed already
							return
						}
					}
				}
				_ = ws.CloseNow() // the server has to cope
			}
		})
	}
	all.Wait()
	writing.Wait()
	if connects.Load() < clients*total/1000 {
		t.Errorf("only %d connections", connects.Load())
	}
}

func TestWhoMayNotComeIn(t *testing.T) {
	s := newSite(t)
	s.refused.Store(true)
	for _, path := range []string{"/events", "/state?since=nonsense", "/providers/none/logs", "/operations", "/board"} {
		_, resp, err := websocket.Dial(t.Context(), s.url+path, nil)
		if err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %v %v", path, resp, err)
		}
	}
}

// A key that is revoked ends its sockets at once, and what they had still to get is thrown away.
func TestARevokedKeyEndsItsSockets(t *testing.T) {
	s := newSite(t)
	clients := map[string]*client{}
	for _, path := range []string{"/events", "/state", "/state?mode=delta", "/providers/math/logs", "/operations", "/board"} {
		clients[path] = s.dial(path)
	}
	s.hub.Recheck() // nothing has changed
	s.refused.Store(true)
	s.hub.Recheck()
	s.create("m") // nobody may see this
	for path, c := range clients {
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, data, err := c.ws.Read(ctx)
			cancel()
			if err == nil {
				var o object
				if err := json.Unmarshal(data, &o); err != nil {
					t.Fatal(err)
				}
				if path == "/board" && o["type"] == "initial_status" || o["event_type"] == "connected" || o["type"] == "snapshot" {
					continue // from before
				}
				t.Errorf("%s: %s came after the end", path, data)
				continue
			}
			if code := websocket.CloseStatus(err); code != 1008 {
				t.Errorf("%s: closed with %v", path, err)
			}
			break
		}
	}
	s.until("all are gone", func() bool { return s.hub.Stats().Connections == 0 })
}

// A key that is revoked between the question and the moment from which on Recheck sees the connection.
func TestARevocationIsNotMissedInTheDoor(t *testing.T) {
	s := buildSite(t)
	s.hub.o.Authorize = func(*http.Request) (func() error, error) {
		asked := false
		return func() error {
			asked = true
			return fmt.Errorf("revoked meanwhile (%t)", asked)
		}, nil
	}
	s.run()
	_, resp, err := websocket.Dial(t.Context(), s.url+"/events", nil)
	if err == nil || resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		t.Errorf("%v %v", resp, err)
	}
	s.until("it is counted off", func() bool { return s.hub.Stats().Connections == 0 })
}

// brokenOperations is a bug that one command finds.
type brokenOperations struct{ Operations }

func TestABugEndsOneConnectionOnly(t *testing.T) {
	s := buildSite(t)
	s.hub.o.Operations = brokenOperations{}
	s.run()
	c, other := s.dialOperations(""), s.dial("/events")
	c.send(`{"command":"get_stats"}`)
	if code := c.closed(); code != -1 {
		t.Errorf("closed with %d", code)
	}
	s.until("it is gone", func() bool { return s.hub.Stats().Connections == 1 })
	s.append(started("math"))
	other.wants(1)
}

func TestStatsTellTheKindsApart(t *testing.T) {
	s := newSite(t)
	s.dial("/events")
	s.dial("/events?batch=1")
	c := s.dialOperations("")
	c.asks(`{"command":"get_stats"}`)
	// A frame is counted once it is written, which is a moment after the client may have read it.
	s.until("both frames are counted", func() bool { return s.hub.Stats().Kinds[KindOperations].Frames == 2 })
	st := s.hub.Stats()
	if st.Kinds[KindEvents].Connections != 2 || st.Kinds[KindOperations].Connections != 1 || st.Kinds[KindOperations].Frames != 2 ||
		st.Connections != 3 || st.Accepted != 3 || len(st.Kinds) != len(Kinds()) {
		t.Errorf("stats: %+v", st)
	}
}
