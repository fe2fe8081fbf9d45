package call

import (
	"context"
	"fmt"
	"time"

	"hangar/backend/store"
)

// Keep says what stays.
type Keep struct {
	Since time.Time // calls that were over before it go; zero: none by age
	Max   int64     // of more than so many the oldest go; 0: none by number
}

// Prune removes whole segments, the oldest first, all of whose records may go. It tells how many records went.
func (k *Keeper) Prune(ctx context.Context, keep Keep) (removed int64, err error) {
	for {
		n, err := k.pruneSome(ctx, keep)
		removed += n
		if n == 0 || err != nil {
			return removed, err
		}
	}
}

// pruneSome removes a few segments: other writers shall not wait long.
func (k *Keeper) pruneSome(ctx context.Context, keep Keep) (removed int64, err error) {
	err = k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		removed = 0
		var total int64
		if err := tx.Get(ctx, &total, `SELECT COALESCE(SUM(records), 0) FROM call_counts`); err != nil {
			return err
		}
		var oldest []head
		err := tx.Select(ctx, &oldest, `SELECT first, last, rows, level, min_at, max_at, providers FROM call_segments ORDER BY first LIMIT 16`)
		if err != nil {
			return err
		}
		for _, h := range oldest {
			rows := int64(h.Rows)
			old := !keep.Since.IsZero() && h.MaxAt < store.Micros(keep.Since)
			many := keep.Max > 0 && total-rows >= keep.Max
			if !old && !many {
				return nil
			}
			shares, err := h.shares()
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM call_segments WHERE first = ?`, h.First); err != nil {
				return err
			}
			if err := count(ctx, tx, shares, -1); err != nil {
				return err
			}
			total -= rows
			removed += rows
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove old records of calls: %w", err)
	}
	if removed > 0 {
		err = k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM call_counts WHERE records = 0`)
			return err
		})
	}
	return removed, err
}

// Stats is how much there is.
type Stats struct {
	Records int64     `db:"records"`
	Bytes   int64     `db:"bytes"`
	Oldest  time.Time `db:"-"` // when the oldest was over; zero when there is none
}

// Stats reads how much there is.
func (k *Keeper) Stats(ctx context.Context) (s Stats, err error) {
	var row struct {
		Records int64 `db:"records"`
		Bytes   int64 `db:"bytes"`
		Oldest  int64 `db:"oldest"`
	}
	err = k.o.DB.Read().Get(ctx, &row, `SELECT COALESCE((SELECT SUM(records) FROM call_counts), 0) AS records,
		COALESCE((SELECT SUM(length(terms) + length(data)) FROM call_segments), 0) AS bytes,
		COALESCE((SELECT min_at FROM call_segments ORDER BY first LIMIT 1), 0) AS oldest`)
	if err != nil {
		return s, fmt.Errorf("measure the records of calls: %w", err)
	}
	return Stats{row.Records, row.Bytes, store.Time(row.Oldest)}, nil
}
