package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/apptest"
	"hangar/backend/audit"
	"hangar/backend/auth"
)

// who may pass each door, written down by hand: an oracle that shares nothing with the roles' definitions. The letters:
// a admin, p provider-admin, d developer, v viewer, u auditor, g agent, m a custom role on provider math alone; s is
// everybody who has signed in, * is everybody.
func oracle() map[string]string {
	return map[string]string{
		"GET /api/system": "apdvu", "GET /api/events": "apdvu", "GET /api/observability/audit": "au", "GET /api/observability/security": "au", "GET /api/openapi.json": "s", "GET /api/openapi.yaml": "s", "GET /api/asyncapi.yaml": "s",
		"GET /api/providers": "apdvugm", "POST /api/providers": "ap", "POST /api/providers/bulk": "apdvugm",
		"GET /api/providers/{provider_id}": "apdvugm", "PUT /api/providers/{provider_id}": "ap", "DELETE /api/providers/{provider_id}": "ap",
		"POST /api/providers/{provider_id}/start": "apd", "POST /api/providers/{provider_id}/stop": "ap",
		"GET /api/tools": "apdvg", "GET /api/providers/{provider_id}/tools": "apdvg", "GET /api/providers/{provider_id}/tools/history": "apdvu",
		"POST /api/providers/{provider_id}/tools/{tool_name}/call": "apdg",
		"GET /api/providers/{provider_id}/health":                  "apdvugm", "GET /api/providers/{provider_id}/logs": "apdv",
		"GET /api/groups": "apdvu", "POST /api/groups": "ap", "GET /api/groups/{group_id}": "apdvu", "PUT /api/groups/{group_id}": "ap",
		"DELETE /api/groups/{group_id}": "ap", "POST /api/groups/{group_id}/rebalance": "ap", "POST /api/groups/{group_id}/members": "ap",
		"DELETE /api/groups/{group_id}/members/{member_id}": "ap", "POST /api/groups/{group_id}/tools/{tool_name}/call": "apdg",
		"GET /api/catalog": "apdvu", "POST /api/catalog": "ap", "GET /api/catalog/{entry_id}": "apdvu", "DELETE /api/catalog/{entry_id}": "ap",
		"POST /api/catalog/{entry_id}/deploy": "ap", "POST /api/catalog/import": "ap", "GET /api/catalog/mirror": "apdvu", "POST /api/catalog/mirror/refresh": "ap",
		"GET /api/config": "apu", "POST /api/config/export": "apu", "GET /api/config/diff": "apu", "POST /api/config/reload": "ap", "POST /api/config/backup": "ap",
		"GET /api/config/backups": "apu", "POST /api/config/backups/{backup_id}/restore": "ap",
		"GET /api/system/log-level": "apdvu", "PUT /api/system/log-level": "a", "GET /api/calls": "apdvu", "GET /api/calls/{call_id}": "apdvu",
		"GET /metrics": "apdvu", "GET /api/observability/metrics": "apdvu", "GET /api/observability/metrics/history": "apdvu", "GET /api/observability/activity": "apdvugm",
		"GET /api/observability/alerts": "apdvu", "POST /api/observability/alerts/{alert_id}/acknowledge": "ap", "DELETE /api/observability/alerts/{alert_id}/acknowledge": "ap",
		"GET /api/observability/silences":  "apdvu",
		"POST /api/observability/silences": "ap", "DELETE /api/observability/silences/{silence_id}": "ap", "POST /api/maintenance/compact": "a",
		"GET /debug/pprof/": "a", "GET /debug/pprof/profile": "a", "GET /debug/pprof/trace": "a", "GET /debug/pprof/{profile}": "a",
		"GET /startupz": "*", "GET /health/live": "*", "GET /health/ready": "*", "GET /health/startup": "*",
		"GET /api/connect/{client}":  "apdvg",
		"POST /api/connect/import":   "ap",
		"GET /api/discovery/sources": "apdvu", "POST /api/discovery/sources": "ap", "PUT /api/discovery/sources/{source_id}": "ap",
		"DELETE /api/discovery/sources/{source_id}": "ap", "POST /api/discovery/sources/{source_id}/scan": "ap", "PUT /api/discovery/sources/{source_id}/enable": "ap",
		"GET /api/discovery/providers": "apdvu", "GET /api/discovery/pending": "apdvu", "GET /api/discovery/quarantined": "apdvu",
		"POST /api/discovery/approve/{name}": "ap", "POST /api/discovery/reject/{name}": "ap",
		"POST /api/auth/keys": "a", "GET /api/auth/keys/{id}": "au", "DELETE /api/auth/keys/{id}": "a", "POST /api/auth/keys/{id}/rotate": "a",
		"GET /api/auth/roles": "au", "POST /api/auth/roles": "a", "GET /api/auth/roles/builtin": "au", "GET /api/auth/roles/{role_id}": "au",
		"PUT /api/auth/roles/{role_id}": "a", "DELETE /api/auth/roles/{role_id}": "a", "GET /api/auth/principals": "au",
		"PUT /api/auth/principals/{principal_id}": "a", "DELETE /api/auth/principals/{principal_id}": "a",
		"GET /api/auth/principals/{principal_id}/roles": "au", "POST /api/auth/principals/{principal_id}/roles": "a",
		"DELETE /api/auth/principals/{principal_id}/roles/{role_id}": "a", "POST /api/auth/check-permission": "au", "POST /api/auth/explain": "au",
		"GET /api/auth/permissions": "au", "GET /api/auth/policies": "au", "GET /api/auth/policies/{provider_id}/{tool_name}": "au", "PUT /api/auth/policies/{provider_id}/{tool_name}": "a",
		"DELETE /api/auth/policies/{provider_id}/{tool_name}": "a", "GET /api/auth/whoami": "s", "POST /api/auth/ticket": "s",
		"GET /api/operations": "apdvu", "POST /api/operations": "apd", "GET /api/operations/{operation_id}": "apdvu",
		"GET /api/operations/{operation_id}/events": "apdvu", "DELETE /api/operations/{operation_id}": "apd",
		"POST /api/operations/{operation_id}/progress": "apd", "POST /api/operations/{operation_id}/status": "apd",
		"POST /api/operations/{operation_id}/log": "apd", "POST /api/operations/{operation_id}/result": "apd", "POST /api/operations/{operation_id}/error": "apd",
		"POST /api/get_websocket_status_service": "apdvu",
		"WS /api/ws/events":                      "apdvu", "WS /api/ws/state": "apdvugm", "WS /api/ws/operations": "apdvu", "WS /ws/mcp-status": "apdvugm", "WS /api/ws/providers/{provider_id}/logs": "apdv",
		"POST /mcp": "apdvg", "GET /mcp": "apdvg", "DELETE /mcp": "apdvg",
		"POST /mcp/providers/{provider_id}": "apdvg", "GET /mcp/providers/{provider_id}": "apdvg", "DELETE /mcp/providers/{provider_id}": "apdvg",
		"POST /mcp/groups/{group_id}": "apdvg", "GET /mcp/groups/{group_id}": "apdvg", "DELETE /mcp/groups/{group_id}": "apdvg",
		"MCP initialize": "apdvg", "MCP server/discover": "apdvg", "MCP ping": "apdvg", "MCP tools/list": "apdvg", "MCP tools/call": "apdg",
		"MCP prompts/list": "apdvg", "MCP prompts/get": "apdg", "MCP resources/list": "apdvg", "MCP resources/templates/list": "apdvg",
		"MCP resources/read": "apdg", "MCP resources/subscribe": "apdg", "MCP resources/unsubscribe": "apdg", "MCP completion/complete": "apdg",
		"MCP logging/setLevel": "apdvg", "MCP subscriptions/listen": "apdvg", "MCP tasks/get": "apdg", "MCP tasks/update": "apdg", "MCP tasks/cancel": "apdg",
		"MCP notifications/initialized": "apdvg", "MCP notifications/cancelled": "apdg", "MCP notifications/roots/list_changed": "apdvg",
		"MCP notifications/progress": "apdvg",
		"TOOL hangar_approve":        "ap", "TOOL hangar_call": "apdg", "TOOL hangar_delete_continuation": "apdg", "TOOL hangar_describe_tool": "apdg",
		"TOOL hangar_details/{provider_id}": "apdg", "TOOL hangar_discover": "ap", "TOOL hangar_discovered": "apd", "TOOL hangar_fetch_continuation": "apdg",
		"TOOL hangar_find_tools": "apdg", "TOOL hangar_group_list": "apd", "TOOL hangar_group_rebalance/{group_id}": "ap", "TOOL hangar_health": "apd",
		"TOOL hangar_list": "apdg", "TOOL hangar_load": "ap", "TOOL hangar_metrics": "apd", "TOOL hangar_quarantine": "apd", "TOOL hangar_reload_config": "ap",
		"TOOL hangar_sources": "apd", "TOOL hangar_start/{provider_id}": "apd", "TOOL hangar_status": "apdg", "TOOL hangar_stop/{provider_id}": "ap",
		"TOOL hangar_tools/{provider_id}": "apdg", "TOOL hangar_unload/{provider_id}": "ap", "TOOL hangar_warm/{provider_id}": "apd",
		"GET /docs": "s", "HEAD /docs": "s", "GET /docs/ws": "s", "HEAD /docs/ws": "s", "GET /examples/*": "*", "HEAD /examples/*": "*",
		"GET /livez": "*", "GET /readyz": "*", "GET /oauth/callback": "*", "GET /login": "*", "POST /login": "*", "POST /logout": "*", "GET /setup": "*",
		"POST /setup": "*", "GET /assets/*": "*", "HEAD /assets/*": "*", "GET /vendor/*": "*", "HEAD /vendor/*": "*", "GET /*": "*",
	}
}

