package main

import (
	"path/filepath"
	"testing"

	"hangar/backend/apptest"
)

// A backup that is made while Hangar works comes back with everything that a person would miss.
func TestABackupOfARunningHangarIsRestored(t *testing.T) {
	dir, back, file := t.TempDir(), filepath.Join(t.TempDir(), "new"), filepath.Join(t.TempDir(), "b")
	data := func(dir string) string { return filepath.Join(dir, "data") }
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "sums"})
	add := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	a.Want(200, "POST", "/api/providers/math/tools/add/call", add)
	if got := a.Want(200, "GET", "/api/calls", nil).Body["calls"].([]any); len(got) != 1 { // it is stored
		t.Fatalf("%v", got)
	}
	command(t, "", "backup", file, "--with-key", "--data", data(dir)).expect(t, "backup", 0, "verified", "")
	command(t, "", "backup", file, "--data", data(dir)).expect(t, "backup onto a file", exitWrong, "", "is there already")
	a.Add("later", "good")
	command(t, "", "restore", file, "--data", data(dir)).expect(t, "restore onto a store", exitWrong, "", "--force")
	command(t, "", "restore", file, "--data", data(dir), "--force").expect(t, "restore under a running Hangar", exitWrong, "", "in use by process")
	a.Stop()
	for _, what := range []string{"backup", "restore"} { // what is in the directory is of another time then
		command(t, "", what, file+"y", "--data", data(dir), "--storage-url", "postgres:///x").expect(t, what+" of a server", exitUsage, "", "the store is in PostgreSQL")
	}
	command(t, "", "restore", file, "--data", data(back)).expect(t, "restore", 0, back, "")
	command(t, "", "restore", file, "--data", data(dir), "--force").expect(t, "restore in the place of a store", 0, "what was there is in "+data(dir), "")
	for _, where := range []string{back, dir} {
		a = apptest.Start(t, apptest.InDir(where))
		a.Want(404, "GET", "/api/providers/later", nil)
		a.Want(200, "GET", "/api/groups/sums", nil)
		got := a.Want(200, "GET", "/api/calls?provider_id=math", nil).Body["calls"].([]any)
		if len(got) != 1 {
			t.Errorf("%s: %v", where, got)
		}
		points := a.Want(200, "GET", "/api/observability/metrics/history?metric=tool_calls_total", nil).Body["points"].([]any)
		calls := 0.0
		for _, p := range points { // a start is on record too, maybe in a slot of its own
			calls += p.(map[string]any)["value"].(float64)
		}
		if calls != 1 {
			t.Errorf("%s: %v", where, points)
		}
		a.Want(200, "POST", "/api/providers/math/tools/add/call", add)
		a.Stop()
	}
	command(t, "", "restore", file+"x", "--data", data(back), "--force").expect(t, "no file", exitWrong, "", "no such file")
}
