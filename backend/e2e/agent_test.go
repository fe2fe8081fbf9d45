package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hangar/backend/mcptest"
)

// signedIn is a server on which everybody has to sign in, its providers doubles of mcptest by their ids.
func signedIn(t *testing.T, settings string, doubles map[string]string) (s *server, admin string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "auth: {enabled: true, rate_limit: {per_second: -1, anonymous_per_second: -1}}\n%sproviders:\n", settings)
	for id, mode := range doubles {
		command, env := mcptest.Command(t, mode)
		env["MARK"] = mark(t, id)
		line, err := json.Marshal(map[string]any{"mode": "subprocess", "command": command, "env": env, "auto_disable_after": 1000})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s: %s\n", id, line)
	}
	dir := t.TempDir()
	file, data := filepath.Join(dir, "hangar.yaml"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	key, said, err := keysCreate(t, "--bootstrap", "--principal", "root", "--config", file, "--data", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	s = serve(t, data, "--config", file, "--websocket-enabled=false")
	admin = strings.TrimSpace(key)
	for id := range doubles {
		s.as(admin, 200, "POST", "/api/providers/"+id+"/start", nil)
	}
	return s, admin
}

// mark is in the environment of a provider's process, and of no other.
func mark(t *testing.T, id string) string {
	return fmt.Sprintf("%s-%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), id, os.Getpid())
}

// as is a request with a key.
func (s *server) as(key string, want int, method, path string, body any) map[string]any {
	s.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(string(encoded)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-API-Key", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		s.t.Fatalf("%s %s: got %d %s (%v), want %d", method, path, resp.StatusCode, raw, err, want)
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out) // not every answer is an object
	return out
}

// agent is a client of /mcp or of a provider's address, of either era; each of its requests has the id 1.
type agent struct {
	web     *http.Client
	url     string
	key     string
	session string // "": stateless
}

// reply is the answer to a request: the result's text, or the error.
type reply struct {
	Status int `json:"-"`
	ID     json.RawMessage
	Result *struct {
		IsError bool
		Content []struct{ Text string }
	}
	Error *struct {
		Code    int
		Message string
		Data    struct{ Type string }
	}
	raw string
}

func (r reply) text() string {
	if r.Result == nil || len(r.Result.Content) != 1 {
		return ""
	}
	return r.Result.Content[0].Text
}

// typed is the name of what went wrong; "" is an answer.
func (r reply) typed() string {
	switch {
	case r.Error == nil:
		return ""
	case r.Error.Data.Type == "":
		return fmt.Sprintf("no type: %s", r.raw)
	}
	return r.Error.Data.Type
}

const (
	olderEra = "2025-11-25"
	newerEra = "2026-07-28"
)

// newAgents is a client for many agents.
func newAgents(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// greet opens a session.
func (a *agent) greet(t *testing.T) {
	t.Helper()
	req := a.request(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"`+olderEra+`","capabilities":{},"clientInfo":{"name":"agent","version":"1"}}}`)
	resp, err := a.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if a.session = resp.Header.Get("Mcp-Session-Id"); err != nil || resp.StatusCode != 200 || a.session == "" {
		t.Fatalf("initialize: %d %s %v", resp.StatusCode, text, err)
	}
}

func (a *agent) request(t *testing.T, body string, headers ...string) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if a.key != "" {
		req.Header.Set("X-API-Key", a.key)
	}
	if a.session != "" {
		req.Header.Set("Mcp-Session-Id", a.session)
		req.Header.Set("MCP-Protocol-Version", olderEra)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// calling makes the request of a call; its arguments are JSON.
func (a *agent) calling(t *testing.T, tool, arguments string) *http.Request {
	if a.session != "" {
		return a.request(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"progressToken":1}}}`, tool, arguments))
	}
	return a.request(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"progressToken":1,`+
		`"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":{}}}}`, tool, arguments, newerEra),
		"MCP-Protocol-Version", newerEra, "Mcp-Method", "tools/call", "Mcp-Name", tool)
}

// call waits for the answer, which comes by itself or as the last event of a stream.
func (a *agent) call(t *testing.T, tool, arguments string) (reply, error) {
	req := a.calling(t, tool, arguments)
	if req == nil {
		return reply{}, fmt.Errorf("no request")
	}
	return answer(a.web, req)
}

func answer(web *http.Client, req *http.Request) (reply, error) {
	resp, err := web.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	r := reply{Status: resp.StatusCode}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return r, err
		}
		r.raw = string(text)
		return r, json.Unmarshal(text, &r)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 32<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok || !strings.Contains(data, `"jsonrpc"`) || strings.Contains(data, `"method"`) {
			continue
		}
		r.raw = data
		return r, json.Unmarshal([]byte(data), &r)
	}
	return r, fmt.Errorf("the stream ended without an answer: %w", io.ErrUnexpectedEOF)
}

// keep writes a row of docs/conformance.md, in a run that asks for them.
func keep(t *testing.T, what, result string) {
	t.Helper()
	t.Logf("%s: %s", what, result)
	if *holds == "" {
		return
	}
	f, err := os.OpenFile(*holds, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "| %s | %s |\n", what, result); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

const patience = 60 * time.Second