// visitor is a kind of principal, and how it comes.
type visitor struct {
	name   string
	letter string // of the oracle; "" is somebody who may nothing
	in     bool   // has signed in
	dress  func(*http.Request)
}

func withKey(key string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-API-Key", key) }
}

func withBearer(key string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "bearer "+key) }
}

// guests are all kinds of principals, on an app where sign-in is on.
func guests(t *testing.T, a *apptest.App, admin string) []visitor {
	t.Helper()
	root := a.As(admin)
	key := func(id string, roles ...string) string {
		raw, _ := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": id, "name": "test"}).Body["raw_key"].(string)
		for _, r := range roles {
			root.Want(200, "POST", "/api/auth/principals/"+id+"/roles", map[string]any{"role_id": r})
		}
		return raw
	}
	root.Want(201, "POST", "/api/auth/roles", map[string]any{"role_id": "math-only", "permissions": []string{"providers:read:math"}})
	revoked := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "revoked", "name": "test"}).Body
	root.Want(200, "POST", "/api/auth/principals/revoked/roles", map[string]any{"role_id": "admin"})
	root.Want(200, "DELETE", "/api/auth/keys/"+revoked["key_id"].(string), nil)
	disabled := key("disabled", "admin")
	root.Want(200, "PUT", "/api/auth/principals/disabled", map[string]any{"disabled": true})
	deleted := key("deleted", "admin")
	root.Want(200, "DELETE", "/api/auth/principals/deleted", nil)
	expired, _ := root.Want(201, "POST", "/api/auth/keys", map[string]any{
		"principal_id": "expired", "name": "test", "expires_at": time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano),
	}).Body["raw_key"].(string)
	root.Want(200, "POST", "/api/auth/principals/expired/roles", map[string]any{"role_id": "admin"})
	eventually(t, "the key expires", func() bool { return a.As(expired).Do("GET", "/api/auth/whoami", nil).Status == 401 })
	root.Want(200, "PUT", "/api/auth/principals/member", map[string]any{"groups": []string{"devs"}})
	root.Want(200, "POST", "/api/auth/principals/group:devs/roles", map[string]any{"role_id": "developer"})
	local, err := os.ReadFile(filepath.Join(a.Dir, "data", "local.key"))
	if err != nil {
		t.Fatal(err)
	}
	session, csrf := signIn(t, a, admin)
	return []visitor{
		{"anonymous", "", false, func(*http.Request) {}},
		{"a wrong key", "", false, withKey("mcp_" + strings.Repeat("A", 43))},
		{"a key that is none", "", false, withBearer("hello")},
		{"no key behind Bearer", "", false, withBearer("")},
		{"two keys", "", false, func(r *http.Request) { withKey(admin)(r); withBearer(revoked["raw_key"].(string))(r) }},
		{"an admin's expired key", "", false, withKey(expired)},
		{"an admin's revoked key", "", false, withKey(revoked["raw_key"].(string))},
		{"a disabled admin", "", false, withKey(disabled)},
		{"a deleted admin", "", false, withBearer(deleted)},
		{"a wrong cookie", "", false, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: session.Name, Value: "ses_x"}) }},
		{"somebody without a role", "", true, withKey(key("nothing"))},
		{"a custom role on one provider", "m", true, withBearer(key("mathematician", "math-only"))},
		{"a viewer", "v", true, withKey(key("viewer", "viewer"))},
		{"an auditor", "u", true, withBearer(key("auditor", "auditor"))},
		{"an agent", "g", true, withKey(key("agent", "agent"))},
		{"an agent by its other name", "g", true, withKey(key("robot", "service-account"))},
		{"a developer by a group", "d", true, withBearer(key("member"))},
		{"a provider-admin", "p", true, withKey(key("provider-admin", "provider-admin"))},
		{"this machine's owner", "a", true, withBearer(strings.TrimSpace(string(local)))},
		{"an admin's dashboard session", "a", true, func(r *http.Request) {
			r.AddCookie(session)
			r.Header.Set("Origin", a.URL)
			r.Header.Set("X-CSRF-Token", csrf)
		}},
		{"an admin", "a", true, withKey(admin)},
	}
}

