package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// What a client of either era meets at the doors, on providers of either era. The conformance suite goes through all of it
// (make conformance); this is the slice of it that every run of the tests holds.

// frames reads an answer that is one message or a stream of them.
type frames struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

func post(t *testing.T, url string, header map[string]string, body object) *frames {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	return open(t, req)
}

func open(t *testing.T, req *http.Request) *frames {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &frames{t, resp, bufio.NewReader(resp.Body)}
}

// next is the next event: its name, and its data.
func (f *frames) next() (name, data string) {
	f.t.Helper()
	if !strings.HasPrefix(f.resp.Header.Get("Content-Type"), "text/event-stream") {
		text, err := f.in.ReadString(0)
		if text == "" {
			f.t.Fatalf("%d without a body: %v", f.resp.StatusCode, err)
		}
		return "", text
	}
	for {
		line, err := f.in.ReadString('\n')
		if err != nil {
			f.t.Fatalf("the stream ended: %v", err)
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "event:"):
			name = strings.TrimSpace(line[6:])
		case strings.HasPrefix(line, "data:") && len(line) > 6:
			data = strings.TrimSpace(line[5:])
		case line == "" && data != "":
			return name, data
		}
	}
}

// message is the next one for which ok holds.
func (f *frames) message(ok func(object) bool) object {
	f.t.Helper()
	for {
		var m object
		_, data := f.next()
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			f.t.Fatalf("%s: %v", data, err)
		}
		if ok(m) {
			return m
		}
	}
}

func isAnswer(m object) bool { return m["result"] != nil || m["error"] != nil }

