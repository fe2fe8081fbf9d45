package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

func (s *site) ctx() context.Context {
	return event.WithActor(context.Background(), event.System("test"))
}

func (s *site) create(id provider.ID) {
	s.t.Helper()
	spec := provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}, AutoDisableAfter: 2}
	if err := s.providers.Create(s.ctx(), id, spec, provider.SourceAPI); err != nil {
		s.t.Error(err)
	}
}

func (s *site) move(id provider.ID, changes ...provider.Change) {
	s.t.Helper()
	for _, c := range changes {
		if _, err := s.providers.Transition(s.ctx(), id, c); err != nil {
			s.t.Error(err)
		}
	}
}

func start() provider.Change {
	return provider.Change{Input: provider.Start, Reason: "start", Asked: true}
}

func up() provider.Change {
	return provider.Change{Input: provider.Up, Reason: "ready", Tools: provider.Catalogue{{Kind: provider.Tool, Name: "add", Raw: []byte(`{"name":"add"}`)}}}
}

func fails(in provider.Input, why string) provider.Change {
	return provider.Change{Input: in, Reason: why, Err: &provider.LastError{Message: why}}
}

// told reads frames of the board, without their times.
func (c *client) told(n int) []string {
	c.t.Helper()
	var all []string
	for range n {
		f := c.next()
		if _, err := time.Parse(timestamp, fmt.Sprint(f["timestamp"])); err != nil {
			c.t.Errorf("%v: %v", f, err)
		}
		delete(f, "timestamp")
		all = append(all, strings.TrimSuffix(f.String(), "<nil>"))
	}
	return all
}

func (c *client) tells(frames ...string) {
	c.t.Helper()
	if got := c.told(len(frames)); strings.Join(got, "\n") != strings.Join(frames, "\n") {
		c.t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(frames, "\n"))
	}
}

func change(status, metadata string) string {
	return fmt.Sprintf(`{"mcp_name":"m","metadata":{%s},"status":%q,"type":"mcp_status_change"}`, metadata, status)
}

func told(what, data string) string {
	return fmt.Sprintf(`{"data":{%s},"event_type":%q,"mcp_name":"m","type":"health_event"}`, data, what)
}

func TestTheBoardTellsALife(t *testing.T) {
	s := newSite(t)
	c := s.dial("/board")
	c.tells(`{"mcps":[],"type":"initial_status"}`)
	s.create("m")
	c.tells(change("inactive", `"circuit_state":"closed","reason":"registered","state":"cold"`))
	s.move("m", start(), up())
	c.tells(change("inactive", `"circuit_state":"closed","reason":"start","state":"initializing"`),
		change("healthy", `"circuit_state":"closed","tools_count":1`))
	s.move("m", fails(provider.Unhealthy, "three checks in a row"))
	c.tells(change("unhealthy", `"circuit_state":"closed","error":"three checks in a row","state":"degraded"`),
		told("failure", `"error":"three checks in a row","new_state":"unhealthy","previous_state":"healthy"`))
	s.move("m", start(), up())
	c.tells(change("inactive", `"circuit_state":"closed","reason":"start","state":"initializing"`),
		change("healthy", `"circuit_state":"closed","tools_count":1`),
		told("recovery", `"new_state":"healthy","previous_state":"unhealthy"`))
	turned := func(err error, what, data string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		c.tells(told(what, data))
	}
	turned(s.providers.SetCircuit(s.ctx(), "m", "open", 10), "circuit_opened", `"failures":10,"state":"open"`)
	turned(s.providers.SetCircuit(s.ctx(), "m", "half_open", 0), "circuit_half_open", `"failures":0,"state":"half_open"`)
	turned(s.providers.SetCircuit(s.ctx(), "m", "closed", 0), "circuit_closed", `"failures":0,"state":"closed"`)
	s.move("m", provider.Change{Input: provider.Stop, Reason: "idle"})
	c.tells(change("inactive", `"circuit_state":"closed","reason":"idle","state":"cold"`))
	if err := s.providers.Delete(s.ctx(), "m"); err != nil {
		t.Fatal(err)
	}
	c.tells(change("inactive", `"circuit_state":"closed","reason":"deregistered"`))
}

func TestTheBoardTellsOfAutoDisablingAndOfItsEnd(t *testing.T) {
	s := newSite(t)
	s.create("m")
	s.move("m", start(), up(), fails(provider.Died, "exit status 1"), provider.Change{Input: provider.Start, Reason: "retry"})
	c := s.dial("/board")
	c.tells(`{"mcps":[{"circuit_state":"closed","health_status":"inactive","last_health_check":null,"name":"m"}],"type":"initial_status"}`)
	s.move("m", fails(provider.StartFailed, "no such file"))
	c.tells(change("disconnected", `"circuit_state":"closed","error":"no such file","state":"dead"`),
		told("failure", `"error":"no such file","new_state":"disconnected","previous_state":"inactive"`),
		change("inactive", `"circuit_state":"closed","failure_cycles":2,"reason":"auto_disabled"`))
	late := s.dial("/board")
	late.tells(`{"mcps":[{"circuit_state":"closed","health_status":"inactive","last_health_check":null,"name":"m"}],"type":"initial_status"}`)
	s.move("m", start(), up())
	c.tells(change("inactive", `"circuit_state":"closed","reason":"start","state":"initializing"`),
		change("inactive", `"circuit_state":"closed","reason":"enabled","state":"initializing"`),
		change("healthy", `"circuit_state":"closed","tools_count":1`),
		told("recovery", `"new_state":"healthy","previous_state":"disconnected"`))
}

