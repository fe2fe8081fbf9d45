package history

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/call"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
)

// Whatever happened is in every series that it belongs to, in every resolution, to the unit.
func TestSumsAreExactInEveryResolution(t *testing.T) {
	h := setup(t)
	now := time.Now()
	want := map[string]float64{}
	var calls []call.Record
	for range 500 {
		id, tool := fmt.Sprint("p", rand.N(3)), fmt.Sprint("t", rand.N(2))
		c := made(now.Add(-rand.N(50*time.Minute)), id, tool, 3, provider.CallSucceeded)
		if rand.N(2) == 0 {
			c.Outcome = []provider.Outcome{provider.CallError, provider.CallToolError}[rand.N(2)]
			want["errors"]++
		}
		if rand.N(4) == 0 {
			c.GroupID = "g"
			want["g"]++
		}
		want[id]++
		want[id+tool]++
		calls = append(calls, c)
	}
	for part := range slices.Chunk(calls, 37) {
		h.put(t, part)
	}
	for _, step := range []time.Duration{0, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour} {
		q := Query{From: now.Add(-time.Hour), To: now.Add(time.Second), Step: step, Metrics: []Metric{Calls}}
		if got := total(h.read(t, q)); got != 500 {
			t.Errorf("step %s: %v calls in all", step, got)
		}
		errs := q
		errs.Metrics = []Metric{CallErrors}
		if got := total(h.read(t, errs)); got != want["errors"] {
			t.Errorf("step %s: %v errors, want %v", step, got, want["errors"])
		}
		for i := range 3 {
			id := fmt.Sprint("p", i)
			of := q
			of.Provider = id
			if got := total(h.read(t, of)); got != want[id] {
				t.Errorf("step %s: %s has %v, want %v", step, id, got, want[id])
			}
			of.Tool = "t1"
			if got := total(h.read(t, of)); got != want[id+"t1"] {
				t.Errorf("step %s: %s of %s has %v, want %v", step, of.Tool, id, got, want[id+"t1"])
			}
		}
		g := q
		g.Group = "g"
		if got := total(h.read(t, g)); got != want["g"] {
			t.Errorf("step %s: the group has %v, want %v", step, got, want["g"])
		}
		q.By = Provider
		if page := h.read(t, q); total(page) != 500 {
			t.Errorf("step %s: %v by provider", step, total(page))
		}
	}
}

func TestAPointStandsAtTheBeginningOfItsStep(t *testing.T) {
	h := setup(t)
	slot := time.Now().Truncate(time.Hour).Add(-time.Hour)
	h.put(t, []call.Record{made(slot.Add(59*time.Second), "p", "t", 1, provider.CallSucceeded), made(slot.Add(61*time.Second), "p", "t", 1, provider.CallSucceeded)})
	page := h.read(t, Query{From: slot.Add(7 * time.Second), To: slot.Add(3 * time.Minute), Step: time.Minute, Metrics: []Metric{Calls}})
	if len(page.Points) != 2 || !page.Points[0].At.Equal(slot) || !page.Points[1].At.Equal(slot.Add(time.Minute)) || !page.From.Equal(slot) {
		t.Errorf("%+v", page)
	}
}

