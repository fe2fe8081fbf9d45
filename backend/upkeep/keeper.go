package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Keep says what stays; zero means all.
type Keep struct {
	Events    int64 // positions of the log
	EventAge  time.Duration
	Calls     int64
	CallAge   time.Duration
	SnapEvery int64 // events of a stream from one snapshot to the next
}

// State reads what the events of a stream come to, in a transaction. id is the stream's without its class.
type State func(ctx context.Context, tx *store.Tx, id string) (any, error)

// Options is what New needs.
type Options struct {
	DB     *store.DB
	Events *eventlog.Log
	States map[string]State // by the class of a stream: provider, group
	// Settle returns when every reader that must see all events has seen those of now, or cannot.
	Settle func(context.Context)
	// Calls and History remove what is too old or too much.
	Calls   func(ctx context.Context, since time.Time, most int64) (int64, error)
	History func(ctx context.Context, now time.Time) error
	Keep    func() Keep
	Log     *slog.Logger
}

// Keeper does the upkeep.
type Keeper struct{ o Options }

// New makes it.
func New(o Options) *Keeper { return &Keeper{o} }

const (
	snapEvery    = time.Minute
	pruneEvery   = time.Hour
	firstPrune   = time.Minute // after the start, which has more urgent things to do
	snapsAtOnce  = 50
	snapsAtATime = 2000
)

// Run does the upkeep until ctx ends. Run it once. What fails is tried again at the next turn.
func (k *Keeper) Run(ctx context.Context) error {
	ctx = event.WithActor(ctx, event.System("upkeep"))
	snaps := time.NewTicker(snapEvery)
	defer snaps.Stop()
	prune := time.NewTimer(firstPrune)
	defer prune.Stop()
	_, err := k.Snapshots(ctx)
	for {
		if err != nil && ctx.Err() == nil {
			k.o.Log.Error("the upkeep of the store failed; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-snaps.C:
			_, err = k.Snapshots(ctx)
		case <-prune.C:
			err = k.Prune(ctx, time.Now())
			prune.Reset(pruneEvery)
		}
	}
}

// Snapshots takes those that are due, and tells how many.
func (k *Keeper) Snapshots(ctx context.Context) (taken int, err error) {
	every := k.o.Keep().SnapEvery
	if every <= 0 {
		return 0, nil
	}
	for class, state := range k.o.States {
		due, err := k.o.Events.Behind(ctx, class, every)
		if err != nil {
			return taken, err
		}
		due = due[:min(len(due), snapsAtATime)]
		for len(due) > 0 {
			some := due[:min(len(due), snapsAtOnce)]
			due = due[len(some):]
			if err := k.snap(ctx, some, state); err != nil {
				return taken, err
			}
			taken += len(some)
		}
	}
	return taken, nil
}

func (k *Keeper) snap(ctx context.Context, streams []string, state State) error {
	return k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, stream := range streams {
			_, id, _ := strings.Cut(stream, ":")
			is, err := state(ctx, tx, id)
			if fault.Is(err, fault.Missing) { // its events say so
				is, err = map[string]any{"deleted": true}, nil
			}
			if err == nil {
				err = k.o.Events.SaveSnapshot(ctx, tx, stream, is)
			}
			if err != nil {
				return fmt.Errorf("take a snapshot of %s: %w", stream, err)
			}
		}
		return nil
	})
}

// Prune removes what is too old or too much.
func (k *Keeper) Prune(ctx context.Context, now time.Time) error {
	keep := k.o.Keep()
	since := func(age time.Duration) time.Time {
		if age <= 0 {
			return time.Time{}
		}
		return now.Add(-age)
	}
	k.o.Settle(ctx)
	events, eventsErr := k.o.Events.Prune(ctx, eventlog.Keep{Since: since(keep.EventAge), Max: keep.Events})
	calls, callsErr := k.o.Calls(ctx, since(keep.CallAge), keep.Calls)
	historyErr := k.o.History(ctx, now)
	if events+calls > 0 {
		k.o.Log.Info("what was too old or too much is removed", "events", events, "calls", calls)
	}
	return errors.Join(eventsErr, callsErr, historyErr)
}

// Compact removes the events of a stream before its snapshot, and tells how many.
func (k *Keeper) Compact(ctx context.Context, stream string) (removed int64, err error) {
	if strings.TrimSpace(stream) == "" {
		return 0, fault.Field("stream_id", "must not be empty; provider:math is one")
	}
	k.o.Settle(ctx)
	removed, err = k.o.Events.Compact(ctx, stream)
	if errors.Is(err, eventlog.ErrNoSnapshot) {
		return 0, fault.Named(fault.Broken, "CompactionError", "stream %q has no snapshot: one is taken when it has grown by %d events", stream, k.o.Keep().SnapEvery).
			With("stream_id", stream).Because(err)
	}
	if err != nil {
		return removed, err
	}
	err = k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return k.o.Events.Append(ctx, tx, Compacted{stream, removed})
	})
	return removed, err
}
