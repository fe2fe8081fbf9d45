package history

import (
	"context"
	"fmt"
	"time"

	"hangar/backend/store"
)

// pruneAtOnce is how many series share a transaction: other writers shall not wait long.
const pruneAtOnce = 200

// Prune removes what is older than its resolution is kept, and series that have nothing left.
func (h *History) Prune(ctx context.Context, now time.Time) error {
	type known struct {
		Series
		ID int64 `db:"id"`
	}
	for last := int64(0); ; {
		var some []known
		err := h.db.Read().Select(ctx, &some, `SELECT id, kind, name, tool FROM history_series WHERE id > ? ORDER BY id LIMIT ?`, last, pruneAtOnce)
		if err != nil {
			return fmt.Errorf("prune the history: %w", err)
		}
		if len(some) == 0 {
			return nil
		}
		last = some[len(some)-1].ID
		err = h.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			var gone []Series
			for _, k := range some {
				left, err := pruneSeries(ctx, tx, k.ID, now)
				if err != nil {
					return err
				}
				if !left {
					gone = append(gone, k.Series)
				}
			}
			tx.AfterCommit(func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				for _, s := range gone {
					h.forget(s)
				}
			})
			return nil
		})
		if err != nil {
			return fmt.Errorf("prune the history: %w", err)
		}
	}
}

// pruneSeries says whether anything is left. An id that somebody uses in the same moment cannot come back without its row:
// the samples refer to it.
func pruneSeries(ctx context.Context, tx *store.Tx, id int64, now time.Time) (left bool, err error) {
	for _, r := range resolutions() {
		_, err := tx.Exec(ctx, `DELETE FROM history WHERE series = ? AND width_s = ? AND at < ?`, id, int64(r.width/time.Second), store.Micros(now.Add(-r.kept)))
		if err != nil {
			return false, err
		}
	}
	if err := tx.Get(ctx, &left, `SELECT EXISTS (SELECT 1 FROM history WHERE series = ?)`, id); err != nil || left {
		return left, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM history_series WHERE id = ?`, id)
	return false, err
}
