package discovery

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

// fakeEngine is a socket that answers as an engine does, about containers that the test makes up. Whatever is more than
// looking is refused and noted.
type fakeEngine struct {
	host   string
	server *httptest.Server

	mu         sync.Mutex
	containers []map[string]any
	lists      int
	acts       []string
	listeners  map[chan string]bool
}

func newFakeEngine(t *testing.T) *fakeEngine {
	t.Helper()
	dir, err := os.MkdirTemp("", "eng") // short: paths of sockets are limited
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "e.sock")
	l, err := net.Listen("unix", socket)
	must(t, err)
	e := &fakeEngine{host: "unix://" + socket, listeners: map[chan string]bool{}}
	e.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: e}}
	e.server.Start()
	t.Cleanup(func() { e.server.CloseClientConnections(); e.server.Close() })
	return e
}

func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.47")
	switch path := r.URL.Path[max(0, strings.LastIndex(r.URL.Path, "/v1.")):]; {
	case strings.HasSuffix(path, "/_ping"):
	case r.Method == http.MethodGet && strings.HasSuffix(path, "/containers/json"):
		e.list(w, r)
	case r.Method == http.MethodGet && strings.HasSuffix(path, "/events"):
		e.follow(w, r)
	default:
		e.mu.Lock()
		e.acts = append(e.acts, r.Method+" "+path)
		e.mu.Unlock()
		w.WriteHeader(http.StatusForbidden)
	}
}

func (e *fakeEngine) list(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lists++
	w.Header().Set("Content-Type", "application/json")
	if !strings.Contains(r.URL.Query().Get("filters"), `"mcp.hangar.enabled=true":true`) || r.URL.Query().Get("all") != "1" {
		e.acts = append(e.acts, "a list of other containers: "+r.URL.RawQuery)
	}
	_ = json.NewEncoder(w).Encode(e.containers) // the client may be gone
}

func (e *fakeEngine) follow(w http.ResponseWriter, r *http.Request) {
	happened := make(chan string, 10_000)
	e.mu.Lock()
	e.listeners[happened] = true
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	for {
		select {
		case action := <-happened:
			_, _ = fmt.Fprintf(w, `{"Type":"container","Action":%q,"Actor":{"ID":"x"}}`+"\n", action)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			e.mu.Lock()
			delete(e.listeners, happened)
			e.mu.Unlock()
			return
		}
	}
}

// set changes what runs, and tells whoever listens.
func (e *fakeEngine) set(containers ...map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.containers = containers
	for l := range e.listeners {
		for range containers {
			l <- "start"
		}
		l <- "die"
	}
}

func (e *fakeEngine) seen() (lists int, acts []string, listening int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lists, slices.Clone(e.acts), len(e.listeners)
}

// labelledContainer is a running container in one network; labels are key=value.
func labelledContainer(name, ip string, labels ...string) map[string]any {
	all := map[string]string{"mcp.hangar.enabled": "true"}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		all[k] = v
	}
	networks := map[string]any{}
	if ip != "" {
		networks["bridge"] = map[string]any{"IPAddress": ip}
	}
	return map[string]any{
		"Id": "id-" + name, "Names": []string{"/other/alias", "/" + name}, "Image": "tools/" + strings.ToLower(name[:min(3, len(name))]) + ":1", "State": "running",
		"Labels": all, "NetworkSettings": map[string]any{"Networks": networks},
	}
}

