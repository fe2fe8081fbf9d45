package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/mcptest"
)

// yaml is a configuration as JSON, which is YAML, too; watch says whether its changes are looked for.
func yaml(t *testing.T, watch bool, sections map[string]any) string {
	t.Helper()
	all := map[string]any{"config_reload": map[string]any{"watch": watch}}
	maps.Copy(all, sections)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// double is a definition that plays one of mcptest, with more in its environment and beside it.
func double(t *testing.T, mode string, env map[string]string, more ...map[string]any) map[string]any {
	t.Helper()
	command, base := mcptest.Command(t, mode)
	all := map[string]string{}
	maps.Copy(all, base)
	maps.Copy(all, env)
	out := map[string]any{"command": command, "env": all}
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

type object = map[string]any

func ids(v any) []string {
	out := []string{}
	for _, one := range v.([]any) {
		switch one := one.(type) {
		case string:
			out = append(out, one)
		case object:
			id, _ := one["id"].(string)
			out = append(out, id)
		}
	}
	return out
}

func pid(a *apptest.App, t *testing.T, id string) float64 {
	t.Helper()
	n, _ := a.Want(200, "GET", "/api/providers/"+id, nil).Body["meta"].(object)["pid"].(float64)
	return n
}

func reload(a *apptest.App, body any) object {
	return a.Want(200, "POST", "/api/config/reload", body).Body["result"].(object)
}

func noDiff(a *apptest.App, t *testing.T, when string) {
	t.Helper()
	if got := a.Want(200, "GET", "/api/config/diff", nil).Body; got["has_changes"] != false || got["diff"] != "" {
		t.Errorf("%s the file and the fleet differ:\n%v", when, got["diff"])
	}
}

// systemEvents gives the events of a kind, oldest first.
func systemEvents(a *apptest.App, kind string) []object {
	var out []object
	for _, e := range a.Want(200, "GET", "/api/events?limit=500&event_type="+kind, nil).Body["events"].([]any) {
		e := e.(object)
		if data, ok := e["data"].(object); ok {
			out = append(out, data)
		} else {
			out = append(out, e)
		}
	}
	return out
}

func TestConfigRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(yaml(t, false, object{
		"providers": object{"math": double(t, "good", nil)}, "groups": object{"sums": object{"members": []string{"math"}}},
	})))
	id := a.Want(200, "POST", "/api/config/backup", object{"label": "first"}).Body["backup_id"].(string)
	for _, c := range []contract{
		{"GET", "/api/config", nil, 200, []string{"config", "needs_restart", "last_reload"}, nil},
		{"POST", "/api/config/reload", nil, 200, []string{"status", "result"}, nil},
		{"POST", "/api/config/reload", object{}, 200, []string{"status", "result"}, nil},
		{"POST", "/api/config/reload", object{"config_path": "hangar.yaml", "graceful": true, "dry_run": true}, 200, []string{"status", "result"}, nil},
		{"POST", "/api/config/export", nil, 200, []string{"yaml", "secrets"}, nil},
		{"POST", "/api/config/export", object{"secrets": "variables"}, 200, []string{"yaml", "secrets"}, nil},
		{"POST", "/api/config/backup", nil, 200, []string{"backup_path", "created", "backup_id", "path"}, nil},
		{"GET", "/api/config/backups", nil, 200, []string{"backups", "total"}, map[string][]string{"backups": {"backup_id", "path", "label", "created_at", "version", "size_bytes", "providers", "groups", "problem"}}},
		{"POST", "/api/config/backups/" + id + "/restore", object{"dry_run": true}, 200, []string{"status", "result"}, nil},
		{"POST", "/api/config/backups/" + id + "/restore", nil, 200, []string{"status", "result"}, nil},
		{"GET", "/api/config/diff", nil, 200, []string{"diff", "has_changes", "has_diff"}, nil},
		{"GET", "/api/config/diff?backup_id=" + id, nil, 200, []string{"diff", "has_changes"}, nil},
	} {
		got := a.Want(c.status, c.method, c.path, c.body)
		for _, k := range c.keys {
			if _, ok := got.Body[k]; !ok {
				t.Errorf("%s %s: no %q in %s", c.method, c.path, k, got.Raw)
			}
		}
		for list, keys := range c.items {
			for _, k := range keys {
				if _, ok := got.Body[list].([]any)[0].(object)[k]; !ok {
					t.Errorf("%s %s: no %q in %s", c.method, c.path, k, got.Raw)
				}
			}
		}
	}
	c := a.Want(200, "GET", "/api/config", nil).Body["config"].(object)
	p := c["providers"].([]any)[0].(object)
	if p["provider_id"] != "math" || p["source"] != "file" || p["mode"] != "subprocess" || c["groups"].([]any)[0].(object)["group_id"] != "sums" {
		t.Errorf("%v", c)
	}
	if c["settings"].(object)["limits"].(object)["call_timeout_s"] != 300.0 || c["origins"].(object)["listen"] != "flag --listen" {
		t.Errorf("%v", c)
	}
}

