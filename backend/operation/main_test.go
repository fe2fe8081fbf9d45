package operation

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
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
	ctx    context.Context
	events *eventlog.Log
	said   *strings.Builder // what it logs
}

func setup(t *testing.T, keep int) *bundle {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	said := &strings.Builder{}
	log := slog.New(slog.NewTextHandler(said, nil))
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	must(t, err)
	events, err := eventlog.New(db, log)
	must(t, err)
	b := &bundle{New(Options{DB: db, Events: events, Keep: keep, Log: log}), t, ctx, events, said}
	t.Cleanup(func() {
		b.Close(context.Background())
		must(t, db.Close())
	})
	return b
}

func (b *bundle) create(kind string) ID {
	b.t.Helper()
	id, err := b.Create(b.ctx, kind, nil)
	must(b.t, err)
	return id
}

func (b *bundle) get(id ID) Operation {
	b.t.Helper()
	o, err := b.Get(b.ctx, id)
	must(b.t, err)
	return o
}

// told gives the operation's events as kind and data, oldest first.
func (b *bundle) told(id ID) []string {
	b.t.Helper()
	found, err := b.events.Read(b.ctx, 0, eventlog.Filter{Streams: []string{id.Stream()}}, MaxEvents)
	must(b.t, err)
	var out []string
	for _, e := range found {
		data := strings.TrimPrefix(string(e.Data), fmt.Sprintf(`{"operation_id":%q,`, id))
		out = append(out, e.Kind+" {"+data)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks the kind and the stable name of an error.
func refused(t *testing.T, err error, kind fault.Kind, name string) {
	t.Helper()
	if f := fault.From(err); err == nil || f.Kind != kind || f.Type != name {
		t.Errorf("got %v, want %s", err, name)
	}
}
