package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/mcptest"
)

// define writes a definition that plays a double of mcptest.
func define(t *testing.T, dir, name, mode string, args ...string) {
	t.Helper()
	command, env := mcptest.Command(t, mode, args...)
	text, err := json.Marshal(map[string]any{"name": name, "mode": "subprocess", "command": command, "env": env})
	if err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(dir, ".tmp")
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, name+".json")); err != nil {
		t.Fatal(err)
	}
}

// watched adds a source that looks at a directory.
func watched(a *apptest.App, dir, mode string, config map[string]any) string {
	config["path"] = dir
	return a.Want(201, "POST", "/api/discovery/sources", map[string]any{"source_type": "filesystem", "mode": mode, "config": config}).Body["source_id"].(string)
}

func sources(a *apptest.App) []any {
	return a.Want(200, "GET", "/api/discovery/sources", nil).Body["sources"].([]any)
}

func TestDiscoveryRoutesKeepTheContract(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t)
	define(t, dir, "good", "good")
	define(t, dir, "unwanted", "good")
	define(t, dir, "bad name", "good")
	id := watched(a, dir, "additive", map[string]any{})
	at := "/api/discovery/sources/" + id
	for _, c := range []contract{
		{"POST", at + "/scan", nil, 200, []string{"source_id", "scan_triggered", "providers_found"}, map[string][]string{"found": {"name", "status"}}},
		{"GET", "/api/discovery/sources", nil, 200, []string{"sources"}, map[string][]string{"sources": {"source_id", "type", "mode", "enabled", "last_scan", "is_healthy", "providers_count", "error_message"}}},
		{"GET", "/api/discovery/pending", nil, 200, []string{"pending"}, map[string][]string{"pending": {"name", "source", "mode", "connection_info", "metadata", "fingerprint", "discovered_at", "last_seen_at", "ttl_seconds", "is_expired"}}},
		{"GET", "/api/discovery/quarantined", nil, 200, []string{"quarantined"}, nil},
		{"GET", "/api/discovery/providers?status=quarantined", nil, 200, []string{"providers"}, nil},
		{"POST", "/api/discovery/approve/good", nil, 200, []string{"approved", "provider", "status"}, nil},
		{"POST", "/api/discovery/reject/unwanted", nil, 200, []string{"rejected", "provider"}, nil},
		{"PUT", at, map[string]any{"mode": "authoritative", "enabled": true, "config": map[string]any{"path": dir, "ttl_s": 3600}}, 200, []string{"source_id", "updated"}, nil},
		{"PUT", at, map[string]any{}, 200, []string{"source_id", "updated"}, nil},
		{"PUT", at + "/enable", map[string]any{"enabled": false}, 200, []string{"source_id", "enabled"}, nil},
		{"POST", at + "/scan", nil, 409, []string{"error"}, nil},
		{"PUT", at + "/enable", map[string]any{"enabled": true}, 200, []string{"source_id", "enabled"}, nil},
		{"POST", "/api/discovery/sources", map[string]any{"source_type": "docker", "mode": "additive", "enabled": false}, 201, []string{"source_id", "registered"}, nil},
	} {
		got := a.Want(c.status, c.method, c.path, c.body)
		for _, k := range c.keys {
			if _, ok := got.Body[k]; !ok {
				t.Errorf("%s %s: no %q in %s", c.method, c.path, k, got.Raw)
			}
		}
		for list, keys := range c.items {
			items, _ := got.Body[list].([]any)
			if len(items) == 0 {
				t.Errorf("%s %s: %s is empty: %s", c.method, c.path, list, got.Raw)
				continue
			}
			for _, k := range keys {
				if _, ok := items[0].(map[string]any)[k]; !ok {
					t.Errorf("%s %s: no %q in %v", c.method, c.path, k, items[0])
				}
			}
		}
	}
	held := a.Want(200, "GET", "/api/discovery/quarantined", nil).Body["quarantined"].(map[string]any)
	one, _ := held["bad name"].(map[string]any)
	if len(held) != 1 || one["reason"] != "invalid_name" || one["evidence"] == "" || one["quarantine_time"] == nil || one["provider"] == nil {
		t.Errorf("%v", held)
	}
	if p := a.Want(200, "GET", "/api/providers/good", nil).Body; p["source"] != "discovery" || p["state"] != "cold" {
		t.Errorf("%v", p)
	}
	if list := sources(a); len(list) != 2 || list[0].(map[string]any)["mode"] != "authoritative" || list[0].(map[string]any)["providers_count"] != 3.0 {
		t.Errorf("%v", list)
	}
	a.Want(200, "DELETE", at, nil)
	a.Want(200, "GET", "/api/providers/good", nil)
	operations := a.Want(200, "GET", "/api/operations", nil).Body["operations"].([]any)
	if !strings.Contains(fmt.Sprint(operations), "discovery_scan") {
		t.Errorf("a scan is no operation: %v", operations)
	}
}

