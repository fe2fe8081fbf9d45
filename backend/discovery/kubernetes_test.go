package discovery

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// apiServer answers as a Kubernetes API server does, over HTTP, about pods and services that the test makes up.
type apiServer struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	version  int
	objects  map[string]map[string]any // by resource/namespace/name
	watchers map[chan map[string]any]watching
	history  []change
	old      bool // it does not know how to stream a list
	down     bool
	asked    []string
	wrong    []string // requests that a source must not make
}

// change is a line of a watch.
type change struct {
	version int
	key     string
	object  map[string]any
	line    map[string]any
}

type watching struct{ resource, namespace, selector string }

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{t: t, objects: map[string]map[string]any{}, watchers: map[chan map[string]any]watching{}, version: 1}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	what := watching{selector: r.URL.Query().Get("labelSelector")}
	switch {
	case len(parts) == 1:
		what.resource = parts[0]
	case len(parts) == 3 && parts[0] == "namespaces":
		what.namespace, what.resource = parts[1], parts[2]
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	down, old := s.down, s.old
	if r.Method != http.MethodGet || r.Header.Get("Authorization") != "Bearer t0ken" || what.resource != "pods" && what.resource != "services" {
		s.wrong = append(s.wrong, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization"))
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	q := r.URL.Query()
	switch {
	case down:
		s.status(w, http.StatusForbidden, "Forbidden")
	case q.Get("watch") != "true" && q.Get("watch") != "1":
		s.list(w, what)
	case q.Get("sendInitialEvents") == "true" && old:
		s.status(w, http.StatusUnprocessableEntity, "Invalid")
	default:
		after, _ := strconv.Atoi(q.Get("resourceVersion"))
		s.watch(w, r, what, q.Get("sendInitialEvents") == "true", after)
	}
}

func (s *apiServer) status(w http.ResponseWriter, code int, reason string) {
	w.WriteHeader(code)
	s.write(w, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": "pods is " + strings.ToLower(reason)})
}

func (s *apiServer) write(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // the client may be gone

func (what watching) takes(key string, o map[string]any) bool {
	parts := strings.Split(key, "/")
	k, v, _ := strings.Cut(what.selector, "=")
	labels, _ := o["metadata"].(map[string]any)["labels"].(map[string]any)
	return parts[0] == what.resource && (what.namespace == "" || what.namespace == parts[1]) && (k == "" || labels[k] == v)
}

func (s *apiServer) matching(what watching) (found []map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if what.takes(key, s.objects[key]) {
			found = append(found, s.objects[key])
		}
	}
	return found
}

func (s *apiServer) list(w http.ResponseWriter, what watching) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.matching(what)
	if items == nil {
		items = []map[string]any{}
	}
	s.write(w, map[string]any{"kind": "List", "apiVersion": "v1", "metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)}, "items": items})
}

func (s *apiServer) watch(w http.ResponseWriter, r *http.Request, what watching, initial bool, after int) {
	changes := make(chan map[string]any, 20_000)
	s.mu.Lock()
	if initial {
		for _, o := range s.matching(what) {
			changes <- map[string]any{"type": "ADDED", "object": o}
		}
		changes <- map[string]any{"type": "BOOKMARK", "object": map[string]any{
			"kind": map[string]string{"pods": "Pod", "services": "Service"}[what.resource], "apiVersion": "v1",
			"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version), "annotations": map[string]any{"k8s.io/initial-events-end": "true"}},
		}}
	}
	for _, c := range s.history {
		if !initial && c.version > after && what.takes(c.key, c.object) {
			changes <- c.line
		}
	}
	s.watchers[changes] = what
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, changes)
	}()
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	for {
		select {
		case c, ok := <-changes:
			if !ok {
				return
			}
			s.write(w, c)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// put makes or changes an object; annotations are key=value below our prefix, without an = for those of others.
func (s *apiServer) put(kind, namespace, name string, more map[string]any, annotations ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	notes := map[string]any{}
	for _, a := range annotations {
		k, v, _ := strings.Cut(a, "=")
		notes[annotationPrefix+k] = v
	}
	o := map[string]any{"kind": kind, "apiVersion": "v1", "metadata": map[string]any{
		"name": name, "namespace": namespace, "uid": namespace + name, "resourceVersion": strconv.Itoa(s.version), "annotations": notes,
		"labels": map[string]any{"app": name},
	}}
	maps.Copy(o, more)
	resource := strings.ToLower(kind) + "s"
	key := resource + "/" + namespace + "/" + name
	what := "MODIFIED"
	if s.objects[key] == nil {
		what = "ADDED"
	}
	s.objects[key] = o
	s.tell(key, what, o)
}

func (s *apiServer) remove(kind, namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	key := strings.ToLower(kind) + "s/" + namespace + "/" + name
	o := s.objects[key]
	delete(s.objects, key)
	s.tell(key, "DELETED", o)
}

func (s *apiServer) tell(key, what string, o map[string]any) {
	o = maps.Clone(o)
	o["metadata"] = maps.Clone(o["metadata"].(map[string]any))
	o["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(s.version)
	c := change{s.version, key, o, map[string]any{"type": what, "object": o}}
	s.history = append(s.history, c)
	for w, of := range s.watchers {
		if of.takes(key, o) {
			w <- c.line
		}
	}
}

// cut ends every watch, as API servers do now and then.
func (s *apiServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

func (s *apiServer) set(change func(*apiServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func pod(ip string) map[string]any {
	return map[string]any{"status": map[string]any{"phase": "Running", "podIP": ip}, "spec": map[string]any{"containers": []any{}}}
}

// kubeconfig is a file that leads to the server.
func (s *apiServer) kubeconfig(user string) string {
	file := filepath.Join(s.t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: one
clusters: [{name: c, cluster: {server: "%s", certificate-authority-data: "%s"}}]
users: [{name: u, user: {%s}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
`, s.URL, base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})), user)
	must(s.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestAClusterIsFollowed(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("an API server that streams lists: %v", !old), func(t *testing.T) {
			t.Parallel()
			s := newAPIServer(t)
			s.old = old
			s.put("Pod", "tools", "math-7f9c", pod("10.1.0.5"), "enabled=true", "name=math", "port=9000")
			s.put("Service", "tools", "geo", nil, "enabled=true", "path=/v1/mcp", "ttl=1")
			s.put("Pod", "tools", "unrelated", pod("10.1.0.6"))
			s.put("Pod", "tools", "off", pod("10.1.0.7"), "enabled=false")
			b := setup(t)
			_, err := b.AddSource(b.ctx, Source{ID: "k8s", Type: Kubernetes, Mode: Authoritative, Enabled: true, Config: Config{
				Kubeconfig: s.kubeconfig("token: t0ken"), AutoApprove: true, TTL: 1, Interval: 86_400,
			}})
			must(t, err)
			end := b.begin()
			endpoints := func() (out []string) {
				all, err := b.providers.List(b.ctx)
				must(t, err)
				for _, p := range all {
					out = append(out, string(p.ID)+" "+p.Spec.Endpoint)
				}
				return out
			}
			want := func(what string, list ...string) {
				t.Helper()
				b.await(what, func() bool { return slices.Equal(endpoints(), list) })
			}
			const geo = "geo http://geo.tools.svc:8080/v1/mcp"
			want("what is there", geo, "math http://10.1.0.5:9000/mcp")
			s.put("Pod", "tools", "math-7f9c", pod("10.1.0.99"), "enabled=true", "name=math", "port=9000")
			want("a new address", geo, "math http://10.1.0.99:9000/mcp")
			s.cut()
			s.put("Pod", "other", "time", pod("10.1.0.8"), "enabled=true", "mode=sse")
			want("what is new after a lost watch", geo, "math http://10.1.0.99:9000/mcp", "time http://10.1.0.8:8080/sse")

			// Without the right to look nothing is gone.
			s.set(func(s *apiServer) { s.down = true })
			s.cut()
			b.await("it is told", func() bool { _, _ = b.Scan(b.ctx, "k8s"); return !b.find("k8s").Healthy })
			if src := b.find("k8s"); !strings.Contains(src.Error, "forbidden") || len(endpoints()) != 3 {
				t.Errorf("%q, %q", src.Error, endpoints())
			}
			s.set(func(s *apiServer) { s.down = false })
			b.await("it is well again", func() bool { _, _ = b.Scan(b.ctx, "k8s"); return b.find("k8s").Healthy })

			s.remove("Pod", "tools", "math-7f9c")
			s.remove("Pod", "other", "time")
			want("what is gone", geo)
			end()
			s.set(func(s *apiServer) {
				if len(s.wrong) > 0 {
					t.Errorf("it asked for %q", s.wrong)
				}
			})
		})
	}
}

func TestAnnotationsAreData(t *testing.T) {
	s := newAPIServer(t)
	s.put("Pod", "a", "plain", pod("10.1.0.5"), "enabled=true")
	s.put("Pod", "a", "pending", map[string]any{"status": map[string]any{"phase": "Pending"}}, "enabled=true")
	s.put("Pod", "a", "no-address", pod(""), "enabled=true")
	s.put("Pod", "a", "command", pod("10.1.0.5"), "enabled=true", "command=sh -c reboot")
	s.put("Pod", "a", "mode", pod("10.1.0.5"), "enabled=true", "mode=subprocess")
	s.put("Pod", "a", "name", pod("10.1.0.5"), "enabled=true", "name=../../x")
	s.put("Pod", "a", "port", pod("10.1.0.5"), "enabled=true", "port=80@evil")
	s.put("Pod", "a", "loop", pod("127.0.0.1"), "enabled=true")
	s.put("Pod", "a", "meta", pod("169.254.169.254"), "enabled=true")
	s.put("Pod", "a", "leaving", map[string]any{"status": pod("10.1.0.5")["status"], "metadata": map[string]any{
		"name": "leaving", "namespace": "a", "deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": map[string]any{annotationEnabled: "true"},
	}}, "enabled=true")
	s.put("Pod", "kube-system", "system", pod("10.1.0.5"), "enabled=true")
	s.put("Service", "a", "elsewhere", map[string]any{"spec": map[string]any{"type": "ExternalName", "externalName": "evil.example"}}, "enabled=true")
	s.put("Service", "b", "plain", nil, "enabled=true") // the pod's name; the same source
	b := setup(t)
	_, err := b.AddSource(b.ctx, Source{ID: "k8s", Type: Kubernetes, Mode: Additive, Enabled: true, Config: Config{Kubeconfig: s.kubeconfig("token: t0ken")}})
	must(t, err)
	b.begin()
	r, err := b.Scan(b.ctx, "k8s")
	if err != nil || r.Found != 9 {
		t.Errorf("%+v, %v", r, err)
	}
	b.wantState(
		"../../x quarantined invalid_name",
		"command quarantined invalid_definition",
		"elsewhere quarantined forbidden_address",
		"loop quarantined forbidden_address",
		"meta quarantined invalid_definition",
		"mode quarantined invalid_definition",
		"plain pending",
		"port quarantined invalid_definition",
		"system quarantined denied_namespace",
	)
	all, err := b.Entries(b.ctx, Pending)
	must(t, err)
	if c := all[0].Candidate; c.Origin != "pod a/plain" || !slices.Equal(c.Rivals, []string{"service b/plain"}) || c.Metadata["namespace"] != "a" {
		t.Errorf("%+v", c)
	}
}

func TestAClusterIsLookedAtWhereTheConfigSays(t *testing.T) {
	s := newAPIServer(t)
	for _, n := range []string{"a", "b", "c"} {
		s.put("Pod", n, "in-"+n, pod("10.1.0.5"), "enabled=true")
		s.put("Service", n, "web", nil, "enabled=true", "name=web-"+n)
	}
	b := setup(t)
	for id, c := range map[SourceID]Config{
		"spaces":   {Namespaces: []string{"a", "b"}, Resources: []string{"pods"}, Denied: []string{"b"}},
		"selected": {LabelSelector: "app=in-c", Resources: []string{"pods"}},
	} {
		c.Kubeconfig = s.kubeconfig("token: t0ken")
		_, err := b.AddSource(b.ctx, Source{ID: id, Type: Kubernetes, Mode: Additive, Enabled: true, Config: c})
		must(t, err)
	}
	b.begin()
	for _, id := range []SourceID{"spaces", "selected"} {
		_, err := b.Scan(b.ctx, id)
		must(t, err)
	}
	b.wantState("in-a pending", "in-b quarantined denied_namespace", "in-c pending")
	s.set(func(s *apiServer) {
		slices.Sort(s.asked)
		if got := slices.Compact(s.asked); !slices.Equal(got, []string{"/api/v1/namespaces/a/pods", "/api/v1/namespaces/b/pods", "/api/v1/pods"}) {
			t.Errorf("it asked for %q", got)
		}
	})
}

// A source that cannot be opened says why, each time somebody asks; it runs no program to get at credentials.
func TestWaysToNoCluster(t *testing.T) {
	s := newAPIServer(t)
	trace := filepath.Join(t.TempDir(), "SPRUNG")
	missing := filepath.Join(t.TempDir(), "none")
	b, says := setup(t), map[SourceID]string{}
	for id, row := range map[SourceID]struct {
		c    Config
		says string
	}{
		"program": {Config{Kubeconfig: s.kubeconfig(`exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: touch, args: ["` + trace + `"]}`)}, "with a program"},
		"missing": {Config{Kubeconfig: missing}, missing},
		"context": {Config{Kubeconfig: s.kubeconfig("token: t0ken"), Context: "two"}, "two"},
		"pod":     {Config{}, "does not run in a pod"},
	} {
		_, err := b.AddSource(b.ctx, Source{ID: id, Type: Kubernetes, Mode: Additive, Enabled: true, Config: row.c})
		must(t, err)
		says[id] = row.says
	}
	b.begin()
	for id, why := range says {
		for range 2 {
			if _, err := b.Scan(b.ctx, id); err == nil || !strings.Contains(err.Error(), why) || b.find(id).Healthy {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	if _, err := os.Stat(trace); !os.IsNotExist(err) {
		t.Error("a program was run")
	}
}
