package alert

import (
	"context"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bundle is a service on a real log.
type bundle struct {
	*Service
	t   *testing.T
	ctx context.Context
}

func setup(t *testing.T) *bundle {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	events, err := eventlog.New(db, quiet)
	must(t, err)
	return &bundle{New(db, events), t, ctx}
}

func (b *bundle) settle(conditions ...Condition) {
	b.t.Helper()
	must(b.t, b.Settle(b.ctx, conditions))
}

func (b *bundle) list(f Filter) []Alert {
	b.t.Helper()
	f.Limit = 500
	found, total, err := b.List(b.ctx, f)
	must(b.t, err)
	if total != len(found) {
		b.t.Errorf("%d of %d", len(found), total)
	}
	return found
}

// kinds are the events so far.
func (b *bundle) kinds() (out []string) {
	b.t.Helper()
	events, err := b.events.Read(b.ctx, 0, eventlog.Filter{}, 1000)
	must(b.t, err)
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func dead(level Level) Condition {
	return Condition{ProviderDead, "provider:math", level, "math is dead", "ProviderStateChanged", map[string]any{"failures": 3}, false}
}
