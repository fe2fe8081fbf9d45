package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hangar/backend/event"
	"hangar/backend/store"
)

// unpack gives the events of batches that belong to a page whose rows are known already.
func (l *Log) unpack(ctx context.Context, q store.Querier, r reading, rows []event.Envelope) ([]event.Envelope, error) {
	sel, any := r.batches(l.packed.list())
	if !any {
		return nil, nil
	}
	found, err := q.Query(ctx, sel.text, sel.args...)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer found.Close()
	var events []event.Envelope
	for found.Next() && len(events) < r.limit {
		var data []byte
		if err := found.Scan(&data); err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		batch, err := unpackBatch(data)
		if err != nil {
			return nil, err
		}
		if len(rows) == r.limit && r.beyond(batch, rows[len(rows)-1].Position) {
			break // the page is full before this batch
		}
		if r.down {
			slices.Reverse(batch)
		}
		for _, e := range batch {
			if r.wants(e) {
				events = append(events, e)
			}
		}
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return events, nil
}

func (r reading) beyond(batch []event.Envelope, last int64) bool {
	if r.down {
		return batch[len(batch)-1].Position < last
	}
	return batch[0].Position > last
}

func (r reading) wants(e event.Envelope) bool {
	if r.down && e.Position >= r.from || !r.down && e.Position <= r.from {
		return false
	}
	return (len(r.Streams) == 0 || slices.Contains(r.Streams, e.Stream)) && (len(r.Kinds) == 0 || slices.Contains(r.Kinds, e.Kind))
}

// merge brings rows and what was unpacked into one order; no position is in both.
func (r reading) merge(rows, packed []event.Envelope) []event.Envelope {
	if len(packed) > 0 {
		rows = append(rows, packed...)
		slices.SortFunc(rows, func(a, b event.Envelope) int {
			if r.down {
				a, b = b, a
			}
			return cmp.Compare(a.Position, b.Position)
		})
	}
	return rows[:min(len(rows), r.limit)]
}

// batches makes the SELECT of the batches that a page may need. A batch covers at most recordBatch positions, so one that
// begins before the page's edge ends less than that behind it. known are the kinds that batches hold.
func (r reading) batches(known []string) (query, bool) {
	compare, order := r.order()
	edge := r.from
	if r.down {
		edge += recordBatch
	}
	kinds := known
	if len(r.Kinds) > 0 {
		kinds = slices.DeleteFunc(unique(r.Kinds), func(k string) bool { return !slices.Contains(known, k) })
	}
	if len(kinds) == 0 {
		return query{}, false
	}
	parts := Filter{Streams: r.Streams, Kinds: kinds}.combinations()
	if len(r.Streams) == 0 && len(r.Kinds) == 0 || len(parts) > maxCombinations {
		return query{fmt.Sprintf("SELECT data FROM event_batches WHERE last %s ? ORDER BY last %s", compare, order), []any{edge}}, true
	}
	var q query
	var selects []string
	for _, p := range parts {
		selects = append(selects, fmt.Sprintf("SELECT * FROM (SELECT last FROM event_batch_keys WHERE %s AND last %s ? ORDER BY last %s LIMIT ?) AS page",
			p.text, compare, order))
		// Each key stands for at least one event of its own, but those of the batch on the edge may all lie before it.
		q.args = append(append(q.args, p.args...), edge, r.limit+2*recordBatch)
	}
	q.text = fmt.Sprintf("SELECT data FROM event_batches WHERE last IN (%s) ORDER BY last %s", strings.Join(selects, " UNION ALL "), order)
	return q, true
}

// kindSet grows and never shrinks: a kind too many costs a look, one too few would hide events.
type kindSet struct {
	mu    sync.Mutex
	kinds []string // sorted
}

func (s *kindSet) add(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := slices.BinarySearch(s.kinds, kind); !known {
		s.kinds = slices.Insert(slices.Clone(s.kinds), at, kind)
	}
}

func (s *kindSet) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kinds
}

// load reads the kinds from one end of the index to the other, a step per kind.
func (s *kindSet) load(ctx context.Context, q store.Querier) error {
	for last := ""; ; {
		var next []string
		if err := q.Select(ctx, &next, `SELECT kind FROM event_batch_keys WHERE kind > ? ORDER BY kind LIMIT 1`, last); err != nil {
			return err
		}
		if len(next) == 0 {
			return nil
		}
		last = next[0]
		s.add(last)
	}
}
