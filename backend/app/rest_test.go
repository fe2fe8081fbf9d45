package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/apptest"
)

// contract is shared/contract/routes.json, as far as this version serves it: method, path, status and top-level keys.
type contract struct {
	method, path string
	body         any
	status       int
	keys         []string
	items        map[string][]string
}

// keep holds the routes against the contract.
func keep(t *testing.T, a *apptest.App, contracts []contract) {
	t.Helper()
	for _, c := range contracts {
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
}

func TestProviderRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "flood-stderr", "10")
	a.Want(200, "POST", "/api/providers/math/start", nil)
	a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	eventually(t, "the call is on record", func() bool {
		return a.Want(200, "GET", "/api/providers/math/tools/history", nil).Body["total"] == 1.0
	})
	keep(t, a, []contract{
		{"GET", "/api/providers", nil, 200, []string{"providers"}, map[string][]string{"providers": {"provider", "state", "mode", "alive", "tools_count", "health_status", "tools_predefined", "description"}}},
		{"GET", "/api/providers?state=ready", nil, 200, []string{"providers"}, nil},
		{"GET", "/api/providers/math", nil, 200, []string{"provider_id", "state", "mode", "alive", "tools", "health", "configuration", "idle_time", "meta", "last_error"}, map[string][]string{"tools": {"name", "description", "parameters"}}},
		{"PUT", "/api/providers/math", map[string]any{"description": "new"}, 200, []string{"provider_id", "updated"}, nil},
		{"POST", "/api/providers/math/start", nil, 200, []string{"provider", "state", "tools"}, nil},
		{"GET", "/api/providers/math/tools", nil, 200, []string{"tools"}, map[string][]string{"tools": {"name", "description", "parameters"}}},
		{"GET", "/api/providers/math/health", nil, 200, []string{"status", "consecutive_failures", "total_invocations", "total_failures", "success_rate", "can_retry", "last_success_ago", "last_failure_ago", "history"}, nil},
		{"GET", "/api/providers/math/logs?lines=5", nil, 200, []string{"logs", "provider_id", "count"}, map[string][]string{"logs": {"timestamp", "line", "provider_id", "stream"}}},
		{"GET", "/api/providers/math/tools/history?limit=1&from_position=0", nil, 200, []string{"provider_id", "history", "total"}, map[string][]string{"history": {"stream_id", "version", "event_type", "event_id", "occurred_at", "data", "stored_at"}}},
		{"GET", "/api/system", nil, 200, []string{"system"}, nil},
		{"POST", "/api/providers/math/stop", map[string]any{"reason": "tea"}, 200, []string{"stopped", "reason"}, nil},
		{"POST", "/api/providers/math/stop", nil, 200, []string{"stopped", "reason"}, nil},
		{"POST", "/api/providers", map[string]any{"provider_id": "two", "mode": "remote", "endpoint": "http://127.0.0.1:9/mcp"}, 201, []string{"provider_id", "created"}, nil},
		{"DELETE", "/api/providers/two", nil, 200, []string{"provider_id", "deleted"}, nil},
	})
	system := a.Want(200, "GET", "/api/system", nil).Body["system"].(map[string]any)
	if system["total_providers"] != 1.0 || system["total_tools"] != 6.0 || system["total_tool_calls"] != 1.0 || system["version"] != "test" {
		t.Errorf("system: %v", system)
	}
}

// Every refusal has the one body, whatever caused it; bad input is never a 500.
func TestTheFleetsToolsAreListedAtOnce(t *testing.T) {
	a := apptest.Start(t)
	if got := a.Want(200, "GET", "/api/tools", nil).Body["tools"].([]any); len(got) != 0 {
		t.Fatalf("nobody was started, so no tool is known: %v", got)
	}
	a.Add("b", "good")
	a.Add("a", "good")
	a.Want(200, "POST", "/api/providers/b/start", nil)
	a.Want(200, "POST", "/api/providers/a/start", nil)
	tools := a.Want(200, "GET", "/api/tools", nil).Body["tools"].([]any)
	own := a.Want(200, "GET", "/api/providers/a/tools", nil).Body["tools"].([]any)
	if len(own) == 0 || len(tools) != 2*len(own) {
		t.Fatalf("%d tools of the fleet, %d of one of its two equal providers", len(tools), len(own))
	}
	for i, v := range tools {
		got, want := v.(map[string]any), own[i%len(own)].(map[string]any)
		id := []string{"a", "b"}[i/len(own)]
		if got["provider_id"] != id || got["name"] != want["name"] || got["description"] != want["description"] {
			t.Errorf("tool %d is %v, want %v of %s", i, got, want["name"], id)
		}
		if got["bytes"].(float64) < 20 || got["parameters"] != nil {
			t.Errorf("a tool of the fleet has the size of its schema and not the schema: %v", got)
		}
	}
}

