package catalog

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// bundle is the service on a real store, with the providers and the log that it works with.
type bundle struct {
	*Service
	t         *testing.T
	ctx       context.Context
	events    *eventlog.Log
	providers *provider.Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	events, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	must(t, err)
	providers := provider.New(db, events)
	s := New(Options{DB: db, Events: events, Providers: providers, Program: "/opt/hangar"})
	return &bundle{s, t, ctx, events, providers}
}

// said gives every event after a position, as kind and data.
func (b *bundle) said(after int64) []string {
	b.t.Helper()
	events, err := b.events.Read(b.ctx, after, eventlog.Filter{}, 1000)
	must(b.t, err)
	var out []string
	for _, e := range events {
		out = append(out, e.Kind+" "+string(e.Data))
	}
	return out
}

func (b *bundle) spec(id provider.ID) provider.Spec {
	b.t.Helper()
	p, err := b.providers.Get(b.ctx, id)
	must(b.t, err)
	return p.Spec
}

func raw(values map[string]any) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for k, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out[k] = b
	}
	return out
}

func refused(t *testing.T, err error, kind fault.Kind, says ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got %v, want kind %v", err, kind)
	}
	for _, s := range says {
		if !strings.Contains(fault.From(err).Message, s) {
			t.Errorf("%q does not say %q", fault.From(err).Message, s)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