func TestWhatConfigRefuses(t *testing.T) {
	a := apptest.Start(t)
	elsewhere := t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(elsewhere, "other.yaml"): "providers: {a: {command: [x]}}\n", filepath.Join(a.Dir, "notes.txt"): "x: y\n",
		filepath.Join(a.Dir, "broken.yaml"): "listen: 1\nlistne: 2\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"out.yaml": filepath.Join(elsewhere, "other.yaml"), "up.yaml": "../../etc/hosts", "dir": elsewhere} {
		if err := os.Symlink(to, filepath.Join(a.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(a.Dir, "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	before := a.Want(200, "GET", "/api/config", nil)
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		says         string
	}{
		"a file elsewhere":                   {"POST", "/api/config/reload", object{"config_path": filepath.Join(elsewhere, "other.yaml")}, 422, "must be a .yaml file in the directory of the configuration"},
		"a file above":                       {"POST", "/api/config/reload", object{"config_path": "../other.yaml"}, 422, "must be a .yaml file in the directory"},
		"a file above, in disguise":          {"POST", "/api/config/reload", object{"config_path": a.Dir + "/x/../../other.yaml"}, 422, "must be a .yaml file in the directory"},
		"a file that is no configuration":    {"POST", "/api/config/reload", object{"config_path": "notes.txt"}, 422, "must be a .yaml file"},
		"a link that leads out":              {"POST", "/api/config/reload", object{"config_path": "out.yaml"}, 422, "cannot be read"},
		"a link that leads up":               {"POST", "/api/config/reload", object{"config_path": "up.yaml"}, 422, "cannot be read"},
		"a directory by a link":              {"POST", "/api/config/reload", object{"config_path": "dir/other.yaml"}, 422, "cannot be read"},
		"a directory":                        {"POST", "/api/config/reload", object{"config_path": "folder.yaml"}, 422, "not a regular file"},
		"a file that is not there":           {"POST", "/api/config/reload", object{"config_path": "gone.yaml", "dry_run": true}, 422, "no such file"},
		"a file with mistakes, by its place": {"POST", "/api/config/reload", object{"config_path": "broken.yaml"}, 422, "broken.yaml:2:1: listne: unknown key"},
		"an unknown field":                   {"POST", "/api/config/reload", object{"colour": "red"}, 422, "colour"},
		"an unknown way with secrets":        {"POST", "/api/config/export", object{"secrets": "clear"}, 422, "secrets"},
		"a backup that is not there":         {"POST", "/api/config/backups/20260101T000000.000000Z/restore", nil, 404, "BackupNotFoundError"},
		"a backup by a path":                 {"POST", "/api/config/backups/..%2Fhangar.db/restore", nil, 404, "BackupNotFoundError"},
		"a comparison with no backup":        {"GET", "/api/config/diff?backup_id=../x", nil, 404, "BackupNotFoundError"},
		"a label of a novel":                 {"POST", "/api/config/backup", object{"label": strings.Repeat("x", 201)}, 422, "label"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := a.Want(c.status, c.method, c.path, c.body); !strings.Contains(string(got.Raw), c.says) {
				t.Errorf("it does not say %q: %s", c.says, got.Raw)
			}
		})
	}
	got := a.Want(422, "POST", "/api/config/reload", object{"config_path": "broken.yaml"}).Body
	problem := got["details"].(object)["problems"].([]any)[0].(object)
	if got["error"] != "ConfigurationError" || problem["line"] != 2.0 || problem["column"] != 1.0 || problem["key"] != "listne" {
		t.Errorf("%v", got)
	}
	after := a.Want(200, "GET", "/api/config", nil)
	if left, right := before.Body["config"], after.Body["config"]; !jsonEqual(t, left, right) {
		t.Errorf("a refusal changed something: %v, %v", left, right)
	}
	if last := after.Body["last_reload"].(object); last["success"] != false || !strings.Contains(last["error"].(string), "listne") {
		t.Errorf("%v", last)
	}
}

func jsonEqual(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

func TestAReloadDoesWhatItsPlanSays(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(yaml(t, false, object{
		"providers": object{"same": double(t, "good", nil), "changed": double(t, "good", nil), "described": double(t, "good", nil), "gone": double(t, "good", nil)},
		"groups":    object{"sums": object{"members": []string{"same", "gone"}}, "leaves": object{}},
		"discovery": object{"sources": []object{{"type": "docker", "enabled": false}, {"id": "stays", "type": "docker", "enabled": false}}},
	})))
	noDiff(a, t, "after the start")
	a.Add("mine", "good")
	pids := map[string]float64{}
	for _, id := range []string{"same", "changed", "described", "gone", "mine"} {
		a.Want(200, "POST", "/api/providers/"+id+"/start", nil)
		pids[id] = pid(a, t, id)
	}
	found := t.TempDir()
	if err := os.WriteFile(filepath.Join(found, "f.yaml"), []byte("name: found\nmode: subprocess\ncommand: [/bin/true]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Write(yaml(t, false, object{
		"providers": object{
			"same": double(t, "good", nil), "changed": double(t, "good", map[string]string{"NEW": "1"}),
			"described": double(t, "good", nil, object{"description": "told"}), "fresh": double(t, "good", nil), "warm": double(t, "good", nil, object{"prewarm": true}),
		},
		"groups":    object{"sums": object{"strategy": "random", "members": []any{object{"id": "same", "weight": 5}, "fresh"}}, "comes": object{}},
		"discovery": object{"sources": []object{{"id": "stays", "type": "docker", "enabled": false}, {"id": "here", "type": "filesystem", "config": object{"path": found}}}},
		"listen":    "127.0.0.1:1", // a flag says otherwise
		"storage":   object{"operations_kept": 20}, "limits": object{"max_concurrency": 9},
	}))
	want := object{
		"providers_added": []string{"fresh", "warm"}, "providers_removed": []string{"gone"}, "providers_updated": []string{"changed", "described"},
		"providers_unchanged": []string{"same"}, "needs_restart": []string{"storage.operations_kept"},
	}
	matches := func(when string, got object) {
		t.Helper()
		for key, list := range want {
			if have := ids(got[key]); !slices.Equal(have, list.([]string)) {
				t.Errorf("%s: %s is %v, want %v", when, key, have, list)
			}
		}
	}
	head := a.Want(200, "GET", "/api/events", nil).Body["head"]
	planned := reload(a, object{"dry_run": true})
	matches("the plan", planned)
	for _, e := range a.Want(200, "GET", "/api/events", nil).Body["events"].([]any) {
		if kind := e.(object)["event_type"].(string); e.(object)["position"].(float64) > head.(float64) && !strings.HasPrefix(kind, "Operation") { // the starts, which are done with
			t.Errorf("a plan leaves %s", kind)
		}
	}
	plan := planned["plan"].(object)
	for _, u := range plan["providers"].(object)["updated"].([]any) {
		u := u.(object)
		if u["restarts"] != (u["id"] == "changed") || u["running"] != true {
			t.Errorf("%v", u)
		}
	}
	if groups := plan["groups"].(object); !slices.Equal(ids(groups["added"]), []string{"comes"}) || !slices.Equal(ids(groups["removed"]), []string{"leaves"}) || !slices.Equal(ids(groups["updated"]), []string{"sums"}) {
		t.Errorf("%v", groups)
	}
	if sources := plan["discovery_sources"].(object); !slices.Equal(ids(sources["added"]), []string{"here"}) || !slices.Equal(ids(sources["removed"]), []string{"docker"}) || !slices.Equal(ids(sources["unchanged"]), []string{"stays"}) {
		t.Errorf("%v", sources)
	}
	if got := reload(a, nil); !jsonEqual(t, got["plan"], plan) {
		t.Errorf("the effect is another one than the plan:\n%v\n%v", got["plan"], plan)
	} else {
		matches("the effect", got)
	}
	noDiffBut(a, t, "operations_kept")
	for _, id := range []string{"same", "described", "mine"} {
		if now := pid(a, t, id); now != pids[id] || now == 0 {
			t.Errorf("%s has pid %v, had %v", id, now, pids[id])
		}
	}
	a.Want(404, "GET", "/api/providers/gone", nil)
	eventually(t, "what changed runs anew", func() bool { now := pid(a, t, "changed"); return now != 0 && now != pids["changed"] })
	eventually(t, "what is to be warm runs", func() bool { return pid(a, t, "warm") != 0 })
	if pid(a, t, "fresh") != 0 {
		t.Error("what is new was started")
	}
	eventually(t, "the new source is looked at", func() bool {
		return len(a.Want(200, "GET", "/api/discovery/pending", nil).Body["pending"].([]any)) == 1
	})
	g := a.Want(200, "GET", "/api/groups/sums", nil).Body
	if g["strategy"] != "random" || g["total_members"] != 2.0 || g["members"].([]any)[1].(object)["weight"] != 5.0 {
		t.Errorf("%v", g)
	}
	c := a.Want(200, "GET", "/api/config", nil).Body
	if s := c["config"].(object)["settings"].(object); s["limits"].(object)["max_concurrency"] != 9.0 || s["storage"].(object)["operations_kept"] != 1000.0 {
		t.Errorf("in effect: %v", s)
	}
	if !slices.Equal(ids(c["needs_restart"]), []string{"storage.operations_kept"}) || c["last_reload"].(object)["success"] != true {
		t.Errorf("%v %v", c["needs_restart"], c["last_reload"])
	}
	events := systemEvents(a, "ConfigurationReloaded")
	if len(events) != 1 || events[0]["requested_by"] != "api" || events[0]["config_path"] != a.File || !slices.Equal(ids(events[0]["providers_added"]), []string{"fresh", "warm"}) {
		t.Errorf("%v", events)
	}
}