func TestWhatDiscoveryRefuses(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t)
	a.Add("mine", "good")
	define(t, dir, "mine", "good")
	define(t, dir, "fine", "good")
	at := "/api/discovery/sources/" + watched(a, dir, "additive", map[string]any{})
	gone := "/api/discovery/sources/" + watched(a, filepath.Join(dir, "none"), "additive", map[string]any{})
	a.Want(200, "POST", at+"/scan", nil)
	add := func(t, mode string, config map[string]any) map[string]any {
		return map[string]any{"source_type": t, "mode": mode, "config": config}
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		kind, says   string
	}{
		"update an unknown source":     {"PUT", "/api/discovery/sources/nope", map[string]any{}, 404, "DiscoverySourceNotFoundError", "nope"},
		"delete an unknown source":     {"DELETE", "/api/discovery/sources/nope", nil, 404, "DiscoverySourceNotFoundError", "nope"},
		"scan an unknown source":       {"POST", "/api/discovery/sources/nope/scan", nil, 404, "DiscoverySourceNotFoundError", "nope"},
		"enable an unknown source":     {"PUT", "/api/discovery/sources/nope/enable", map[string]any{"enabled": true}, 404, "DiscoverySourceNotFoundError", "nope"},
		"approve what is unknown":      {"POST", "/api/discovery/approve/nope", nil, 404, "DiscoveredProviderNotFoundError", "nope"},
		"reject what is unknown":       {"POST", "/api/discovery/reject/a%2F..%2Fb%00", nil, 404, "DiscoveredProviderNotFoundError", ""},
		"approve what a person has":    {"POST", "/api/discovery/approve/mine", nil, 409, "ConflictError", "by a person"},
		"approve another definition":   {"POST", "/api/discovery/approve/fine", map[string]any{"fingerprint": "0000"}, 409, "ConflictError", "changed"},
		"a place that is not there":    {"POST", gone + "/scan", nil, 503, "DiscoverySourceUnavailableError", "none"},
		"no type":                      {"POST", "/api/discovery/sources", map[string]any{"mode": "additive"}, 422, "ValidationError", "source_type"},
		"an unknown type":              {"POST", "/api/discovery/sources", add("consul", "additive", nil), 422, "ValidationError", "source_type"},
		"an unknown mode":              {"POST", "/api/discovery/sources", add("docker", "greedy", nil), 422, "ValidationError", "mode"},
		"an unknown key":               {"POST", "/api/discovery/sources", add("docker", "additive", map[string]any{"bogus": 1}), 422, "ValidationError", "bogus"},
		"a key of another type":        {"POST", "/api/discovery/sources", add("docker", "additive", map[string]any{"path": "/srv"}), 422, "ValidationError", "config.path"},
		"a relative path":              {"POST", "/api/discovery/sources", add("filesystem", "additive", map[string]any{"path": "srv"}), 422, "ValidationError", "config.path"},
		"a number out of range":        {"POST", "/api/discovery/sources", add("docker", "additive", map[string]any{"ttl_s": -5}), 422, "ValidationError", "ttl_s"},
		"a config of another type":     {"PUT", at, map[string]any{"config": map[string]any{"host": "unix:///x"}}, 422, "ValidationError", "config.host"},
		"enable without saying what":   {"PUT", at + "/enable", map[string]any{}, 422, "ValidationError", "enabled"},
		"an unknown status":            {"GET", "/api/discovery/providers?status=nope", nil, 422, "ValidationError", "status"},
		"no body":                      {"POST", "/api/discovery/sources", nil, 400, "MalformedRequestError", ""},
		"an unknown field in approval": {"POST", "/api/discovery/approve/fine", map[string]any{"force": true}, 422, "ValidationError", "force"},
	} {
		got := a.Do(c.method, c.path, c.body)
		if got.Status != c.status || got.Body["error"] != c.kind || !strings.Contains(string(got.Raw), c.says) {
			t.Errorf("%s: got %d %s", name, got.Status, got.Raw)
		}
	}
	if len(sources(a)) != 2 || len(a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any)) != 1 {
		t.Error("a refused request left something behind")
	}
}

