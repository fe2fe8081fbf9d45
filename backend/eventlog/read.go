package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hangar/backend/event"
	"hangar/backend/store"
)

// Filter says which events; an empty dimension means all.
type Filter struct {
	Streams []string // provider:math
	Kinds   []string // ProviderStateChanged
}

// A page has at most this many events, whatever is asked for.
const maxPage = 10_000

const columns = "position, id, stream, version, kind, at, actor_type, actor_id, origin, data"

type row struct {
	Position  int64  `db:"position"`
	ID        string `db:"id"`
	Stream    string `db:"stream"`
	Version   int64  `db:"version"`
	Kind      string `db:"kind"`
	At        int64  `db:"at"`
	ActorType string `db:"actor_type"`
	ActorID   string `db:"actor_id"`
	Origin    string `db:"origin"`
	Data      []byte `db:"data"`
}

func (r row) envelope() event.Envelope {
	return event.Envelope{
		Position: r.Position, ID: r.ID, Stream: r.Stream, Version: r.Version, Kind: r.Kind, At: store.Time(r.At),
		Actor: event.Actor{Type: r.ActorType, ID: r.ActorID}, Origin: originOf(r.Origin), Data: r.Data,
	}
}

// Read gives up to limit events after a position, oldest first.
func (l *Log) Read(ctx context.Context, after int64, f Filter, limit int) ([]event.Envelope, error) {
	return l.read(ctx, reading{f, after, false, clamp(limit)})
}

// Before gives the newest limit events before a position, oldest first; position 0 means from the head.
func (l *Log) Before(ctx context.Context, before int64, f Filter, limit int) ([]event.Envelope, error) {
	if before <= 0 {
		before = farAway
	}
	events, err := l.read(ctx, reading{f, before, true, clamp(limit)})
	slices.Reverse(events)
	return events, err
}

// farAway is a position that no log reaches, with room to count on.
const farAway = 1 << 62

// read merges rows and batches, as they were at one moment: else an event that was committed between the two looks could
// be missed.
func (l *Log) read(ctx context.Context, r reading) (events []event.Envelope, err error) {
	err = l.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		rows, err := page(ctx, q, r.query())
		if err != nil {
			return err
		}
		packed, err := l.unpack(ctx, q, r, rows)
		events = r.merge(rows, packed)
		return err
	})
	return events, err
}

// Since is the position of the first event that happened at t or later; the one behind the head if there is none. Positions
// are in the order of commits: a record that waited for others may be a moment older than what stands before it.
func (l *Log) Since(ctx context.Context, t time.Time) (int64, error) {
	low, err := l.Oldest(ctx)
	if err != nil {
		return 0, err
	}
	low = max(low, 1)
	for high := l.Head() + 1; low < high; {
		middle := low + (high-low)/2
		next, err := l.Read(ctx, middle-1, Filter{}, 1)
		switch {
		case err != nil:
			return 0, err
		case len(next) == 0 || next[0].Position >= high: // a hole, where others were removed
			high = middle
		case next[0].At.Before(t):
			low = next[0].Position + 1
		default:
			high = middle
		}
	}
	return low, nil
}

// ReadStream gives up to limit events of a stream after a version, oldest first, and how many match in the whole
// stream. Empty kinds means all.
func (l *Log) ReadStream(ctx context.Context, stream string, afterVersion int64, kinds []string, limit int) (events []event.Envelope, total int, err error) {
	where, args := "stream = ?", []any{stream}
	if len(kinds) > 0 {
		where, args = where+" AND kind IN ("+marks(len(kinds))+")", appendAny(args, kinds)
	}
	err = l.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		if err := q.Get(ctx, &total, "SELECT COUNT(*) FROM events WHERE "+where, args...); err != nil {
			return fmt.Errorf("count the events of %s: %w", stream, err)
		}
		rows, err := page(ctx, q, query{
			text: "SELECT " + columns + " FROM events WHERE " + where + " AND version > ? ORDER BY version LIMIT ?",
			args: append(slices.Clone(args), afterVersion, clamp(limit)),
		})
		if err != nil {
			return err
		}
		r := reading{Filter{[]string{stream}, kinds}, 0, false, 1 << 31}
		packed, err := l.unpack(ctx, q, r, nil)
		total += len(packed)
		packed = slices.DeleteFunc(packed, func(e event.Envelope) bool { return e.Version <= afterVersion })
		r.limit = clamp(limit)
		events = r.merge(rows, packed)
		return err
	})
	return events, total, err
}