// signIn goes through the page as a browser does.
func signIn(t *testing.T, a *apptest.App, key string) (session *http.Cookie, csrf string) {
	t.Helper()
	jar, _ := cookiejar.New(nil) // it never fails
	browser := &http.Client{Jar: jar, Transport: http.DefaultTransport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page := read(t, browser, "GET", a.URL+"/login", nil)
	answer := read(t, browser, "POST", a.URL+"/login", url.Values{"token": {hidden(t, page.text)}, "key": {key}, "next": {"/docs?x=1"}})
	if answer.status != 303 || answer.header.Get("Location") != "/docs?x=1" {
		t.Fatalf("signing in: %d %v %s", answer.status, answer.header, answer.text)
	}
	at, _ := url.Parse(a.URL)
	for _, c := range jar.Cookies(at) {
		switch {
		case strings.HasPrefix(c.Name, "hangar_session_"):
			session = c
		case strings.HasPrefix(c.Name, "hangar_csrf_"):
			csrf = c.Value
		}
	}
	if session == nil || csrf == "" {
		t.Fatalf("cookies: %v", jar.Cookies(at))
	}
	return session, csrf
}

type pageAnswer struct {
	status int
	header http.Header
	text   string
}

func read(t *testing.T, c *http.Client, method, address string, form url.Values) pageAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if form != nil {
		at, _ := url.Parse(address)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", at.Scheme+"://"+at.Host)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return pageAnswer{resp.StatusCode, resp.Header, string(text)}
}

// hidden finds the token of a form.
func hidden(t *testing.T, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `name="token" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if !ok || token == "" {
		t.Fatalf("the page has no token:\n%s", page)
	}
	return token
}

// knock sends a request to a door, dressed as a visitor.
func knock(t *testing.T, a *apptest.App, door string, v visitor) apptest.Answer {
	t.Helper()
	method, path, _ := strings.Cut(door, " ")
	path = strings.NewReplacer("{provider_id}", "math", "{tool_name}", "add", "{group_id}", "pool", "{member_id}", "math", "{operation_id}", "none",
		"{principal_id}", "nobody", "{role_id}", "none", "{backup_id}", "none", "{source_id}", "none", "{name}", "none", "{id}", "none", "{call_id}", "none", "{client}", "cursor", "{profile}", "goroutine", "/*", "/x").Replace(path)
	if path == "/debug/pprof/profile" || path == "/debug/pprof/trace" {
		path += "?seconds=1"
	}
	body, accept := "", "*/*"
	switch method {
	case "WS":
		method = "GET"
	case "MCP":
		path, method = "/mcp", "POST"
	case "POST", "PUT":
		body = "{}"
	}
	if strings.HasPrefix(path, "/mcp") && method == "GET" {
		accept = "application/json" // no stream, which would stay open
	}
	if strings.HasPrefix(path, "/mcp") && method == "POST" {
		name := strings.TrimPrefix(door, "MCP ")
		if name == door {
			name = "ping"
		}
		body, accept = fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{}}`, name), "application/json, text/event-stream"
		if strings.HasPrefix(name, "notifications/") {
			body = fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":{"requestId":9}}`, name)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" || method == "PUT" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", accept)
	v.dress(req)
	return a.Send(req)
}

// Every door times every kind of principal, on the binary as it is shipped where that was built. What is refused leaves no trace in the log; what is allowed gets at least as
// far as the operation itself.
func TestTheMatrix(t *testing.T) {
	var admin string
	a := apptest.Shipped(t, &admin, apptest.SignIn)
	root := a.As(admin)
	root.Add("math", "good")
	root.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	people := guests(t, a, admin)
	want := oracle()
	head := func() any { return root.Want(200, "GET", "/api/events", nil).Body["head"] }
	var doors []string
	for door := range auth.Rules() {
		doors = append(doors, door)
		if want[door] == "" {
			t.Errorf("the matrix has no row for %s", door)
		}
	}
	slices.Sort(doors)
	passes := func(door string, v visitor) bool {
		row := want[door]
		return row == "*" || v.in && (row == "s" || v.letter != "" && strings.Contains(row, v.letter))
	}
	cells := 0
	before := head()
	for _, v := range people {
		for _, door := range doors {
			if passes(door, v) || strings.HasPrefix(door, "TOOL ") || strings.HasPrefix(door, "MCP ") && door != "MCP initialize" { // inside of a session: package gateway, TestTheMatrixOfManagementTools
				continue
			}
			cells++
			got := knock(t, a, door, v)
			status := 403
			if !v.in {
				status = 401
			}
			if got.Status != status {
				t.Errorf("%s by %s: %d, want %d: %.200s", door, v.name, got.Status, status, got.Raw)
			}
			if challenge := got.Header.Get("WWW-Authenticate"); (status == 401) != strings.HasPrefix(challenge, "Bearer ") {
				t.Errorf("%s by %s: the challenge is %q", door, v.name, challenge)
			}
		}
	}
	for _, r := range root.Want(200, "GET", "/api/observability/audit?limit=1000", nil).Body["records"].([]any) {
		r := r.(map[string]any)
		if r["position"].(float64) > before.(float64) && !slices.Contains(audit.Kinds(), r["event_type"].(string)) {
			t.Errorf("what was refused left %v", r)
		}
	}
	for _, v := range people {
		for _, door := range doors {
			if passes(door, v) && !strings.HasPrefix(door, "MCP ") && !strings.HasPrefix(door, "TOOL ") && door != "POST /logout" { // the session is still needed
				cells++
				if got := knock(t, a, door, v); refused(got) {
					t.Errorf("%s by %s: %d %.200s", door, v.name, got.Status, got.Raw)
				}
			}
		}
	}
	t.Logf("%d cells", cells)
}

// refused tells a refusal for who somebody is from any other answer. The forms refuse what no browser sent.
func refused(got apptest.Answer) bool {
	message, _ := got.Body["message"].(string)
	return got.Status == 401 || got.Status == 403 && !strings.Contains(message, "the form is out of date")
}

// What a principal may call by MCP, and whether it really ran.
func TestTheMatrixOfTools(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Want(200, "POST", "/api/providers/math/start", nil)
	people := guests(t, a, admin)
	root.Want(200, "PUT", "/api/auth/policies/math/a*", map[string]any{"principal_id": "robot", "effect": "deny"})
	calls := func() any {
		return root.Want(200, "GET", "/api/providers/math/tools/history", nil).Body["total"]
	}
	for _, v := range people {
		t.Run(v.name, func(t *testing.T) {
			sees := v.letter != "" && strings.Contains("apdvg", v.letter)
			may := sees && v.letter != "v" && v.name != "an agent by its other name"
			before := calls()
			rpc := func(method, params string) (status int, answer string) {
				req, err := http.NewRequestWithContext(t.Context(), "POST", a.URL+"/mcp", strings.NewReader(fmt.Sprintf(
					`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, method, params)))
				if err != nil {
					t.Fatal(err)
				}
				for name, value := range map[string]string{
					"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method,
				} {
					req.Header.Set(name, value)
				}
				if params != "" {
					req.Header.Set("Mcp-Name", "math__add")
				}
				v.dress(req)
				got := a.Send(req)
				return got.Status, string(got.Raw)
			}
			status, list := rpc("tools/list", "")
			if (status == 200) != sees || strings.Contains(list, `"math__add"`) != may {
				t.Errorf("lists %d %.300s", status, list)
			}
			if status, answer := rpc("tools/call", `"name":"math__add","arguments":{"a":1,"b":2},`); (status == 200 && strings.Contains(answer, `"result"`)) != may {
				t.Errorf("calls %d %s", status, answer)
			}
			rest := knock(t, a, "POST /api/providers/{provider_id}/tools/{tool_name}/call", v)
			if (rest.Status == 200) != may {
				t.Errorf("calls by REST: %d %s", rest.Status, rest.Raw)
			}
			want := before
			if may {
				want = before.(float64) + 2
			}
			eventually(t, "what ran is on record", func() bool { return calls() == want })
		})
	}
}

// However a path is written, it is judged as what serves it reads it.
func TestNoSpellingOfAPathGetsAroundAPermission(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Add("other", "good")
	root.Want(201, "POST", "/api/auth/roles", map[string]any{"role_id": "one", "permissions": []string{"provider:*:math", "provider:read:m*", "tool:*:math"}})
	key, _ := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "p", "name": "n"}).Body["raw_key"].(string)
	root.Want(200, "POST", "/api/auth/principals/p/roles", map[string]any{"role_id": "one"})
	mine := a.As(key)
	list := mine.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["provider"] != "math" {
		t.Errorf("the list shows %v", list)
	}
	for _, path := range []string{"/api/providers/math", "/api/providers/%6dath", "/api/providers/m%61th/tools"} {
		if got := mine.Do("GET", path, nil); got.Status != 200 {
			t.Errorf("%s: %d %s", path, got.Status, got.Raw)
		}
	}
	for _, path := range []string{
		"/api/providers/other", "/api/providers/%6fther", "/api/providers/o%74her", "/api/providers/%256fther", "/api/providers/math/../other",
		"/api/providers/math%2F..%2Fother", "/api/providers/math%2f../other", "/api//providers/other", "/API/providers/other", "/api/providers/other/",
		"/api/providers/./other", "/api/providers/other%00", "/api/providers/math;/../other", "/api/providers/math%00other", "//api/providers/other",
		"/api/providers/other/tools", "/api/providers/other/logs", "/mcp/providers/other", "/mcp/providers/%6fther", "/api/system", "/api/groups", "/api/events",
	} {
		for _, method := range []string{"GET", "DELETE", "PUT"} {
			req, err := http.NewRequestWithContext(t.Context(), method, a.URL, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.URL.Opaque = strings.TrimPrefix(a.URL, "http:") + path // as it stands
			req.Header.Set("Content-Type", "application/json")
			if got := mine.Send(req); got.Status < 400 && !strings.Contains(string(got.Raw), "The dashboard is not built") {
				t.Errorf("%s %s: %d %s", method, path, got.Status, got.Raw)
			}
		}
	}
	root.Want(200, "GET", "/api/providers/other", nil)
}