func TestEveryErrorHasTheOneBody(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	create := func(change map[string]any) map[string]any {
		body := map[string]any{"provider_id": "new", "mode": "subprocess", "command": []string{"x"}}
		for k, v := range change {
			body[k] = v
		}
		return body
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		kind         string
		says         string
	}{
		"unknown path":             {"GET", "/api/nope", nil, 404, "NotFoundError", "/api/nope"},
		"unknown path under mcp":   {"GET", "/mcp/nope", nil, 404, "NotFoundError", ""},
		"a probe of others":        {"GET", "/healthz", nil, 404, "NotFoundError", "/healthz"},
		"another probe of others":  {"GET", "/health", nil, 404, "NotFoundError", "/health"},
		"unknown method":           {"PATCH", "/api/providers", nil, 405, "MethodNotAllowedError", "GET, POST"},
		"unknown provider":         {"GET", "/api/providers/nope", nil, 404, "ProviderNotFoundError", "nope"},
		"start an unknown one":     {"POST", "/api/providers/nope/start", nil, 404, "ProviderNotFoundError", "nope"},
		"stop an unknown one":      {"POST", "/api/providers/nope/stop", nil, 404, "ProviderNotFoundError", "nope"},
		"delete an unknown one":    {"DELETE", "/api/providers/nope", nil, 404, "ProviderNotFoundError", "nope"},
		"update an unknown one":    {"PUT", "/api/providers/nope", map[string]any{}, 404, "ProviderNotFoundError", "nope"},
		"tools of an unknown one":  {"GET", "/api/providers/nope/tools", nil, 404, "ProviderNotFoundError", "nope"},
		"history of an unknown":    {"GET", "/api/providers/nope/tools/history", nil, 404, "ProviderNotFoundError", "nope"},
		"logs of an unknown one":   {"GET", "/api/providers/nope/logs", nil, 404, "ProviderNotFoundError", "nope"},
		"an unknown tool":          {"POST", "/api/providers/math/tools/nope/call", map[string]any{}, 404, "ToolNotFoundError", "nope"},
		"broken JSON":              {"POST", "/api/providers", `{"provider_id":`, 400, "MalformedRequestError", ""},
		"no body":                  {"POST", "/api/providers", nil, 400, "MalformedRequestError", ""},
		"an array as body":         {"POST", "/api/providers", `[]`, 422, "ValidationError", ""},
		"an unknown field":         {"POST", "/api/providers", create(map[string]any{"bogus": 1}), 422, "ValidationError", "bogus"},
		"a wrong type":             {"POST", "/api/providers", create(map[string]any{"idle_ttl_s": "x"}), 422, "ValidationError", "idle_ttl_s"},
		"an unknown mode":          {"POST", "/api/providers", create(map[string]any{"mode": "group"}), 422, "ValidationError", "mode"},
		"no command":               {"POST", "/api/providers", create(map[string]any{"command": []string{}}), 422, "ValidationError", "command"},
		"no image":                 {"POST", "/api/providers", create(map[string]any{"mode": "docker"}), 422, "ValidationError", "image"},
		"no endpoint":              {"POST", "/api/providers", create(map[string]any{"mode": "remote"}), 422, "ValidationError", "endpoint"},
		"a bad id":                 {"POST", "/api/providers", create(map[string]any{"provider_id": "a b"}), 422, "ValidationError", "provider_id"},
		"a negative number":        {"POST", "/api/providers", create(map[string]any{"idle_ttl_s": -1}), 422, "ValidationError", "idle_ttl_s"},
		"a taken id":               {"POST", "/api/providers", create(map[string]any{"provider_id": "math"}), 409, "ConflictError", "math"},
		"lines out of range":       {"GET", "/api/providers/math/logs?lines=1001", nil, 422, "ValidationError", "lines"},
		"lines no number":          {"GET", "/api/providers/math/logs?lines=x", nil, 422, "ValidationError", "lines"},
		"limit out of range":       {"GET", "/api/providers/math/tools/history?limit=0", nil, 422, "ValidationError", "limit"},
		"an unknown state":         {"GET", "/api/providers?state=nope", nil, 422, "ValidationError", "state"},
		"an unknown parameter":     {"GET", "/api/providers?nope=1", nil, 422, "ValidationError", "nope"},
		"arguments no object":      {"POST", "/api/providers/math/tools/add/call", `{"arguments":[1]}`, 422, "ValidationError", "arguments"},
		"a bad timeout":            {"POST", "/api/providers/math/tools/add/call", `{"timeout_ms":0}`, 422, "ValidationError", "timeout_ms"},
		"logs socket, unknown":     {"GET", "/api/ws/providers/nope/logs", nil, 404, "ProviderNotFoundError", "nope"},
		"a bad since":              {"GET", "/api/ws/events?since=x", nil, 422, "ValidationError", "since"},
		"a socket without upgrade": {"GET", "/api/ws/events", nil, 400, "MalformedRequestError", "WebSocket"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.Do(c.method, c.path, c.body)
			if got.Status != c.status || got.Body["error"] != c.kind || got.Body["status_code"] != float64(c.status) {
				t.Fatalf("got %d %s", got.Status, got.Raw)
			}
			if message, _ := got.Body["message"].(string); message == "" || !strings.Contains(string(got.Raw), c.says) {
				t.Errorf("it does not say %q: %s", c.says, got.Raw)
			}
			if got.Body["request_id"] == "" || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%v %s", got.Header, got.Raw)
			}
		})
	}
	if got := a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any); len(got) != 1 {
		t.Errorf("a refused request left something behind: %v", got)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", a.URL+"/api/providers", strings.NewReader("a=b"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := a.Send(req); got.Status != 415 || got.Body["error"] != "UnsupportedMediaTypeError" {
		t.Errorf("a form: %d %s", got.Status, got.Raw)
	}
	if got := a.Do("PATCH", "/api/providers", nil); got.Header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %q", got.Header.Get("Allow"))
	}
}