func page(ctx context.Context, q store.Querier, sel query) ([]event.Envelope, error) {
	rows, err := q.Query(ctx, sel.text, sel.args...)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	return scan(rows)
}

func scan(rows *sqlx.Rows) ([]event.Envelope, error) {
	var events []event.Envelope
	for rows.Next() {
		var r row
		err := rows.Scan(&r.Position, &r.ID, &r.Stream, &r.Version, &r.Kind, &r.At, &r.ActorType, &r.ActorID, &r.Origin, &r.Data)
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		events = append(events, r.envelope())
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return events, nil
}

type query struct {
	text string
	args []any
}

// A filter of more combinations than this is answered by walking the log.
const maxCombinations = 100

// reading is one page: the first limit events beyond a position, upwards or downwards.
type reading struct {
	Filter
	from  int64
	down  bool
	limit int
}

func (r reading) order() (compare, order string) {
	if r.down {
		return "<", "DESC"
	}
	return ">", "ASC"
}

// query makes the SELECT of a page. For "A or B, the newest ten" SQLite would collect and sort all A and all B; asking
// for the newest ten of A and of B, each from its index, then merging, costs no more than the page.
func (r reading) query() query {
	compare, order := r.order()
	parts := r.combinations()
	if len(parts) > maxCombinations {
		parts = []query{r.walk()}
	}
	var q query
	var selects []string
	for _, p := range parts {
		// Within a stream versions and positions have the same order, and only (stream, version) is an index.
		by := "position"
		if p.text == "stream = ?" {
			by = "version"
		}
		selects = append(selects, fmt.Sprintf("SELECT * FROM (SELECT position FROM events WHERE %s AND position %s ? ORDER BY %s %s LIMIT ?) AS page",
			p.text, compare, by, order))
		q.args = append(q.args, p.args...)
		q.args = append(q.args, r.from, r.limit)
	}
	q.text = fmt.Sprintf("SELECT %s FROM events WHERE position IN (%s) ORDER BY position %s LIMIT ?",
		columns, strings.Join(selects, " UNION ALL "), order)
	q.args = append(q.args, r.limit)
	return q
}

// combinations is one condition per stream and kind.
func (f Filter) combinations() []query {
	parts := []query{{}}
	cross := func(column string, values []string) {
		if len(values) == 0 || len(parts) > maxCombinations {
			return
		}
		var next []query
		for _, p := range parts {
			for _, v := range values {
				text := column + " = ?"
				if p.text != "" {
					text = p.text + " AND " + text
				}
				next = append(next, query{text, append(slices.Clone(p.args), v)})
			}
		}
		parts = next
	}
	cross("stream", unique(f.Streams))
	cross("kind", unique(f.Kinds))
	if parts[0].text == "" {
		parts[0].text = "1 = 1"
	}
	return parts
}

// walk is one condition for all; an expression in the place of the column keeps the database from an index that would need sorting.
func (f Filter) walk() query {
	var terms []string
	var args []any
	for column, values := range map[string][]string{"stream": f.Streams, "kind": f.Kinds} {
		if len(values) > 0 {
			terms = append(terms, column+" || '' IN ("+marks(len(values))+")")
			args = appendAny(args, values)
		}
	}
	return query{strings.Join(terms, " AND "), args}
}

func unique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

func clamp(limit int) int { return min(max(limit, 1), maxPage) }

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func appendAny(args []any, values []string) []any {
	for _, v := range values {
		args = append(args, v)
	}
	return args
}
