package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hangar/backend/eventlog"
)

// Options is what New needs; all of it is required.
type Options struct {
	Events  *eventlog.Log
	Version string
	Log     *slog.Logger
}

// Telemetry counts what happens.
type Telemetry struct {
	Options
	registry *prometheus.Registry
	tail     *eventlog.Tail
	counters *counters // of the reader's goroutine

	mu    sync.Mutex // guards what follows
	done  int64      // all up to this position is counted
	moved chan struct{}
}

// New makes it; what is appended from now on is counted, once Run runs.
func New(o Options) *Telemetry {
	head := o.Events.Head()
	registry := prometheus.NewRegistry()
	t := &Telemetry{Options: o, registry: registry, tail: o.Events.Tail(head), done: head, counters: newCounters(registry)}
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(o.Version),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name("process_start_time_seconds"), Help: "When this run began, in unix seconds.",
		}, startTime(time.Now())),
		recorder{o.Events},
	)
	return t
}

func startTime(begun time.Time) func() float64 {
	seconds := float64(begun.UnixMicro()) / 1e6
	return func() float64 { return seconds }
}

// Run counts until ctx ends. Run it once.
func (t *Telemetry) Run(ctx context.Context) error {
	for {
		batch, err := t.tail.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, eventlog.ErrTruncated):
			head := t.Events.Head()
			t.Log.Error("events were removed from the log before they were counted", "after", t.tail.Cursor(), "until", head)
			t.tail = t.Events.Tail(head)
			t.reached(head)
		case err != nil:
			t.Log.Error("read the event log for metrics", "error", err)
			if !pause(ctx, time.Second) {
				return nil
			}
		default:
			for _, e := range batch {
				if err := t.counters.seen(e); err != nil {
					t.Log.Error("an event could not be counted", "error", err)
				}
			}
			t.reached(batch[len(batch)-1].Position)
		}
	}
}

func (t *Telemetry) reached(position int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = position
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

// CatchUp returns when all that has happened is counted, or when ctx ends.
func (t *Telemetry) CatchUp(ctx context.Context) error {
	if err := t.Events.Flush(ctx); err != nil {
		return err
	}
	head := t.Events.Head()
	for {
		t.mu.Lock()
		if t.done >= head {
			t.mu.Unlock()
			return nil
		}
		if t.moved == nil {
			t.moved = make(chan struct{})
		}
		moved := t.moved
		t.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
