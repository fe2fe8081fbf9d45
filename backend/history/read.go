package history

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// Query asks for points. Without Provider and Group it means the whole fleet.
type Query struct {
	Provider, Tool, Group string
	By                    Kind     // a series for each of these; "" is one series
	Metrics               []Metric // none: the usual ones
	From, To              time.Time
	Step                  time.Duration // 0: one that gives a few hundred points

	May func(Series) bool // what may be shown, of providers, tools and groups; nil: all. The fleet is then the sum of that
}

// Point is a value of a step, which begins at At. Steps in which nothing happened have none.
type Point struct {
	Series
	Metric Metric
	At     time.Time
	Value  float64
	Cells  []int64 // of Duration: how many calls, by Bounds
}

// Page is what was found, and the span and step that were taken.
type Page struct {
	Points   []Point
	From, To time.Time
	Step     time.Duration
}

const (
	fewPoints  = 360     // of a series, when the step is ours to choose
	maxSteps   = 10_000  // of a series, when it is not
	maxPoints  = 100_000 // of an answer
	maxSeries  = 2_000
	oldestSpan = 90 * 24 * time.Hour
)

// steps are those that we choose from; each is a multiple of a resolution.
func steps() []time.Duration {
	const m, h = time.Minute, time.Hour
	return []time.Duration{10 * time.Second, 30 * time.Second, m, 5 * m, 10 * m, 30 * m, h, 3 * h, 6 * h, 12 * h, 24 * h}
}

// settle checks a query and fills in what it leaves open. width is the resolution to read.
func (q *Query) settle(now time.Time) (width time.Duration, err error) {
	if err := q.check(now); err != nil {
		return 0, err
	}
	q.From = later(q.From, now.Add(-oldestSpan))
	q.To = earlier(q.To, now.Add(time.Minute))
	span := q.To.Sub(q.From)
	finest := q.finest(now)
	if q.Step == 0 {
		for _, q.Step = range steps() {
			if q.Step >= finest && span <= fewPoints*q.Step {
				break
			}
		}
	}
	switch {
	case q.Step%(10*time.Second) != 0 || q.Step < 0:
		return 0, fault.Field("step", "must be a multiple of 10 seconds")
	case q.Step < finest || q.Step%finest != 0:
		return 0, fault.Field("step", "must be a multiple of %d seconds: nothing finer is kept from then", int(finest.Seconds()))
	case span > maxSteps*q.Step:
		return 0, fault.Field("step", "gives more than %d points; take a longer step or a shorter span", maxSteps)
	case q.Step > 24*time.Hour:
		return 0, fault.Field("step", "must be at most a day, 86400 seconds")
	}
	for _, r := range resolutions() {
		if q.Step%r.width == 0 && r.width >= finest {
			width = r.width // the coarsest that fits is the least to read
		}
	}
	q.From, q.To = q.From.Truncate(q.Step), q.To.Add(q.Step-1).Truncate(q.Step)
	return width, nil
}

func (q *Query) check(now time.Time) error {
	switch {
	case !q.From.Before(q.To):
		return fault.Field("to", "must be after from")
	case q.From.After(now):
		return fault.Field("from", "lies in the future")
	case q.Tool != "" && q.Provider == "":
		return fault.Field("provider", "is missing: a tool is one of a provider")
	case q.Group != "" && q.Provider != "":
		return fault.Field("group", "cannot be combined with provider")
	case q.Group != "" && q.By != "" || q.Tool != "" && q.By != "" || q.Provider != "" && q.By != "" && q.By != Tool:
		return fault.Field("by", "does not divide what is asked for")
	}
	for _, m := range q.Metrics {
		if _, known := (&sums{calls: 1}).value(m); !known {
			return fault.Field("metric", "%q is none; there are %s", m, names(Metrics()))
		}
	}
	return nil
}

func names(ms []Metric) string {
	var out []string
	for _, m := range ms {
		out = append(out, string(m))
	}
	return strings.Join(out, ", ")
}

