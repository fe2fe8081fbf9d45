package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// seen is a request that a scripted server got.
type seen struct {
	*http.Request
	m mcp.Message
}

// scripted is an HTTP server played by the test. answer gives a status and a body; a body that begins with { is JSON,
// another one an event stream.
func scripted(t *testing.T, answer func(s seen) (status int, body string)) string {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		m, _ := mcp.Parse(raw)
		status, body := answer(seen{r, m})
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", typeJSON)
		} else if body != "" {
			w.Header().Set("Content-Type", typeStream)
		}
		if m.Method == "initialize" {
			w.Header().Set("Mcp-Session-Id", "s1")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

const discovered = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}`

func result(m mcp.Message, r string) string {
	return string(mcp.AppendResult(nil, m.ID, json.RawMessage(r)))
}
func refuse(m mcp.Message, code int, text string) string {
	return string(mcp.AppendError(nil, m.ID, mcp.Errorf(code, "%s", text)))
}

const initialized = `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s"}}`

func TestWhichDialectAServerSpeaks(t *testing.T) {
	session := func(s seen) (int, string) {
		switch s.m.Method {
		case "initialize":
			return 200, result(s.m, initialized)
		case "notifications/initialized":
			return 202, ""
		}
		return 405, ""
	}
	for name, c := range map[string]struct {
		discover func(s seen) (int, string)
		version  string
		problem  string
	}{
		"discovered":             {func(s seen) (int, string) { return 200, result(s.m, discovered) }, mcp.Latest, ""},
		"discovered on a stream": {func(s seen) (int, string) { return 200, "data: " + result(s.m, discovered) + "\n\n" }, mcp.Latest, ""},
		"another version":        {func(s seen) (int, string) { return 200, result(s.m, `{"supportedVersions":["2025-06-18"]}`) }, "2025-06-18", ""},
		"no such method, 200":    {func(s seen) (int, string) { return 200, refuse(s.m, -32601, "no") }, "2025-06-18", ""},
		"no such method, 404":    {func(s seen) (int, string) { return 404, refuse(s.m, -32601, "no") }, "2025-06-18", ""},
		"not initialized": {func(seen) (int, string) {
			return 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"x"}}`
		}, "2025-06-18", ""},
		"an unsupported version":       {func(s seen) (int, string) { return 400, refuse(s.m, -32022, "no") }, "2025-06-18", ""},
		"plain 400":                    {func(seen) (int, string) { return 400, "" }, "2025-06-18", ""},
		"405":                          {func(seen) (int, string) { return 405, "" }, "2025-06-18", ""},
		"it broke on it":               {func(seen) (int, string) { return 500, "" }, "2025-06-18", ""},
		"taken without an answer":      {func(seen) (int, string) { return 202, "" }, "2025-06-18", ""},
		"forbidden":                    {func(seen) (int, string) { return 403, "" }, "", "403 Forbidden"},
		"too many requests":            {func(seen) (int, string) { return 429, "" }, "", "429 Too Many Requests"},
		"unauthorized":                 {func(seen) (int, string) { return 401, "" }, "", "give auth"},
		"a header that does not match": {func(s seen) (int, string) { return 400, refuse(s.m, -32020, "mismatch") }, "", "mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			asked := 0
			r := dial(t, remoteSpec(scripted(t, func(s seen) (int, string) {
				mu.Lock()
				defer mu.Unlock()
				if s.m.Method == "server/discover" {
					asked++
					if v := s.Header.Get("MCP-Protocol-Version"); v != mcp.Latest || s.Header.Get("Mcp-Method") != "server/discover" {
						t.Errorf("version %q, method %q", v, s.Header.Get("Mcp-Method"))
					}
					return c.discover(s)
				}
				return session(s)
			})))
			h, err := r.Handshake(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if asked != 1 || h.ProtocolVersion != c.version || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("asked %d times, version %q, error %v", asked, h.ProtocolVersion, err)
			}
		})
	}
}

func TestAServerThatRefusesAVersionAndNamesItIsAskedOnceMore(t *testing.T) {
	asked := make(chan string, 10)
	r := dial(t, remoteSpec(scripted(t, func(s seen) (int, string) {
		if asked <- s.m.Method; len(asked) == 1 {
			return 400, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32022,"message":"no","data":{"supported":[%q]}}}`, s.m.ID, mcp.Latest)
		}
		return 200, result(s.m, discovered)
	})))
	if h, err := r.Handshake(t.Context()); err != nil || h.ProtocolVersion != mcp.Latest || len(asked) != 2 {
		t.Errorf("%+v, %v, asked %d times", h, err, len(asked))
	}
}

