package auth

import (
	"context"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// bundle is the service on a real store.
type bundle struct {
	*Service
	t      *testing.T
	ctx    context.Context // of Hangar itself, which may everything
	db     *store.DB
	events *eventlog.Log
	dir    string
	closed bool
}

// shut closes the store, once.
func (b *bundle) shut() {
	if !b.closed {
		b.closed = true
		must(b.t, b.db.Close())
	}
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return open(t, t.TempDir())
}

func open(t *testing.T, dir string) *bundle {
	t.Helper()
	b := &bundle{t: t, ctx: event.WithActor(t.Context(), event.System("test")), dir: dir}
	var err error
	fresh.Into(t, dir)
	b.db, err = store.Open(b.ctx, store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(b.shut)
	b.events, err = eventlog.New(b.db, slog.New(slog.DiscardHandler))
	must(t, err)
	b.Service = b.another()
	return b
}

// another is a second service on the same store, as another process has it.
func (b *bundle) another() *Service {
	b.t.Helper()
	s, err := New(b.ctx, Options{DB: b.db, Events: b.events, Log: slog.New(slog.DiscardHandler)})
	must(b.t, err)
	return s
}

// run runs the service until the test ends.
func run(t *testing.T, s *Service) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx) // it ends because it was told to
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

// has gives a principal a key and roles.
func (b *bundle) has(id string, roles ...string) (raw string, k Key) {
	b.t.Helper()
	k, raw, err := b.CreateKey(b.ctx, NewKey{Principal: id, Name: "test"})
	must(b.t, err)
	for _, r := range roles {
		must(b.t, b.AssignRole(b.ctx, id, r, "test"))
	}
	return raw, k
}

// as is the context of a caller.
func (b *bundle) as(id string) context.Context {
	return As(b.t.Context(), Caller{Principal: id, Kind: User, Via: ViaKey})
}

// custom makes a role.
func (b *bundle) custom(name string, permissions ...string) {
	b.t.Helper()
	_, err := b.CreateRole(b.ctx, Role{Name: name, Permissions: permissions})
	must(b.t, err)
}

func (b *bundle) policy(provider, tool, subject string, e Effect) {
	b.t.Helper()
	must(b.t, b.SetPolicy(b.ctx, Policy{Provider: provider, Tool: tool, Subject: subject, Effect: e}))
}

// said gives the kinds of the events after a position.
func (b *bundle) said(after int64) []event.Envelope {
	b.t.Helper()
	events, err := b.events.Read(b.ctx, after, eventlog.Filter{}, 1000)
	must(b.t, err)
	return events
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind.Name())
	}
}