// 1,000 containers that want to be found settle in one look: nothing is started, nothing but lists is asked of the engine,
// and what happens a thousand times at once is looked at together.
func TestAThousandContainersSettleWithoutABurst(t *testing.T) {
	const n = 1000
	e := newFakeEngine(t)
	var all []map[string]any
	for i := range n {
		all = append(all, labelledContainer(fmt.Sprintf("tool-%03d", i), fmt.Sprintf("172.17.%d.%d", i/200, i%200+2), []string{"", "mcp.hangar.mode=http"}[i%2]))
	}
	e.containers = all
	eng := engine.New(engine.Options{Host: e.host})
	t.Cleanup(func() { _ = eng.Close() })
	b := setup(t, func(o *Options) { o.Engine = eng })
	_, err := b.AddSource(b.ctx, Source{ID: "waits", Type: Docker, Mode: Authoritative, Enabled: true, Config: Config{MaxProviders: n, Interval: 86_400}})
	must(t, err)
	b.begin()
	count := func(status Status) int {
		found, err := b.Entries(b.ctx, status)
		must(t, err)
		return len(found)
	}
	begun := time.Now()
	b.await("all are pending", func() bool { return b.find("waits").LastScan != nil })
	t.Logf("%d containers were pending after %s", n, time.Since(begun))
	if got := count(Pending); got != n || len(b.defined()) != 0 {
		t.Fatalf("%d pending, %d providers", got, len(b.defined()))
	}
	// The same thousand once more, this time all of them registered.
	begun = time.Now()
	must(t, b.UpdateSource(b.ctx, "waits", SourcePatch{Config: &Config{MaxProviders: n, MaxPerMinute: n, Interval: 86_400, AutoApprove: true}}))
	b.await("all are registered", func() bool { return count(Registered) == n })
	t.Logf("%d containers were registered after %s", n, time.Since(begun))
	for range 3 { // a storm of events about all of them
		e.set(all...)
	}
	if r, err := b.Scan(b.ctx, "waits"); err != nil || r.Found != n || r.changed {
		t.Fatalf("%+v, %v", r, err)
	}
	lists, acts, _ := e.seen()
	if len(acts) > 0 {
		t.Errorf("more than looking was asked of the engine: %.500q", acts)
	}
	if lists > 12 {
		t.Errorf("%d lists: events are not looked at together", lists)
	}
	kinds := map[string]int{}
	events, err := b.events.Read(b.ctx, 0, eventlog.Filter{}, 20*n)
	must(t, err)
	for _, ev := range events {
		kinds[ev.Kind]++
	}
	for kind, want := range map[string]int{KindDiscovered: n, KindApproved: n, provider.KindRegistered: n, provider.KindStarted: 0, provider.KindStateChanged: 0, KindQuarantined: 0, KindLost: 0, KindConfigChanged: 0} {
		if kinds[kind] != want {
			t.Errorf("%d %s, want %d", kinds[kind], kind, want)
		}
	}
	if kinds[KindCycleCompleted] > 6 {
		t.Errorf("%d cycles", kinds[KindCycleCompleted])
	}
	if halted, _ := b.fleet.halts(); len(halted) > 0 {
		t.Errorf("%d were taken out of service", len(halted))
	}
}

