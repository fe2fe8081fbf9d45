package app_test

import (
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// One answer holds the last hour of every provider, with the calls that were over when it was asked for.
func TestActivityOfTheFleet(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	a.Add("broken", "exit-now")
	a.Add("idle", "good")
	for _, tool := range []string{"add", "add", "fail"} {
		a.Want(200, "POST", "/api/providers/math/tools/"+tool+"/call", object{"arguments": object{"a": 1, "b": 2}})
	}
	a.Want(503, "POST", "/api/providers/broken/start", nil)
	check := func(a *apptest.App, now string) {
		t.Helper()
		rows := map[string]object{}
		for _, one := range a.Want(200, "GET", "/api/observability/activity", nil).Body["providers"].([]any) {
			rows[one.(object)["provider"].(string)] = one.(object)
		}
		total := func(list any) (n float64) {
			for _, v := range list.([]any) {
				n += v.(float64)
			}
			return n
		}
		math := rows["math"]
		if total(math["calls"]) != 3 || total(math["failed"]) != 1 || math["error_percent"] != 33.33 || math["p95_ms"] == nil || math["starts"] != 1.0 || math["protocol_version"] == "" {
			t.Errorf("math: %v", math)
		}
		if s := math["states"].(string); len(s) != 60 || !strings.HasPrefix(s, "-----") || !strings.Contains(s, "r") {
			t.Errorf("math was %s", s)
		}
		if s := rows["broken"]["states"].(string); !strings.HasSuffix(s, now) {
			t.Errorf("broken was %s", s)
		}
		if idle := rows["idle"]; len(idle["calls"].([]any)) != 0 || idle["error_percent"] != nil || !strings.HasSuffix(idle["states"].(string), "c") {
			t.Errorf("idle: %v", idle)
		}
	}
	check(a, "x")
	a.Stop()
	check(apptest.Start(t, apptest.InDir(dir)), "x")
}