// stateless makes a request that says everything by itself.
func stateless(t *testing.T, url, method string, capabilities, params object) *frames {
	t.Helper()
	header := map[string]string{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
	if name, ok := params["name"].(string); ok {
		header["Mcp-Name"] = name
	}
	params["_meta"] = object{"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": capabilities}
	return post(t, url, header, object{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

func answersTo(requests object) object {
	answers := object{}
	for key, r := range requests {
		switch r.(object)["method"] {
		case "roots/list":
			answers[key] = object{"roots": []any{object{"uri": "file:///here"}}}
		case "sampling/createMessage":
			answers[key] = object{"role": "assistant", "model": "m", "content": object{"type": "text", "text": "sampled"}}
		case "elicitation/create":
			answers[key] = object{"action": "accept", "content": object{"name": "ada"}}
		}
	}
	return answers
}

// The live call of a provider that asks is parked between the rounds of a client that cannot be asked.
func TestANewerClientAnswersAnOlderProvider(t *testing.T) {
	a := apptest.Start(t)
	a.Add("asker", "server-request")
	a.Want(200, "POST", "/api/providers/asker/start", nil)
	url, can := a.URL+"/mcp/providers/asker", object{"roots": object{}, "sampling": object{}, "elicitation": object{}}
	call := func(more object) object {
		params := object{"name": "echo", "arguments": object{"message": "m"}}
		for k, v := range more {
			params[k] = v
		}
		return stateless(t, url, "tools/call", can, params).message(isAnswer)
	}
	var asked []string
	m := call(nil)
	first, _ := m["result"].(object)["requestState"].(string)
	for range 5 {
		result, ok := m["result"].(object)
		if !ok {
			t.Fatalf("%v", m)
		}
		if result["resultType"] != "input_required" {
			break
		}
		requests := result["inputRequests"].(object)
		for _, r := range requests {
			asked = append(asked, r.(object)["method"].(string))
		}
		m = call(object{"requestState": result["requestState"], "inputResponses": answersTo(requests)})
	}
	text, _ := json.Marshal(m["result"])
	if slices.Sort(asked); !slices.Equal(asked, []string{"elicitation/create", "roots/list", "sampling/createMessage"}) {
		t.Errorf("asked %v", asked)
	}
	for _, want := range []string{"file:///here", "sampled", "ada", `"resultType":"complete"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	for name, more := range map[string]object{
		"a state that was used":         {"requestState": first, "inputResponses": object{}},
		"a state of another request":    {"requestState": first, "inputResponses": object{}, "arguments": object{"message": "another"}},
		"a state that somebody changed": {"requestState": first[:len(first)-2] + "xx", "inputResponses": object{}},
	} {
		if m := call(more); m["error"] == nil {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// newerServer speaks the stateless era alone, and wants a name before it answers.
func newerServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     any
			Method string
			Params struct {
				RequestState   string
				InputResponses map[string]struct{ Content struct{ Name string } }
			}
		}
		if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&m) != nil {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		about := object{"io.modelcontextprotocol/serverInfo": object{"name": "newer", "version": "1"}}
		var result object
		switch m.Method {
		case "server/discover":
			result = object{"supportedVersions": []string{"2026-07-28"}, "capabilities": object{"tools": object{}}, "_meta": about, "ttlMs": 0, "cacheScope": "private"}
		case "tools/list":
			result = object{"tools": []any{object{"name": "greet", "inputSchema": object{"type": "object"}}}, "ttlMs": 0, "cacheScope": "private"}
		case "tools/call":
			if m.Params.RequestState != "mine" {
				question := object{"method": "elicitation/create", "params": object{"mode": "form", "message": "your name?", "requestedSchema": object{"type": "object", "properties": object{"name": object{"type": "string"}}}}}
				result = object{"resultType": "input_required", "requestState": "mine", "inputRequests": object{"q": question}}
				break
			}
			result = object{"content": []any{object{"type": "text", "text": "hello " + m.Params.InputResponses["q"].Content.Name}}}
		default:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(object{"jsonrpc": "2.0", "id": m.ID, "error": object{"code": -32601, "message": "no such method"}})
			return
		}
		if result["resultType"] == nil {
			result["resultType"] = "complete"
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(object{"jsonrpc": "2.0", "id": m.ID, "result": result})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const olderHello = "2025-11-25"

func initialize(capabilities object) object {
	return object{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": object{
		"protocolVersion": olderHello, "capabilities": capabilities, "clientInfo": object{"name": "older", "version": "1"},
	}}
}

// What a provider wants in rounds becomes questions on the stream of the call.
func TestAnOlderClientIsAskedForANewerProvider(t *testing.T) {
	a := apptest.Start(t)
	a.Want(201, "POST", "/api/providers", object{"provider_id": "newer", "mode": "remote", "endpoint": newerServer(t)})
	a.Want(200, "POST", "/api/providers/newer/start", nil)
	url := a.URL + "/mcp"
	hello := post(t, url, nil, initialize(object{"elicitation": object{}}))
	hello.message(isAnswer)
	header := map[string]string{"Mcp-Session-Id": hello.resp.Header.Get("Mcp-Session-Id"), "MCP-Protocol-Version": olderHello}
	stream := post(t, url, header, object{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": object{"name": "newer__greet", "arguments": object{}}})
	question := stream.message(func(m object) bool { return m["method"] == "elicitation/create" })
	answered := post(t, url, header, object{"jsonrpc": "2.0", "id": question["id"], "result": object{"action": "accept", "content": object{"name": "ada"}}})
	if answered.resp.StatusCode != http.StatusAccepted {
		t.Errorf("the answer got %d", answered.resp.StatusCode)
	}
	end := stream.message(isAnswer)
	text, _ := json.Marshal(end)
	if end["id"] != 7.0 || !strings.Contains(string(text), "hello ada") || strings.Contains(string(text), "resultType") {
		t.Errorf("%s", text)
	}
}

// Clients of 2024-11-05 open a stream and post beside it.
func TestTheOldestTransport(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	req := a.Request("GET", "/mcp/providers/math", nil)
	req.Header.Set("Accept", "text/event-stream")
	stream := open(t, req)
	name, endpoint := stream.next()
	if name != "endpoint" {
		t.Fatalf("the first event is %s %s", name, endpoint)
	}
	at, err := req.URL.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	send := func(m object) {
		if got := post(t, at.String(), nil, m); got.resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%v: %d", m, got.resp.StatusCode)
		}
	}
	send(initialize(object{}))
	stream.message(isAnswer)
	send(object{"jsonrpc": "2.0", "method": "notifications/initialized"})
	send(object{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": object{"name": "add", "arguments": object{"a": 1, "b": 2}}})
	if m := stream.message(func(m object) bool { return m["id"] == 1.0 }); m["result"] == nil {
		t.Errorf("%v", m)
	}
}

func toolNames(t *testing.T, url string) (names []string) {
	t.Helper()
	list := stateless(t, url, "tools/list", object{}, object{}).message(isAnswer)
	for _, tool := range list["result"].(object)["tools"].([]any) {
		names = append(names, tool.(object)["name"].(string))
	}
	slices.Sort(names)
	return names
}

// The list follows the log, so that what has just started is in it a moment later.
func listed(t *testing.T, url, name string) {
	t.Helper()
	eventually(t, name+" is listed at "+url, func() bool { return slices.Contains(toolNames(t, url), name) })
}

// One address for several providers that do the same work: each tool once, by its own name.
func TestAGroupHasADoorOfItsOwn(t *testing.T) {
	a := pool(t, "one", "two")
	for _, id := range []string{"one", "two"} {
		a.Want(200, "POST", "/api/providers/"+id+"/start", nil)
	}
	url := a.URL + "/mcp/groups/pool"
	listed(t, url, "add")
	if names := toolNames(t, url); len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("lists %v", names)
	}
	for range 4 {
		m := stateless(t, url, "tools/call", object{}, object{"name": "add", "arguments": object{"a": 1, "b": 2}}).message(isAnswer)
		if m["result"] == nil {
			t.Errorf("%v", m)
		}
	}
	for _, id := range []string{"one", "two"} {
		eventually(t, id+" has taken two of the four", func() bool { return a.Want(200, "GET", "/api/providers/"+id, nil).Body["calls_total"] == 2.0 })
	}
	if got := stateless(t, a.URL+"/mcp/groups/none", "tools/list", object{}, object{}); got.resp.StatusCode != http.StatusNotFound {
		t.Errorf("a group that is not there: %d", got.resp.StatusCode)
	}
}

func TestNamesFollowThePolicy(t *testing.T) {
	a := apptest.Start(t)
	for _, id := range []string{"one", "two"} {
		a.Add(id, "good")
		a.Want(200, "POST", "/api/providers/"+id+"/start", nil)
	}
	for policy, want := range map[string]string{"": "one__add", "?prefix=always": "two__add", "?prefix=on_conflict": "two__add", "?prefix=never": "add"} {
		listed(t, a.URL+"/mcp"+policy, want)
	}
	if got := stateless(t, a.URL+"/mcp?prefix=sometimes", "tools/list", object{}, object{}); got.resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a policy that there is not: %d", got.resp.StatusCode)
	}
}

// Who listens is told of another list, and finds it when asking.
func TestAListenerHearsOfAnotherList(t *testing.T) {
	a := apptest.Start(t)
	stream := stateless(t, a.URL+"/mcp", "subscriptions/listen", object{}, object{"notifications": object{"toolsListChanged": true}})
	stream.message(func(m object) bool { return m["method"] == "notifications/subscriptions/acknowledged" })
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/start", nil)
	stream.message(func(m object) bool { return m["method"] == "notifications/tools/list_changed" })
	if names := toolNames(t, a.URL+"/mcp"); !slices.Contains(names, "math__add") {
		t.Errorf("announced, but the list is %v", names)
	}
	if err := stream.resp.Body.Close(); err != nil {
		t.Error(fmt.Errorf("close the stream: %w", err))
	}
}

// A model that searches sees three tools, and reaches all.
func TestTheSearchModeListsThreeTools(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/start", nil)
	listed(t, a.URL+"/mcp", "math__add")
	url := a.URL + "/mcp?tools=search"
	if names := toolNames(t, url); !slices.Equal(names, []string{"hangar_call", "hangar_describe_tool", "hangar_find_tools"}) {
		t.Errorf("lists %v", names)
	}
	use := func(name string, arguments object) string {
		m := stateless(t, url, "tools/call", object{}, object{"name": name, "arguments": arguments}).message(isAnswer)
		text, _ := json.Marshal(m)
		return string(text)
	}
	for name, c := range map[string]struct {
		tool      string
		arguments object
		want      string
	}{
		"find":     {"hangar_find_tools", object{"query": "add two numbers"}, `"tool":"add"`},
		"describe": {"hangar_describe_tool", object{"provider": "math", "tool": "add"}, `"inputSchema"`},
		"call":     {"hangar_call", object{"calls": []any{object{"provider": "math", "tool": "add", "arguments": object{"a": 1, "b": 2}}}}, `"succeeded":1`},
		"directly": {"math__add", object{"a": 1, "b": 2}, `"result"`},
	} {
		if got := use(c.tool, c.arguments); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