// The whole walk with the real parts: a file appears, a person approves, an agent calls, the file changes, the file goes.
func TestADiscoveredProvidersLife(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t)
	watched(a, dir, "authoritative", map[string]any{"ttl_s": 1, "interval_s": 3600})
	define(t, dir, "math", "good")
	var seen map[string]any
	eventually(t, "the file is found", func() bool {
		pending := a.Want(200, "GET", "/api/discovery/pending", nil).Body["pending"].([]any)
		if len(pending) == 1 {
			seen = pending[0].(map[string]any)
		}
		return seen != nil
	})
	if env := seen["connection_info"].(map[string]any)["env"].(map[string]any); len(env) == 0 || strings.Trim(fmt.Sprint(slices.Collect(mapValues(env))...), "*") != "" {
		t.Errorf("its environment is shown: %v", env)
	}
	call := func(body map[string]any, tool string) apptest.Answer {
		return a.Do("POST", "/api/providers/math/tools/"+tool+"/call", map[string]any{"arguments": body})
	}
	if got := call(map[string]any{"a": 1, "b": 2}, "add"); got.Status != 404 {
		t.Errorf("it can be called before it is approved: %d", got.Status)
	}
	a.Want(200, "POST", "/api/discovery/approve/math", map[string]any{"fingerprint": seen["fingerprint"]})
	if got := call(map[string]any{"a": 1, "b": 2}, "add"); got.Status != 200 {
		t.Fatalf("%d %s", got.Status, got.Raw)
	}
	pid := a.Want(200, "GET", "/api/providers/math", nil).Body["meta"].(map[string]any)["pid"]

	// A new definition waits for approval; then it takes the place of the old one, whose process ends when nobody calls it.
	define(t, dir, "math", "flood-stderr", "3")
	eventually(t, "the change is found", func() bool {
		return len(a.Want(200, "GET", "/api/discovery/pending", nil).Body["pending"].([]any)) == 1
	})
	if now := a.Want(200, "GET", "/api/providers/math", nil).Body["meta"].(map[string]any)["pid"]; now != pid {
		t.Error("it was restarted without approval")
	}
	a.Want(200, "POST", "/api/discovery/approve/math", nil)
	eventually(t, "the old process ends", func() bool { return a.Want(200, "GET", "/api/providers/math", nil).Body["alive"] == false })

	// The file goes while a call runs: the call ends well, and only then is the provider gone.
	done := make(chan apptest.Answer, 1)
	go func() { done <- call(map[string]any{"ms": 3000}, "slow") }()
	eventually(t, "the call is under way", func() bool { return a.Want(200, "GET", "/api/providers/math", nil).Body["state"] == "ready" })
	if err := os.Remove(filepath.Join(dir, "math.json")); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.Status != 200 || !strings.Contains(string(got.Raw), "slept") {
		t.Errorf("the call: %d %s", got.Status, got.Raw)
	}
	eventually(t, "it is deregistered", func() bool { return a.Do("GET", "/api/providers/math", nil).Status == 404 })
	var kinds []string
	for _, e := range a.Want(200, "GET", "/api/events?limit=200", nil).Body["events"].([]any) {
		if kind := e.(map[string]any)["event_type"].(string); strings.Contains(kind, "Disc") || strings.Contains(kind, "egistered") || strings.Contains(kind, "Approved") {
			if kind != "DiscoveryCycleCompleted" {
				kinds = append(kinds, kind)
			}
		}
	}
	slices.Sort(kinds)
	want := []string{
		"DiscoverySourceRegistered", "ProviderApproved", "ProviderApproved", "ProviderDeregistered", "ProviderDiscovered",
		"ProviderDiscoveryConfigChanged", "ProviderDiscoveryLost", "ProviderRegistered",
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q", kinds)
	}
}

func mapValues(m map[string]any) func(func(any) bool) {
	return func(yield func(any) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestDiscoverySurvivesARestart(t *testing.T) {
	dir, found := t.TempDir(), t.TempDir()
	define(t, found, "one", "good")
	define(t, found, "two", "good")
	file := apptest.WithFile("discovery:\n  sources:\n    - id: local\n      type: filesystem\n      mode: authoritative\n      config: {path: " + found + "}\n")
	a := apptest.Start(t, apptest.InDir(dir), file)
	a.Want(200, "POST", "/api/discovery/sources/local/scan", nil)
	a.Want(200, "POST", "/api/discovery/approve/one", nil)
	a.Want(200, "POST", "/api/discovery/reject/two", nil)
	a.Stop()
	b := apptest.Start(t, apptest.InDir(dir), file)
	b.Want(200, "POST", "/api/discovery/sources/local/scan", nil)
	state := map[string]any{}
	for _, p := range b.Want(200, "GET", "/api/discovery/providers", nil).Body["providers"].([]any) {
		state[p.(map[string]any)["name"].(string)] = p.(map[string]any)["status"]
	}
	list := sources(b)
	if fmt.Sprint(state) != "map[one:registered two:rejected]" || len(list) != 1 || list[0].(map[string]any)["source"] != "file" {
		t.Errorf("%v %v", state, list)
	}
	b.Want(200, "POST", "/api/providers/one/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	b.Stop()
	c := apptest.Start(t, apptest.InDir(dir))
	if list := sources(c); len(list) != 0 {
		t.Errorf("a file without it leaves %v", list)
	}
	c.Want(200, "GET", "/api/providers/one", nil)
}
