package app_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/auth"
)

// Somebody may read everything about one provider, and read the log, the sums, the groups, the alerts: of another provider
// they learn nothing, by no GET, no socket and no tool. What tells of all in one piece is closed to them.
func TestWhoIsLimitedToSomeProvidersLearnsNothingOfOthers(t *testing.T) {
	const other = "covert" // its name is told nowhere
	var admin string
	a := apptest.Start(t, apptest.WithAdmin(&admin), apptest.WithFile("auth: {enabled: true}\nalerts: {disk_free_percent: 0}\nproviders: {}\n"))
	root := a.As(admin)
	key := func(id string, permissions ...string) *apptest.App {
		root.Want(201, "POST", "/api/auth/roles", object{"role_name": id, "permissions": permissions})
		raw := root.Want(201, "POST", "/api/auth/keys", object{"principal_id": id, "name": "n"}).Body["raw_key"].(string)
		root.Want(200, "POST", "/api/auth/principals/"+id+"/roles", object{"role_id": id})
		return a.As(raw)
	}
	limited := key("limited", "provider:read:math", "provider:start:math", "tool:*:math", "log:read:math", "event:read", "group:read", "operation:read", "operation:write", "metrics:read", "system:read", "alert:*", "call:read")
	root.Want(201, "POST", "/api/groups", object{"group_id": "pool"})
	for _, id := range []string{"math", other, other + "-dead"} {
		root.Add(id, map[bool]string{true: "exit-now", false: "good"}[strings.HasSuffix(id, "dead")])
		root.Do("POST", "/api/providers/"+id+"/start", nil)
		root.Want(201, "POST", "/api/groups/pool/members", object{"member_id": id})
	}
	for _, id := range []string{"math", other, other} {
		root.Want(200, "POST", "/api/providers/"+id+"/tools/add/call", object{"arguments": object{"a": 1, "b": 2}})
	}
	eventually(t, "the other's alert fires", func() bool { return len(alerts(root, "rule=provider_dead")) == 1 })
	works := beginWorks(root, limited, other)
	ticket := func() string { return limited.Want(200, "POST", "/api/auth/ticket", nil).Body["ticket"].(string) }
	heard, captured := map[string][]byte{}, map[string]func() []byte{}
	for _, socket := range []string{"/api/ws/events?since=0&", "/api/ws/state?", "/api/ws/state?mode=delta&", "/ws/mcp-status?", "/api/ws/providers/math/logs?", "/api/ws/operations?since=0&"} {
		captured[socket] = capture(t, a.URL+socket+"ticket="+ticket())
	}

	// Doors that name it refuse, and those that tell of all.
	refused := []string{"/metrics", "/api/observability/metrics",
		"/api/ws/providers/" + other + "/logs", "/api/connect/cursor?provider_id=" + other}
	for _, path := range []string{"", "/tools", "/tools/history", "/health", "/logs"} {
		refused = append(refused, "/api/providers/"+other+path)
	}
	for _, path := range refused {
		got := limited.Do("GET", path, nil)
		if got.Status != 403 {
			t.Errorf("GET %s: %d %s", path, got.Status, got.Raw)
		}
	}
	limited.Want(403, "POST", "/api/providers/"+other+"/start", nil)
	limited.Want(403, "POST", "/api/providers/"+other+"/tools/add/call", object{"arguments": object{}})

	// Who may not read a group is told the same of one that exists and of one that does not.
	grouped := key("grouped", "tool:list", "group:read:mine*")
	told := func(group string) string {
		got := grouped.Want(404, "GET", "/api/connect/cursor?group_id="+group, nil).Body["error"]
		return strings.ReplaceAll(fmt.Sprint(got), group, "GROUP")
	}
	if there, none := told("pool"), told("none"); there != none || !strings.Contains(there, "GroupNotFoundError") {
		t.Errorf("a group that exists: %s; one that does not: %s", there, none)
	}
	root.Want(201, "POST", "/api/groups", object{"group_id": "mine-1"})
	grouped.Want(200, "GET", "/api/connect/cursor?group_id=mine-1", nil)
	elsewhere := key("elsewhere", "tool:list:nothing")
	knock := func(group string) string {
		got := elsewhere.Want(404, "POST", "/mcp/groups/"+group, object{"jsonrpc": "2.0", "id": 1, "method": "ping"})
		return strings.ReplaceAll(string(got.Raw), group, "GROUP")
	}
	if there, none := knock("pool"), knock("none"); there != none {
		t.Errorf("MCP: a group that exists: %s; one that does not: %s", there, none)
	}

	// All that can be read, as the API's own document has it.
	open := 0
	for _, path := range append(readable(root, t), "/api/tools", "/api/events?limit=500", "/api/calls?provider_id="+other, "/api/observability/metrics/history?metric=tool_calls_total&by=provider", "/api/connect/cursor?provider_id=math") {
		if got := limited.Do("GET", path, nil); got.Status == 200 {
			open++
			heard["GET "+path] = got.Raw
		}
	}
	for tool := range auth.ToolDoors() {
		r := limited.Request("POST", "/mcp", object{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": object{"name": tool, "arguments": object{"provider": other, "query": "add"},
			"_meta": object{"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": object{}}}})
		for name, value := range map[string]string{"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool} {
			r.Header.Set(name, value)
		}
		got := limited.Send(r)
		heard["TOOL "+tool] = bytes.ReplaceAll(got.Raw, []byte(`there is no provider \"`+other), nil) // what was asked for may be repeated
	}
	limited.Want(200, "POST", "/api/providers/math/start", nil)
	for where, text := range works.seen(t, root, limited) {
		heard[where] = text
	}
	for socket, end := range captured {
		heard[socket] = end()
	}
	if told := heard["/api/ws/operations?since=0&"]; !bytes.Contains(told, []byte(works.own)) || !bytes.Contains(told, []byte(works.shown)) {
		t.Errorf("of their operations they are told %s", told)
	}
	if open < 20 || len(heard["/api/ws/events?since=0&"]) == 0 || len(heard["/api/ws/state?mode=delta&"]) == 0 || len(heard["/ws/mcp-status?"]) == 0 {
		t.Errorf("not heard: %d doors were open", open)
	}
	for where, text := range heard {
		if at := bytes.Index(text, []byte(other)); at >= 0 {
			t.Errorf("%s tells of it: %s", where, text[max(0, at-150):min(len(text), at+50)])
		}
	}

	// The sums are of what they may see.
	if s := limited.Want(200, "GET", "/api/system", nil).Body["system"].(object); s["total_providers"] != 1.0 || s["total_tool_calls"] != 1.0 || fmt.Sprint(s["providers_by_state"]) != "map[ready:1]" {
		t.Errorf("the system: %v", s)
	}
	if s := root.Want(200, "GET", "/api/system", nil).Body["system"].(object); s["total_providers"] != 3.0 || s["total_tool_calls"] != 3.0 {
		t.Errorf("the system, whole: %v", s)
	}
	group := limited.Want(200, "GET", "/api/groups/pool", nil).Body
	if members := group["members"].([]any); len(members) != 1 || group["total_members"] != 3.0 {
		t.Errorf("the group: %v", group)
	}
	if got := limited.Want(200, "GET", "/api/observability/alerts?state=firing", nil).Body; got["total"] != 0.0 {
		t.Errorf("alerts: %v", got)
	}

	// Who was given the sums or the operations, and no provider at all, has them.
	scraper := key("scraper", "metrics:read", "operation:read")
	for _, path := range []string{"/metrics", "/api/observability/metrics", "/api/operations"} {
		scraper.Want(200, "GET", path, nil)
	}
}

