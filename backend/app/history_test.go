package app_test

import (
	"strings"
	"testing"

	"hangar/backend/apptest"
)

func points(a *apptest.App, query string) (sum float64, all []map[string]any) {
	for _, p := range a.Want(200, "GET", "/api/observability/metrics/history?"+query, nil).Body["points"].([]any) {
		p := p.(map[string]any)
		all = append(all, p)
		sum += p["value"].(float64)
	}
	return sum, all
}

func TestTheHistoryOfTheFleetIsServed(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	add := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	for range 3 {
		a.Want(200, "POST", "/api/providers/math/tools/add/call", add)
	}
	a.Want(404, "POST", "/api/providers/math/tools/nope/call", add)
	check := func() {
		t.Helper()
		for query, want := range map[string]float64{
			"metric=tool_calls_total":                           4,
			"minutes=5&metric=tool_calls_total&step=10":         4,
			"metric=tool_calls_total&provider=math":             4,
			"metric=tool_calls_total&provider=math&tool=add":    3,
			"metric=tool_calls_total&provider=math&tool=_other": 1,
			"metric=tool_calls_total&provider=math&by=tool":     4,
			"metric=tool_calls_total&by=provider":               4,
			"metric=tool_call_errors_total":                     1,
			"metric=cold_starts_total&provider=math":            1,
			"metric=tool_calls_total&provider=nobody":           0,
			"metric=tool_calls_total,tool_call_errors_total":    5,
			"metric=tool_calls_total&from=2020-01-01T00:00:00Z": 4,
		} {
			if got, _ := points(a, query); got != want {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		_, heat := points(a, "metric=tool_call_duration_seconds&provider=math")
		calls := 0.0
		for _, p := range heat {
			for _, n := range p["buckets"].([]any) {
				calls += n.(float64)
			}
		}
		if calls != 4 {
			t.Errorf("the heatmap shows %v calls", calls)
		}
	}
	check()
	if t.Failed() {
		return
	}
	a.Stop()
	a = apptest.Start(t, apptest.InDir(dir))
	check()
}

func TestWhatTheHistoryRefuses(t *testing.T) {
	a := apptest.Start(t)
	for query, field := range map[string]string{
		"minutes=-1":                          "minutes",
		"minutes=999999999":                   "minutes",
		"minutes=many":                        "minutes",
		"minutes=5&from=2026-01-01T00:00:00Z": "minutes",
		"to=2026-01-01T00:00:00Z":             "from",
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "to",
		"from=yesterday":        "from",
		"metric=nonsense":       "metric",
		"step=7":                "step",
		"step=-10":              "step",
		"step=999999":           "step",
		"minutes=10000&step=10": "step",
		"by=colour":             "by",
		"tool=add":              "provider",
		"colour=red":            "colour",
	} {
		got := a.Want(422, "GET", "/api/observability/metrics/history?"+query, nil)
		if !strings.Contains(string(got.Raw), field) {
			t.Errorf("%s: it does not say %q: %s", query, field, got.Raw)
		}
	}
}
