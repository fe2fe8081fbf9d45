package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/mcptest"
)

// greeter adds an entry that plays a double of mcptest; how it behaves is a variable, and it wants a secret.
func greeter(t *testing.T, a *apptest.App, name, mode string) {
	t.Helper()
	command, env := mcptest.Command(t, mode)
	env["GREETER_TOKEN"] = "{token}"
	a.Want(201, "POST", "/api/catalog", map[string]any{
		"name": name, "description": "Says hello", "command": command, "env": env, "tags": []string{"greeting"},
		"variables": []map[string]any{{"name": "token", "secret": true, "required": true, "description": "Its key"}},
	})
}

func TestCatalogRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t)
	whole := []string{"entry_id", "name", "description", "mode", "command", "image", "tags", "verified", "source", "required_env", "builtin", "endpoint", "form"}
	keep(t, a, []contract{
		{"GET", "/api/catalog", nil, 200, []string{"entries", "total"}, map[string][]string{"entries": whole}},
		{"GET", "/api/catalog?search=file&tags=reference,files", nil, 200, []string{"entries", "total"}, map[string][]string{"entries": whole}},
		{"GET", "/api/catalog/filesystem", nil, 200, whole, nil},
		{"POST", "/api/catalog", map[string]any{"name": "mine", "description": "d", "endpoint": "https://mcp.example.com/mcp", "tags": []string{"a"}}, 201, whole, nil},
		{"POST", "/api/catalog/mine/deploy", nil, 201, []string{"provider_id", "deployed"}, nil},
		{"DELETE", "/api/catalog/mine", nil, 200, []string{"entry_id", "deleted"}, nil},
		{"GET", "/api/catalog/mine", nil, 404, nil, nil},
		{"POST", "/api/catalog/import", map[string]any{"name": "a.b/c", "description": "d", "version": "1", "remotes": []map[string]any{{"type": "sse", "url": "https://x.example/sse"}}}, 201,
			[]string{"entries", "skipped"}, map[string][]string{"entries": whole}},
		{"GET", "/api/catalog/mirror", nil, 200, []string{"registry", "entries", "refreshed_at", "error"}, nil},
	})
	if p := a.Want(200, "GET", "/api/providers/mine", nil).Body; p["source"] != "catalog" || p["mode"] != "remote" {
		t.Errorf("%v", p)
	}
}