// works are operations: one about what somebody limited may read, one that he began, and those that are not for him.
type works struct {
	shown, own string
	hidden     []string
}

func beginWorks(root, limited *apptest.App, other string) works {
	begin := func(as *apptest.App, about ...string) string {
		return as.Want(201, "POST", "/api/operations", object{"operation_type": "x", "provider_ids": about}).Body["operation_id"].(string)
	}
	w := works{shown: begin(root, "math"), own: begin(limited), hidden: []string{begin(root), begin(root, "math", other), begin(root, other)}}
	for _, id := range w.hidden {
		root.Want(200, "POST", "/api/operations/"+id+"/log", object{"level": "info", "message": "about " + other})
	}
	return w
}

// seen checks that lists, one operation, what it says, the counts and every verb agree; it gives what was answered.
func (w works) seen(t *testing.T, root, limited *apptest.App) map[string][]byte {
	t.Helper()
	heard := map[string][]byte{}
	get := func(path string) apptest.Answer {
		got := limited.Want(200, "GET", path, nil)
		heard["GET "+path] = got.Raw
		return got
	}
	for _, c := range []struct {
		query        string
		shown, total int
	}{{"", 3, 3}, {"?limit=1", 1, 3}, {"?status=running", 2, 2}, {"?status=completed", 1, 1}} { // the third: Hangar's start of math
		got := get("/api/operations" + c.query).Body
		if list := got["operations"].([]any); len(list) != c.shown || got["total"] != float64(c.total) {
			t.Errorf("the list of %q: %v", c.query, got)
		}
	}
	if n := root.Want(200, "GET", "/api/operations", nil).Body["total"]; n.(float64) < 7 {
		t.Errorf("all of them: %v", n)
	}
	stats := limited.Want(200, "POST", "/api/get_websocket_status_service", nil)
	if !bytes.Contains(stats.Raw, []byte(`"active_operations":2,"total_operations":3`)) {
		t.Errorf("counted: %s", stats.Raw)
	}
	for _, id := range []string{w.shown, w.own} {
		if v := get("/api/operations/" + id).Body["operation"].(object); v["operation_id"] != id {
			t.Errorf("one of them: %v", v)
		}
		get("/api/operations/" + id + "/events")
		limited.Want(200, "POST", "/api/operations/"+id+"/progress", object{"progress": 0.5})
	}
	for _, id := range w.hidden {
		for _, c := range []struct {
			method, tail string
			body         any
		}{
			{"GET", "", nil}, {"GET", "/events", nil}, {"DELETE", "", nil}, {"POST", "/progress", object{"progress": 1}},
			{"POST", "/status", object{"status": "s"}}, {"POST", "/log", object{"level": "info", "message": "m"}},
			{"POST", "/result", object{"result": 1}}, {"POST", "/error", object{"error": "e"}},
		} {
			if got := limited.Do(c.method, "/api/operations/"+id+c.tail, c.body); got.Status != 404 || got.Body["error"] != "OperationNotFoundError" {
				t.Errorf("%s%s: %d %s", c.method, c.tail, got.Status, got.Raw)
			}
		}
	}
	for _, id := range []string{w.own, w.shown} {
		if got := limited.Want(200, "DELETE", "/api/operations/"+id, nil).Body; got["cancelled"] != true {
			t.Errorf("cancelled: %v", got)
		}
	}
	return heard
}
