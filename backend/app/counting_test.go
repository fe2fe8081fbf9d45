package app_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"hangar/backend/apptest"
)

// tally is what was done, as the doer counted it.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tally) add(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		c.n[k]++
	}
}

func (c *tally) of(key string) float64 { return float64(c.n[key]) }

// After a scripted run whatever counts agrees with what was done, to the unit: metrics, their summary, the history, the
// records of calls, the providers' own figures, the log.
func TestEverythingThatCountsAgrees(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	ids := []string{"one", "two", "three"}
	for _, id := range ids {
		a.Add(id, "good")
	}
	a.Add("broken", "exit-now")
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool", "strategy": "round_robin"})
	a.Want(201, "POST", "/api/groups/pool/members", map[string]any{"member_id": "one"})

	done := &tally{n: map[string]int{}}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 60 {
				act(a, done, ids[rand.N(len(ids))])
			}
		})
	}
	workers.Wait()
	a.Want(503, "POST", "/api/providers/broken/tools/add/call", map[string]any{})
	done.add("calls", "error", "broken", "broken error", "rest")

	agree(t, a, done, ids)
	metricsAgree(t, a, done, ids)
	a.Stop()
	a = apptest.Start(t, apptest.InDir(dir)) // all but the metrics survive
	agree(t, a, done, ids)
}

// act makes one call by one of the doors and writes down what it must have come to.
func act(a *apptest.App, done *tally, id string) {
	add := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	count := func(id, tool, outcome, via string) {
		done.add("calls", id, id+" "+tool, outcome, id+" "+outcome, via)
	}
	switch rand.N(5) {
	case 0:
		a.Want(200, "POST", "/api/providers/"+id+"/tools/add/call", add)
		count(id, "add", "success", "rest")
	case 1:
		a.Want(200, "POST", "/api/providers/"+id+"/tools/fail/call", add)
		count(id, "fail", "tool_error", "rest")
	case 2:
		a.Want(404, "POST", "/api/providers/"+id+"/tools/nope/call", add)
		count(id, "nope", "error", "rest")
	case 3:
		a.Want(200, "POST", "/api/groups/pool/tools/add/call", add)
		count("one", "add", "success", "rest")
		done.add("group")
	case 4:
		req := a.Request("POST", "/mcp/providers/"+id, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2},
			"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`)
		for name, value := range map[string]string{"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "add"} {
			req.Header.Set(name, value)
		}
		a.Send(req)
		count(id, "add", "success", "mcp")
	}
}

// records counts the records that a search finds, page by page.
func records(a *apptest.App, query string) float64 {
	n, before := 0, 0.0
	for {
		page := a.Want(200, "GET", fmt.Sprintf("/api/calls?limit=100&before=%.0f&%s", before, query), nil).Body
		n += len(page["calls"].([]any))
		if before = page["next"].(float64); before == 0 {
			return float64(n)
		}
	}
}

