package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hangar/backend/auth"
	"hangar/backend/gateway"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

func TestEveryMethodHasAPermission(t *testing.T) {
	r := setup(t, nil)
	rules := auth.Rules()
	declared := map[string]bool{}
	for _, m := range r.Methods() {
		declared["MCP "+m.Name] = true
		if p, ok := rules["MCP "+m.Name]; !ok || p != m.Permission {
			t.Errorf("%s: %q in the table, %q at the door", m.Name, p, m.Permission)
		}
	}
	for door := range rules {
		if strings.HasPrefix(door, "MCP ") && !declared[door] {
			t.Errorf("%s is in the table and nowhere served", door)
		}
	}
}

func TestADoorIsNotLeftOpenByOmission(t *testing.T) {
	if _, err := gateway.New(gateway.Options{}); err == nil {
		t.Fatal("a gateway without guard and permissions was made")
	}
}

// every is what the aggregate declares.
const every = `{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"completions":{},"logging":{}}`

// A conversation of the session era, byte for byte.
func TestSessionConversation(t *testing.T) {
	r := setup(t, nil)
	a := r.post(r.url, greeting)
	id := a.header.Get("Mcp-Session-Id")
	expect(t, a, 200, `{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":`+every+`,"serverInfo":{"name":"hangar","version":"1.2.3"}}}`)
	for _, step := range []struct {
		send   string
		status int
		get    string
	}{
		{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, 202, ``},
		{`{"jsonrpc":"2.0","id":"p","method":"ping"}`, 200, `{"jsonrpc":"2.0","id":"p","result":{}}`},
		{`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, 200, `{"jsonrpc":"2.0","id":2,"result":{"tools":[` +
			`{"name":"math__add","description":"Adds.","inputSchema":{"type":"object","x-big":9007199254740993}},{"inputSchema":{"type":"object"}, "name":"math__echo" }]}}`},
		{`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{ "arguments":{"a":1e400}, "name":"math__add" ,"x":[ ]}}`, 200,
			`{"jsonrpc":"2.0","id":9007199254740993,"result":{"content":[],"to":"math","tool":"add","params":{ "arguments":{"a":1e400}, "name":"add" ,"x":[ ]}}}`},
		{`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__nope"}}`, 200,
			`{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"unknown tool \"math__nope\"; tools/list has those that there are"}}`},
		{`{"jsonrpc":"2.0","id":4,"method":"prompts/list"}`, 200, `{"jsonrpc":"2.0","id":4,"result":{"prompts":[]}}`},
		{`{"jsonrpc":"2.0","id":4,"method":"server/restart"}`, 200, `{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"method \"server/restart\" is not served here"}}`},
		{`{"jsonrpc":"2.0","method":"notifications/whatever"}`, 202, ``},
		{`{"jsonrpc":"2.0","id":7,"result":{}}`, 202, ``},
		{`{"jsonrpc":"2.0","method":"ping"}`, 202, ``},
	} {
		expect(t, r.post(r.url, step.send, "Mcp-Session-Id", id, "MCP-Protocol-Version", "2025-06-18"), step.status, step.get)
	}
	if n := r.Sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
	expect(t, r.do(http.MethodDelete, r.url, "", "Mcp-Session-Id", id), 204, ``)
	if a := r.post(r.url, `{"jsonrpc":"2.0","id":5,"method":"ping"}`, "Mcp-Session-Id", id); a.status != 404 {
		t.Errorf("after DELETE: %d %s", a.status, a.body)
	}
	if a := r.do(http.MethodDelete, r.url, "", "Mcp-Session-Id", id); a.status != 404 {
		t.Errorf("second DELETE: %d", a.status)
	}
}