// A body that nobody could read is told as such, and what to send instead; nothing is said of fields that nobody saw.
func TestABodyThatCannotBeReadIsToldOnce(t *testing.T) {
	a := apptest.Start(t)
	form := a.Request("POST", "/api/providers", `{"provider_id":"math"}`)
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded") // what curl -d says by itself
	large := a.Request("POST", "/api/providers", `{"provider_id":"`+strings.Repeat("m", 2<<20)+`"}`)
	for name, c := range map[string]struct {
		request *http.Request
		message string
	}{
		"another content type":     {form, "validation failed: body: the content type application/x-www-form-urlencoded is not read here; send JSON, with the header Content-Type: application/json"},
		"a name twice":             {a.Request("POST", "/api/providers", `{"provider_id":"m","provider_id":"n"}`), `validation failed: body: duplicate key "provider_id"`},
		"a number beyond all":      {a.Request("POST", "/api/providers/math/tools/add/call", `{"arguments":{"a":1e999}}`), "validation failed: body: the number 1e999 is too large"},
		"more than is read":        {large, "request body is too large; the limit is 1048576 bytes"},
		"an id that can be none":   {a.Request("POST", "/api/providers", `{"provider_id":"a b","mode":"remote"}`), "validation failed: body.provider_id: must be 1 to 64 letters, digits, _ or -, beginning with a letter or a digit"},
		"no id":                    {a.Request("POST", "/api/providers", `{"mode":"remote"}`), "validation failed: body: expected required property provider_id to be present"},
		"an id with nothing in it": {a.Request("POST", "/api/providers", `{"provider_id":"","mode":"remote"}`), "validation failed: body.provider_id: expected length >= 1"},
	} {
		if got := a.Send(c.request); got.Body["message"] != c.message {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
}

func TestAStartThatFailsSaysWhy(t *testing.T) {
	a := apptest.Start(t)
	a.Add("broken", "exit-now", "7")
	got := a.Want(503, "POST", "/api/providers/broken/start", nil)
	details, _ := got.Body["details"].(map[string]any)
	if got.Body["error"] != "ProviderUnavailableError" || details["exit_code"] != 7.0 || len(details["stderr"].([]any)) == 0 {
		t.Errorf("%s", got.Raw)
	}
	detail := a.Want(200, "GET", "/api/providers/broken", nil).Body
	last, _ := detail["last_error"].(map[string]any)
	if detail["state"] != "dead" || detail["health_status"] != "unhealthy" || last["exit_code"] != 7.0 {
		t.Errorf("%v", detail)
	}
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "absent", "mode": "subprocess", "command": []string{"no-such-program"}})
	got = a.Want(503, "POST", "/api/providers/absent/start", nil)
	if !strings.Contains(string(got.Raw), "not found in PATH") {
		t.Errorf("%s", got.Raw)
	}
}

