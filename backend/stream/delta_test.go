package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"hangar/backend/provider"
)

// shows reads frames of mode=delta as text, without their positions, which it checks to grow.
func (c *client) shows(frames ...string) {
	c.t.Helper()
	last := int64(-1)
	for _, want := range frames {
		f := c.next()
		if f.position() < last {
			c.t.Errorf("position %d after %d", f.position(), last)
		}
		last = f.position()
		delete(f, "position")
		if got := f.String(); got != want+"<nil>" {
			c.t.Errorf("frame %s\nwant  %s", got, want)
		}
	}
}

func TestDeltasBeginWithASnapshot(t *testing.T) {
	s := newSite(t, quickly)
	s.create("b")
	s.create("a")
	head := s.log.Head()
	c := s.dial("/state?mode=delta")
	f := c.next()
	if f.String() != fmt.Sprintf(`{"position":%d,"providers":[{"provider":"a","state":"cold"},{"provider":"b","state":"cold"}],"type":"snapshot"}<nil>`, head) {
		t.Errorf("snapshot: %v", f)
	}
	s.move("a", start())
	c.shows(`{"changed":[{"provider":"a","state":"initializing"}],"removed":[],"type":"delta"}`)
	if err := s.providers.Delete(s.ctx(), "b"); err != nil {
		t.Fatal(err)
	}
	c.shows(`{"changed":[],"removed":["b"],"type":"delta"}`)
	s.create("b")
	c.shows(`{"changed":[{"provider":"b","state":"cold"}],"removed":[],"type":"delta"}`)
	late := s.dial("/state?mode=delta")
	late.shows(`{"providers":[{"provider":"a","state":"initializing"},{"provider":"b","state":"cold"}],"type":"snapshot"}`)
}

func TestASnapshotOfNothing(t *testing.T) {
	s := newSite(t, quickly)
	s.dial("/state?mode=delta").shows(`{"providers":[],"type":"snapshot"}`)
}

func quickly(l *limits) { l.paint = 5 * time.Millisecond }

// What happens between two frames is told once, as it is at the end; what is as it was is not told at all.
func TestDeltasTellTheNewestOnly(t *testing.T) {
	s := newSite(t, func(l *limits) { l.paint = 1500 * time.Millisecond })
	s.create("a")
	s.create("b")
	c := s.dial("/state?mode=delta")
	c.next()
	s.append(started("b")) // which changes nothing of it
	s.move("a", start(), up(), provider.Change{Input: provider.Stop, Reason: "idle"}, start())
	c.shows(`{"changed":[{"provider":"a","state":"initializing"}],"removed":[],"type":"delta"}`)
}

