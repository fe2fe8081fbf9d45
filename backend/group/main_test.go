package group

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
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
	db        *store.DB
	events    *eventlog.Log
	providers *provider.Service
}

func setup(t *testing.T, ids ...provider.ID) *bundle {
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
	b := &bundle{New(db, events, providers, slog.New(slog.DiscardHandler)), t, ctx, db, events, providers}
	for _, id := range ids {
		must(t, providers.Create(ctx, id, provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
	}
	return b
}

// with makes a group of members with weight and priority 1.
func (b *bundle) with(id ID, s Strategy, members ...provider.ID) {
	b.t.Helper()
	must(b.t, b.Create(b.ctx, Group{ID: id, Strategy: s}))
	for _, m := range members {
		must(b.t, b.AddMember(b.ctx, id, NewMember{m, 1, 1}))
	}
}

// step takes a provider through its life.
func (b *bundle) step(id provider.ID, inputs ...provider.Input) {
	b.t.Helper()
	for _, in := range inputs {
		c := provider.Change{Input: in, Reason: "test", Asked: true}
		if in == provider.Died || in == provider.StartFailed || in == provider.GaveUp || in == provider.Unhealthy {
			c.Err = &provider.LastError{Type: "Test", Message: "test"}
		}
		_, err := b.providers.Transition(b.ctx, id, c)
		must(b.t, err)
	}
}

// said gives the group's events after a position, as kind and data.
func (b *bundle) said(id ID, after int64) []string {
	b.t.Helper()
	events, err := b.events.Read(b.ctx, after, eventlog.Filter{Streams: []string{id.Stream()}}, 1000)
	must(b.t, err)
	var out []string
	for _, e := range events {
		out = append(out, e.Kind+" "+string(e.Data))
	}
	return out
}

func (b *bundle) get(id ID) Group {
	b.t.Helper()
	g, err := b.Get(b.ctx, id)
	must(b.t, err)
	live, ok := b.Live(id)
	if !ok {
		b.t.Fatalf("group %s is not in memory", id)
	}
	stored, _ := json.Marshal(g)
	held, _ := json.Marshal(live)
	if string(stored) != string(held) {
		b.t.Fatalf("memory and store differ:\n%s\n%s", held, stored)
	}
	return g
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