// A request may take longer than its body took to arrive: this stop goes down the whole ladder, which takes seven seconds.
func TestALongRequestIsNotTakenForAnAbandonedOne(t *testing.T) {
	a := apptest.Start(t)
	a.Add("stubborn", "ignore-term")
	a.Want(200, "POST", "/api/providers/stubborn/start", nil)
	a.Want(200, "POST", "/api/providers/stubborn/stop", map[string]any{"reason": "patience"})
}

func TestSecretsStayInside(t *testing.T) {
	a := apptest.Start(t)
	const secret = "s3cret-canary"
	a.Want(201, "POST", "/api/providers", map[string]any{
		"provider_id": "p", "mode": "subprocess", "command": []string{"x"}, "env": map[string]string{"TOKEN": secret},
	})
	a.Want(200, "PUT", "/api/providers/p", map[string]any{"env": map[string]string{"TOKEN": "***", "OTHER": secret}})
	for _, path := range []string{"/api/providers", "/api/providers/p", "/api/events", "/api/system"} {
		if got := a.Want(200, "GET", path, nil); strings.Contains(string(got.Raw), secret) {
			t.Errorf("%s shows the secret", path)
		}
	}
	env := a.Want(200, "GET", "/api/providers/p", nil).Body["configuration"].(map[string]any)["env"].(map[string]any)
	if env["TOKEN"] != "***" || env["OTHER"] != "***" {
		t.Errorf("env %v", env)
	}
	if got := a.Do("PUT", "/api/providers/p", map[string]any{"env": map[string]string{"NEW": "***"}}); got.Status != 422 {
		t.Errorf("a mask over nothing: %d", got.Status)
	}
}