// Labels are data: whatever stands in them, what comes out is a definition that satisfies the provider's rules, or a reason.
func TestLabelsOfContainers(t *testing.T) {
	e := newFakeEngine(t)
	e.containers = []map[string]any{
		labelledContainer("plain", ""),
		labelledContainer("dotted.name", ""),
		labelledContainer("named", "", "mcp.hangar.name=math", "mcp.hangar.group=tools", "mcp.hangar.ttl=600"),
		labelledContainer("commanded", "", "mcp.hangar.command=serve  --stdio", "mcp.hangar.mode=stdio"),
		labelledContainer("web", "172.17.0.9", "mcp.hangar.mode=http", "mcp.hangar.port=9000", "mcp.hangar.path=/v1/mcp"),
		labelledContainer("events", "fd00::7", "mcp.hangar.mode=sse"),
		labelledContainer("mounted", "", "mcp.hangar.volumes=/srv/data:/data:ro, cache:/cache"),
		labelledContainer("networked", "", "mcp.hangar.network=tools"),
		labelledContainer("writing", "", "mcp.hangar.read-only=false"),

		labelledContainer("hangar-math-1", "", "hangar.provider=math"), // our own: it would find itself for ever
		labelledContainer("nowhere", "", "mcp.hangar.mode=http"),
		labelledContainer("hostly", "127.0.0.1", "mcp.hangar.mode=http"),
		labelledContainer("meta", "169.254.169.254", "mcp.hangar.mode=http"),
		labelledContainer("smuggled", "", "mcp.hangar.privileged=true"),
		labelledContainer("options", "", "mcp.hangar.command=run", "mcp.hangar.args=--privileged"),
		labelledContainer("socket", "", "mcp.hangar.volumes=/var/run/docker.sock:/s"),
		labelledContainer("rooted", "", "mcp.hangar.volumes=/:/host"),
		labelledContainer("hostnet", "", "mcp.hangar.network=host"),
		labelledContainer("joined", "", "mcp.hangar.network=container:db"),
		labelledContainer("odd", "", "mcp.hangar.mode=exec"),
		labelledContainer("port", "172.17.0.9", "mcp.hangar.mode=http", "mcp.hangar.port=99999"),
		labelledContainer("ports", "172.17.0.9", "mcp.hangar.mode=http", "mcp.hangar.port=80@evil.example"),
		labelledContainer("path", "172.17.0.9", "mcp.hangar.mode=http", "mcp.hangar.path=@evil.example/"),
		labelledContainer("climb", "172.17.0.9", "mcp.hangar.mode=http", "mcp.hangar.path=/../../x"),
		labelledContainer("forever", "", "mcp.hangar.ttl=99999999999"),
		labelledContainer("negative", "", "mcp.hangar.ttl=-1"),
		labelledContainer("steal", "", "mcp.hangar.command=run ${env:TOKEN}"),
		labelledContainer("hidden", "", "mcp.hangar.command=run \u202etxt.exe"),
		labelledContainer("unset", "", "mcp.hangar.name=$(reboot)"),
		labelledContainer("stale", "172.17.0.9", "mcp.hangar.mode=container", "mcp.hangar.port=80"),
	}
	stopped := labelledContainer("stopped", "", "mcp.hangar.mode=http")
	stopped["State"] = "exited"
	asleep := labelledContainer("asleep", "")
	asleep["State"] = "exited"
	noName := labelledContainer("noname", "")
	noName["Names"], noName["NetworkSettings"] = nil, nil
	e.containers = append(e.containers, stopped, asleep, noName)
	eng := engine.New(engine.Options{Host: e.host})
	t.Cleanup(func() { _ = eng.Close() })
	b := setup(t)
	b.source("dk", Docker, Additive, Config{AutoApprove: true})
	if _, err := b.cycle(b.system(), b.find("dk"), &containers{engine: eng}, true); err != nil {
		t.Fatal(err)
	}
	b.wantState(
		"$(reboot) quarantined invalid_name",
		"(no name) quarantined invalid_name",
		"asleep registered",
		"climb quarantined invalid_definition",
		"commanded registered",
		"dotted-name registered",
		"events registered",
		"forever quarantined invalid_definition",
		"hidden quarantined hidden_characters",
		"hostly quarantined forbidden_address",
		"hostnet quarantined invalid_definition",
		"joined quarantined invalid_definition",
		"math registered",
		"meta quarantined invalid_definition",
		"mounted pending needs_person",
		"negative quarantined invalid_definition",
		"networked pending needs_person",
		"nowhere quarantined forbidden_address",
		"odd quarantined invalid_definition",
		"options quarantined invalid_definition",
		"path quarantined invalid_definition",
		"plain registered",
		"port quarantined invalid_definition",
		"ports quarantined invalid_definition",
		"rooted quarantined invalid_definition",
		"smuggled quarantined invalid_definition",
		"socket quarantined invalid_definition",
		"stale quarantined invalid_definition",
		"steal quarantined reference_to_secrets",
		"web registered",
		"writing pending needs_person",
	)
	for id, want := range map[provider.ID]provider.Spec{
		"plain":     {Mode: provider.Docker, Image: "tools/pla:1"},
		"commanded": {Mode: provider.Docker, Image: "tools/com:1", Command: []string{"serve", "--stdio"}},
		"web":       {Mode: provider.Remote, Endpoint: "http://172.17.0.9:9000/v1/mcp"},
		"events":    {Mode: provider.Remote, Endpoint: "http://[fd00::7]:8080/sse", HTTP: &provider.HTTP{Protocol: "sse"}},
	} {
		p, err := b.providers.Get(b.ctx, id)
		must(t, err)
		want.Description = "Discovered from docker"
		got, _ := json.Marshal(p.Spec)
		wanted, _ := json.Marshal(want.WithDefaults())
		if string(got) != string(wanted) || p.Source != provider.SourceDiscovery {
			t.Errorf("%s: %s, want %s", id, got, wanted)
		}
	}
	all, err := b.Entries(b.ctx, "")
	must(t, err)
	for _, e := range all {
		switch {
		case e.Name == "smuggled" && e.Evidence != "label mcp.hangar.privileged: is not known, or not in this mode",
			e.Name == "mounted" && !strings.Contains(e.Evidence, "/srv/data"),
			e.Name == "math" && (e.TTL != 10*time.Minute || e.Candidate.Metadata["group"] != "tools"):
			t.Errorf("%s: %+v", e.Name, e)
		}
	}
	if _, acts, _ := e.seen(); len(acts) > 0 {
		t.Errorf("%q", acts)
	}
}

// Whatever labels say, what they become obeys the rules, or says why not (reliability.md b.3, Z-DOCKER).
func FuzzLabels(f *testing.F) {
	for _, s := range []string{"mode=http;port=8080", "volumes=/:/x", "command=--privileged -v /:/x", "network=host", "read-only=maybe", "name=\x1b[2J"} {
		f.Add(s, "172.17.0.2", true)
	}
	f.Fuzz(func(t *testing.T, text, name string, running bool) {
		labels := map[string]string{labelEnabled: "true"}
		for part := range strings.SplitSeq(text, ";") {
			k, v, _ := strings.Cut(part, "=")
			labels[labelPrefix+k] = v
		}
		state := map[bool]string{true: "running", false: "exited"}[running]
		c, there := fromContainer(engine.Listed{ID: "1", Name: name, Image: name, State: state, Labels: labels})
		if !there {
			return
		}
		if c = c.examined(Docker); c.Problem != nil {
			if c.Problem.Evidence == "" || c.Spec.Image != "" {
				t.Fatalf("%+v", c)
			}
			return
		}
		if err := c.Spec.Check(); err != nil || c.Spec.Mode == provider.Subprocess || c.Spec.Network == "host" || len(c.Spec.Env) > 0 || c.Spec.User != "" {
			t.Fatalf("%+v: %v", c, err)
		}
		mounts, err := c.Spec.Mounts()
		must(t, err)
		for _, m := range mounts {
			if !m.Named && len(c.Risks) == 0 {
				t.Fatalf("a directory of the host without a person: %+v", c)
			}
		}
	})
}
