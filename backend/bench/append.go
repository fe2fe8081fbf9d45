package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
)

const (
	writers   = 64
	appendRun = 800 * time.Millisecond
)

// appending is the log under 64 writers: Append, which returns when the event is on the disk, and Record, which queues.
func (b *bench) appending() ([]section, error) {
	dir := filepath.Join(b.dir, "append")
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(acting(), store.Options{Dir: dir, Log: log})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	events, err := eventlog.New(db, log)
	if err != nil {
		return nil, err
	}
	events.OnRecord(provider.New(db, events).CountCalls) // part of what a record costs
	ctx, stop := context.WithCancel(acting())
	ended := make(chan error, 1)
	go func() { ended <- events.Run(ctx) }()
	durable := row{name: "Append, 64 writers, one event each", unit: "events/s", goal: atLeast(10_000)}
	latency := row{name: "Append, 64 writers, p99", unit: "ms", goal: atMost(30)}
	queued := row{name: "Record, 64 writers, until all is on the disk", unit: "events/s", goal: atLeast(10_000)}
	for range b.rounds {
		syncs, slow, err0 := rawSyncs(dir)
		rate, p99, err1 := hammer(func(ctx context.Context) error {
			return db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return events.Append(ctx, tx, record("demo")) })
		}, nil)
		durable.add(rate, syncs)
		latency.add(p99, slow)
		rate, _, err2 := hammer(func(ctx context.Context) error { return events.Record(ctx, record("demo")) }, events.Flush)
		queued.add(rate, syncs)
		if err = errors.Join(err0, err1, err2); err != nil {
			break
		}
	}
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return nil, err
	}
	return []section{{"Event log", "fdatasync of 4 KiB in the same directory, one after another: how many a second, and their p99", []row{durable, latency, queued}}}, nil
}

// hammer repeats do from 64 goroutines, then finishes what they left.
func hammer(do func(context.Context) error, finish func(context.Context) error) (perSecond, p99 float64, err error) {
	begun := time.Now()
	took := make([][]time.Duration, writers)
	errs := make([]error, writers)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for at := time.Now(); at.Sub(begun) < appendRun && errs[i] == nil; at = time.Now() {
				errs[i] = do(acting())
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	all.Wait()
	err = errors.Join(errs...)
	if finish != nil {
		err = errors.Join(err, finish(acting()))
	}
	elapsed := time.Since(begun)
	every := slices.Concat(took...)
	return float64(len(every)) / elapsed.Seconds(), micros(every, 0.99) / 1000, err
}

// rawSyncs is what the disk does without a database.
func rawSyncs(dir string) (perSecond, p99 float64, err error) {
	f, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	page := make([]byte, 4<<10)
	var took []time.Duration
	begun := time.Now()
	for time.Since(begun) < appendRun/2 {
		at := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return 0, 0, err
		}
		if err := dataSync(f); err != nil {
			return 0, 0, fmt.Errorf("fdatasync: %w", err)
		}
		took = append(took, time.Since(at))
	}
	return float64(len(took)) / time.Since(begun).Seconds(), micros(took, 0.99) / 1000, nil
}