func TestWhatARequestSaysAboutItself(t *testing.T) {
	var mu sync.Mutex
	var calls []seen
	const tools = `{"tools":[{"name":"run","inputSchema":{"type":"object","properties":{
		"region":{"type":"string","x-mcp-header":"Region"},
		"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"},"yes":{"type":"boolean","x-mcp-header":"Yes"}}},
		"empty":{"type":"string","x-mcp-header":"Empty"},
		"absent":{"type":"string","x-mcp-header":"Absent"}}}},
		{"name":"bad","inputSchema":{"properties":{"a":{"type":"object","x-mcp-header":"A"}}}},
		{"name":"worse","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}},
		{"name":"twice","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"X"},"b":{"type":"string","x-mcp-header":"x"}}}}]}`
	r := dial(t, remoteSpec(scripted(t, func(s seen) (int, string) {
		switch s.m.Method {
		case "server/discover":
			return 200, result(s.m, discovered)
		case "tools/list":
			return 200, result(s.m, strings.ReplaceAll(strings.ReplaceAll(tools, "\n", ""), "\t", ""))
		}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, s)
		return 200, result(s.m, `{"resultType":"complete","ext":[1e400]}`)
	})))
	all, err := r.Catalogue(t.Context(), hello(t, r))
	if err != nil || len(all) != 1 || all[0].Name != "run" || r.Counts().Garbage != 3 {
		t.Fatalf("%v, %v, %+v", all, err, r.Counts())
	}
	got := ask(t, r, `{"name":"run","arguments":{"region":" grün","deep":{"n":42.0,"yes":true},"absent":null,"empty":""},"_meta":{"a.b/c":{"k":1}}}`, func(json.RawMessage) {})
	if got != `{"resultType":"complete","ext":[1e400]}` {
		t.Errorf("%s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	s := calls[0]
	for name, want := range map[string]string{
		"MCP-Protocol-Version": mcp.Latest, "Mcp-Method": "tools/call", "Mcp-Name": "run", "Content-Type": "application/json",
		"Accept":           "application/json, text/event-stream",
		"Mcp-Param-Region": "=?base64?IGdyw7xu?=", "Mcp-Param-N": "42", "Mcp-Param-Yes": "true", "Mcp-Param-Absent": "", "Mcp-Session-Id": "",
	} {
		if got := s.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, sent := s.Header["Mcp-Param-Empty"]; !sent {
		t.Error("an empty argument has no header")
	}
	meta, _ := mcp.Get(s.m.Params, "_meta")
	for key, want := range map[string]string{
		mcp.MetaVersion: `"2026-07-28"`, mcp.MetaClientCapabilities: `{}`, mcp.MetaClientInfo: `{"name":"hangar","version":"test"}`,
		"a.b/c": `{"k":1}`, "progressToken": string(s.m.ID),
	} {
		if got, _ := mcp.Get(meta, key); string(got) != want {
			t.Errorf("_meta %s: %s, want %s", key, got, want)
		}
	}
}

// talk opens a session with a server that answers everything after the handshake as the test says.
func talk(t *testing.T, answer func(s seen) (int, string), change ...func(*Options)) *Remote {
	t.Helper()
	p := remoteSpec(scripted(t, func(s seen) (int, string) {
		switch s.m.Method {
		case "initialize":
			return 200, result(s.m, initialized)
		case "notifications/initialized":
			return 202, ""
		}
		return answer(s)
	}))
	p.Spec.HTTP = &provider.HTTP{Protocol: "session"}
	r := dial(t, p, change...)
	hello(t, r)
	return r
}

func TestAnswersOfEveryShape(t *testing.T) {
	const fine = `{"ok":true}`
	for name, c := range map[string]struct {
		answer  func(s seen) (int, string)
		problem string
	}{
		"an object": {func(s seen) (int, string) { return 200, result(s.m, fine) }, ""},
		"a stream with noise": {func(s seen) (int, string) {
			return 200, "\xef\xbb\xbf: hello\r\nretry: 10\r\n\r\nevent: ping\ndata: x\n\ndata: nonsense\n\ndata: " + refuse(mcp.Message{ID: json.RawMessage("999")}, 1, "late") +
				"\n\nid: 7\nevent: message\ndata:" + strings.Replace(result(s.m, fine), ",", ",\ndata: ", 1) + "\n\n"
		}, ""},
		"a batch": {func(s seen) (int, string) {
			return 200, "data: [{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}," + result(s.m, fine) + "]\n\n"
		}, ""},
		"an error":            {func(s seen) (int, string) { return 200, refuse(s.m, -32602, "no such thing") }, "no such thing (code -32602)"},
		"an error with 400":   {func(s seen) (int, string) { return 400, refuse(s.m, -32602, "no such thing") }, "no such thing (code -32602)"},
		"no result":           {func(s seen) (int, string) { return 200, result(s.m, "[1]") }, "not an object"},
		"another's answer":    {func(seen) (int, string) { return 200, `{"jsonrpc":"2.0","id":999,"result":{}}` }, "no answer to the request"},
		"nothing":             {func(seen) (int, string) { return 202, "" }, "without answering"},
		"a stream that ends":  {func(seen) (int, string) { return 200, ": nothing\n\n" }, "ended before the answer"},
		"a page":              {func(seen) (int, string) { return 500, "<html>\n <b>oops</b>" }, "500 Internal Server Error: <html> <b>oops</b>"},
		"too large an object": {func(s seen) (int, string) { return 200, result(s.m, `{"x":"`+strings.Repeat("y", 3000)+`"}`) }, "larger than the limit"},
		"too large an event": {func(s seen) (int, string) {
			return 200, "data: " + result(s.m, `{"x":"`+strings.Repeat("y", 90_000)+`"}`) + "\n\n"
		}, "larger than the limit"},
		"another's large event": {func(s seen) (int, string) {
			return 200, "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"x\":\"" + strings.Repeat("y", 90_000) + "\"}}\n\ndata: " + result(s.m, fine) + "\n\n"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := talk(t, func(s seen) (int, string) {
				if s.Method != http.MethodPost {
					return 405, ""
				}
				if s.Header.Get("Mcp-Session-Id") != "s1" || s.Header.Get("MCP-Protocol-Version") != "2025-06-18" {
					t.Errorf("%v", s.Header)
				}
				return c.answer(s)
			}, func(o *Options) { o.FrameLimit = 2000 })
			got, err := r.Request(t.Context(), plain("tools/call", json.RawMessage(`{"name":"x"}`), nil))
			if c.problem == "" && (err != nil || strings.ReplaceAll(string(got), "\n", "") != fine) {
				t.Errorf("%s, %v", got, err)
			}
			if c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
				t.Errorf("%v", err)
			}
			if r.Err() != nil {
				t.Errorf("the conversation is over: %v", r.Err())
			}
		})
	}
}

// A server that closes a stream early and remembers it by its event ids is asked for the rest.
func TestABrokenStreamIsTakenUpAgain(t *testing.T) {
	var mu sync.Mutex
	var asked mcp.Message
	resumed := 0
	r := talk(t, func(s seen) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case s.Method == http.MethodPost:
			asked = s.m
			return 200, "id: a\nretry: 1\ndata:\n\n"
		case s.Method == http.MethodGet && s.Header.Get("Last-Event-ID") == "a":
			resumed++
			return 200, "id: b\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":" + string(asked.ID) + ",\"progress\":1}}\n\n"
		case s.Method == http.MethodGet && s.Header.Get("Last-Event-ID") == "b":
			resumed++
			return 200, "data: " + result(asked, `{"late":true}`) + "\n\n"
		}
		return 405, ""
	})
	reports := 0
	if got := ask(t, r, `{"name":"x"}`, func(json.RawMessage) { reports++ }); got != `{"late":true}` || reports != 1 || resumed != 2 {
		t.Errorf("%s, %d reports, resumed %d times", got, reports, resumed)
	}
}