// What a run of Hangar before this one has stored is on the board: states, breakers, checks.
func TestTheBoardBeginsWithWhatIsStored(t *testing.T) {
	s := buildSite(t)
	for _, id := range []provider.ID{"a", "b", "m"} {
		s.create(id)
	}
	s.move("a", start(), up())
	if _, err := s.providers.RecordProbe(s.ctx(), "a", provider.Probe{Took: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	s.move("m", start(), up(), fails(provider.Died, "killed"))
	if err := s.providers.SetCircuit(s.ctx(), "m", "open", 10); err != nil {
		t.Fatal(err)
	}
	s.run()
	c := s.dial("/board")
	f := c.next()
	var lines []string
	for _, v := range f["mcps"].([]any) {
		line := v.(map[string]any)
		checked := "never"
		if at, ok := line["last_health_check"].(string); ok {
			if _, err := time.Parse(timestamp, at); err != nil {
				t.Error(err)
			}
			checked = "checked"
		}
		lines = append(lines, fmt.Sprint(line["name"], line["health_status"], line["circuit_state"], checked))
	}
	if got := strings.Join(lines, " "); got != "ahealthyclosedchecked binactiveclosednever mdisconnectedopennever" {
		t.Errorf("lines: %s", got)
	}
	s.move("m", start(), up())
	c.tells(change("inactive", `"circuit_state":"open","reason":"start","state":"initializing"`),
		change("healthy", `"circuit_state":"open","tools_count":1`),
		told("recovery", `"new_state":"healthy","previous_state":"disconnected"`))
	if _, err := s.providers.RecordProbe(s.ctx(), "m", provider.Probe{Err: errors.New("x")}); err != nil {
		t.Fatal(err)
	}
	s.at(s.log.Head())
	if last := s.dial("/board").next()["mcps"].([]any)[2].(map[string]any)["last_health_check"]; last == nil {
		t.Error("a check since the start is not on the board")
	}
}

func TestTheBoardBeats(t *testing.T) {
	s := newSite(t, func(l *limits) { l.board = 20 * time.Millisecond })
	s.create("a")
	s.create("m")
	s.move("m", start(), up())
	s.at(s.log.Head())
	c := s.dial("/board")
	c.told(1)
	for range 2 {
		c.tells(`{"metrics":{"disconnected_mcps":0,"healthy_mcps":1,"inactive_mcps":1,"open_circuits":0,"total_mcps":2,"unhealthy_mcps":0},"type":"system_metrics"}`,
			`{"type":"ping"}`)
	}
}

func TestTheBoardAnswersPing(t *testing.T) {
	s := newSite(t)
	c := s.dial("/board")
	c.told(1)
	c.send(`{"type":"pong"}`) // not asked for, and no harm
	c.send("ping")
	if got := string(c.read()); got != "pong" {
		t.Errorf("%q", got)
	}
}

// Whoever gives no sign of life is closed; the protocol's pong is one.
func TestTheBoardClosesStaleConnections(t *testing.T) {
	s := newSite(t, func(l *limits) { l.ping, l.pong, l.stale = 20*time.Millisecond, 10*time.Millisecond, time.Second })
	lively := s.dial("/board")
	lively.told(1)
	ponging := make(chan string, 1)
	go func() { // while it reads it answers pings
		_, data, err := lively.ws.Read(context.Background())
		ponging <- fmt.Sprint(string(data), err)
	}()
	silent := s.dial("/board")
	s.until("it is given up", func() bool { return s.hub.lively() == 1 })
	if code := silent.closed(); code != 1013 {
		t.Errorf("closed with %d", code)
	}
	lively.send("ping")
	if got := <-ponging; got != "pong<nil>" {
		t.Errorf("the lively one got %s", got)
	}
}

// lively counts the connections that shall not end.
func (h *Hub) lively() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.all {
		if c.life.Err() == nil {
			n++
		}
	}
	return n
}

// A reader of the board that lost frames is told, and shown all of it.
func TestASlowReaderOfTheBoardSeesItAllAgain(t *testing.T) {
	s := newSite(t)
	s.create("m")
	s.at(s.log.Head())
	c := s.dial("/board")
	c.told(1)
	big := sealed([]byte(`{"type":"filler","text":"` + strings.Repeat("x", 20_000) + `"}`))
	s.until("something is lost", func() bool {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		for range 50 {
			s.hub.pin("math", big)
		}
		return s.hub.Stats().Dropped > 0
	})
	for f := c.next(); f["type"] != "warning"; f = c.next() {
		if f["type"] != "filler" {
			t.Fatalf("frame %v", f)
		}
	}
	f := c.next()
	for ; f["type"] == "warning"; f = c.next() {
	}
	if f["type"] != "initial_status" || len(f["mcps"].([]any)) != 1 {
		t.Errorf("after the warning: %v", f)
	}
}
