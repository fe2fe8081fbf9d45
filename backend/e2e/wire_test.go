package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What is wrong with a request is answered with the code and the status of the specification, at both addresses, and nothing of
// it reaches a provider, the log or the records.
func TestBadInputChangesNothing(t *testing.T) {
	s, admin := signedIn(t, "", map[string]string{"math": "good"})
	web := newAgents(t)
	rows := 0
	for path, tool := range map[string]string{"/mcp": "math__add", "/mcp/providers/math": "add"} {
		session := &agent{web: web, url: s.url + path, key: admin}
		session.greet(t)
		before := s.everything(t, admin, 0)
		for name, c := range badInput(tool, session.session) {
			a := &agent{web: web, url: s.url + path, key: admin}
			req := a.request(t, c.body, c.headers...)
			for name, values := range req.Header { // a header that is said to be empty is not sent
				if values[0] == "" {
					delete(req.Header, name)
				}
			}
			r, err := answer(web, req)
			rows++
			if err != nil || r.Status != c.status || r.Error == nil || r.Error.Code != c.code {
				t.Errorf("%s: %s: got %d %s %v, want %d and %d", path, name, r.Status, r.raw, err, c.status, c.code)
			}
		}
		if after := s.everything(t, admin, 1); after != before {
			t.Errorf("%s: something changed:\n%s\n%s", path, before, after)
		}
		if r, err := session.call(t, tool, `{"a":1,"b":2}`); err != nil || r.text() != "3" {
			t.Errorf("%s: the session afterwards: %d %s %v", path, r.Status, r.raw, err)
		}
	}
	if !t.Failed() {
		keep(t, "wrong headers, no `_meta`, unknown methods and tools, bad cursors, bodies too large and too broken, at `/mcp` and `/mcp/providers/{id}`",
			fmt.Sprintf("%d requests: each the code and the status of the specification, nothing reached the provider, nothing changed", rows))
	}
}

// everything is what a request could have changed: what the provider received (but for this question itself, and probes), what is
// on record as failed, the provider, and its list.
func (s *server) everything(t *testing.T, key string, asked int) string {
	t.Helper()
	r, err := (&agent{web: http.DefaultClient, url: s.url + "/mcp/providers/math", key: key}).call(t, "count", `{}`)
	var received map[string]int
	if err != nil || json.Unmarshal([]byte(r.text()), &received) != nil {
		t.Fatalf("count: %s %v", r.raw, err)
	}
	delete(received, "ping")
	received["tools/call"] -= asked
	math := s.as(key, 200, "GET", "/api/providers/math", nil)
	text, err := json.Marshal(map[string]any{
		"received": received, "state": math["state"], "configuration": math["configuration"], "tools": s.as(key, 200, "GET", "/api/providers/math/tools", nil),
		"failed": s.as(key, 200, "GET", "/api/events?limit=500&event_type=ToolInvocationFailed", nil)["events"],
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type badRequest struct {
	body    string
	headers []string
	status  int
	code    int
}

func badInput(tool, session string) map[string]badRequest {
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	request := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `}}`
	}
	newer := func(method string, more ...string) []string {
		return append([]string{"MCP-Protocol-Version", newerEra, "Mcp-Method", method}, more...)
	}
	older := func(more ...string) []string {
		return append([]string{"Mcp-Session-Id", session, "MCP-Protocol-Version", olderEra}, more...)
	}
	call := request("tools/call", `"name":"`+tool+`","arguments":{"a":1,"b":2},`+meta)
	list := request("tools/list", meta)
	oldList := func(cursor string) string { return request("tools/list", `"cursor":`+cursor) }
	huge := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"a":"` + strings.Repeat("x", 5<<20) + `"}}}`
	return map[string]badRequest{
		"the header names another tool":            {call, newer("tools/call", "Mcp-Name", tool+"x"), 400, -32020},
		"the header names no tool":                 {call, newer("tools/call"), 400, -32020},
		"the header names another method":          {call, newer("tools/list", "Mcp-Name", tool), 400, -32020},
		"no method in the headers":                 {list, []string{"MCP-Protocol-Version", newerEra}, 400, -32020},
		"another version in the headers":           {list, []string{"MCP-Protocol-Version", olderEra, "Mcp-Method", "tools/list"}, 400, -32020},
		"no version in the headers":                {list, []string{"Mcp-Method", "tools/list"}, 400, -32020},
		"a version that there is not":              {strings.Replace(list, newerEra, "2099-01-01", 1), []string{"MCP-Protocol-Version", "2099-01-01", "Mcp-Method", "tools/list"}, 400, -32022},
		"no _meta":                                 {request("tools/call", `"name":"`+tool+`"`), newer("tools/call", "Mcp-Name", tool), 400, -32602},
		"_meta without capabilities":               {request("tools/list", `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`), newer("tools/list"), 400, -32602},
		"a method that there is not":               {request("tools/destroy", meta), newer("tools/destroy"), 404, -32601},
		"a method of the other era":                {request("ping", meta), newer("ping"), 404, -32601},
		"a cursor of nobody's":                     {request("tools/list", `"cursor":"nonsense",`+meta), newer("tools/list"), 400, -32602},
		"a tool that there is not":                 {request("tools/call", `"name":"no-such-tool",`+meta), newer("tools/call", "Mcp-Name", "no-such-tool"), 400, -32602},
		"more than a body may be":                  {huge, newer("tools/call", "Mcp-Name", tool), 413, -32600},
		"more than a body may be, in a session":    {huge, older(), 413, -32600},
		"in a session, a method that there is not": {request("tools/destroy", ``), older(), 200, -32601},
		"in a session, a cursor of nobody's":       {oldList(`"nonsense"`), older(), 200, -32602},
		"in a session, a cursor that is a number":  {oldList(`7`), older(), 200, -32602},
		"in a session, a tool that there is not":   {request("tools/call", `"name":"no-such-tool"`), older(), 200, -32602},
		"a session that there is not":              {request("ping", ``), []string{"Mcp-Session-Id", "nobody's", "MCP-Protocol-Version", olderEra}, 404, -32600},
		"a session's request without one":          {request("ping", ``), []string{"MCP-Protocol-Version", olderEra}, 400, -32600},
		"a session with another version":           {request("ping", ``), []string{"Mcp-Session-Id", session, "MCP-Protocol-Version", "1999-01-01"}, 400, -32022},
		"a name that stands there twice":           {request("tools/call", `"name":"`+tool+`","name":"x",`+meta), newer("tools/call", "Mcp-Name", tool), 400, -32602},
		"a method in two spellings":                {`{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{` + meta + `}}`, newer("tools/list"), 400, -32600},
		"a batch":                                  {`[` + list + `]`, newer("tools/list"), 400, -32600},
		"no JSON":                                  {`{"jsonrpc":`, newer("tools/list"), 400, -32700},
		"no message":                               {`{"id":1}`, newer("tools/list"), 400, -32600},
		"nothing":                                  {``, newer("tools/list"), 400, -32700},
		"text":                                     {list, newer("tools/list", "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, -32600},
		"no content type":                          {list, newer("tools/list", "Content-Type", ""), http.StatusUnsupportedMediaType, -32600},
		"who cannot read streams":                  {list, newer("tools/list", "Accept", "application/json"), http.StatusNotAcceptable, -32600},
	}
}
