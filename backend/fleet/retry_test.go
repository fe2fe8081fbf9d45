package fleet_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/launch"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
	"hangar/backend/upstream"
)

// bubble is a fleet in fake time whose providers never come up; it notes when each start was tried.
type bubble struct {
	*fleet.Fleet
	ctx       context.Context
	providers *provider.Service
	events    *eventlog.Log
	begun     time.Time
	mu        sync.Mutex
	tries     []time.Duration
}

func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
		log := slog.New(slog.DiscardHandler)
		fresh.Into(t, dir)
		db, err := store.Open(ctx, store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: log})
		must(t, err)
		events, err := eventlog.New(db, log)
		must(t, err)
		b := &bubble{ctx: ctx, providers: provider.New(db, events), events: events, begun: time.Now()}
		b.Fleet = fleet.New(fleet.Options{Providers: b.providers, Events: events, Log: log, Version: "test", Dial: b.dial})
		test(t, b)
		b.Close(ctx)
		must(t, db.Close())
	})
}

func (b *bubble) dial(context.Context, provider.Provider, upstream.Options, *launch.Ring, launch.Stage) (fleet.Link, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries = append(b.tries, time.Since(b.begun))
	return fleet.Link{}, errors.New("it never comes up")
}

// tried tells when each start was tried.
func (b *bubble) tried() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tries)
}

func (b *bubble) create(t *testing.T, id provider.ID) {
	t.Helper()
	must(t, b.providers.Create(b.ctx, id, provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
}

func TestFailuresBackOffThenDisable(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.create(t, "p")
		if err := b.Start(b.ctx, "p"); err == nil {
			t.Fatal("it started")
		}
		time.Sleep(time.Hour)
		if len(b.tried()) != provider.DefaultAutoDisableAfter {
			t.Fatalf("%d starts in an hour: %v", len(b.tried()), b.tried())
		}
		tries := b.tried()
		for i := 1; i < len(tries); i++ {
			wait, want := tries[i]-tries[i-1], time.Second<<(i-1)
			if wait < want*8/10 || wait > want*12/10+time.Second/10 {
				t.Errorf("wait %d was %s, want about %s", i, wait, want)
			}
		}
		p, err := b.providers.Get(b.ctx, "p")
		must(t, err)
		if p.Disabled == nil || p.Disabled.Cycles != 5 || !strings.Contains(p.Disabled.Reason, "never comes up") || p.RetryAt != nil {
			t.Fatalf("on record: %+v", p)
		}
		if p.Status(false).Action != "start" {
			t.Errorf("status %+v", p.Status(false))
		}
		if _, err := b.Lease(b.ctx, "p"); fault.From(err).Type != "ProviderDisabledError" {
			t.Errorf("a call of a disabled provider: %v", err)
		}
		if n := count(t, b.events, provider.KindAutoDisabled); n != 1 {
			t.Errorf("%d events", n)
		}
		if err := b.Start(b.ctx, "p"); fault.From(err).Type == "ProviderDisabledError" {
			t.Errorf("a person's start must try: %v", err)
		}
		if n := count(t, b.events, provider.KindEnabled); n != 1 {
			t.Errorf("%d enabled events", n)
		}
	})
}

func TestACallWaitsForARestartThatIsDueSoonOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.create(t, "p")
		if err := b.Start(b.ctx, "p"); err == nil {
			t.Fatal("it started")
		}
		if _, err := b.Lease(b.ctx, "p"); err == nil || len(b.tried()) != 2 { // due in a second: it waits for that start
			t.Fatalf("%v, %d starts", err, len(b.tried()))
		}
		time.Sleep(2500 * time.Millisecond) // the third start; the next is due in four seconds
		synctest.Wait()
		_, err := b.Lease(b.ctx, "p")
		f := fault.From(err)
		if f.Kind != fault.Unavailable || f.RetryAfter <= 2*time.Second || len(b.tried()) != 3 {
			t.Fatalf("%v, retry after %s, %d starts", err, f.RetryAfter, len(b.tried()))
		}
	})
}