// noDiffBut wants a difference in nothing but a setting that waits for a restart.
func noDiffBut(a *apptest.App, t *testing.T, key string) {
	t.Helper()
	diff := a.Want(200, "GET", "/api/config/diff", nil).Body["diff"].(string)
	for line := range strings.Lines(diff) {
		if (line[0] == '-' || line[0] == '+') && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "+++") && !strings.Contains(line, key) && strings.TrimSpace(line[1:]) != "storage:" {
			t.Errorf("a difference beside %s: %s", key, line)
		}
	}
	if !strings.Contains(diff, key) {
		t.Errorf("%s is no difference:\n%s", key, diff)
	}
}

func TestEditsOfWhatTheFileOwns(t *testing.T) {
	file := yaml(t, false, object{"providers": object{"math": double(t, "good", nil)}, "groups": object{"g": object{"members": []string{"math"}}}})
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFile(file))
	a.Want(200, "PUT", "/api/providers/math", object{"description": "edited"})
	a.Want(200, "PUT", "/api/groups/g", object{"strategy": "sticky"})
	diff := a.Want(200, "GET", "/api/config/diff", nil).Body
	if text := diff["diff"].(string); diff["has_changes"] != true || !strings.Contains(text, "+    description: edited") || !strings.Contains(text, "+    strategy: sticky") ||
		!strings.HasPrefix(text, "--- on-disk\n+++ in-memory\n@@ ") {
		t.Errorf("%v", diff)
	}
	a.Stop()
	a = apptest.Start(t, apptest.InDir(dir), apptest.WithFile(file))
	if got := a.Want(200, "GET", "/api/providers/math", nil).Body["description"]; got != "edited" {
		t.Errorf("a start took an edit back: %v", got)
	}
	if got := reload(a, nil); !slices.Equal(ids(got["providers_updated"]), []string{"math"}) {
		t.Errorf("%v", got)
	}
	noDiff(a, t, "after the reload")
	a.Want(200, "DELETE", "/api/providers/math", nil)
	if got := reload(a, nil); !slices.Equal(ids(got["providers_added"]), []string{"math"}) {
		t.Errorf("%v", got)
	}
	noDiff(a, t, "after another")
	a.Want(201, "POST", "/api/providers", object{"provider_id": "rest", "mode": "subprocess", "command": []string{"/bin/true"}})
	a.Write("providers:\n  rest:\n    command: [/bin/false]\n")
	got := a.Want(422, "POST", "/api/config/reload", nil)
	if !strings.Contains(string(got.Raw), `hangar.yaml:2:3: providers.rest: a provider \"rest\" was made through REST`) {
		t.Errorf("%s", got.Raw)
	}
	a.Want(200, "GET", "/api/providers/math", nil)
}

