package discovery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/engine"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// bundle is the service on a real store. Its fleet runs nothing; the app's tests have the real one.
type bundle struct {
	*Service
	t         *testing.T
	ctx       context.Context
	events    *eventlog.Log
	providers *provider.Service
	fleet     *idleFleet
}

// idleFleet runs nothing, but says of some providers that they are being called.
type idleFleet struct {
	mu      sync.Mutex
	busy    map[provider.ID]bool
	stopped []provider.ID
	asked   int // how often something busy was to be taken out of service
}

func (f *idleFleet) call(id provider.ID, calls bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy[id] = calls
}

func (f *idleFleet) spare(id provider.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[id] {
		f.asked++
		return true
	}
	f.stopped = append(f.stopped, id)
	return false
}

func (f *idleFleet) halts() (ids []provider.ID, asked int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stopped), f.asked
}

func (f *idleFleet) StopIdle(_ context.Context, id provider.ID, _ string) (bool, error) {
	return !f.spare(id), nil
}

func (f *idleFleet) RemoveIdle(ctx context.Context, id provider.ID, del func(context.Context) error) (bool, error) {
	if f.spare(id) {
		return false, nil
	}
	return true, del(ctx)
}

func setup(t *testing.T, options ...func(*Options)) *bundle {
	t.Helper()
	ctx := event.WithActor(context.WithoutCancel(t.Context()), event.Actor{Type: "user", ID: "tester"})
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	events, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	must(t, err)
	b := &bundle{t: t, ctx: ctx, events: events, providers: provider.New(db, events), fleet: &idleFleet{busy: map[provider.ID]bool{}}}
	o := Options{
		DB: db, Events: events, Providers: b.providers, Fleet: b.fleet, Engine: engine.New(engine.Options{Host: "unix:///nowhere/docker.sock"}),
		Log: slog.New(slog.DiscardHandler),
	}
	for _, change := range options {
		change(&o)
	}
	b.Service = New(o)
	return b
}

// begin runs the service beside the test, until the test or the returned function ends it.
func (b *bundle) begin() (end func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			b.t.Errorf("Run: %v", err)
		}
	})
	b.t.Cleanup(end)
	return end
}

// place is a finder whose picture the test sets.
type place struct {
	shows []Candidate
	fails error
}

func (p *place) Scan(context.Context) ([]Candidate, error) { return slices.Clone(p.shows), p.fails }

func (p *place) Watch(ctx context.Context, _ func()) error { <-ctx.Done(); return context.Cause(ctx) }

// source adds a source that Run does not look at, because the test does.
func (b *bundle) source(id SourceID, t Type, mode Mode, c Config) Source {
	b.t.Helper()
	switch t {
	case Filesystem:
		c.Path = cmp.Or(c.Path, "/nowhere")
	case Entrypoint:
		c.Directories = []string{"/nowhere"}
	}
	_, err := b.AddSource(b.ctx, Source{ID: id, Type: t, Mode: mode, Enabled: true, Config: c})
	must(b.t, err)
	return b.find(id)
}

func (b *bundle) find(id SourceID) Source {
	b.t.Helper()
	src, err := loadSource(b.ctx, b.o.DB.Read(), id)
	must(b.t, err)
	return src
}

// look has the source looked at once.
func (b *bundle) look(id SourceID, shows ...Candidate) Report {
	b.t.Helper()
	r, err := b.cycle(b.system(), b.find(id), &place{shows: shows}, true)
	must(b.t, err)
	return r
}

func (b *bundle) system() context.Context { return event.WithActor(b.ctx, event.System("discovery")) }

// server is a candidate that can be registered.
func server(name string, args ...string) Candidate {
	return Candidate{Name: name, Origin: "at " + name, Spec: provider.Spec{Mode: provider.Subprocess, Command: append([]string{"run-" + name}, args...)}}
}

// state is one line for each entry: key status reason.
func (b *bundle) state() []string {
	b.t.Helper()
	all, err := b.Entries(b.ctx, "")
	must(b.t, err)
	var out []string
	for _, e := range all {
		line := e.Key + " " + string(e.Status)
		if e.Reason != "" {
			line += " " + string(e.Reason)
		}
		if e.Missing != nil {
			line += " missing"
		}
		out = append(out, line)
	}
	return out
}

func (b *bundle) wantState(want ...string) {
	b.t.Helper()
	if got := b.state(); !slices.Equal(got, want) {
		b.t.Errorf("state\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// defined is one line for each provider: id source command.
func (b *bundle) defined() []string {
	b.t.Helper()
	all, err := b.providers.List(b.ctx)
	must(b.t, err)
	out := []string{}
	for _, p := range all {
		out = append(out, strings.Join(append([]string{string(p.ID), string(p.Source)}, p.Spec.Command...), " "))
	}
	return out
}

func (b *bundle) wantDefined(want ...string) {
	b.t.Helper()
	if got := b.defined(); !slices.Equal(got, want) {
		b.t.Errorf("providers %q, want %q", got, want)
	}
}

// said gives the kinds of events after a position, with the name that each is about.
func (b *bundle) said(after int64) []string {
	b.t.Helper()
	events, err := b.events.Read(b.ctx, after, eventlog.Filter{}, 10_000)
	must(b.t, err)
	var out []string
	for _, e := range events {
		var about struct {
			Name string `json:"provider_name"`
			ID   string `json:"provider_id"`
		}
		must(b.t, json.Unmarshal(e.Data, &about))
		out = append(out, strings.TrimSpace(e.Kind+" "+cmp.Or(about.Name, about.ID)))
	}
	return out
}

func (b *bundle) wantSaid(after int64, want ...string) {
	b.t.Helper()
	if got := b.said(after); !slices.Equal(got, want) {
		b.t.Errorf("events\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

func (b *bundle) await(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not within a minute: %s\n%s", what, strings.Join(b.state(), "\n"))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused wants an error of a kind whose message says something.
func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("want %s that says %q, got %v", kind.Name(), says, err)
	}
}