// A reader that took nothing for a while gets one delta, not one for each moment.
func TestASlowReaderOfDeltasGetsTheNewestState(t *testing.T) {
	p := newPicture(nil)
	p.read, p.missed = 1, 1
	slow, quick := &deltaTalk{}, &deltaTalk{}
	p.watchers[&conn{writing: true}] = slow
	p.watchers[&conn{writing: true}] = quick
	state := func(text string) map[string]json.RawMessage {
		rows := map[string]json.RawMessage{}
		if text != "" {
			rows["a"] = json.RawMessage(text)
		}
		return rows
	}
	says := func(t *testing.T, d *deltaTalk, want string) {
		t.Helper()
		frame := p.since(d)
		if frame == nil && want == "" {
			return
		}
		if got := string(payload(frame)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	p.apply(nil, state("1"), 10, 1)
	says(t, slow, `{"type":"snapshot","position":10,"providers":[1]}`)
	says(t, quick, `{"type":"snapshot","position":10,"providers":[1]}`)
	p.apply([]string{"a"}, state("2"), 11, 1)
	says(t, quick, `{"type":"delta","position":11,"changed":[2],"removed":[]}`)
	p.apply([]string{"a"}, state(""), 12, 1)
	says(t, quick, `{"type":"delta","position":12,"changed":[],"removed":["a"]}`)
	p.apply([]string{"a"}, state("3"), 13, 1)
	p.apply([]string{"a"}, state("3"), 14, 1) // no change
	says(t, quick, `{"type":"delta","position":14,"changed":[3],"removed":[]}`)
	says(t, quick, "")
	says(t, slow, `{"type":"delta","position":14,"changed":[3],"removed":[]}`)
	p.apply([]string{"a"}, state(""), 15, 1)
	if len(p.rows) != 1 {
		t.Error("who is gone was forgotten before anybody knew")
	}
	says(t, quick, `{"type":"delta","position":15,"changed":[],"removed":["a"]}`)
	says(t, slow, `{"type":"delta","position":15,"changed":[],"removed":["a"]}`)
	p.apply([]string{"b"}, map[string]json.RawMessage{"b": json.RawMessage("4")}, 16, 1)
	if len(p.rows) != 1 {
		t.Errorf("who is gone stays for ever: %v", p.rows)
	}
}

func TestDeltasOfSomeProviders(t *testing.T) {
	s := newSite(t, quickly)
	s.create("a")
	s.create("b")
	s.create("c")
	c := s.dial("/state?mode=delta&provider_id=a&provider_id=b")
	c.shows(`{"providers":[{"provider":"a","state":"cold"},{"provider":"b","state":"cold"}],"type":"snapshot"}`)
	s.move("c", start())
	s.move("b", start())
	c.shows(`{"changed":[{"provider":"b","state":"initializing"}],"removed":[],"type":"delta"}`)
	c.send(`{"type":"subscribe","provider_ids":["b","c"]}`)
	c.shows(`{"event_types":[],"mcp_server_ids":[],"provider_ids":["b","c"],"type":"subscribed"}`,
		`{"providers":[{"provider":"b","state":"initializing"}],"type":"snapshot"}`)
	c.send("nonsense")
	if f := c.next(); f["type"] != "error" {
		t.Errorf("frame: %v", f)
	}
	s.move("a", start())
	s.move("b", up())
	c.shows(`{"changed":[{"provider":"b","state":"ready"}],"removed":[],"type":"delta"}`)
}

// While nobody looks nothing is read; who comes then gets the state of now.
func TestThePictureIsKeptOnlyWhileSomebodyLooks(t *testing.T) {
	s := buildSite(t, quickly)
	rows := &countedRows{stored: stored{s.providers}}
	s.hub.picture = newPicture(rows)
	s.run()
	s.create("a")
	c := s.dial("/state?mode=delta")
	c.shows(`{"providers":[{"provider":"a","state":"cold"}],"type":"snapshot"}`)
	_ = c.ws.CloseNow() // the server notices
	s.until("it is gone", func() bool { return s.hub.Stats().Connections == 0 })
	before := rows.reads.Load()
	s.move("a", start())
	s.at(s.log.Head())
	rows.broken.Store(true)
	c = s.dial("/state?mode=delta")
	s.until("it was read", func() bool { return rows.reads.Load() > before })
	if n := rows.reads.Load() - before; n != 1 {
		t.Errorf("%d reads", n)
	}
	rows.broken.Store(false) // and is tried again
	c.shows(`{"providers":[{"provider":"a","state":"initializing"}],"type":"snapshot"}`)
}

// What the log does not tell, because it happens a moment later, is shown all the same.
func TestRowsAreReadOnceMoreWhenTheyHaveSettled(t *testing.T) {
	s := buildSite(t, quickly)
	rows := &settlingRows{stored: stored{s.providers}}
	s.hub.picture = newPicture(rows)
	s.hub.picture.settle = time.Hour
	settle := func() {
		t.Helper()
		s.hub.picture.mu.Lock()
		due := s.hub.picture.settling
		s.hub.picture.mu.Unlock()
		if !due {
			t.Fatal("nothing will be read again")
		}
		rows.settled.Store(true)
		s.hub.picture.recall() // the time has come
	}
	s.run()
	s.create("a")
	c := s.dial("/state?mode=delta")
	c.shows(`{"providers":["early"],"type":"snapshot"}`)
	settle()
	c.shows(`{"changed":["settled"],"removed":[],"type":"delta"}`)
	rows.settled.Store(false)
	s.move("a", start())
	c.shows(`{"changed":["early"],"removed":[],"type":"delta"}`)
	settle()
	c.shows(`{"changed":["settled"],"removed":[],"type":"delta"}`)
}

type settlingRows struct {
	stored
	settled atomic.Bool
}

func (r *settlingRows) All(ctx context.Context) (map[string]json.RawMessage, int64, error) {
	rows, position, err := r.stored.All(ctx)
	for id := range rows {
		rows[id] = r.now()
	}
	return rows, position, err
}

func (r *settlingRows) Row(context.Context, string) (json.RawMessage, error) { return r.now(), nil }

func (r *settlingRows) now() json.RawMessage {
	if r.settled.Load() {
		return json.RawMessage(`"settled"`)
	}
	return json.RawMessage(`"early"`)
}

type countedRows struct {
	stored
	reads  atomic.Int64
	broken atomic.Bool
}

func (r *countedRows) All(ctx context.Context) (map[string]json.RawMessage, int64, error) {
	r.reads.Add(1)
	if r.broken.Load() {
		return nil, 0, errors.New("the disk is gone")
	}
	return r.stored.All(ctx)
}