func TestAStopEndsTheRestarts(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.create(t, "p")
		if err := b.Start(b.ctx, "p"); err == nil {
			t.Fatal("it started")
		}
		must(t, b.Stop(b.ctx, "p", "user_request"))
		time.Sleep(time.Hour)
		if len(b.tried()) != 1 {
			t.Errorf("%d starts", len(b.tried()))
		}
		if p, _ := b.providers.Get(b.ctx, "p"); p.State != provider.Cold || p.RetryAt != nil || p.Cycles != 0 {
			t.Errorf("%+v", p)
		}
	})
}

func TestARestartOfHangarTakesUpWhatIsDue(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.create(t, "p")
		warm := provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}, Prewarm: true}
		must(t, b.providers.Create(b.ctx, "warm", warm, provider.SourceAPI))
		_, err := b.providers.Transition(b.ctx, "p", provider.Change{Input: provider.Start})
		must(t, err)
		_, err = b.providers.Transition(b.ctx, "p", provider.Change{Input: provider.StartFailed, Jitter: 0.5})
		must(t, err)
		must(t, b.Recover(b.ctx))
		synctest.Wait()
		if len(b.tried()) != 1 { // the warm one at once
			t.Fatalf("%v", b.tried())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(b.tried()) < 2 {
			t.Errorf("the restart that was due did not come: %v", b.tried())
		}
	})
}

func TestBackoffIsCappedAndJittered(t *testing.T) {
	for cycle, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := provider.Backoff(cycle, 0.5); got != want {
			t.Errorf("cycle %d: %s, want %s", cycle, got, want)
		}
		if low, high := provider.Backoff(cycle, 0), provider.Backoff(cycle, 1); low != want*8/10 || high != want*12/10 {
			t.Errorf("cycle %d: from %s to %s", cycle, low, high)
		}
	}
}

func TestHoldWarmIsNeverStoppedForIdleness(t *testing.T) {
	r := setup(t)
	r.define("warm", "good", func(s *provider.Spec) { s.HoldWarm, s.IdleTTL = true, 1 })
	must(t, r.Recover(r.ctx))
	eventually(t, 5*time.Second, "it is started by itself", func() bool { return r.state("warm") == provider.Ready })
	time.Sleep(1500 * time.Millisecond) // longer than its idle time: real children know no fake time
	if got := r.state("warm"); got != provider.Ready {
		t.Errorf("state %s", got)
	}
}

func TestADeadProviderComesBackByItself(t *testing.T) {
	r := setup(t)
	r.add("dies", "exit-mid-call")
	if _, err := r.call(r.ctx, "dies", "echo", `{"message":"x"}`); err == nil {
		t.Fatal("it lives")
	}
	eventually(t, 5*time.Second, "it is ready again", func() bool { return r.state("dies") == provider.Ready })
	if n := r.kinds("dies", provider.KindStarted); n != 2 {
		t.Errorf("%d starts", n)
	}
}

func TestHungStartsDoNotHoldUpTheFleet(t *testing.T) {
	r := setup(t)
	var hung atomic.Int32
	for _, id := range []provider.ID{"h1", "h2", "h3", "h4"} {
		r.add(id, "hang-init")
		go func() { _ = r.Start(context.WithoutCancel(r.ctx), id); hung.Add(1) }() // it ends with the rig
	}
	r.add("good", "good")
	begun := time.Now()
	must(t, r.Start(r.ctx, "good"))
	if took := time.Since(begun); took > 6*time.Second || hung.Load() != 0 {
		t.Errorf("a good start took %s beside hanging ones (%d of which ended)", took, hung.Load())
	}
}

func count(t *testing.T, log *eventlog.Log, kind string) int {
	t.Helper()
	found, err := log.Read(t.Context(), 0, eventlog.Filter{Kinds: []string{kind}}, 100)
	must(t, err)
	return len(found)
}