// finest is the finest resolution that is kept since From.
func (q *Query) finest(now time.Time) time.Duration {
	for _, r := range resolutions() {
		if !q.From.Before(now.Add(-r.kept)) {
			return r.width
		}
	}
	all := resolutions()
	return all[len(all)-1].width
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Read gives the points, series by series, in the order of time.
func (h *History) Read(ctx context.Context, q Query) (Page, error) {
	if len(q.Metrics) == 0 {
		q.Metrics = usual()
	}
	width, err := q.settle(time.Now())
	if err != nil {
		return Page{}, err
	}
	page := Page{From: q.From, To: q.To, Step: q.Step, Points: []Point{}}
	err = h.db.View(ctx, func(ctx context.Context, db store.Querier) error {
		wanted, err := q.series(ctx, db)
		if err != nil {
			return err
		}
		for _, s := range wanted {
			if page.Points, err = q.read(ctx, db, s, width, page.Points); err != nil {
				return err
			}
		}
		return nil
	})
	return page, err
}

type stored struct {
	Series
	ID int64 `db:"id"`
}

// sought is a series of an answer, and whose rows it is the sum of.
type sought struct {
	Series
	ids []any
}

// series finds what is asked for.
func (q *Query) series(ctx context.Context, db store.Querier) ([]sought, error) {
	kind, name, tool := Fleet, "", ""
	switch {
	case q.Group != "":
		kind, name = Group, q.Group
	case q.Tool != "":
		kind, name, tool = Tool, q.Provider, q.Tool
	case q.Provider != "":
		kind, name = Provider, q.Provider
	}
	text, args := `SELECT id, kind, name, tool FROM history_series WHERE kind = ? AND name = ? AND tool = ?`, []any{string(kind), name, tool}
	switch {
	case q.By == Tool && q.Provider != "":
		text, args = `SELECT id, kind, name, tool FROM history_series WHERE kind = 'tool' AND name = ? ORDER BY tool`, []any{q.Provider}
	case q.By != "":
		text, args = `SELECT id, kind, name, tool FROM history_series WHERE kind = ? ORDER BY name, tool`, []any{string(q.By)}
	}
	whole := kind == Fleet && q.By == ""
	if whole && q.May != nil {
		text, args = `SELECT id, kind, name, tool FROM history_series WHERE kind = ?`, []any{string(Provider)}
	}
	var found []stored
	if err := db.Select(ctx, &found, text, args...); err != nil {
		return nil, fmt.Errorf("read what has a history: %w", err)
	}
	if q.May != nil {
		found = slices.DeleteFunc(found, func(s stored) bool { return !q.May(s.Series) })
	}
	if len(found) > maxSeries {
		return nil, fault.Field("by", "gives %d series, more than %d; name a provider", len(found), maxSeries)
	}
	if whole && q.May != nil {
		return sum(found), nil
	}
	out := make([]sought, len(found))
	for i, s := range found {
		out[i] = sought{s.Series, []any{s.ID}}
	}
	return out, nil
}

// sum makes one series of many, as that of the fleet.
func sum(of []stored) []sought {
	if len(of) == 0 {
		return nil
	}
	one := sought{Series: Series{Kind: Fleet}}
	for _, s := range of {
		one.ids = append(one.ids, s.ID)
	}
	return []sought{one}
}

func (q *Query) read(ctx context.Context, db store.Querier, s sought, width time.Duration, points []Point) ([]Point, error) {
	args := append([]any{q.Step.Microseconds(), q.Step.Microseconds()}, s.ids...)
	args = append(args, int64(width/time.Second), store.Micros(q.From), store.Micros(q.To))
	rows, err := db.Query(ctx, sumUp(len(s.ids)), args...)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s %s: %w", s.Kind, s.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var n sums
		if err := rows.Scan(n.scan(&at)...); err != nil {
			return nil, fmt.Errorf("read the history of %s %s: %w", s.Kind, s.Name, err)
		}
		for _, m := range q.Metrics {
			v, ok := n.value(m)
			if !ok {
				continue
			}
			p := Point{Series: s.Series, Metric: m, At: store.Time(at), Value: v}
			if m == Duration {
				p.Cells = append([]int64(nil), n[firstCell:]...)
			}
			points = append(points, p)
		}
		if len(points) > maxPoints {
			return nil, fault.Field("step", "gives more than %d points in all; take a longer step, a shorter span or fewer series", maxPoints)
		}
	}
	return points, rows.Err()
}

func sumUp(series int) string {
	var all []string
	for _, c := range columns() {
		all = append(all, "SUM("+c+")")
	}
	return "SELECT at / ? * ? AS step, " + strings.Join(all, ", ") + " FROM history WHERE series IN (?" + strings.Repeat(", ?", series-1) + ") AND width_s = ? AND at >= ? AND at < ? GROUP BY step ORDER BY step"
}
