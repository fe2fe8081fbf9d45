package call

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// stock fills a store with calls of a thousand providers, each with a trace of its own, over thirty days.
func stock(b *testing.B, n int) (k *Keeper, last Record) {
	b.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	events, err := eventlog.New(db, quiet)
	if err != nil {
		b.Fatal(err)
	}
	begun, step := time.Now().Add(-30*day), 30*day/time.Duration(n)
	versions := make([]int64, 1000)
	for at := 0; at < n; at += fullRows {
		var records []Record
		for i := at; i < min(at+fullRows, n); i++ {
			p := i * 7919 % 1000
			versions[p]++
			r := Record{
				Position: int64(i + 1), Version: versions[p], EventID: uuid.NewString(), At: begun.Add(time.Duration(i) * step), Actor: event.Actor{Type: "user", ID: fmt.Sprint("u", i%50)},
				Call: provider.Call{Provider: provider.ID(fmt.Sprintf("provider-%03d", p)), Outcome: provider.CallSucceeded, ResultSizeBytes: 300, CallFacts: provider.CallFacts{
					ToolName: fmt.Sprint("tool-", i%20), CorrelationID: uuid.NewString(), DurationMS: float64(i % 500), Via: provider.ViaMCP, TraceID: fmt.Sprintf("%032x", i),
				}},
			}
			if i%100 == 0 {
				r.Outcome, r.ErrorType, r.ErrorMessage = provider.CallError, "UpstreamError", "it broke"
			}
			if i == n/2 {
				r.ErrorType = "RareError"
			}
			records = append(records, r)
		}
		last = records[0]
		m, err := build(records, closedLevel)
		if err != nil {
			b.Fatal(err)
		}
		err = db.Write(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := m.insert(ctx, tx); err != nil {
				return err
			}
			return count(ctx, tx, m.shares, 1)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	life, end := context.WithCancel(b.Context())
	k = New(Options{DB: db, Events: events, Log: quiet})
	done := make(chan struct{}, 2)
	go func() { _ = events.Run(life); done <- struct{}{} }()
	go func() { _ = k.Run(life); done <- struct{}{} }()
	b.Cleanup(func() { end(); <-done; <-done })
	return k, last
}

// BenchmarkSearch is a page of a hundred among a million calls; HANGAR_BENCH_CALLS asks for another number.
func BenchmarkSearch(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("HANGAR_BENCH_CALLS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	k, last := stock(b, n)
	old := fmt.Sprintf("%032x", n/10)
	for name, f := range map[string]Filter{
		"newest":                {},
		"provider":              {Provider: "provider-123"},
		"provider and tool":     {Provider: "provider-123", Tool: "tool-7"},
		"one trace, long ago":   {Trace: old},
		"one call":              {ID: last.CorrelationID},
		"failures":              {Outcome: "error"},
		"a rare class of error": {ErrorType: "RareError"},
		"nothing like it":       {Who: "nobody"},
		"an hour, slow ones":    {From: last.At.Add(-10 * day), To: last.At.Add(-10*day + time.Hour), AtLeast: 490 * time.Millisecond},
		"all that never meet":   {Provider: "provider-123", ErrorType: "RareError"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for before, pages := int64(0), 0; ; pages++ {
					page, err := k.Search(b.Context(), f, before, 100)
					if err != nil {
						b.Fatal(err)
					}
					if len(page.Calls) > 0 || page.Next == 0 {
						break
					}
					before = page.Next
				}
			}
		})
	}
	b.Run("history of a provider", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := k.OfProvider(b.Context(), "provider-123", 0, 100); err != nil {
				b.Fatal(err)
			}
		}
	})
}