// What a reload changes about calls and doors counts from the next one on.
func TestSettingsThatTakeEffectWhileWeRun(t *testing.T) {
	a := apptest.Start(t)
	ask := func(change func(*http.Request)) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", a.URL+"/api/system", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		return a.Send(req).Status
	}
	host := func(r *http.Request) { r.Host = "ops.example.com" }
	origin := func(r *http.Request) { r.Header.Set("Origin", "https://page.example.com") }
	if ask(host) != 403 || ask(origin) != 403 {
		t.Fatal("strangers are let in")
	}
	a.Write("allowed_hosts: [ops.example.com]\nallowed_origins: ['https://page.example.com']\nlimits: {max_concurrency: 1, queue_timeout_s: 1}\n")
	reload(a, nil)
	if ask(host) != 200 || ask(origin) != 200 {
		t.Error("who is named now is kept out")
	}
	a.Add("hung", "hang-call")
	a.Add("idle", "good")
	var calls sync.WaitGroup
	calls.Go(func() {
		a.Do("POST", "/api/providers/hung/tools/add/call", object{"arguments": object{}, "timeout_ms": 4000})
	})
	eventually(t, "the first call has the one place", func() bool {
		got := a.Do("POST", "/api/providers/idle/tools/add/call", object{"arguments": object{"a": 1, "b": 2}})
		return got.Status == 503 && strings.Contains(string(got.Raw), "ProviderBusyError")
	})
	calls.Wait()
	a.Write("{}\n")
	reload(a, nil)
	if ask(host) != 403 {
		t.Error("who is not named any more is let in")
	}
}

func TestReloadsAreOperations(t *testing.T) {
	a := apptest.Start(t)
	reload(a, nil)
	done := ofType(a, t, "config_reload", 1)[0]
	if done["status"] != "completed" || done["metadata"].(object)["requested_by"] != "api" {
		t.Errorf("%v", done)
	}
	a.Write("listne: x\n")
	a.Want(422, "POST", "/api/config/reload", nil)
	if failed := ofType(a, t, "config_reload", 2)[0]; failed["status"] != "error" || failed["error_type"] != "ConfigurationError" {
		t.Errorf("%v", failed)
	}
}
