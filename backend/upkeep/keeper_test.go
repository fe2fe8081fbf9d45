package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

type noted struct{ Name string }

func (noted) Kind() string     { return "Noted" }
func (n noted) Stream() string { return n.Name }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type bundle struct {
	*Keeper
	db     *store.DB
	events *eventlog.Log

	mu     sync.Mutex // guards what follows
	limits Keep
	pruned []string // what was asked of calls and history
}

func setup(t *testing.T) *bundle {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	events, err := eventlog.New(db, quiet)
	must(t, err)
	b := &bundle{db: db, events: events}
	b.Keeper = New(Options{
		DB: db, Events: events, Settle: func(context.Context) {}, Log: quiet, Keep: b.kept,
		States: map[string]State{"thing": func(_ context.Context, _ *store.Tx, id string) (any, error) {
			if id == "gone" {
				return nil, fault.New(fault.Missing, "there is no thing")
			}
			return map[string]string{"id": id}, nil
		}},
		Calls: func(_ context.Context, since time.Time, most int64) (int64, error) {
			b.say(fmt.Sprint(since.IsZero(), " ", most))
			return 1, nil
		},
		History: func(context.Context, time.Time) error { b.say("history"); return nil },
	})
	return b
}

func (b *bundle) kept() Keep {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limits
}

func (b *bundle) keep(k Keep) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = k
}

func (b *bundle) say(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pruned = append(b.pruned, what)
}

func (b *bundle) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint(b.pruned)
}

func (b *bundle) note(t *testing.T, stream string, n int) {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.System("test"))
	for range n {
		must(t, b.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return b.events.Append(ctx, tx, noted{stream}) }))
	}
}

func TestSnapshotsAreTakenWhenAStreamHasGrown(t *testing.T) {
	b := setup(t)
	b.note(t, "thing:a", 5)
	b.note(t, "thing:gone", 5)
	b.note(t, "thing:small", 4)
	b.note(t, "other:a", 9)
	if n, err := b.Snapshots(t.Context()); n != 0 || err != nil {
		t.Errorf("without a limit: %d %v", n, err)
	}
	b.keep(Keep{SnapEvery: 5})
	for _, want := range []int{2, 0} {
		if n, err := b.Snapshots(t.Context()); n != want || err != nil {
			t.Errorf("%d %v, want %d", n, err, want)
		}
	}
	for stream, want := range map[string]string{"thing:a": `{"id":"a"}`, "thing:gone": `{"deleted":true}`} {
		if s, err := b.events.Snapshot(t.Context(), stream); err != nil || string(s.State) != want || s.Version != 5 {
			t.Errorf("%s: %+v %v", stream, s, err)
		}
	}
	b.note(t, "thing:a", 5)
	if n, err := b.Snapshots(t.Context()); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func TestCompact(t *testing.T) {
	b := setup(t)
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	b.note(t, "thing:a", 5)
	var f *fault.Error
	if _, err := b.Compact(ctx, "thing:a"); !errors.As(err, &f) || f.Kind != fault.Broken || f.Type != "CompactionError" {
		t.Errorf("without a snapshot: %v", err)
	}
	for _, empty := range []string{"", "  "} {
		if _, err := b.Compact(ctx, empty); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	b.keep(Keep{SnapEvery: 1})
	_, err := b.Snapshots(t.Context())
	must(t, err)
	b.note(t, "thing:a", 2)
	if n, err := b.Compact(ctx, "thing:a"); n != 5 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	events, err := b.events.Read(t.Context(), 0, eventlog.Filter{}, 100)
	must(t, err)
	if last := events[len(events)-1]; len(events) != 3 || last.Kind != KindCompacted || last.Actor.ID != "tester" || string(last.Data) != `{"stream_id":"thing:a","events_deleted":5}` {
		t.Errorf("%+v", events)
	}
}

// Soon after the start, then every hour, what is too old or too much goes.
func TestTheStoreIsPrunedByAgeAndByNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.keep(Keep{EventAge: 2 * time.Hour, CallAge: time.Hour, Calls: 7})
		b.note(t, "thing:a", 5)
		life, end := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(life) }()
		oldest := func() int64 {
			synctest.Wait()
			n, err := b.events.Oldest(t.Context())
			must(t, err)
			return n
		}
		time.Sleep(time.Hour)
		if n := oldest(); n != 1 || b.said() != "[false 7 history]" {
			t.Errorf("oldest %d, pruned %q", n, b.said())
		}
		b.note(t, "thing:a", 1)
		time.Sleep(2 * time.Hour)
		if n := oldest(); n != 6 {
			t.Errorf("oldest %d", n)
		}
		b.keep(Keep{Events: 2})
		b.note(t, "thing:a", 5)
		time.Sleep(time.Hour)
		if n := oldest(); n != 10 {
			t.Errorf("oldest %d", n)
		}
		end()
		must(t, <-done)
	})
}
