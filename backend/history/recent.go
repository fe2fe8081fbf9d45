package history

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hangar/backend/provider"
	"hangar/backend/store"
)

// Recent is what a provider did lately.
type Recent struct {
	Calls  int64
	Errors int64 // without a result
	P95    time.Duration
}

// Recent sums up the calls of every provider since a time, to the slot of ten seconds. What is on its way to the store is
// not in it yet.
func (h *History) Recent(ctx context.Context, since time.Time) (map[provider.ID]Recent, error) {
	var all []string
	for _, c := range columns() {
		all = append(all, "SUM("+c+")")
	}
	rows, err := h.db.Read().Query(ctx, "SELECT name, "+strings.Join(all, ", ")+` FROM history_series CROSS JOIN history
		WHERE series = id AND kind = 'provider' AND tool = '' AND width_s = 10 AND at >= ? GROUP BY name`, store.Micros(since.Truncate(10*time.Second)))
	if err != nil {
		return nil, fmt.Errorf("read what happened lately: %w", err)
	}
	defer rows.Close()
	out := map[provider.ID]Recent{}
	for rows.Next() {
		var id string
		var n sums
		if err := rows.Scan(n.scan(&id)...); err != nil {
			return nil, fmt.Errorf("read what happened lately: %w", err)
		}
		if n[calls] > 0 {
			out[provider.ID(id)] = Recent{n[calls], n[callErrors], time.Duration(n.quantile(0.95) * float64(time.Second))}
		}
	}
	return out, rows.Err()
}