// What a server says on the stream of its own is lost before there is one, so that no call is made before.
func TestTheFirstCallWaitsForTheStreamOfWhatTheServerSaysUnasked(t *testing.T) {
	for name, c := range map[string]struct {
		opens func(s seen) // how long the server takes to open the stream
		early bool         // the call does not wait so long
	}{
		"a server that takes its time": {func(seen) { time.Sleep(20 * time.Millisecond) }, false},
		"a server that never does":     {func(s seen) { <-s.Context().Done() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			var open atomic.Bool
			r := talk(t, func(s seen) (int, string) {
				if s.Method == http.MethodGet {
					c.opens(s)
					open.Store(true)
					return 405, ""
				}
				return 200, result(s.m, fmt.Sprintf(`{"early":%t}`, !open.Load()))
			})
			if got := ask(t, r, `{"name":"x"}`, nil); got != fmt.Sprintf(`{"early":%t}`, c.early) {
				t.Error(got)
			}
		})
	}
}

func TestTheServersOwnRequestsAreAnswered(t *testing.T) {
	answers := make(chan mcp.Message, 4)
	r := talk(t, func(s seen) (int, string) {
		switch {
		case s.m.IsResponse():
			answers <- s.m
			return 202, ""
		case s.Method != http.MethodPost:
			return 405, ""
		}
		return 200, "data: {\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}\n\ndata: " + result(s.m, `{}`) + "\n\n"
	})
	ask(t, r, `{"name":"x"}`, nil)
	for range 2 {
		m := <-answers
		if ping := string(m.ID) == `"p"`; ping && string(m.Result) != "{}" || !ping && mcp.ParseError(m.Error).Code != mcp.CodeMethodNotFound {
			t.Errorf("%+v", m)
		}
	}
	if r.Counts().Refused != 1 {
		t.Errorf("%+v", r.Counts())
	}
}