// The percentiles are those of the calls as far as the cells tell them apart, whatever the span.
func TestPercentilesComeFromTheHistogram(t *testing.T) {
	h := setup(t)
	now := time.Now()
	var calls []call.Record
	for i := range 100 { // 90 fast ones, 10 slow ones, in minutes of their own
		ms, at := 3.0, now.Add(-40*time.Minute)
		if i >= 90 {
			ms, at = 4000, now.Add(-10*time.Minute)
		}
		calls = append(calls, made(at, "p", "t", ms, provider.CallSucceeded))
	}
	h.put(t, calls)
	page := h.read(t, Query{Provider: "p", From: now.Add(-time.Hour), To: now, Step: 3 * time.Hour, Metrics: []Metric{DurationP50, DurationP95, DurationP99, Duration}})
	var s sums
	for _, c := range calls {
		s.call(&c.Call)
	}
	byMetric := map[Metric]float64{}
	cells := int64(0)
	for _, p := range page.Points {
		byMetric[p.Metric] += p.Value * float64(len(page.Points)/4) // one step, unless the hour turned
		for _, n := range p.Cells {
			cells += n
		}
	}
	if cells != 100 {
		t.Errorf("%d calls in the heatmap", cells)
	}
	for q, edges := range map[float64][2]float64{0.5: {0.002, 0.005}, 0.95: {2, 5}, 0.99: {2, 5}} {
		if got := s.quantile(q); got <= edges[0] || got > edges[1] {
			t.Errorf("%v: %v is not within %v", q, got, edges)
		}
	}
	if got := (&sums{}).quantile(0.5); got != 300 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestEveryTimeHasItsCell(t *testing.T) {
	for ms, want := range map[float64]int{0: 0, 1: 0, 1.001: 1, 2: 1, 50: 5, 51: 6, 300_000: 16, 300_001: 17, 1e9: 17} {
		if got := cell(ms); got != want {
			t.Errorf("%v ms is in cell %d, want %d", ms, got, want)
		}
	}
}

func envelope(at time.Time, kind, data string) event.Envelope {
	return event.Envelope{Kind: kind, At: at, Data: []byte(data)}
}

func TestLivesOfProvidersAreCounted(t *testing.T) {
	h := setup(t)
	now := time.Now().Add(-time.Minute)
	h.put(t, nil,
		envelope(now, provider.KindStarted, `{"provider_id":"p","startup_duration_ms":40}`),
		envelope(now, provider.KindStateChanged, `{"provider_id":"p","old_state":"initializing","new_state":"dead"}`),
		envelope(now, provider.KindStateChanged, `{"provider_id":"p","old_state":"ready","new_state":"dead"}`),
		envelope(now, provider.KindStopped, `{"provider_id":"p"}`),
		envelope(now, provider.KindHealthPassed, `{"provider_id":"p"}`),
		envelope(now, provider.KindHealthFailed, `{"provider_id":"p"}`),
		envelope(now, "GroupCreated", `{"group_id":"p"}`),
	)
	for m, want := range map[Metric]float64{ColdStarts: 1, StartFailures: 1, Stops: 1, Checks: 2, CheckFailures: 1, Calls: 0} {
		for _, id := range []string{"", "p"} {
			if got := total(h.read(t, Query{Provider: id, From: now.Add(-time.Hour), To: now.Add(time.Minute), Metrics: []Metric{m}})); got != want {
				t.Errorf("%s of %q is %v, want %v", m, id, got, want)
			}
		}
	}
}

// A caller can invent any number of tools and providers; they get no series of their own.
func TestNamesOfNothingShareASeries(t *testing.T) {
	h := setup(t)
	now := time.Now()
	for i := range 50 {
		c := made(now, "p", fmt.Sprint("nonsense", i), 1, provider.CallError)
		c.ErrorType = "ToolNotFoundError"
		h.put(t, []call.Record{c})
		c = made(now, fmt.Sprint("nobody", i), "t", 1, provider.CallError)
		c.ErrorType = "ProviderNotFoundError"
		h.put(t, []call.Record{c})
	}
	h.tools = maxTools
	h.put(t, []call.Record{made(now, "p", "one-too-many", 1, provider.CallSucceeded)})
	if got := total(h.read(t, Query{Provider: "p", Tool: other, From: now.Add(-time.Minute), To: now.Add(time.Second), Metrics: []Metric{Calls}})); got != 51 {
		t.Errorf("_other has %v", got)
	}
	if got := total(h.read(t, Query{Provider: other, From: now.Add(-time.Minute), To: now.Add(time.Second), Metrics: []Metric{Calls}})); got != 50 {
		t.Errorf("providers that do not exist have %v", got)
	}
	if len(h.ids) != 5 {
		t.Errorf("%d series", len(h.ids))
	}
}

// Providers come and go under ever new names; what is known of them in memory has an end, and they are found all the same.
func TestOldNamesAreNotKeptAtHand(t *testing.T) {
	h := setup(t)
	now := time.Now()
	h.put(t, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)})
	for i := range 2 * maxKnown {
		h.know(Series{Kind: Provider, Name: fmt.Sprint("other", i)}, int64(-1-i))
	}
	if len(h.ids) > maxKnown+1 || h.tools != 1 {
		t.Errorf("%d known, %d tools", len(h.ids), h.tools)
	}
	delete(h.ids, Series{Kind: Provider, Name: "p"})
	h.put(t, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)})
	if got := total(h.read(t, Query{Provider: "p", From: now.Add(-time.Hour), To: now.Add(time.Second), Metrics: []Metric{Calls}})); got != 2 {
		t.Errorf("%v calls", got)
	}
}

func TestHistorySurvivesARestart(t *testing.T) {
	h := setup(t)
	now := time.Now()
	h.put(t, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)})
	again, err := New(t.Context(), h.db)
	must(t, err)
	again.put(t, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)})
	if got := total(again.read(t, Query{Provider: "p", Tool: "t", From: now.Add(-time.Hour), To: now.Add(time.Second), Metrics: []Metric{Calls}})); got != 2 {
		t.Errorf("%v calls", got)
	}
}

func TestWhatIsTakenBackWasNeverThere(t *testing.T) {
	h := setup(t)
	now, boom := time.Now(), errors.New("boom")
	err := h.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(h.AddTx(ctx, tx, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)}, nil), boom)
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	h.put(t, []call.Record{made(now, "p", "t", 1, provider.CallSucceeded)}) // with ids of its own
	if got := total(h.read(t, Query{From: now.Add(-time.Hour), To: now.Add(time.Second), Metrics: []Metric{Calls}})); got != 1 {
		t.Errorf("%v calls", got)
	}
}

