package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// calls gives the records that a query finds.
func calls(a *apptest.App, query string) []map[string]any {
	var out []map[string]any
	for _, c := range a.Want(200, "GET", "/api/calls?"+query, nil).Body["calls"].([]any) {
		out = append(out, c.(map[string]any))
	}
	return out
}

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestEveryCallIsFoundByWhatItWas(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	a.Add("broken", "exit-now")
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "sums"})
	a.Want(201, "POST", "/api/groups/sums/members", map[string]any{"member_id": "math"})

	numbers := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	a.Want(200, "POST", "/api/providers/math/tools/add/call", numbers)
	a.Want(200, "POST", "/api/groups/sums/tools/add/call", numbers)
	a.Want(404, "POST", "/api/providers/math/tools/nope/call", numbers)
	a.Want(503, "POST", "/api/providers/broken/tools/add/call", numbers)
	agent := a.Request("POST", "/mcp/providers/math", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add",
		"arguments":{"a":1,"b":2},"_meta":{"traceparent":%q,"io.modelcontextprotocol/protocolVersion":"2026-07-28",
		"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`, traceparent))
	for name, value := range map[string]string{"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "add"} {
		agent.Header.Set(name, value)
	}
	if got := a.Send(agent); got.Status != 200 || !strings.Contains(string(got.Raw), `"result"`) {
		t.Fatalf("the agent got %d %s", got.Status, got.Raw)
	}

	for query, want := range map[string]int{
		"":                                    5,
		"provider_id=math":                    4,
		"provider_id=broken":                  1,
		"tool_name=add":                       4,
		"tool_name=nope":                      1,
		"group_id=sums":                       1,
		"who=local":                           4,
		"who=somebody":                        0,
		"via=rest":                            4,
		"via=mcp":                             1,
		"outcome=success":                     3,
		"outcome=error":                       2,
		"error_type=ToolNotFoundError":        1,
		"from=2020-01-01T00:00:00Z":           5,
		"to=2020-01-01T00:00:00Z":             0,
		"min_ms=3600000":                      0,
		"max_ms=3600000":                      5,
		"trace_id=" + traceparent[3:35]:       1,
		"trace_id=" + strings.Repeat("0", 32): 0,
		"provider_id=math&outcome=error&tool_name=nope": 1,
		"provider_id=math&outcome=error&tool_name=add":  0,
	} {
		if got := calls(a, query); len(got) != want {
			t.Errorf("%q finds %d calls, want %d: %v", query, len(got), want, got)
		}
	}

	one := calls(a, "provider_id=math&group_id=sums")[0]
	parts := one["queue_ms"].(float64) + one["cold_start_ms"].(float64) + one["execute_ms"].(float64)
	if whole := one["duration_ms"].(float64); parts < whole-0.01 || parts > whole+0.01 {
		t.Errorf("the parts are %v, the whole is %v", parts, whole)
	}
	got := a.Want(200, "GET", "/api/calls/"+one["call_id"].(string), nil).Body["call"].(map[string]any)
	if got["position"] != one["position"] || got["result_size_bytes"].(float64) == 0 || got["request_size_bytes"].(float64) == 0 {
		t.Errorf("%v", got)
	}
	first := calls(a, "provider_id=math&outcome=success")
	if cold := first[len(first)-1]["cold_start_ms"].(float64); cold == 0 {
		t.Error("the first call did not wait for the start")
	}
	page := a.Want(200, "GET", "/api/calls?limit=1", nil).Body
	if next := a.Want(200, "GET", "/api/calls?limit=500&before="+number(page["next"].(float64)), nil).Body["calls"].([]any); len(next) != len(calls(a, ""))-1 {
		t.Errorf("the rest is %d calls", len(next))
	}
}

func TestWhatASearchForCallsRefuses(t *testing.T) {
	a := apptest.Start(t)
	for query, says := range map[string]string{
		"limit=0":           "limit",
		"limit=501":         "limit",
		"before=-1":         "before",
		"outcome=maybe":     "outcome",
		"from=yesterday":    "from",
		"min_ms=-1":         "min_ms",
		"colour=red":        "colour",
		"min_ms=5&max_ms=5": "max_ms",
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "to",
	} {
		got := a.Want(422, "GET", "/api/calls?"+query, nil)
		if !strings.Contains(string(got.Raw), says) {
			t.Errorf("%s: it does not say %q: %s", query, says, got.Raw)
		}
	}
	if got := a.Want(404, "GET", "/api/calls/"+url.PathEscape("no such call"), nil); got.Body["error"] != "CallNotFoundError" {
		t.Errorf("%s", got.Raw)
	}
}

// The traceparent header of a REST call is its trace.
func TestATraceComesByHeaderToo(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	req := a.Request("POST", "/api/providers/math/tools/add/call", `{"arguments":{"a":1,"b":2}}`)
	req.Header.Set("traceparent", traceparent)
	if got := a.Send(req); got.Status != 200 {
		t.Fatalf("%d %s", got.Status, got.Raw)
	}
	if got := calls(a, "trace_id="+traceparent[3:35]); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// Without records calls work as ever, and nothing is written down.
func TestRecordsCanBeLeftOut(t *testing.T) {
	a := apptest.Start(t, apptest.WithFlag("records-calls", "false"))
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	if got := calls(a, ""); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// With strict records the answer comes when the record is there: whoever asks for it at once finds it, without waiting.
func TestStrictRecordsAreThereWithTheAnswer(t *testing.T) {
	a := apptest.Start(t, apptest.WithFlag("records-strict", "true"))
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	head := a.Want(200, "GET", "/api/events?limit=500", nil).Raw
	if !strings.Contains(string(head), `"ToolInvocationCompleted"`) {
		t.Errorf("the call was answered, and this is the log: %s", head)
	}
}