func TestAHandshakeThatHangsIsGivenUp(t *testing.T) {
	for _, protocol := range []string{"stateless", "session", "sse"} {
		p := remoteSpec(serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body) // only then net/http looks for the end of the connection
			<-r.Context().Done()
		})))
		p.Spec.HTTP = &provider.HTTP{Protocol: protocol}
		why := errors.New("not ready in time")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, why)
		if _, err := dial(t, p).Handshake(ctx); !errors.Is(err, why) {
			t.Errorf("%s: %v", protocol, err)
		}
		cancel()
	}
}

func TestAServerThatWentBackAnEraIsAskedAnew(t *testing.T) {
	var mu sync.Mutex
	old := false
	r := dial(t, remoteSpec(scripted(t, func(s seen) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if old {
			return 400, refuse(s.m, mcp.CodeUnsupportedVersion, "unsupported")
		}
		return 200, result(s.m, discovered)
	})))
	hello(t, r)
	mu.Lock()
	old = true
	mu.Unlock()
	if _, err := r.Request(t.Context(), plain("tools/list", nil, nil)); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	<-r.Done()
}

func TestEventsAreReadInAnyCut(t *testing.T) {
	text := "\xef\xbb\xbfevent: a\r\ndata: 1\r\ndata:2\r\n\r\n: note\n\nid: x\n\nretry: 5\nretry: soon\ndata\n\nid: y\nfield: z\ndata:  two  \n\ndata: lost"
	want := []frame{{event: "a", data: []byte("1\n2")}, {data: []byte("")}, {data: []byte(" two  ")}}
	for size := 1; size < len(text); size++ {
		in := readEvents(&slow{[]byte(text), size}, 100)
		for i, w := range want {
			f, err := in.next()
			if err != nil || f.event != w.event || !bytes.Equal(f.data, w.data) || f.cut {
				t.Fatalf("in pieces of %d, event %d: %+v, %v", size, i, f, err)
			}
		}
		if _, err := in.next(); !errors.Is(err, io.EOF) || in.id != "y" || in.retry != 5*time.Millisecond {
			t.Fatalf("%v, id %q, retry %s", err, in.id, in.retry)
		}
	}
	in := readEvents(strings.NewReader(fmt.Sprintf("data: %s\ndata: x\n\ndata: ok\n\n", strings.Repeat("a", 100_000))), 1000)
	if f, err := in.next(); err != nil || !f.cut || len(f.data) > 2*peekSize {
		t.Errorf("%d bytes, %v", len(f.data), err)
	}
	if f, err := in.next(); err != nil || string(f.data) != "ok" || f.cut {
		t.Errorf("%+v, %v", f, err)
	}
}

// slow gives a text in pieces.
type slow struct {
	text []byte
	size int
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.size)], s.text)
	s.text = s.text[n:]
	return n, nil
}
