package stream

import (
	"fmt"
	"testing"
)

func TestLogsSendTheTailAndThenWhatComes(t *testing.T) {
	s := newSite(t)
	for i := range 30 {
		s.ring.append(fmt.Sprint("line ", i+1))
	}
	c := s.dial("/providers/math/logs?lines=3")
	for i := 28; i <= 30; i++ {
		want := fmt.Sprintf(`{"line":"line %d","provider_id":"math","seq":%d,"stream":"stderr","timestamp":"1970-01-01T00:00:01.000000Z"}<nil>`, i, i)
		if got := c.next().String(); got != want {
			t.Errorf("frame %s, want %s", got, want)
		}
	}
	s.ring.append("one", "two")
	for i := 31; i <= 32; i++ {
		if f := c.next(); f["seq"] != float64(i) {
			t.Errorf("frame %v, want %d", f, i)
		}
	}
}

func TestLogsOfAProviderThatHasSaidNothing(t *testing.T) {
	s := newSite(t)
	c := s.dial("/providers/math/logs")
	s.ring.append("first")
	if f := c.next(); f["seq"] != 1.0 || f["line"] != "first" {
		t.Errorf("frame: %v", f)
	}
}

func TestLogsResume(t *testing.T) {
	s := newSite(t)
	for i := range 1200 { // the ring holds 201 to 1200
		s.ring.append(fmt.Sprint(i))
	}
	c := s.dial("/providers/math/logs?since=1190")
	for i := 1191; i <= 1200; i++ {
		if f := c.next(); f["seq"] != float64(i) {
			t.Fatalf("frame %v, want %d", f, i)
		}
	}
	c = s.dial("/providers/math/logs?since=100")
	if f := c.next(); f["type"] != "warning" || f["dropped"] != 100.0 || f["position"] != 100.0 {
		t.Errorf("a gap: %v", f)
	}
	if f := c.next(); f["seq"] != 201.0 {
		t.Errorf("after the gap: %v", f)
	}
	c = s.dial("/providers/math/logs?since=5000")
	if f := c.next(); f["type"] != "reset" || f["head"] != 1200.0 {
		t.Errorf("lines of another life: %v", f)
	}
}

func TestLogsOfAnEarlierRunAreNotMistakenForThisOne(t *testing.T) {
	s := newSite(t)
	s.ring.base, s.ring.first = 5000, 5001 // numbers grow from run to run
	s.ring.append("one", "two")
	c := s.dial("/providers/math/logs?since=20")
	if f := c.next(); f["type"] != "reset" {
		t.Errorf("first %v, want a reset", f)
	}
	if f := c.next(); f["seq"] != 5001.0 || f["line"] != "one" {
		t.Errorf("then %v, without a gap", f)
	}
}

func TestLogSocketsEndWithTheirProvider(t *testing.T) {
	s := newSite(t)
	logs, events := s.dial("/providers/math/logs"), s.dial("/events")
	s.append(happened{"provider:math", "ProviderDeregistered", map[string]any{"provider_id": "math"}})
	if code := logs.closed(); code != 4404 {
		t.Errorf("code %d", code)
	}
	if f := events.next(); f["event_type"] != "ProviderDeregistered" {
		t.Errorf("frame: %v", f)
	}
}
