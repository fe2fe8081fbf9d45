package app_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hangar/backend/apptest"
)

// fleet is what a fleet is beside who owns it: definitions, and groups with their members.
func fleet(a *apptest.App, t *testing.T) (out []string) {
	t.Helper()
	c := a.Want(200, "GET", "/api/config", nil).Body["config"].(object)
	for _, list := range []string{"providers", "groups"} {
		for _, one := range c[list].([]any) {
			one := one.(object)
			delete(one, "source")
			out = append(out, fmt.Sprint(one))
		}
	}
	sources, _ := c["discovery"].(object)["sources"].([]any)
	for _, one := range sources {
		out = append(out, fmt.Sprint(one))
	}
	return out
}

// mixed is a fleet of several owners, with a secret of each kind in every place that takes one.
func mixed(t *testing.T, secret string, options ...apptest.Option) *apptest.App {
	t.Helper()
	file := fmt.Sprintf(`
providers:
  filed:
    command: [/bin/true, "$$HOME"]
    env: { TOKEN: %[1]q, PLAIN: "" }
    idle_ttl_s: 7
groups:
  both:
    strategy: priority
    members:
      - { id: filed, priority: 2 }
      - id: inline
        endpoint: https://inline.example/mcp
        auth: { type: bearer, bearer_token: %[1]q }
        http: { headers: { X-Key: %[1]q }, protocol: sse }
discovery:
  sources:
    - { id: there, type: filesystem, mode: authoritative, enabled: false, config: { path: /srv/mcp, ttl_s: 7 } }
    - { type: docker, enabled: false }
`, secret)
	a := apptest.Start(t, append(options, apptest.WithFile(file))...)
	remote := func(id string, auth object) {
		a.Want(201, "POST", "/api/providers", object{"provider_id": id, "mode": "remote", "endpoint": "https://" + id + ".example/mcp", "auth": auth})
	}
	remote("key", object{"type": "api_key", "api_key": secret, "api_key_header": "X-Other"})
	remote("basic", object{"type": "basic", "username": "u", "password": secret})
	remote("oauth", object{"type": "oauth", "client_id": "c", "client_secret": secret, "scopes": []string{"a", "b"}})
	a.Want(201, "POST", "/api/providers", object{
		"provider_id": "container", "mode": "docker", "image": "example/x:1", "env": object{"TOKEN": secret}, "volumes": []string{"/srv/x:/x:ro"},
		"args": []string{"--a: b", "# c"}, "resources": object{"memory": "64m", "cpu": 0.5}, "read_only": false, "description": "it's: \"a\" #test\n",
	})
	a.Want(201, "POST", "/api/discovery/sources", object{"source_type": "entrypoint", "mode": "additive", "enabled": false, "config": object{"directories": []string{"/opt/mcp"}}})
	a.Want(201, "POST", "/api/groups", object{"group_id": "made", "strategy": "sticky", "min_healthy": 2, "description": "d"})
	a.Want(201, "POST", "/api/groups/made/members", object{"member_id": "key", "weight": 9, "priority": 3})
	return a
}

func TestAnExportIsTheSameFleetElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		secret string
		body   any
	}{
		"references go along":                     {"${env:THE_SECRET}", nil},
		"secrets that are written out, by a name": {"written-out", object{"secrets": "variables"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := mixed(t, tt.secret)
			noDiff(a, t, "after the start")
			exported := a.Want(200, "POST", "/api/config/export", tt.body).Body
			b := apptest.Start(t, apptest.WithFile(exported["yaml"].(string)))
			noDiff(b, t, "in the new place")
			got, want := fleet(b, t), fleet(a, t)
			if tt.body != nil { // there they were masked, here they are references
				again := b.Want(200, "POST", "/api/config/export", nil).Body["yaml"].(string)
				if cut(again) != cut(exported["yaml"].(string)) {
					t.Errorf("exported again it is another one:\n%s\n%s", exported["yaml"], again)
				}
				if n := len(exported["secrets"].([]any)); n != 7 {
					t.Errorf("%d secrets are named", n)
				}
				return
			}
			if !slices.Equal(got, want) {
				t.Errorf("another fleet:\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			// Where it came from, the export may be the file: then all of it is the file's, and nothing has changed.
			a.Write(exported["yaml"].(string))
			reload(a, nil)
			noDiff(a, t, "with the export as its file")
			if now := fleet(a, t); !slices.Equal(now, want) {
				t.Errorf("another fleet:\n%s\n%s", strings.Join(now, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// cut takes the comments away.
func cut(yaml string) string {
	var b strings.Builder
	for line := range strings.Lines(yaml) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestAMaskedExportIsRefusedWhereItIsRead(t *testing.T) {
	a := mixed(t, "written-out")
	exported := a.Want(200, "POST", "/api/config/export", nil).Body["yaml"].(string)
	_, err := apptest.New(t, apptest.WithFile(exported))
	if err == nil || strings.Count(err.Error(), "is ***, which only stands for a value that was not shown") != 6 {
		t.Errorf("%v", err)
	}
}

// collected is everything that was written to it.
type collected struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (c *collected) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.Write(p)
}

// A secret that was put into every place that takes one comes out nowhere.
func TestNothingOfTheConfigurationTellsASecret(t *testing.T) {
	const canary = "canary-7f3a9c"
	var log collected
	a := mixed(t, canary, apptest.WithLog(&log))
	var said bytes.Buffer
	ask := func(method, path string, body any) apptest.Answer {
		got := a.Do(method, path, body)
		fmt.Fprintf(&said, "%s %s: %d %s\n", method, path, got.Status, got.Raw)
		return got
	}
	good, err := os.ReadFile(a.File)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := ask("POST", "/api/config/backup", nil).Body["backup_id"].(string)
	// Another secret everywhere, so that every comparison has something to show.
	a.Write(strings.ReplaceAll(string(good), canary, canary+"-2"))
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/config", nil}, {"GET", "/api/config/diff", nil}, {"POST", "/api/config/reload", object{"dry_run": true}}, {"POST", "/api/config/reload", nil},
		{"POST", "/api/config/export", nil}, {"POST", "/api/config/export", object{"secrets": "variables"}}, {"GET", "/api/config/diff?backup_id=" + id, nil},
		{"GET", "/api/config/backups", nil}, {"POST", "/api/config/backups/" + id + "/restore", object{"dry_run": true}}, {"POST", "/api/config/backups/" + id + "/restore", nil},
		{"GET", "/api/config/diff", nil}, {"GET", "/api/providers", nil}, {"GET", "/api/providers/filed", nil}, {"GET", "/api/providers/basic", nil}, {"POST", "/api/providers/filed/start", nil},
	} {
		ask(c.method, c.path, c.body)
	}
	diff := ask("GET", "/api/config/diff", nil).Body["diff"].(string)
	if strings.Count(diff, "***:") < 4 {
		t.Errorf("a changed secret is no difference:\n%s", diff)
	}
	// Files that are broken in and around their secrets.
	for _, broken := range []string{
		strings.ReplaceAll(string(good), `"`+canary+`"`, canary+"\n  x"), strings.ReplaceAll(string(good), `"`+canary+`"`, `"`+canary),
		strings.ReplaceAll(string(good), `"`+canary+`"`, "{a: "+canary+"}"), strings.ReplaceAll(string(good), canary, canary+`\n`),
		strings.ReplaceAll(string(good), canary, "${env:"+canary), strings.ReplaceAll(string(good), canary, canary+"${"), strings.ReplaceAll(string(good), "bearer_token", "password"),
		strings.ReplaceAll(string(good), canary, "${file:"+canary+"}"),
	} {
		a.Write(broken)
		if got := ask("POST", "/api/config/reload", nil); got.Status != 422 && got.Status != 200 {
			t.Errorf("%d %s", got.Status, got.Raw)
		}
		ask("GET", "/api/config", nil)
	}
	ask("GET", "/api/events?limit=500", nil)
	ask("GET", "/api/operations?limit=500", nil)
	for i, line := range strings.Split(said.String(), "\n") {
		if strings.Contains(line, canary) {
			t.Errorf("answer %d tells it: %s", i, line)
		}
	}
	backups := os.DirFS(filepath.Join(a.Dir, "data", "backups"))
	err = fs.WalkDir(backups, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(backups, path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("backup %s tells it:\n%s", path, text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	for line := range strings.Lines(log.b.String()) {
		if strings.Contains(line, canary) {
			t.Errorf("the log tells it: %s", line)
		}
	}
}
