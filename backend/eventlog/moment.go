package eventlog

import (
	"context"
	"fmt"
	"sort"
	"time"

	"hangar/backend/store"
)

// A moment is looked up by halving the log: at grows with the position, and no index of it has to be kept for that.
const atOrAfter = `SELECT position, at FROM (
	SELECT * FROM (SELECT position, at FROM events WHERE position >= ? ORDER BY position LIMIT 1) AS single
	UNION ALL
	SELECT * FROM (SELECT last AS position, at FROM event_batches WHERE last >= ? ORDER BY last LIMIT 1) AS packed
) AS next ORDER BY position LIMIT 1`

// PositionAt gives where the log stood at a moment: no event before that position is from later, give or take the time that
// writers which wait for each other need. It is one beyond the head when nothing came since.
func (l *Log) PositionAt(ctx context.Context, t time.Time) (position int64, err error) {
	err = l.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		var ends struct {
			Head   int64 `db:"head"`
			Oldest int64 `db:"oldest"`
		}
		if err := q.Get(ctx, &ends, "SELECT head, COALESCE("+oldestPosition+", head + 1) AS oldest FROM log_head"); err != nil {
			return fmt.Errorf("read the ends of the log: %w", err)
		}
		var failed error
		n := sort.Search(int(ends.Head-ends.Oldest+1), func(i int) bool {
			var next []row
			if failed == nil {
				at := ends.Oldest + int64(i)
				failed = q.Select(ctx, &next, atOrAfter, at, at)
			}
			return failed != nil || len(next) == 0 || next[0].At >= t.UnixMicro()
		})
		position = ends.Oldest + int64(n)
		return failed
	})
	if err != nil {
		return 0, fmt.Errorf("find a moment in the log: %w", err)
	}
	return position, nil
}
