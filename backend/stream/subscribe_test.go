package stream

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"hangar/backend/event"
)

func TestSubscribeWithAPosition(t *testing.T) {
	s := newSite(t)
	for range 3 {
		s.append(started("math"), started("web"))
	}
	c := s.dial("/events")
	c.send(`{"type":"subscribe","since":2,"provider_ids":["math"]}`)
	c.wants(`{"event_types":[],"mcp_server_ids":[],"provider_ids":["math"],"type":"subscribed"}`, 3, 5)
	s.append(started("web"), started("math"))
	c.wants(8)
	c.send(`{"event_types":[],"since":0}`)
	c.wants("subscribed", 1, 2, 3, 4, 5, 6, 7, 8)
	c.send(`{"provider_ids":["web"]}`) // no type, but a filter
	c.wants("subscribed")
	s.append(started("math"), started("web"))
	c.wants(10)
}

func TestSubscribeWithAPositionThatTheLogDoesNotHave(t *testing.T) {
	s := newSite(t)
	s.append(started("math"))
	c := s.dial("/events")
	c.send(`{"type":"subscribe","since":500}`)
	c.wants("subscribed", "reset")
	s.append(started("math"))
	c.wants(2)
}

func TestMessagesThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "hello", "[]", "7", "null", "{}", `{"since":1}`, `{"type":"sing"}`, `{"type":null}`, `{"type":"subscribe","since":-1}`, `{"type":"subscribe","since":"1"}`,
		`{"type":"subscribe","since":1.5}`, `{"type":"subscribe","event_types":"a"}`, `{"type":"subscribe","event_types":[1]}`,
		`{"type":"subscribe","event_types":[` + strings.Repeat(`"a",`, maxEntries) + `"a"]}`,
		`{"type":"subscribe","provider_ids":["` + strings.Repeat("a", maxEntry+1) + `"]}`,
	} {
		if _, err := parseSubscribe([]byte(text)); err == nil {
			t.Errorf("%.60s was taken", text)
		}
	}
}

// Whoever subscribes anew from the last position that it has seen, again and again while events pour in, misses nothing
// and sees nothing twice.
func TestSubscribingFromAPositionHasNoSeam(t *testing.T) {
	const total = 1200
	s := newSite(t, func(l *limits) { l.messages = 1000 })
	var clients sync.WaitGroup
	for _, path := range []string{"/events", "/events?batch=1"} {
		c := s.dial(path)
		clients.Go(func() {
			last, seen := int64(0), 0
			for last < total {
				for _, f := range c.batch() {
					if f["event_type"] == nil {
						continue // an ack
					}
					if last++; f.position() != last {
						t.Errorf("%s: position %d, want %d", path, f.position(), last)
						return
					}
				}
				if seen++; seen%20 == 0 {
					c.send(fmt.Sprintf(`{"type":"subscribe","since":%d}`, last))
					for f := c.batch(); f[0]["type"] != "subscribed"; f = c.batch() { // what was on its way
					}
				}
			}
		})
	}
	clients.Go(func() {
		for range total / 10 {
			var ps []event.Payload
			for range 10 {
				ps = append(ps, started("math"))
			}
			s.append(ps...)
		}
	})
	clients.Wait()
}