func TestWhatTheCatalogRefuses(t *testing.T) {
	a := apptest.Start(t)
	greeter(t, a, "greeter", "good")
	a.Add("taken", "good")
	deploy := func(extra map[string]any) map[string]any {
		body := map[string]any{"secrets": map[string]any{"token": "canary-1"}}
		for k, v := range extra {
			body[k] = v
		}
		return body
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		says         string
	}{
		"an unknown entry":                   {"GET", "/api/catalog/nope", nil, 404, "nope"},
		"deleting an unknown entry":          {"DELETE", "/api/catalog/nope", nil, 404, "nope"},
		"deleting what is built in":          {"DELETE", "/api/catalog/filesystem", nil, 422, "built in"},
		"deploying an unknown entry":         {"POST", "/api/catalog/nope/deploy", nil, 404, "nope"},
		"a variable that is missing":         {"POST", "/api/catalog/filesystem/deploy", nil, 422, "variables.directories"},
		"a variable that is unknown":         {"POST", "/api/catalog/greeter/deploy", deploy(map[string]any{"variables": map[string]any{"colour": "red"}}), 422, "variables.colour"},
		"a secret that is missing":           {"POST", "/api/catalog/greeter/deploy", map[string]any{}, 422, "secrets.token"},
		"a secret among the variables":       {"POST", "/api/catalog/greeter/deploy", map[string]any{"variables": map[string]any{"token": "canary-1"}}, 422, "secrets"},
		"a provider that exists":             {"POST", "/api/catalog/greeter/deploy", deploy(map[string]any{"provider_id": "taken"}), 409, "taken"},
		"an id that is none":                 {"POST", "/api/catalog/greeter/deploy", deploy(map[string]any{"provider_id": "a b"}), 422, "provider_id"},
		"an unknown field":                   {"POST", "/api/catalog/greeter/deploy", deploy(map[string]any{"colour": 1}), 422, "colour"},
		"an entry without a name":            {"POST", "/api/catalog", map[string]any{"description": "d", "command": []string{"x"}}, 422, "name"},
		"an entry without a description":     {"POST", "/api/catalog", map[string]any{"name": "x", "command": []string{"x"}}, 422, "description"},
		"an entry that is nothing":           {"POST", "/api/catalog", map[string]any{"name": "x", "description": "d"}, 422, "command"},
		"an entry of a taken name":           {"POST", "/api/catalog", map[string]any{"name": "greeter", "description": "d", "command": []string{"x"}}, 409, "greeter"},
		"an entry with a secret":             {"POST", "/api/catalog", map[string]any{"name": "x", "description": "d", "command": []string{"x"}, "env": map[string]any{"API_KEY": "canary-1"}}, 422, "env.API_KEY"},
		"an entry with a bad variable":       {"POST", "/api/catalog", map[string]any{"name": "x", "description": "d", "command": []string{"x"}, "variables": []map[string]any{{"name": "a b"}}}, 422, "variables[0].name"},
		"an import of nothing":               {"POST", "/api/catalog/import", map[string]any{}, 422, "server.json"},
		"an import that is no JSON":          {"POST", "/api/catalog/import", "hello", 400, "not valid JSON"},
		"an import that is too large":        {"POST", "/api/catalog/import", `{"name": "` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
		"a limit beyond the bound":           {"GET", "/api/catalog?limit=1001", nil, 422, "limit"},
		"a source that is none":              {"GET", "/api/catalog?source=web", nil, 422, "source"},
		"a refresh when nothing is mirrored": {"POST", "/api/catalog/mirror/refresh", nil, 409, "catalog.registry"},
	} {
		got := a.Do(c.method, c.path, c.body)
		if got.Status != c.status || !strings.Contains(string(got.Raw), c.says) || got.Body["error"] == nil || got.Body["status_code"] != float64(c.status) {
			t.Errorf("%s: %d %s, want %d with %q", name, got.Status, got.Raw, c.status, c.says)
		}
		if strings.Contains(string(got.Raw), "canary-1") {
			t.Errorf("%s: the answer tells a secret: %s", name, got.Raw)
		}
	}
}

// Deploy, start and call; the secret is seen nowhere.
func TestADeployedEntryWorks(t *testing.T) {
	a := apptest.Start(t)
	greeter(t, a, "greeter", "good")
	got := a.Want(201, "POST", "/api/catalog/greeter/deploy", map[string]any{"provider_id": "hello", "secrets": map[string]any{"token": "canary-1"}, "start": true}).Body
	if got["started"] != true || got["start_error"] != nil || got["operation_id"] == "" {
		t.Fatalf("%v", got)
	}
	operation := fmt.Sprint(got["operation_id"])
	eventually(t, "the operation has completed", func() bool {
		o := a.Do("GET", "/api/operations/"+operation, nil)
		if o.Status != http.StatusOK {
			return false
		}
		shown := o.Body["operation"].(map[string]any)
		return shown["status"] == "completed" && shown["operation_type"] == "catalog_deploy"
	})
	a.Want(200, "POST", "/api/providers/hello/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	for _, path := range []string{"/api/providers/hello", "/api/catalog/greeter", "/api/events?limit=500", "/api/operations/" + operation + "/events"} {
		if got := a.Want(200, "GET", path, nil); strings.Contains(string(got.Raw), "canary-1") {
			t.Errorf("%s tells a secret: %s", path, got.Raw)
		}
	}
}

// What does not start is deployed all the same, and whoever deployed it is told why it does not run.
func TestADeployedEntryThatDoesNotStart(t *testing.T) {
	a := apptest.Start(t)
	a.Want(201, "POST", "/api/catalog", map[string]any{"name": "ghost", "description": "Nothing", "command": []string{"/nonexistent/program"}})
	got := a.Want(201, "POST", "/api/catalog/ghost/deploy", map[string]any{"start": true}).Body
	why, _ := got["start_error"].(map[string]any)
	if got["deployed"] != true || got["started"] != false || why == nil || !strings.Contains(fmt.Sprint(why["message"]), "/nonexistent/program") {
		t.Errorf("%v", got)
	}
	a.Want(200, "GET", "/api/providers/ghost", nil)
	greeter(t, a, "greeter", "good")
	a.Want(201, "POST", "/api/catalog/greeter/deploy", map[string]any{"secrets": map[string]any{"token": "x"}, "start": true, "wait": false})
	eventually(t, "it starts although nobody waits", func() bool {
		return a.Do("GET", "/api/providers/greeter", nil).Body["state"] == "ready"
	})
}

// The mirror is off unless it is configured, survives a restart without its registry, and goes with its setting.
func TestTheMirrorOfARegistry(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"servers": [{"server": {"name": "a.b/far", "description": "From afar", "version": "1.0.0",
			"remotes": [{"type": "streamable-http", "url": "https://far.example/mcp"}]}}], "metadata": {}}`)
	}))
	defer far.Close()
	dir := t.TempDir()
	entries := func(a *apptest.App) any { return a.Want(200, "GET", "/api/catalog?source=registry", nil).Body["total"] }
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFlag("catalog-registry", far.URL))
	eventually(t, "the first refresh", func() bool { return a.Want(200, "GET", "/api/catalog/mirror", nil).Body["refreshed_at"] != nil })
	id := a.Want(200, "GET", "/api/catalog?source=registry&search=afar", nil).Body["entries"].([]any)[0].(map[string]any)["entry_id"].(string)
	a.Want(422, "DELETE", "/api/catalog/"+id, nil)
	a.Stop()
	far.Close()
	a = apptest.Start(t, apptest.InDir(dir), apptest.WithFlag("catalog-registry", far.URL))
	if n := entries(a); n != float64(1) {
		t.Errorf("offline it has %v entries", n)
	}
	a.Want(201, "POST", "/api/catalog/"+id+"/deploy", nil)
	eventually(t, "a refresh is taken", func() bool {
		return a.Do("POST", "/api/catalog/mirror/refresh?full=true", nil).Status == http.StatusAccepted
	})
	eventually(t, "its failure is told", func() bool { return a.Want(200, "GET", "/api/catalog/mirror", nil).Body["error"] != "" })
	a.Stop()
	a = apptest.Start(t, apptest.InDir(dir))
	if n := entries(a); n != float64(0) {
		t.Errorf("without a registry it has %v entries", n)
	}
	a.Want(200, "GET", "/api/providers/far", nil)
}
