package history

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/call"
	"hangar/backend/event"
	"hangar/backend/provider"
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

func setup(t *testing.T) *History {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h, err := New(t.Context(), db)
	must(t, err)
	return h
}

func (h *History) put(t *testing.T, calls []call.Record, others ...event.Envelope) {
	t.Helper()
	must(t, h.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return h.AddTx(ctx, tx, calls, others) }))
}

// made is a call that was over at a time.
func made(at time.Time, id, tool string, ms float64, outcome provider.Outcome) call.Record {
	return call.Record{At: at, Call: provider.Call{
		Provider: provider.ID(id), Outcome: outcome, CallFacts: provider.CallFacts{ToolName: tool, DurationMS: ms},
	}}
}

func (h *History) read(t *testing.T, q Query) Page {
	t.Helper()
	page, err := h.Read(t.Context(), q)
	must(t, err)
	return page
}

// total is the sum over all points.
func total(p Page) (sum float64) {
	for _, v := range p.Points {
		sum += v.Value
	}
	return sum
}