func TestACallStreamsItsProgress(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	req, err := http.NewRequestWithContext(t.Context(), "POST", a.URL+"/api/providers/math/tools/slow/call",
		strings.NewReader(`{"arguments":{"ms":60,"steps":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	got := a.Send(req)
	text := string(got.Raw)
	if strings.Count(text, "event: progress") < 3 || !strings.Contains(text, "event: result") || !strings.Contains(text, `"duration_ms":`) {
		t.Fatalf("%s", text)
	}
	if strings.Contains(text, "progressToken") {
		t.Errorf("our own token shows: %s", text)
	}
}

func TestBigNumbersPassThroughACall(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	got := a.Want(200, "POST", "/api/providers/math/tools/echo/call", `{"arguments":{"message":"9007199254740993","n":9007199254740993}}`)
	if !strings.Contains(string(got.Raw), "9007199254740993") {
		t.Fatalf("%s", got.Raw)
	}
}

func TestEverythingSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	a.Add("broken", "exit-now")
	a.Want(200, "POST", "/api/providers/math/tools/add/call", `{"arguments":{"a":1,"b":2}}`)
	a.Want(503, "POST", "/api/providers/broken/start", nil)
	before := a.Want(200, "GET", "/api/providers/math/tools", nil)
	a.Stop()

	b := apptest.Start(t, apptest.InDir(dir))
	if got := b.Want(200, "GET", "/api/providers/math/tools", nil); string(got.Raw) != string(before.Raw) {
		t.Errorf("the catalogue changed: %s", got.Raw)
	}
	if got := b.Want(200, "GET", "/api/providers/math/tools/history", nil); got.Body["total"] != 1.0 {
		t.Errorf("the history: %s", got.Raw)
	}
	if got := b.Want(200, "GET", "/api/providers/math", nil).Body; got["state"] != "cold" || got["calls_total"] != 1.0 {
		t.Errorf("math: %v", got)
	}
	if got := b.Want(200, "GET", "/api/providers/broken", nil).Body; got["state"] != "dead" && got["state"] != "initializing" { // it is tried again
		t.Errorf("broken: %v", got["state"])
	}
	if got := b.Want(200, "GET", "/api/system", nil).Body["system"].(map[string]any); got["total_tool_calls"] != 1.0 {
		t.Errorf("system: %v", got)
	}
}

func TestTheEventLogReadsBackwards(t *testing.T) {
	a := apptest.Start(t)
	a.Add("one", "good")
	a.Add("two", "good")
	got := a.Want(200, "GET", "/api/events?provider_id=two&event_type=ProviderRegistered", nil)
	events := got.Body["events"].([]any)
	if len(events) != 1 || events[0].(map[string]any)["provider_id"] != "two" {
		t.Fatalf("%s", got.Raw)
	}
	head := got.Body["head"].(float64)
	page := a.Want(200, "GET", "/api/events?limit=1&before="+number(head), nil).Body["events"].([]any)
	if len(page) != 1 || page[0].(map[string]any)["position"].(float64) != head-1 {
		t.Errorf("%v", page)
	}
	at, err := time.Parse(time.RFC3339, events[0].(map[string]any)["timestamp"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, query string
		want        int
	}{
		{"from its own time on", "from=" + at.Format(time.RFC3339Nano), 1},
		{"before its own time", "to=" + at.Format(time.RFC3339Nano), 0},
		{"the second around it", "from=" + at.Add(-time.Second).Format(time.RFC3339Nano) + "&to=" + at.Add(time.Second).Format(time.RFC3339Nano), 1},
		{"an hour later", "from=" + at.Add(time.Hour).Format(time.RFC3339Nano), 0},
	} {
		got := a.Want(200, "GET", "/api/events?provider_id=two&event_type=ProviderRegistered&"+c.query, nil)
		if found := got.Body["events"].([]any); len(found) != c.want {
			t.Errorf("%s: %d events, want %d", c.name, len(found), c.want)
		}
	}
	a.Want(422, "GET", "/api/events?from=yesterday", nil)
}

func TestTheCommittedDocumentIsTheServedOne(t *testing.T) {
	a := apptest.Start(t)
	got := a.Want(200, "GET", "/api/openapi.json", nil)
	var doc struct {
		Paths map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(got.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for path := range doc.Paths {
		if !strings.Contains(string(committed), "\n  "+path+":") {
			t.Errorf("openapi/openapi.yaml lacks %s: run make gen", path)
		}
	}
	if got := a.Want(200, "GET", "/api/openapi.yaml", nil); !strings.HasPrefix(string(got.Raw), "components:") {
		t.Errorf("%.60s", got.Raw)
	}
}

func TestItRefusesToListenBeyondLoopback(t *testing.T) {
	_, err := apptest.New(t, apptest.WithFlag("listen", "0.0.0.0:0"))
	if err == nil || !strings.Contains(err.Error(), "--unsafe-no-auth") {
		t.Fatalf("got %v", err)
	}
	a, err := apptest.New(t, apptest.WithFlag("listen", "0.0.0.0:0"), apptest.WithFlag("unsafe-no-auth", "true"))
	if err != nil {
		t.Fatal(err)
	}
	a.Stop()
}

func TestTheFileOwnsItsProviders(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFile("providers:\n  one: {mode: subprocess, command: [x]}\n  two: {mode: subprocess, command: [x]}\n"))
	if ids := providers(a); !slices.Equal(ids, []string{"one", "two"}) {
		t.Fatalf("%v", ids)
	}
	a.Stop()
	b := apptest.Start(t, apptest.InDir(dir), apptest.WithFile("providers:\n  two: {mode: subprocess, command: [x]}\n"))
	if ids := providers(b); !slices.Equal(ids, []string{"two"}) {
		t.Fatalf("%v", ids)
	}
}

func providers(a *apptest.App) []string {
	var ids []string
	for _, p := range a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any) {
		ids = append(ids, p.(map[string]any)["provider"].(string))
	}
	return ids
}

func number(f float64) string {
	b, _ := json.Marshal(f) // a finite number marshals
	return string(b)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