// A conversation of the stateless era, byte for byte.
func TestStatelessConversation(t *testing.T) {
	r := setup(t, nil)
	const tail = `,"ttlMs":0,"cacheScope":"private","resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"hangar","version":"1.2.3"}}}}`
	for _, step := range []struct {
		send, method, name string
		status             int
		get                string
	}{
		{`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + meta + `}}`, "server/discover", "", 200,
			`{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":` + every + tail},
		{`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{` + meta + `}}`, "tools/list", "", 200,
			`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"math__add","description":"Adds.","inputSchema":{"type":"object","x-big":9007199254740993}},{"inputSchema":{"type":"object"}, "name":"math__echo" }]` + tail},
		{`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__add","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","a.b/c":{"k":1},"io.modelcontextprotocol/clientCapabilities":{},"traceparent":"00-x"},"arguments":{}}}`,
			"tools/call", "math__add", 200,
			`{"jsonrpc":"2.0","id":3,"result":{"resultType":"complete","content":[],"to":"math","tool":"add","params":{"name":"add","_meta":{"a.b/c":{"k":1},"traceparent":"00-x"},"arguments":{}}}}`},
		{`{"jsonrpc":"2.0","id":4,"method":"ping","params":{` + meta + `}}`, "ping", "", 404, `{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"method \"ping\" is not served here"}}`},
		{`{"jsonrpc":"2.0","id":5,"method":"initialize","params":{"protocolVersion":"2025-11-25",` + meta + `}}`, "initialize", "", 404,
			`{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"method \"initialize\" is not served here"}}`},
		{`{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"nope",` + meta + `}}`, "tools/call", "nope", 400,
			`{"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"unknown tool \"nope\"; tools/list has those that there are"}}`},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,` + meta + `}}`, "notifications/cancelled", "", 202, ``},
	} {
		h := stateless(step.method)
		if step.name != "" {
			h = stateless(step.method, step.name)
		}
		expect(t, r.post(r.url, step.send, h...), step.status, step.get)
	}
	if n := r.Sessions(); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func expect(t *testing.T, a said, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("got  %d %s\nwant %d %s", a.status, a.body, status, body)
	}
	if body != "" && (a.header.Get("Content-Type") != "application/json" || a.header.Get("Content-Length") != fmt.Sprint(len(body))) {
		t.Errorf("headers of a JSON answer: %v", a.header)
	}
}

func TestTheProviderDoorKeepsNames(t *testing.T) {
	r := setup(t, nil)
	url := r.url + "/providers/math"
	a := r.post(url, `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{`+meta+`}}`, stateless("tools/list")...)
	if !strings.Contains(a.body, `"name":"add"`) || !strings.Contains(a.body, `{"inputSchema":{"type":"object"}, "name":"echo" }`) {
		t.Errorf("%s", a.body)
	}
	id := r.session(url)
	const params = `{ "name" : "add","arguments":{"a" :1} }`
	a = r.post(url, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":`+params+`}`, "Mcp-Session-Id", id)
	expect(t, a, 200, `{"jsonrpc":"2.0","id":2,"result":{"content":[],"to":"math","tool":"add","params":`+params+`}}`)
	if a := r.post(r.url, `{"jsonrpc":"2.0","id":2,"method":"ping"}`, "Mcp-Session-Id", id); a.status != 404 {
		t.Errorf("a session of one door opened another: %d", a.status)
	}
	a = r.post(r.url+"/providers/nobody", greeting)
	if a.status != 404 || a.code(t) != mcp.CodeInvalidRequest {
		t.Errorf("unknown provider: %d %s", a.status, a.body)
	}
}

