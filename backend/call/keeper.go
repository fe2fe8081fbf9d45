package call

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/store"
)

const (
	readerName = "calls"
	flushEvery = 10 * time.Second
	flushRows  = fullRows // that wait at most, if they can be stored
	maxWaiting = 4 * fullRows
	tryAgain   = time.Second
)

var errGone = errors.New("segments of calls were removed meanwhile")

// Sums adds up what happened, in the transaction that stores the records: each event goes by once. others are the events
// that are no calls.
type Sums interface {
	AddTx(ctx context.Context, tx *store.Tx, calls []Record, others []event.Envelope) error
}

// Options is what New needs; Sums may be nil.
type Options struct {
	DB     *store.DB
	Events *eventlog.Log
	Sums   Sums
	Log    *slog.Logger
}

// Keeper stores the records of calls and finds them.
type Keeper struct {
	o       Options
	settles chan settle

	// Of Run's goroutine.
	calls    []Record
	others   []event.Envelope
	read     int64 // all up to this position waits or is stored
	stored   int64
	failing  bool
	retry    <-chan time.Time // runs after a failure
	waiting  []settle
	flushing *time.Timer
}

// settle asks that everything up to a position is stored.
type settle struct {
	position int64
	done     chan error
}

// New makes the keeper.
func New(o Options) *Keeper { return &Keeper{o: o, settles: make(chan settle)} }

// Run stores what the log says until ctx ends. Run it once.
func (k *Keeper) Run(ctx context.Context) error {
	var err error
	if k.stored, err = k.o.Events.Reached(ctx, readerName); err != nil {
		if ctx.Err() != nil {
			return nil // ended before it began
		}
		return err
	}
	k.read = k.stored
	life, end := context.WithCancel(ctx)
	batches, ended := make(chan []event.Envelope), make(chan struct{})
	go func() {
		defer close(ended)
		k.follow(life, k.stored, batches)
	}()
	defer func() { end(); <-ended }()
	k.flushing = time.NewTimer(flushEvery)
	defer k.flushing.Stop()
	for {
		in := batches
		if len(k.calls)+len(k.others) >= maxWaiting { // the disk is full; the log keeps the rest
			in = nil
		}
		select {
		case batch := <-in:
			k.take(batch)
		case s := <-k.settles:
			k.waiting = append(k.waiting, s)
		case <-k.flushing.C:
			k.flush(ctx)
			k.flushing.Reset(flushEvery)
		case <-k.retry:
			k.retry = nil
			k.flush(ctx)
		case <-ctx.Done():
			k.flush(context.WithoutCancel(ctx))
			return nil
		}
		k.settle(ctx)
	}
}

// follow hands on the log, batch by batch.
func (k *Keeper) follow(ctx context.Context, after int64, to chan<- []event.Envelope) {
	tail := k.o.Events.TailKept(after)
	for {
		batch, err := tail.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			k.o.Log.Error("read the event log for the records of calls", "error", err)
			select {
			case <-time.After(tryAgain):
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case to <- batch:
		case <-ctx.Done():
			return
		}
	}
}

func (k *Keeper) take(batch []event.Envelope) {
	for _, e := range batch {
		r, ok, err := recordOf(e)
		switch {
		case err != nil:
			k.o.Log.Error("the record of a call cannot be read", "error", err)
		case ok:
			k.calls = append(k.calls, r)
		default:
			k.others = append(k.others, e)
		}
	}
	k.read = batch[len(batch)-1].Position
}

// settle answers those who wait for what has been read by now, and flushes when there is much.
func (k *Keeper) settle(ctx context.Context) {
	due := len(k.calls) >= flushRows
	for _, w := range k.waiting {
		due = due || w.position <= k.read && w.position > k.stored
	}
	var err error
	if due && k.retry == nil {
		err = k.flush(ctx)
	} else if due {
		err = errBehind
	}
	var later []settle
	for _, w := range k.waiting {
		switch {
		case w.position <= k.stored:
			w.done <- nil
		case err != nil:
			w.done <- err
		default:
			later = append(later, w)
		}
	}
	k.waiting = later
}

var errBehind = errors.New("the records of the last calls cannot be stored at the moment")

// flush stores what waits. What cannot be stored waits on.
func (k *Keeper) flush(ctx context.Context) error {
	if k.read == k.stored {
		return nil
	}
	err := k.store(ctx)
	if err != nil {
		if !k.failing {
			k.o.Log.Error("the records of calls cannot be stored; trying again", "waiting", len(k.calls), "error", err)
		}
		k.failing, k.retry = true, time.After(tryAgain)
		return err
	}
	if k.failing {
		k.o.Log.Info("the records of calls are stored again")
	}
	k.failing, k.stored = false, k.read
	clear(k.calls)
	clear(k.others)
	k.calls, k.others = k.calls[:0], k.others[:0]
	if err := k.tidy(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errGone) {
		k.o.Log.Warn("segments of calls could not be merged", "error", err) // the next flush tries again
	}
	return nil
}

func (k *Keeper) store(ctx context.Context) error {
	segments, err := chunks(k.calls, 0)
	if err != nil {
		return err
	}
	if len(segments) > 0 && segments[0].Level == closedLevel { // what is smaller comes before it and stays small
		err := k.closeSmall(ctx)
		for range 3 {
			if !errors.Is(err, errGone) {
				break
			}
			err = k.closeSmall(ctx)
		}
		if err != nil {
			return err
		}
	}
	return k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, m := range segments {
			if err := m.insert(ctx, tx); err != nil {
				return err
			}
			if err := count(ctx, tx, m.shares, 1); err != nil {
				return err
			}
		}
		if k.o.Sums != nil {
			if err := k.o.Sums.AddTx(ctx, tx, k.calls, k.others); err != nil {
				return err
			}
		}
		return k.o.Events.SaveReached(ctx, tx, readerName, k.read)
	})
}

// tidy merges where a level has come together.
func (k *Keeper) tidy(ctx context.Context) error {
	small, err := k.small(ctx)
	if err != nil {
		return err
	}
	for level := range closedLevel {
		var same []head
		for _, h := range small {
			if h.Level == level {
				same = append(same, h)
			}
		}
		if len(same) >= fanIn {
			return k.merge(ctx, same, min(level+1, closedLevel-1))
		}
	}
	return nil
}

// closeSmall merges all that is not full, for good.
func (k *Keeper) closeSmall(ctx context.Context) error {
	small, err := k.small(ctx)
	if err != nil || len(small) == 0 {
		return err
	}
	return k.merge(ctx, small, closedLevel)
}

func (k *Keeper) small(ctx context.Context) (heads []head, err error) {
	err = k.o.DB.Read().Select(ctx, &heads, `SELECT first, last, rows, level, min_at, max_at, providers FROM call_segments WHERE level < 9 ORDER BY first`)
	return heads, err
}

// Settle returns when every call that is over now is stored.
func (k *Keeper) Settle(ctx context.Context) error {
	if err := k.o.Events.Flush(ctx); err != nil {
		return err
	}
	s := settle{k.o.Events.Head(), make(chan error, 1)}
	select {
	case k.settles <- s:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-s.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// settlePatience is how long a search waits for the newest calls.
const settlePatience = 2 * time.Second

// Settled is Settle for those who take what there is.
func (k *Keeper) Settled(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	if err := k.Settle(ctx); err != nil {
		k.o.Log.Warn("the newest calls are not found yet", "error", err)
	}
}
