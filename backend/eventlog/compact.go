package eventlog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hangar/backend/event"
	"hangar/backend/store"
)

const (
	rowsAtOnce    = 2000 // other writers shall not wait long
	batchesAtOnce = 16
)

// slowest is how far the slowest of the readers has come that must see every event; farAway when there are none.
func slowest(ctx context.Context, q store.Querier) (position int64, err error) {
	if err := q.Get(ctx, &position, `SELECT COALESCE(MIN(position), ?) FROM log_readers`, int64(farAway)); err != nil {
		return 0, fmt.Errorf("read how far the readers of the log have come: %w", err)
	}
	return position, nil
}

// Compact removes the events of a stream up to its snapshot, and tells how many. What a reader has yet to see stays.
// Positions and versions go on counting: a reader that was before them is told that the log was truncated.
func (l *Log) Compact(ctx context.Context, stream string) (removed int64, err error) {
	s, err := l.Snapshot(ctx, stream)
	if err != nil {
		return 0, err
	}
	rows, err := l.repeat(ctx, func(ctx context.Context, tx *store.Tx, floor int64) (int64, error) {
		gone, err := tx.Exec(ctx, `DELETE FROM events WHERE position IN
			(SELECT position FROM events WHERE stream = ? AND version <= ? AND position <= ? ORDER BY version LIMIT ?)`, stream, s.Version, floor, rowsAtOnce)
		if err != nil {
			return 0, err
		}
		return gone.RowsAffected()
	})
	if err != nil {
		return rows, fmt.Errorf("compact %s: %w", stream, err)
	}
	packed, err := l.compactBatches(ctx, s)
	if err != nil {
		return rows + packed, fmt.Errorf("compact %s: %w", stream, err)
	}
	return rows + packed, nil
}

// repeat removes a few at a time until nothing is left to remove.
func (l *Log) repeat(ctx context.Context, some func(ctx context.Context, tx *store.Tx, floor int64) (int64, error)) (removed int64, err error) {
	for {
		var n int64
		err := l.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			floor, err := slowest(ctx, tx)
			if err == nil {
				n, err = some(ctx, tx, floor)
			}
			return err
		})
		if err != nil || n == 0 {
			return removed, err
		}
		removed += n
	}
}

// compactBatches takes the events of a stream out of the batches that hold them.
func (l *Log) compactBatches(ctx context.Context, s Snapshot) (removed int64, err error) {
	for after := int64(0); ; {
		var lasts []int64
		err := l.db.Read().Select(ctx, &lasts, `SELECT DISTINCT last FROM event_batch_keys WHERE stream = ? AND last > ? ORDER BY last LIMIT ?`, s.Stream, after, batchesAtOnce)
		if err != nil {
			return removed, fmt.Errorf("find its batches: %w", err)
		}
		if len(lasts) == 0 {
			return removed, nil
		}
		after = lasts[len(lasts)-1]
		var n int64
		err = l.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			n = 0
			floor, err := slowest(ctx, tx)
			if err != nil {
				return err
			}
			for _, last := range lasts {
				gone, err := l.thin(ctx, tx, last, func(e event.Envelope) bool {
					return e.Stream == s.Stream && e.Version <= s.Version && e.Position <= floor
				})
				if err != nil {
					return err
				}
				n += gone
			}
			return nil
		})
		if err != nil {
			return removed, err
		}
		removed += n
	}
}

// thin takes events out of a batch, and the batch away when none is left.
func (l *Log) thin(ctx context.Context, tx *store.Tx, last int64, goes func(event.Envelope) bool) (removed int64, err error) {
	var found [][]byte
	if err := tx.Select(ctx, &found, `SELECT data FROM event_batches WHERE last = ?`, last); err != nil {
		return 0, fmt.Errorf("read a batch: %w", err)
	}
	if len(found) == 0 { // somebody else was quicker
		return 0, nil
	}
	events, err := unpackBatch(found[0])
	if err != nil {
		return 0, err
	}
	before := len(events)
	events = slices.DeleteFunc(events, goes)
	if len(events) == before {
		return 0, nil
	}
	if err := dropBatch(ctx, tx, last); err != nil {
		return 0, err
	}
	if len(events) > 0 {
		err = l.insertBatch(ctx, tx, events)
	}
	return int64(before - len(events)), err
}

func dropBatch(ctx context.Context, tx *store.Tx, last int64) error {
	for _, table := range []string{"event_batch_keys", "event_batches"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE last = ?", last); err != nil {
			return fmt.Errorf("remove a batch: %w", err)
		}
	}
	return nil
}

// Keep says what of the log stays.
type Keep struct {
	Since time.Time // older events go; zero: none by age
	Max   int64     // of more positions than this the oldest go; 0: none by number
}

// Prune removes the oldest events, and tells how many. What a reader has yet to see stays.
func (l *Log) Prune(ctx context.Context, keep Keep) (removed int64, err error) {
	since, below := int64(0), int64(0)
	if !keep.Since.IsZero() {
		since = store.Micros(keep.Since)
	}
	if keep.Max > 0 {
		below = l.Head() - keep.Max
	}
	rows, err := l.repeat(ctx, func(ctx context.Context, tx *store.Tx, floor int64) (int64, error) {
		gone, err := tx.Exec(ctx, `DELETE FROM events WHERE position IN (SELECT position FROM
			(SELECT position, at FROM events ORDER BY position LIMIT ?) AS oldest WHERE position <= ? AND (at < ? OR position <= ?))`, rowsAtOnce, floor, since, below)
		if err != nil {
			return 0, err
		}
		return gone.RowsAffected()
	})
	if err != nil {
		return rows, fmt.Errorf("remove old events: %w", err)
	}
	packed, err := l.repeat(ctx, func(ctx context.Context, tx *store.Tx, floor int64) (int64, error) {
		var oldest []struct {
			Last int64  `db:"last"`
			At   int64  `db:"at"`
			Data []byte `db:"data"`
		}
		if err := tx.Select(ctx, &oldest, `SELECT last, at, data FROM event_batches ORDER BY last LIMIT ?`, batchesAtOnce); err != nil {
			return 0, err
		}
		n := int64(0)
		for _, b := range oldest {
			if b.Last > floor || b.At >= since && b.Last > below {
				break
			}
			events, err := unpackBatch(b.Data)
			if err != nil {
				return 0, err
			}
			if err := dropBatch(ctx, tx, b.Last); err != nil {
				return 0, err
			}
			n += int64(len(events))
		}
		return n, nil
	})
	if err != nil {
		return rows + packed, fmt.Errorf("remove old events: %w", err)
	}
	return rows + packed, nil
}
