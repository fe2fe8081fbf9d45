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
	"hangar/backend/storetest"
)

const (
	appendRun = 600 * time.Millisecond
	recorders = 64
)

// appending is the log under 1, 8 and 64 writers, on both stores: Append, which returns when the event is on the disk, and
// Record, which queues.
func (b *bench) appending() ([]section, error) {
	sqlite, err := b.appendTo("SQLite", "")
	if err != nil {
		return nil, err
	}
	server, err := storetest.New("fsync=on", "full_page_writes=on", "autovacuum=on", "shared_buffers=128MB")
	if errors.Is(err, storetest.ErrNone) {
		fmt.Fprintln(os.Stderr, "bench: no append on PostgreSQL:", err)
		return []section{sqlite}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := server.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}()
	name, err := server.Create()
	if err != nil {
		return nil, err
	}
	postgres, err := b.appendTo("PostgreSQL", server.URL(name))
	return []section{sqlite, postgres}, err
}

func (b *bench) appendTo(name, url string) (s section, err error) {
	dir := filepath.Join(b.dir, "append-"+name)
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(acting(), store.Options{Dir: dir, URL: url, Log: log})
	if err != nil {
		return s, err
	}
	defer db.Close()
	events, err := eventlog.New(db, log)
	if err != nil {
		return s, err
	}
	events.OnRecord(provider.New(db, events).CountCalls) // part of what a record costs
	ctx, stop := context.WithCancel(acting())
	ended := make(chan error, 1)
	go func() { ended <- events.Run(ctx) }()
	rows, err := b.appendRows(db, events, dir, url)
	stop()
	const floor = "fdatasync of 4 KiB on the same disk, one after another: how many a second, and their p99"
	return section{"Event log on " + name, floor, rows}, errors.Join(err, <-ended)
}

// appendGoals are events a second; the design sets them for 64 writers.
func appendGoals(url string) map[int]goal {
	if url == "" {
		return map[int]goal{64: atLeast(10_000)}
	}
	return map[int]goal{64: atLeast(8_000)}
}

func (b *bench) appendRows(db *store.DB, events *eventlog.Log, dir, url string) ([]row, error) {
	appendOne := func(ctx context.Context) error {
		return db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return events.Append(ctx, tx, record("demo")) })
	}
	callers, goals := []int{1, 8, 64}, appendGoals(url)
	rows := make([]row, 2*len(callers)+1)
	for i, n := range callers {
		rows[2*i] = row{name: fmt.Sprintf("Append, %d writers, one event each", n), unit: "events/s", goal: goals[n]}
		rows[2*i+1] = row{name: fmt.Sprintf("Append, %d writers, p99", n), unit: "ms"}
	}
	rows[2*len(callers)-1].goal = atMost(30)
	queued := &rows[2*len(callers)]
	*queued = row{name: "Record, 64 writers, until all is on the disk", unit: "events/s", goal: atLeast(10_000)}
	for range b.rounds {
		syncs, slow, err := rawSyncs(dir)
		if err != nil {
			return nil, err
		}
		for i, n := range callers {
			rate, p99, err := hammer(n, appendOne, nil)
			if err != nil {
				return nil, err
			}
			rows[2*i].add(rate, syncs)
			rows[2*i+1].add(p99, slow)
		}
		rate, _, err := hammer(recorders, func(ctx context.Context) error { return events.Record(ctx, record("demo")) }, events.Flush)
		if err != nil {
			return nil, err
		}
		queued.add(rate, syncs)
	}
	return rows, nil
}

// hammer repeats do from so many goroutines, then finishes what they left.
func hammer(writers int, do func(context.Context) error, finish func(context.Context) error) (perSecond, p99 float64, err error) {
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
	if err := os.MkdirAll(dir, 0o700); err != nil { // a store on a server has made none
		return 0, 0, err
	}
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