func TestEachResolutionIsKeptForItsTime(t *testing.T) {
	h := setup(t)
	now := time.Now()
	const day = 24 * time.Hour
	for _, age := range []time.Duration{time.Hour, 3 * day, 30 * day, 100 * day} {
		h.put(t, []call.Record{made(now.Add(-age), "p", "t", 1, provider.CallSucceeded)})
	}
	h.put(t, []call.Record{made(now.Add(-100*day), "gone", "t", 1, provider.CallSucceeded)})
	must(t, h.Prune(t.Context(), now))
	for width, want := range map[int]int{10: 1, 60: 2, 600: 3} {
		var n int
		must(t, h.db.Read().Get(t.Context(), &n, `SELECT COALESCE(SUM(calls), 0) FROM history JOIN history_series ON id = series WHERE kind = 'provider' AND width_s = ?`, width))
		if n != want {
			t.Errorf("%d calls in slots of %d s, want %d", n, width, want)
		}
	}
	var left []string
	must(t, h.db.Read().Select(t.Context(), &left, `SELECT DISTINCT name FROM history_series ORDER BY name`))
	if fmt.Sprint(left) != "[ p]" || len(h.ids) != 3 {
		t.Errorf("series left: %q, %d known", left, len(h.ids))
	}
	h.put(t, []call.Record{made(now, "gone", "t", 1, provider.CallSucceeded)}) // it comes back
}

func TestWhatAQuestionMayNotAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the time stands still
		now := time.Now()
		ago := func(d time.Duration) time.Time { return now.Add(-d) }
		const day = 24 * time.Hour
		for name, c := range map[string]struct {
			q     Query
			field string
		}{
			"the end before the beginning":             {Query{From: now, To: ago(time.Hour)}, "to"},
			"an empty span":                            {Query{From: now, To: now}, "to"},
			"the future":                               {Query{From: now.Add(time.Hour), To: now.Add(2 * time.Hour)}, "from"},
			"an unknown metric":                        {Query{From: ago(time.Hour), To: now, Metrics: []Metric{Calls, "nonsense"}}, "metric"},
			"a step between the slots":                 {Query{From: ago(time.Hour), To: now, Step: 15 * time.Second}, "step"},
			"a step below the slots":                   {Query{From: ago(time.Hour), To: now, Step: time.Second}, "step"},
			"a negative step":                          {Query{From: ago(time.Hour), To: now, Step: -time.Minute}, "step"},
			"a step finer than what is kept from then": {Query{From: ago(3 * day), To: ago(2 * day), Step: 10 * time.Second}, "step"},
			"a step that does not fit what is kept":    {Query{From: ago(3 * day), To: now, Step: 90 * time.Second}, "step"},
			"a step that gives too many points":        {Query{From: ago(7 * day), To: now, Step: time.Minute}, "step"},
			"a step of more than a day":                {Query{From: ago(80 * day), To: now, Step: 48 * time.Hour}, "step"},
			"a tool of nobody":                         {Query{From: ago(time.Hour), To: now, Tool: "t"}, "provider"},
			"a group and a provider":                   {Query{From: ago(time.Hour), To: now, Group: "g", Provider: "p"}, "group"},
			"a provider divided by groups":             {Query{From: ago(time.Hour), To: now, Provider: "p", By: Group}, "by"},
			"a tool divided by tools":                  {Query{From: ago(time.Hour), To: now, Provider: "p", Tool: "t", By: Tool}, "by"},
		} {
			_, err := c.q.settle(now)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || !strings.Contains(fmt.Sprint(f.Details), c.field) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for span, want := range map[time.Duration][2]time.Duration{
			time.Minute:    {10 * time.Second, 10 * time.Second},
			time.Hour:      {10 * time.Second, 10 * time.Second},
			12 * time.Hour: {5 * time.Minute, time.Minute},
			day:            {5 * time.Minute, time.Minute},
			7 * day:        {30 * time.Minute, 10 * time.Minute},
			30 * day:       {3 * time.Hour, 10 * time.Minute},
			365 * day:      {6 * time.Hour, 10 * time.Minute},
		} {
			q := Query{From: ago(span), To: now}
			width, err := q.settle(now)
			if err != nil || q.Step != want[0] || width != want[1] {
				t.Errorf("%s: step %s of slots of %s, want %s; %v", span, q.Step, width, want, err)
			}
		}
	})
}

// A month must cost what its points cost.
func TestReadingComesFromTheKey(t *testing.T) {
	if storetest.Postgres() {
		return // it asks SQLite's planner; the other one decides by statistics
	}
	h := setup(t)
	var plan []struct {
		ID      int    `db:"id"`
		Parent  int    `db:"parent"`
		NotUsed int    `db:"notused"`
		Detail  string `db:"detail"`
	}
	must(t, h.db.Read().Select(t.Context(), &plan, "EXPLAIN QUERY PLAN "+sumUp(1), 1, 1, 1, 10, 0, 1))
	found := false
	for _, p := range plan {
		found = found || strings.Contains(p.Detail, "SEARCH history USING PRIMARY KEY (series=? AND width_s=? AND at>? AND at<?)")
	}
	if !found {
		t.Errorf("%+v", plan)
	}
}
