package upstream

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// everything starts the reference server of the specification's own project with one of its HTTP transports.
func everything(t *testing.T, transport string) string {
	t.Helper()
	program := filepath.Join("..", "..", "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js")
	if _, err := os.Stat(program); err != nil {
		t.Fatal("server-everything is not installed: run scripts/bootstrap")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("there is no node: it is needed to build and test Hangar")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	cmd := exec.CommandContext(t.Context(), node, program, transport)
	cmd.Env = append(os.Environ(), fmt.Sprintf("PORT=%d", port))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), fmt.Sprint(port)) {
			return fmt.Sprintf("http://127.0.0.1:%d", port)
		}
	}
	t.Fatalf("server-everything %s did not start", transport)
	return ""
}

func TestServerEverything(t *testing.T) {
	for transport, path := range map[string]string{"streamableHttp": "/mcp", "sse": "/sse"} {
		t.Run(transport, func(t *testing.T) {
			r := dial(t, remoteSpec(everything(t, transport)+path))
			h := hello(t, r)
			if h.ProtocolVersion != mcp.LatestSession {
				t.Errorf("%+v", h)
			}
			all, err := r.Catalogue(t.Context(), h)
			if err != nil || len(all.Of(provider.Tool)) < 5 || len(all.Of(provider.Prompt)) == 0 || len(all.Of(provider.Template)) == 0 {
				t.Fatalf("%d things, %v", len(all), err)
			}
			if got := ask(t, r, `{"name":"echo","arguments":{"message":"hällo"}}`, nil); !strings.Contains(got, "hällo") {
				t.Errorf("%s", got)
			}
			reports := 0
			ask(t, r, `{"name":"trigger-long-running-operation","arguments":{"duration":1,"steps":4}}`, func(json.RawMessage) { reports++ })
			if reports != 4 {
				t.Errorf("%d reports of progress", reports)
			}
			if err := r.Probe(t.Context()); err != nil {
				t.Error(err)
			}
			if transport == "sse" {
				return
			}
			// The session is lost behind our back. This server answers 400 where the specification says 404.
			d := r.speaks.(*sessional)
			old := *d.current()
			d.goodbye(t.Context())
			if got := ask(t, r, `{"name":"echo","arguments":{"message":"again"}}`, nil); !strings.Contains(got, "again") {
				t.Errorf("%s", got)
			}
			if d.current().id == old.id {
				t.Error("the session is the old one")
			}
		})
	}
}
