package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"go.uber.org/goleak"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/mcptest"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(storetest.Main(m))
}

// play is a caller made of a function.
type play func(ctx context.Context, c invoke.Call) (json.RawMessage, error)

func (p play) Call(ctx context.Context, c invoke.Call) (json.RawMessage, error) { return p(ctx, c) }

// Relay shows a relay as a call, whose tool is what it is about.
func (p play) Relay(ctx context.Context, r invoke.Relay) (json.RawMessage, error) {
	return p(ctx, invoke.Call{Provider: r.Provider, Tool: r.Thing, Params: r.Exchange.Params, Client: r.Exchange.Client, Peer: r.Exchange.Peer})
}

// rig is a gateway over a real store, listening.
type rig struct {
	*gateway.Gateway
	t         *testing.T
	ctx       context.Context
	providers *provider.Service
	events    *eventlog.Log
	db        *store.DB
	logged    *logs
	url       string
	web       *http.Client
	server    *httptest.Server
}

// logs keeps what was logged.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// books opens a store for a test.
func books(t *testing.T) (context.Context, *store.DB, *eventlog.Log, *provider.Service) {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	events, err := eventlog.New(db, log)
	must(t, err)
	return ctx, db, events, provider.New(db, events)
}

// setup makes a gateway with provider math (add, echo) and listens. calls may be nil: then a call answers with what it
// was given.
func setup(t *testing.T, calls gateway.Caller, change ...func(*gateway.Options)) *rig {
	t.Helper()
	ctx, db, events, providers := books(t)
	r := &rig{t: t, ctx: ctx, providers: providers, events: events, db: db, logged: &logs{}}
	r.add("math", `{"name":"add","description":"Adds.","inputSchema":{"type":"object","x-big":9007199254740993}}`, `{"inputSchema":{"type":"object"}, "name":"echo" }`)
	if calls == nil {
		calls = play(mirror)
	}
	o := gateway.Options{
		Providers: providers, Events: events, Calls: calls, Version: "1.2.3",
		Access: local{},
		Log:    slog.New(slog.NewTextHandler(r.logged, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	r.Gateway, err = gateway.New(o)
	must(t, err)
	run(t, r.Gateway.Run)
	r.listen()
	return r
}

// asSaid believes a request about who sends it.
func asSaid(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := auth.Local()
		if who := r.Header.Get("X-Test-Principal"); who != "" {
			caller = auth.Caller{Principal: who, Kind: auth.ServiceAccount, Via: auth.ViaKey, Credential: who}
		}
		next.ServeHTTP(w, r.WithContext(auth.As(r.Context(), caller)))
	})
}

// people is who may do what, and whose key was revoked.
type people struct {
	*auth.Snapshot
	mu      sync.Mutex
	revoked string
}

func (p *people) Rights(ctx context.Context) *auth.Rights {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, _ := auth.CallerFrom(ctx)
	return p.Snapshot.Rights(c.Principal)
}

func (p *people) Valid(c auth.Caller) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Principal == p.revoked {
		return fault.New(fault.Unauthenticated, "revoked")
	}
	return nil
}

func (p *people) change(s *auth.Snapshot, revoked string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Snapshot, p.revoked = s, revoked
}

// somebody is a picture of principals with their roles.
func somebody(roles map[string]string, policies ...auth.Policy) *auth.Snapshot {
	all := map[string]auth.Principal{}
	for id, role := range roles {
		all[id] = auth.Principal{ID: id, Kind: auth.ServiceAccount, Roles: []string{role}}
	}
	custom := map[string]auth.Role{"only-add": {Name: "only-add", Permissions: []string{"tool:list", "tool:invoke:math/add"}}}
	return auth.NewSnapshot(all, custom, policies)
}

// local lets everybody do everything, as while nobody has to sign in.
type local struct{}

func (local) Rights(context.Context) *auth.Rights {
	return auth.NewSnapshot(nil, map[string]auth.Role{}, nil).Rights(auth.LocalID)
}

func (local) Valid(auth.Caller) error { return nil }

func mirror(_ context.Context, c invoke.Call) (json.RawMessage, error) {
	return json.RawMessage(fmt.Sprintf(`{"content":[],"to":%q,"tool":%q,"params":%s}`, c.Provider, c.Tool, c.Params)), nil
}

// run runs something until the test is over.
func run(t *testing.T, fn func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = fn(ctx) // it ends because it was told to
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func (r *rig) listen() {
	router := chi.NewRouter()
	router.Use(asSaid)
	router.HandleFunc("/mcp", r.ServeAggregate)
	router.HandleFunc("/mcp/providers/{provider_id}", r.ServeProvider)
	router.HandleFunc("/mcp/groups/{group_id}", r.ServeGroup)
	r.server = httptest.NewServer(router)
	server := r.server
	r.url = server.URL + "/mcp"
	r.web = server.Client()
	r.t.Cleanup(func() {
		r.Close()
		server.Close()
	})
}

func (r *rig) add(id provider.ID, tools ...string) {
	r.t.Helper()
	must(r.t, r.providers.Create(r.ctx, id, provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
	r.offer(id, tools...)
}

// offer stores what a provider lists.
func (r *rig) offer(id provider.ID, tools ...string) {
	r.t.Helper()
	var c provider.Catalogue
	for _, raw := range tools {
		var named struct{ Name string }
		must(r.t, json.Unmarshal([]byte(raw), &named))
		c = append(c, provider.Item{Kind: provider.Tool, Name: named.Name, Raw: json.RawMessage(raw)})
	}
	must(r.t, r.providers.SaveCatalogue(r.ctx, id, c))
}

// said is an answer over HTTP.
type said struct {
	status int
	header http.Header
	body   string
}

// post sends a body; headers are key, value, key, value, and an empty value takes the header away.
func (r *rig) post(url, body string, headers ...string) said {
	r.t.Helper()
	return r.do(http.MethodPost, url, body, headers...)
}

func (r *rig) do(method, url, body string, headers ...string) said {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	must(r.t, err)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			q.Header.Del(headers[i])
			continue
		}
		q.Header.Set(headers[i], headers[i+1])
	}
	a, err := r.web.Do(q)
	must(r.t, err)
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	must(r.t, err)
	return said{a.StatusCode, a.Header, string(b)}
}

const greeting = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"tester","version":"1"}}}`

// session opens one and gives its id.
func (r *rig) session(url string) string {
	r.t.Helper()
	a := r.post(url, greeting)
	id := a.header.Get("Mcp-Session-Id")
	if a.status != http.StatusOK || id == "" {
		r.t.Fatalf("initialize: %d %s", a.status, a.body)
	}
	return id
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// stateless are the headers of a stateless request.
func stateless(method string, name ...string) []string {
	h := []string{"MCP-Protocol-Version", "2026-07-28", "Mcp-Method", method}
	if len(name) > 0 {
		h = append(h, "Mcp-Name", name[0])
	}
	return h
}

// code is the error code of an answer; 0 for a result.
func (a said) code(t *testing.T) int {
	t.Helper()
	var m struct {
		Error  *struct{ Code int }
		Result json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("not an answer: %d %q", a.status, a.body)
	}
	if m.Error == nil {
		return 0
	}
	return m.Error.Code
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