// Each row is what a request is, and what it gets.
func TestWireRules(t *testing.T) {
	r := setup(t, nil, func(o *gateway.Options) { o.BodyLimit = 2000 })
	id := r.session(r.url)
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add",` + meta + `}}`
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	version := func(v string) string { return strings.Replace(list, "2026-07-28", v, 1) }
	for name, tc := range map[string]struct {
		body    string
		headers []string
		status  int
		code    int
	}{
		"a good stateless call":                     {call, stateless("tools/call", "math__add"), 200, 0},
		"a base64 name":                             {call, stateless("tools/call", "=?base64?bWF0aF9fYWRk?="), 200, 0},
		"a name in spaces":                          {call, stateless("tools/call", "  math__add "), 200, 0},
		"another name":                              {call, stateless("tools/call", "math__sub"), 400, -32020},
		"a name in another case":                    {call, stateless("tools/call", "Math__add"), 400, -32020},
		"a broken base64 name":                      {call, stateless("tools/call", "=?base64?bWF0aF9fYWRk=?="), 400, -32020},
		"no name":                                   {call, stateless("tools/call"), 400, -32020},
		"no method":                                 {list, []string{"MCP-Protocol-Version", "2026-07-28"}, 400, -32020},
		"another method":                            {list, stateless("tools/call"), 400, -32020},
		"a method in another case":                  {list, stateless("TOOLS/LIST"), 400, -32020},
		"no version header":                         {list, []string{"Mcp-Method", "tools/list"}, 400, -32020},
		"another version header":                    {list, []string{"Mcp-Method", "tools/list", "MCP-Protocol-Version", "2025-11-25"}, 400, -32020},
		"an unknown version":                        {version("v999.0.0"), []string{"Mcp-Method", "tools/list", "MCP-Protocol-Version", "v999.0.0"}, 400, -32022},
		"a session version told statelessly":        {version("2025-11-25"), []string{"Mcp-Method", "tools/list", "MCP-Protocol-Version", "2025-11-25"}, 400, -32022},
		"no _meta":                                  {`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, stateless("tools/list"), 400, -32602},
		"discover without _meta":                    {`{"jsonrpc":"2.0","id":1,"method":"server/discover"}`, []string{"Mcp-Method", "server/discover"}, 400, -32602},
		"no capabilities":                           {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, stateless("tools/list"), 400, -32602},
		"capabilities that are no object":           {strings.Replace(list, `Capabilities":{}`, `Capabilities":[]`, 1), stateless("tools/list"), 400, -32602},
		"a version that is no string":               {strings.Replace(list, `"2026-07-28"`, `7`, 1), stateless("tools/list"), 400, -32020},
		"_meta that is no object":                   {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":[]}}`, nil, 400, -32602},
		"a progress token that is an object":        {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"progressToken":{}}}}`, nil, 400, -32602},
		"the name twice":                            {strings.Replace(call, `"name":"math__add"`, `"name":"math__add","name":"x"`, 1), stateless("tools/call", "math__add"), 400, -32602},
		"the name in two cases":                     {strings.Replace(call, `"name":"math__add"`, `"name":"math__add","Name":"x"`, 1), stateless("tools/call", "math__add"), 400, -32602},
		"a bad cursor":                              {strings.Replace(list, `"params":{`, `"params":{"cursor":"x",`, 1), stateless("tools/list"), 400, -32602},
		"a cursor that is no string":                {strings.Replace(list, `"params":{`, `"params":{"cursor":1,`, 1), stateless("tools/list"), 400, -32602},
		"an empty cursor":                           {strings.Replace(list, `"params":{`, `"params":{"cursor":"",`, 1), stateless("tools/list"), 200, 0},
		"a live session beside a stateless request": {list, append(stateless("tools/list"), "Mcp-Session-Id", id), 200, 0},
		"a session":                                 {ping, []string{"Mcp-Session-Id", id}, 200, 0},
		"a session with the oldest version":         {ping, []string{"Mcp-Session-Id", id, "MCP-Protocol-Version", "2025-03-26"}, 200, 0},
		"a session with an unknown version":         {ping, []string{"Mcp-Session-Id", id, "MCP-Protocol-Version", "1999-01-01"}, 400, -32022},
		"a session with the stateless version":      {ping, []string{"Mcp-Session-Id", id, "MCP-Protocol-Version", "2026-07-28"}, 400, -32022},
		"no session":                                {ping, nil, 400, -32600},
		"no session, though a session version":      {ping, []string{"MCP-Protocol-Version", "2025-11-25"}, 400, -32600},
		"an unknown session":                        {ping, []string{"Mcp-Session-Id", "x"}, 404, -32600},
		"discover inside a session":                 {`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + meta + `}}`, append(stateless("server/discover"), "Mcp-Session-Id", id), 200, 0},
		"initialize without a version":              {`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, nil, 200, -32602},
		"not JSON":                                  {`{"jsonrpc":`, nil, 400, -32700},
		"nothing":                                   {``, nil, 400, -32700},
		"a batch":                                   {`[` + ping + `]`, []string{"Mcp-Session-Id", id}, 400, -32600},
		"JSON that is no message":                   {`{"id":1,"method":"ping"}`, nil, 400, -32600},
		"a method in two spellings":                 {`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, nil, 400, -32600},
		"a response without a session":              {`{"jsonrpc":"2.0","id":1,"result":{}}`, nil, 400, -32600},
		"a response told statelessly":               {`{"jsonrpc":"2.0","id":1,"result":{}}`, stateless("x"), 400, -32600},
		"a large body":                              {`"` + strings.Repeat("x", 3000) + `"`, nil, 413, -32600},
		"text":                                      {ping, []string{"Content-Type", "text/plain"}, 415, -32600},
		"no content type":                           {ping, []string{"Content-Type", ""}, 415, -32600},
		"a content type with a parameter":           {greeting, []string{"Content-Type", "application/json; charset=utf-8"}, 200, 0},
		"only JSON accepted":                        {ping, []string{"Accept", "application/json"}, 406, -32600},
		"only streams accepted":                     {ping, []string{"Accept", "text/event-stream"}, 406, -32600},
		"anything accepted":                         {greeting, []string{"Accept", "*/*"}, 200, 0},
		"nothing said of what is accepted":          {greeting, []string{"Accept", ""}, 200, 0},
		"accepted with weights":                     {greeting, []string{"Accept", "text/event-stream;q=0.5,APPLICATION/JSON"}, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := r.post(r.url, tc.body, tc.headers...)
			if a.status != tc.status || a.code(t) != tc.code {
				t.Errorf("got %d %s, want %d and code %d", a.status, a.body, tc.status, tc.code)
			}
		})
	}
}

func TestAChunkedBodyHasTheSameLimit(t *testing.T) {
	r := setup(t, nil, func(o *gateway.Options) { o.BodyLimit = 1000 })
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 5000))})
	must(t, err)
	q.Header.Set("Content-Type", "application/json")
	q.ContentLength = -1
	a, err := r.web.Do(q)
	must(t, err)
	_ = a.Body.Close()
	if a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestUnsupportedVersionNamesWhatThereIs(t *testing.T) {
	r := setup(t, nil)
	a := r.post(r.url, `{"jsonrpc":"2.0","id":"x","method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}`,
		"MCP-Protocol-Version", "2030-01-01", "Mcp-Method", "server/discover")
	expect(t, a, 400, `{"jsonrpc":"2.0","id":"x","error":{"code":-32022,"message":"protocol version \"2030-01-01\" is not supported here",`+
		`"data":{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"requested":"2030-01-01"}}}`)
}

