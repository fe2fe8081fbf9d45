package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hangar/backend/apptest"
)

// canaries are secrets of the shapes that people have, each in a place of its own.
func canaries() map[string]string {
	tail := "C4n4ry7f3aQ9x1"
	return map[string]string{
		"env": "sk-proj-" + tail, "env2": "ghp_" + tail + tail, "header": "xoxb-" + tail, "bearer": "eyJhbGciOiJIUzI1NiJ9." + tail + ".sig",
		"api_key": "AKIA" + tail, "password": "p@ss " + tail, "client_secret": "GOCSPX-" + tail, "file": "from-a-file-" + tail,
		"argument": "arg-" + tail, "deployed": "dep-" + tail, "rest": "glpat-" + tail, "wrong_key": "mcp_" + tail + tail,
		"found_env": "npm_" + tail + tail, "found_header": "dckr_pat_" + tail,
	}
}

// A secret that is in the configuration, in a definition, in a call's arguments or in a request that failed is in nothing that
// Hangar says, and not in the clear in what it keeps.
func TestNoCanaryIsHeardAnywhere(t *testing.T) {
	c := canaries()
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte(c["file"]), 0o600); err != nil {
		t.Fatal(err)
	}
	var admin string
	a := apptest.Shipped(t, &admin, fmt.Sprintf(`
auth: {enabled: true}
logging: {level: debug}
providers:
  filed: { command: [/bin/cat], env: { TOKEN: %q, FILE: "${file:%s}" } }
  far:
    endpoint: https://far.invalid/mcp
    auth: { type: bearer, bearer_token: %q }
    http: { headers: { X-Key: %q } }
  key: { endpoint: "https://key.invalid/mcp", auth: { type: api_key, api_key: %q } }
  basic: { endpoint: "https://basic.invalid/mcp", auth: { type: basic, username: u, password: %q } }
  oauth: { endpoint: "https://oauth.invalid/mcp", auth: { type: oauth, client_id: c, client_secret: %q } }
`, c["env"], secretFile, c["bearer"], c["header"], c["api_key"], c["password"], c["client_secret"]))
	root := a.As(admin)
	heard := map[string][]byte{"the file": nil} // by where it was heard
	ticket := func() string { return root.Want(200, "POST", "/api/auth/ticket", nil).Body["ticket"].(string) }
	captured := map[string]func() []byte{}
	for _, socket := range []string{"/api/ws/events?since=0&", "/api/ws/state?", "/api/ws/operations?", "/ws/mcp-status?"} {
		captured[socket] = capture(t, a.URL+socket+"ticket="+ticket())
	}

	root.Add("math", "good")
	env, _ := root.Want(200, "GET", "/api/providers/math", nil).Body["configuration"].(object)["env"].(object) // masked, which keeps it
	env["TOKEN"], env["OTHER"] = c["rest"], c["env2"]
	root.Want(200, "PUT", "/api/providers/math", object{"env": env})
	root.Want(200, "POST", "/api/providers/math/start", nil)
	for _, id := range []string{"filed", "far", "key", "basic", "oauth"} {
		heard["start "+id] = root.Do("POST", "/api/providers/"+id+"/start", nil).Raw
	}
	discover(t, root, c)
	heard["a call"] = root.Do("POST", "/api/providers/math/tools/sum/call", object{"arguments": object{"a": 1, "b": 2, "note": c["argument"]}}).Raw
	heard["a call that fails"] = root.Do("POST", "/api/providers/math/tools/nothing/call", object{"arguments": object{"note": c["argument"]}}).Raw
	heard["a refused definition"] = root.Do("POST", "/api/providers", object{"provider_id": "x", "mode": "remote", "endpoint": "ftp://x", "env": object{"A": c["rest"]}}).Raw
	heard["a refused deploy"] = root.Do("POST", "/api/catalog/github/deploy", object{"secrets": object{"nope": c["deployed"]}}).Raw
	heard["a wrong key"] = a.As(c["wrong_key"]).Do("GET", "/api/providers", nil).Raw
	for _, body := range []any{nil, object{"secrets": "variables"}} {
		heard["export"] = append(heard["export"], root.Want(200, "POST", "/api/config/export", body).Raw...)
	}
	heard["backup"] = root.Want(200, "POST", "/api/config/backup", object{"label": "b"}).Raw
	a.Write("auth: {enabled: true}\nproviders: {filed: {command: [/bin/cat], env: {TOKEN: [" + c["env"] + "]}}}\n")
	heard["a reload that fails"] = root.Do("POST", "/api/config/reload", nil).Raw
	heard["diff"] = root.Do("GET", "/api/config/diff", nil).Raw
	for _, path := range readable(root, t) {
		heard["GET "+path] = root.Do("GET", path, nil).Raw
	}
	for socket, end := range captured {
		heard[socket] = end()
	}
	a.Stop()
	heard["the log"] = []byte(a.Said())
	if err := filepath.WalkDir(filepath.Join(a.Dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		heard[path], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(heard["GET /api/discovery/pending"]) == 0 || len(heard["GET /api/providers/filed"]) == 0 || len(heard["the log"]) == 0 || len(heard["/api/ws/events?since=0&"]) == 0 {
		t.Error("something was not heard at all")
	}
	for where, text := range heard {
		for name, canary := range c {
			for how, form := range map[string]string{"as it is": canary, "in base64": base64.StdEncoding.EncodeToString([]byte("u:" + canary))} {
				if bytes.Contains(text, []byte(form)) {
					t.Errorf("%s (%s) is in %s: %.200s", name, how, where, text[max(0, bytes.Index(text, []byte(form))-80):])
				}
			}
		}
	}
}

// discover has definitions with secrets found, which nobody approves.
func discover(t *testing.T, root *apptest.App, c map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"near": fmt.Sprintf("name: near\nmode: subprocess\ncommand: [/bin/cat]\nenv: {TOKEN: %q}\n", c["found_env"]),
		"away": fmt.Sprintf("name: away\nmode: remote\nendpoint: https://away.example/mcp\nhttp: {headers: {X-Key: %q}}\n", c["found_header"]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := root.Want(201, "POST", "/api/discovery/sources", object{"source_type": "filesystem", "mode": "additive", "config": object{"path": dir}}).Body["source_id"].(string)
	root.Want(200, "POST", "/api/discovery/sources/"+id+"/scan", nil)
	if found := root.Want(200, "GET", "/api/discovery/pending", nil); !strings.Contains(string(found.Raw), "near") || !strings.Contains(string(found.Raw), "away") {
		t.Fatalf("found: %s", found.Raw)
	}
}

// readable are the addresses of everything that can be read, as the API's own document has them.
func readable(a *apptest.App, t *testing.T) (paths []string) {
	t.Helper()
	doc := a.Want(200, "GET", "/api/openapi.json", nil).Body["paths"].(object)
	for path, methods := range doc {
		if methods.(object)["get"] == nil {
			continue
		}
		for _, id := range []string{"math", "filed", "far", "basic"} {
			path := strings.NewReplacer("{provider_id}", id, "{tool_name}", "sum", "{principal_id}", "root", "{id}", "root", "{entry_id}", "github").Replace(path)
			if path = "/api" + strings.TrimPrefix(path, "/api"); !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) < 30 {
		t.Fatalf("the document has %v", paths)
	}
	return append(paths, "/metrics", "/debug/pprof/goroutine?debug=2", "/debug/pprof/cmdline", "/docs")
}

// capture keeps what a socket says until it is asked for.
func capture(t *testing.T, address string) func() []byte {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	ws, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	text, done := &bytes.Buffer{}, make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, frame, err := ws.Read(ctx)
			if err != nil {
				return
			}
			text.Write(frame)
		}
	}()
	return func() []byte {
		time.Sleep(300 * time.Millisecond) // what was written last is on its way
		end()
		<-done
		_ = ws.CloseNow() // it is over
		return text.Bytes()
	}
}
