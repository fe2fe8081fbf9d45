package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// seen is what testdata/client.mjs prints.
type seen struct {
	Tools     []string        `json:"tools"`
	Sum       json.RawMessage `json:"sum"`
	Progress  []float64       `json:"progress"`
	Long      json.RawMessage `json:"long"`
	Cancelled string          `json:"cancelled"`
	Unknown   struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"unknown"`
}

// The official TypeScript client against the published everything-server, aggregated and alone.
func TestTheTypeScriptClient(t *testing.T) {
	s := serve(t, t.TempDir())
	s.do(200, "POST", "/api/providers/everything/start", nil)
	for path, prefix := range map[string]string{"/mcp": "everything__", "/mcp/providers/everything": ""} {
		cmd := exec.CommandContext(t.Context(), "node", "testdata/client.mjs", s.url+path, prefix)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", path, err, out)
		}
		var got seen
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, out)
		}
		if !slices.Contains(got.Tools, prefix+"get-sum") || len(got.Tools) < 10 {
			t.Errorf("%s: tools %v", path, got.Tools)
		}
		if !strings.Contains(string(got.Sum), "42") || !slices.IsSorted(got.Progress) || len(got.Progress) < 3 {
			t.Errorf("%s: sum %s, progress %v", path, got.Sum, got.Progress)
		}
		if !strings.Contains(got.Cancelled, "changed my mind") {
			t.Errorf("%s: cancelled %q", path, got.Cancelled)
		}
		if got.Unknown.Code != -32602 || !strings.Contains(got.Unknown.Message, "no-such-tool") {
			t.Errorf("%s: an unknown tool gave %+v", path, got.Unknown)
		}
	}
	// The cancelled calls reached the provider and are on record as such.
	eventually(t, 5*time.Second, "both cancelled calls are on record", func() bool {
		events := s.do(200, "GET", "/api/events?limit=500&event_type=ToolInvocationFailed", nil)
		return strings.Count(fmt.Sprint(events["events"]), "RequestCancelledError") == 2
	})
}

// The official Go client, over HTTP and over stdio.
func TestTheGoClient(t *testing.T) {
	s := serve(t, t.TempDir())
	s.do(200, "POST", "/api/providers/everything/start", nil)
	for name, c := range map[string]struct {
		transport mcp.Transport
		prefix    string
	}{
		"aggregate":                         {&mcp.StreamableClientTransport{Endpoint: s.url + "/mcp"}, "everything__"},
		"one provider":                      {&mcp.StreamableClientTransport{Endpoint: s.url + "/mcp/providers/everything"}, ""},
		"stdio, a second instance forwards": {&mcp.CommandTransport{Command: exec.Command(binary, "serve", "--stdio", "--data", s.data)}, "everything__"},
	} {
		t.Run(name, func(t *testing.T) { useGoClient(t, c.transport, c.prefix) })
	}
}

// A client that starts Hangar itself talks to it over stdio alone.
func TestTheGoClientStartsHangar(t *testing.T) {
	cmd := exec.Command(binary, "serve", "--stdio", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	cmd.Dir = root(t)
	client := connect(t, &mcp.CommandTransport{Command: cmd})
	result, err := client.CallTool(t.Context(), &mcp.CallToolParams{Name: "demo__add", Arguments: map[string]any{"a": 1, "b": 2}})
	if err != nil || result.IsError || !strings.Contains(fmt.Sprint(result.StructuredContent), "3") {
		t.Fatalf("a call to a provider that was never started: %+v, %v", result, err)
	}
}

func connect(t *testing.T, transport mcp.Transport) *mcp.ClientSession {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil).Connect(ctx, transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return session
}

func useGoClient(t *testing.T, transport mcp.Transport, prefix string) {
	session := connect(t, transport)
	var names []string
	for tool, err := range session.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, tool.Name)
	}
	if !slices.Contains(names, prefix+"get-sum") || len(names) < 10 {
		t.Errorf("tools %v", names)
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: prefix + "get-sum", Arguments: map[string]any{"a": 40, "b": 2}})
	if err != nil || result.IsError || !strings.Contains(result.Content[0].(*mcp.TextContent).Text, "42") {
		t.Errorf("%+v, %v", result, err)
	}
}