func TestOtherHTTPMethods(t *testing.T) {
	r := setup(t, nil)
	for _, method := range []string{http.MethodPut, http.MethodPatch} {
		if a := r.do(method, r.url, "", "Accept", "text/event-stream"); a.status != 405 || a.header.Get("Allow") != "GET, POST, DELETE" {
			t.Errorf("%s: %d %v", method, a.status, a.header)
		}
	}
	for name, headers := range map[string][]string{
		"for JSON":                 {"Accept", "application/json"},
		"in the stateless era":     {"Accept", "text/event-stream", "MCP-Protocol-Version", "2026-07-28"},
		"of a version of nobody's": {"Accept", "text/event-stream", "MCP-Protocol-Version", "2099-01-01"},
	} {
		if a := r.do(http.MethodGet, r.url, "", headers...); a.status != 405 || a.header.Get("Allow") == "" {
			t.Errorf("GET %s: %d %v", name, a.status, a.header)
		}
	}
	if a := r.do(http.MethodGet, r.url, "", "Mcp-Session-Id", "nobody's"); a.status != 404 {
		t.Errorf("GET in no session: %d", a.status)
	}
	if a := r.do(http.MethodDelete, r.url, ""); a.status != 400 {
		t.Errorf("DELETE without a session: %d", a.status)
	}
}

