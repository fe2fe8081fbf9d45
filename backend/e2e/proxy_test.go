package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The configuration that the README shows, in a process of its own: the prefix kept, then stripped by the proxy.
const nginxConfig = `
daemon off; master_process off; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen %[2]s;
    location %[4]s {
      proxy_pass %[3]s;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}`

func TestUnderAPrefixBehindNginx(t *testing.T) {
	s := serve(t, t.TempDir(), "--base-path", "/ops/", "--allowed-hosts", "ops.example.com")
	for name, target := range map[string]string{"kept": s.url, "stripped": s.url + "/"} {
		t.Run(name, func(t *testing.T) {
			base := nginx(t, "/ops/", target) + "/ops/"
			page := get(t, base)
			if !strings.Contains(page, `<base href="/ops/"`) {
				t.Errorf("the page does not know its prefix: %.300s", page)
			}
			if got := request(t, 200, "POST", base+"api/providers/demo/start", nil); got["state"] != "ready" {
				t.Errorf("%v", got)
			}
			if docs := get(t, base+"docs"); !strings.Contains(docs, "/ops/api/openapi.json") {
				t.Errorf("Swagger UI looks elsewhere: %.300s", docs)
			}
			session := connect(t, &mcp.StreamableClientTransport{Endpoint: base + "mcp"})
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "demo__add", Arguments: map[string]any{"a": 1, "b": 2}}); err != nil {
				t.Errorf("MCP: %v", err)
			}
			watch(t, base)
			request(t, 200, "POST", base+"api/providers/demo/stop", nil)
		})
	}
}

// watch opens the event socket from the beginning of the log, as the page of this server does, and reads one frame.
func watch(t *testing.T, base string) {
	t.Helper()
	origin := strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/ops")
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(base, "http")+"api/ws/events?since=0",
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	if err != nil {
		t.Errorf("socket: %v", err)
		return
	}
	defer c.CloseNow()
	_, frame, err := c.Read(t.Context())
	var event struct {
		Position int64 `json:"position"`
	}
	if err != nil || json.Unmarshal(frame, &event) != nil || event.Position != 1 {
		t.Errorf("first frame %s, %v", frame, err)
	}
}

// nginx runs the distribution's nginx, which routes one path to target, and gives its address.
func nginx(t *testing.T, path, target string) string {
	t.Helper()
	dir := t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, address, target, path), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log"))
	if err := cmd.Start(); err != nil {
		t.Fatalf("nginx (scripts/bootstrap installs it): %v", err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		// It may have ended with an error, which the test has met by then.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, 5*time.Second, "nginx listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return "http://" + address
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := fmt.Fprint(&b, resp.Status, "\n"); err != nil {
		t.Fatal(err)
	}
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
