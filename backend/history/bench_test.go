package history

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"hangar/backend/call"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// BenchmarkMonth reads a month of a provider in the finest resolution there is: 4,320 points with their percentiles.
func BenchmarkMonth(b *testing.B) {
	db, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	h, err := New(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	var calls []call.Record
	for i := range 30 * 24 * 6 {
		calls = append(calls, made(now.Add(-time.Duration(i)*10*time.Minute), "p", "t", float64(i%1000), provider.CallSucceeded))
	}
	err = db.Write(b.Context(), func(ctx context.Context, tx *store.Tx) error { return h.AddTx(ctx, tx, calls, nil) })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		q := Query{Provider: "p", From: now.Add(-30 * 24 * time.Hour), To: now, Step: 10 * time.Minute, Metrics: []Metric{Calls, CallErrors, DurationP95}}
		if page, err := h.Read(b.Context(), q); err != nil || len(page.Points) < 3*4000 {
			b.Fatal(len(page.Points), err)
		}
	}
}

// BenchmarkAdd is what a call costs in the transaction of its record, when 4,096 come at once: of one tool, and of a hundred.
func BenchmarkAdd(b *testing.B) {
	for _, tools := range []int{1, 100} {
		b.Run(strconv.Itoa(tools), func(b *testing.B) {
			db, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			h, err := New(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			now, calls := time.Now(), make([]call.Record, 4096)
			for i := range calls {
				calls[i] = made(now, "p", "tool"+strconv.Itoa(i%tools), float64(i), provider.CallSucceeded)
			}
			for b.Loop() {
				if err := db.Write(b.Context(), func(ctx context.Context, tx *store.Tx) error { return h.AddTx(ctx, tx, calls, nil) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(calls)), "ns/call")
		})
	}
}