func TestPermissionsAreAskedFirst(t *testing.T) {
	r := setup(t, nil, func(o *gateway.Options) {
		o.Access = &people{Snapshot: somebody(map[string]string{"eye": auth.RoleViewer})}
	})
	eye := []string{"X-Test-Principal", "eye"}
	a := r.post(r.url+"/providers/math", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add",`+meta+`}}`, append(stateless("tools/call", "add"), eye...)...)
	if a.status != 403 || !strings.Contains(a.body, `"type":"AccessDeniedError"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = r.post(r.url, greeting, eye...)
	id := a.header.Get("Mcp-Session-Id")
	cancelled := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	if a := r.post(r.url, cancelled, append(eye, "Mcp-Session-Id", id)...); a.status != 403 {
		t.Errorf("a notification: %d", a.status)
	}
	if a := r.post(r.url, cancelled, "Mcp-Session-Id", id); a.status != 404 {
		t.Errorf("somebody else's session: %d", a.status)
	}
}

func TestListsFollowTheLog(t *testing.T) {
	r := setup(t, nil)
	names := func() string {
		a := r.post(r.url, `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{`+meta+`}}`, stateless("tools/list")...)
		var m struct {
			Result struct{ Tools []struct{ Name string } }
		}
		must(t, json.Unmarshal([]byte(a.body), &m))
		var out []string
		for _, tool := range m.Result.Tools {
			out = append(out, tool.Name)
		}
		return strings.Join(out, " ")
	}
	r.add("abc", `{"name":"x"}`)
	eventually(t, "a new provider's tools, in the order of ids", func() bool { return names() == "abc__x math__add math__echo" })
	r.offer("abc", `{"name":"z"}`, `{"name":"y"}`)
	eventually(t, "changed tools, in the provider's order", func() bool { return names() == "abc__z abc__y math__add math__echo" })
	must(t, r.providers.Delete(r.ctx, "abc"))
	eventually(t, "a provider that went", func() bool { return names() == "math__add math__echo" })
	if a := r.post(r.url+"/providers/abc", greeting); a.status != 404 {
		t.Errorf("its door: %d", a.status)
	}
}

// What was committed before a request came is there for it, though the catalogue follows the log on its own.
func TestAProviderIsThereTheMomentAfterItWasMade(t *testing.T) {
	r := setup(t, nil)
	for i := range 30 {
		id := provider.ID(fmt.Sprintf("p%d", i))
		r.add(id, `{"name":"x"}`)
		if a := r.post(r.url+"/providers/"+string(id), greeting); a.status != 200 {
			t.Fatalf("%s: %d %s", id, a.status, a.body)
		}
		a := r.post(r.url, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"`+string(id)+`__x",`+meta+`}}`, stateless("tools/call", string(id)+"__x")...)
		if a.status != 200 {
			t.Fatalf("%s: %d %s", id, a.status, a.body)
		}
	}
}

func TestPagesOfOneGeneration(t *testing.T) {
	r := setup(t, nil, func(o *gateway.Options) { o.PageTools = 2 })
	r.add("zoo", `{"name":"a"}`, `{"name":"b"}`, `{"name":"c"}`)
	list := func(cursor string) (names []string, next string, code int) {
		params := meta
		if cursor != "" {
			params += fmt.Sprintf(`,"cursor":%q`, cursor)
		}
		a := r.post(r.url, `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{`+params+`}}`, stateless("tools/list")...)
		var m struct {
			Result struct {
				Tools      []struct{ Name string }
				NextCursor string
			}
		}
		must(t, json.Unmarshal([]byte(a.body), &m))
		for _, tool := range m.Result.Tools {
			names = append(names, tool.Name)
		}
		return names, m.Result.NextCursor, a.code(t)
	}
	eventually(t, "all tools", func() bool { _, next, _ := list(""); return next != "" })
	var all []string
	pages, second := 0, ""
	for cursor := ""; ; pages++ {
		names, next, code := list(cursor)
		if code != 0 {
			t.Fatalf("cursor %q: %d", cursor, code)
		}
		if all = append(all, names...); next == "" {
			break
		}
		if second == "" {
			second = next
		}
		cursor = next
	}
	if got := strings.Join(all, " "); got != "math__add math__echo zoo__a zoo__b zoo__c" || pages != 2 {
		t.Fatalf("%s in %d pages", got, pages+1)
	}
	r.offer("zoo", `{"name":"a"}`, `{"name":"b"}`, `{"name":"c","description":"new"}`)
	eventually(t, "the old cursor is stale", func() bool { _, _, code := list(second); return code == mcp.CodeInvalidParams })
}