// agree holds what is stored against what was done.
func agree(t *testing.T, a *apptest.App, done *tally, ids []string) {
	t.Helper()
	same := func(what string, got, want float64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, done were %v", what, got, want)
		}
	}
	history := func(query string) float64 { n, _ := points(a, query); return n }
	same("records", records(a, ""), done.of("calls"))
	for _, outcome := range []string{"success", "tool_error", "error"} {
		same("records of "+outcome, records(a, "outcome="+outcome), done.of(outcome))
	}
	same("records by REST", records(a, "via=rest"), done.of("rest"))
	same("records by MCP", records(a, "via=mcp"), done.of("mcp"))
	same("records of the group", records(a, "group_id=pool"), done.of("group"))
	same("history", history("metric=tool_calls_total"), done.of("calls"))
	same("errors in the history", history("metric=tool_call_errors_total"), done.of("error")+done.of("tool_error"))
	same("history of the group", history("metric=tool_calls_total&group=pool"), done.of("group"))
	same("history by provider", history("metric=tool_calls_total&by=provider"), done.of("calls"))
	same("history by tool", history("metric=tool_calls_total&by=tool"), done.of("calls"))
	system := a.Want(200, "GET", "/api/system", nil).Body["system"].(map[string]any)
	same("the system", system["total_tool_calls"].(float64), done.of("calls"))
	logged, onRecord := 0.0, 0.0
	for _, kind := range []string{"ToolInvocationCompleted", "ToolInvocationFailed"} {
		logged += events(a, kind)
		onRecord += onTheBooks(a, "event_type="+kind)
	}
	same("events", logged, done.of("calls"))
	same("audit", onRecord, done.of("calls"))
	same("audit of groups", onTheBooks(a, "event_type=GroupCreated"), 1)
	same("audit of definitions", onTheBooks(a, "event_type=ProviderRegistered&by=people"), float64(len(ids)+1))
	for _, id := range append(slices.Clone(ids), "broken") {
		same("records of "+id, records(a, "provider_id="+id), done.of(id))
		same("history of "+id, history("metric=tool_calls_total&provider="+id), done.of(id))
		same("tools/history of "+id, a.Want(200, "GET", "/api/providers/"+id+"/tools/history?limit=1", nil).Body["total"].(float64), done.of(id))
		p := a.Want(200, "GET", "/api/providers/"+id, nil).Body
		same("calls_total of "+id, p["calls_total"].(float64), done.of(id))
	}
	for _, key := range slices.Sorted(maps.Keys(done.n)) {
		id, tool, both := strings.Cut(key, " ")
		if !both || !slices.Contains([]string{"add", "fail", "nope"}, tool) {
			continue
		}
		same("records of "+key, records(a, "provider_id="+id+"&tool_name="+tool), done.of(key))
		if tool == "nope" {
			tool = "_other"
		}
		same("history of "+key, history("metric=tool_calls_total&provider="+id+"&tool="+tool), done.of(key))
	}
}

// events counts events of a kind, page by page.
func events(a *apptest.App, kind string) float64 {
	n, before := 0, 0.0
	for {
		page := a.Want(200, "GET", fmt.Sprintf("/api/events?event_type=%s&limit=500&before=%.0f", kind, before), nil).Body["events"].([]any)
		if len(page) == 0 {
			return float64(n)
		}
		n += len(page)
		before = page[0].(map[string]any)["position"].(float64)
	}
}

// onTheBooks counts records of the audit, page by page.
func onTheBooks(a *apptest.App, query string) float64 {
	n, before := 0, 0.0
	for {
		page := a.Want(200, "GET", fmt.Sprintf("/api/observability/audit?limit=100&before=%.0f&%s", before, query), nil).Body
		n += len(page["records"].([]any))
		if before = page["next_before"].(float64); before == 0 {
			return float64(n)
		}
	}
}

// metricsAgree holds the metrics of this run against what was done in it.
func metricsAgree(t *testing.T, a *apptest.App, done *tally, ids []string) {
	t.Helper()
	got := a.Want(200, "GET", "/api/observability/metrics", nil).Body
	scraped := string(a.Want(200, "GET", "/metrics", nil).Raw)
	for _, text := range []string{got["prometheus_text"].(string), scraped} {
		for _, id := range append(slices.Clone(ids), "broken") {
			byOutcome := map[string]float64{}
			for line := range strings.Lines(text) {
				if !strings.HasPrefix(line, `mcp_hangar_tool_calls_total{provider="`+id+`"`) {
					continue
				}
				var n float64
				if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &n); err != nil {
					t.Fatal(err)
				}
				_, status, _ := strings.Cut(line, `status="`)
				byOutcome[status[:strings.IndexByte(status, '"')]] += n
			}
			for _, outcome := range []string{"success", "tool_error", "error"} {
				if byOutcome[outcome] != done.of(id+" "+outcome) {
					t.Errorf("metric of %s: %v of %s, done were %v", id, byOutcome[outcome], outcome, done.of(id+" "+outcome))
				}
			}
		}
	}
	summary := got["summary"].(map[string]any)
	if summary["tool_calls_total"] != done.of("calls") || summary["tool_call_errors_total"] != done.of("error")+done.of("tool_error") {
		t.Errorf("summary: %v", summary)
	}
}
