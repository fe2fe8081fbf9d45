package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/catalog"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// far is a registry; handler answers its requests.
type far struct {
	*httptest.Server
	mu      sync.Mutex
	queries []string
	handler func(w http.ResponseWriter, r *http.Request)
}

func registry(t *testing.T) *far {
	t.Helper()
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.queries = append(f.queries, r.URL.Path+"?"+r.URL.Query().Encode())
		handler := f.handler
		f.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *far) answer(handler func(w http.ResponseWriter, r *http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handler = handler
}

func (f *far) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.queries...)
}

// page is an answer that lists servers.
func page(next string, names ...string) string {
	var list []string
	for _, n := range names {
		list = append(list, fmt.Sprintf(`{"server": {"name": %q, "description": "d", "version": "1.0.0",
			"packages": [{"registryType": "npm", "identifier": %q, "version": "1.0.0", "transport": {"type": "stdio"}}]},
			"_meta": {"io.modelcontextprotocol.registry/official": {"status": "active", "isLatest": true}}}`, n, n[strings.IndexByte(n, '/')+1:]))
	}
	return fmt.Sprintf(`{"servers": [%s], "metadata": {"nextCursor": %q}}`, strings.Join(list, ","), next)
}

// pages answers by cursor.
func pages(byCursor map[string]string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, byCursor[r.URL.Query().Get("cursor")])
	}
}

// near is a mirror on a real store, running until the test ends.
type near struct {
	*Mirror
	t          *testing.T
	ctx        context.Context
	catalog    *catalog.Service
	operations *operation.Service
}

func mirror(t *testing.T, o Options) *near {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	must(t, err)
	events, err := eventlog.New(db, log)
	must(t, err)
	entries := catalog.New(catalog.Options{DB: db, Events: events, Providers: provider.New(db, events), Program: "hangar"})
	operations := operation.New(operation.Options{DB: db, Events: events, Log: log})
	o.Catalog, o.Operations, o.Log, o.Version = entries, operations, log, "test"
	n := &near{New(o), t, ctx, entries, operations}
	must(t, n.Recover(ctx))
	life, end := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = n.Run(life) // ends with the cause of its context
	}()
	t.Cleanup(func() {
		end()
		<-done
		operations.Close(context.Background())
		must(t, db.Close())
	})
	return n
}

// refreshed asks for a refresh and waits for its end.
func (n *near) refreshed(full bool) operation.View {
	n.t.Helper()
	var id operation.ID
	wait(n.t, "the mirror takes a refresh", func() (ok bool) {
		var err error
		id, err = n.Begin(n.ctx, full)
		if err != nil && !fault.Is(err, fault.Conflict) {
			n.t.Fatal(err)
		}
		return err == nil
	})
	return n.ended(id)
}

func (n *near) ended(id operation.ID) (v operation.View) {
	n.t.Helper()
	wait(n.t, "the operation ends", func() bool {
		o, err := n.operations.Get(n.ctx, id)
		if err == nil {
			v = o.View()
		}
		return err == nil && o.Ended()
	})
	return v
}

func (n *near) names() string {
	n.t.Helper()
	found, _, err := n.catalog.Search(n.ctx, catalog.Query{Source: catalog.Registry})
	must(n.t, err)
	var names []string
	for _, e := range found {
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMirrorFollowsItsRegistry(t *testing.T) {
	f := registry(t)
	f.answer(pages(map[string]string{"": page("c2", "a.a/one", "a.a/two"), "c2": page("", "a.a/three")}))
	n := mirror(t, Options{URL: f.URL + "/"})
	wait(t, "the first refresh is due at once", func() bool { return n.names() == "a.a/one a.a/three a.a/two" })
	wait(t, "it has ended", func() bool { m, err := n.catalog.Mirror(n.ctx); return err == nil && m.RefreshedAt != nil })
	if got := f.asked(); len(got) != 2 || got[0] != "/v0.1/servers?limit=100&version=latest" || got[1] != "/v0.1/servers?cursor=c2&limit=100&version=latest" {
		t.Errorf("asked for %q", got)
	}
	f.answer(pages(map[string]string{"": page("", "a.a/four")}))
	if v := n.refreshed(false); v.Status != operation.Completed || n.names() != "a.a/four a.a/one a.a/three a.a/two" {
		t.Errorf("what changed: %+v, %s", v, n.names())
	}
	if got := f.asked(); !strings.Contains(got[len(got)-1], "updated_since=20") {
		t.Errorf("asked for %q", got[len(got)-1])
	}
	if v := n.refreshed(true); v.Status != operation.Completed || n.names() != "a.a/four" {
		t.Errorf("everything: %+v, %s", v, n.names())
	}
}

// Whatever goes wrong, what the mirror held before stays, and somebody is told why.
func TestAMirrorOutlivesItsRegistry(t *testing.T) {
	f := registry(t)
	good := pages(map[string]string{"": page("", "a.a/one")})
	f.answer(good)
	n := mirror(t, Options{URL: f.URL, Limits: Limits{Pages: 3, Entries: 4, Bytes: 20_000}})
	wait(t, "the first refresh", func() bool { m, err := n.catalog.Mirror(n.ctx); return err == nil && m.RefreshedAt != nil })
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		says   string
	}{
		"an error":       {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }, "503"},
		"a page of HTML": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "page 1"},
		"a list without an end": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, page("x"+r.URL.Query().Get("cursor"), "a.a/one"))
		}, "does not end"},
		"a list that turns in a circle": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page("x", "a.a/one")) }, "does not end"},
		"too many entries": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, page("", "a.a/1", "a.a/2", "a.a/3", "a.a/4", "a.a/5"))
		}, "more than 4"},
		"an answer that is too long": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 30_000)) }, "20000 bytes"},
		"an answer that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}, "connection"},
		"a redirect to the metadata service": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/v0.1/servers", http.StatusFound)
		}, "169.254.169.254"},
	} {
		f.answer(c.answer)
		v := n.refreshed(true)
		m, err := n.catalog.Mirror(n.ctx)
		must(t, err)
		why, _ := json.Marshal(v.Error)
		if v.Status != operation.Failed || !strings.Contains(string(why), c.says) || !strings.Contains(m.Error, c.says) || n.names() != "a.a/one" {
			t.Errorf("%s: %s %s, mirror %q, entries %q", name, v.Status, why, m.Error, n.names())
		}
	}
	f.answer(good)
	if v := n.refreshed(true); v.Status != operation.Completed {
		t.Errorf("it did not recover: %+v", v)
	}
	f.Close()
	if v := n.refreshed(false); v.Status != operation.Failed || n.names() != "a.a/one" {
		t.Errorf("offline: %+v, %q", v, n.names())
	}
}

func TestARefreshCanBeCancelled(t *testing.T) {
	f := registry(t)
	begun, release := make(chan struct{}, 1), make(chan struct{})
	defer close(release)
	f.answer(pages(map[string]string{"": page("", "a.a/one")}))
	n := mirror(t, Options{URL: f.URL})
	wait(t, "the first refresh", func() bool { m, err := n.catalog.Mirror(n.ctx); return err == nil && m.RefreshedAt != nil })
	f.answer(func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	var id operation.ID
	wait(t, "the mirror takes a refresh", func() bool { var err error; id, err = n.Begin(n.ctx, false); return err == nil })
	<-begun
	if _, err := n.Begin(n.ctx, false); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second one at the same time: %v", err)
	}
	wait(t, "the operation is stored", func() bool { _, err := n.operations.Get(n.ctx, id); return err == nil })
	_, err := n.operations.Remove(n.ctx, id)
	must(t, err)
	if v := n.ended(id); v.Status != operation.Cancelled {
		t.Errorf("%+v", v)
	}
	f.answer(pages(map[string]string{"": page("", "a.a/two")}))
	if v := n.refreshed(true); v.Status != operation.Completed || n.names() != "a.a/two" {
		t.Errorf("after a cancelled one: %+v, %s", v, n.names())
	}
}

func TestWithoutARegistryThereIsNoMirror(t *testing.T) {
	n := mirror(t, Options{})
	if _, err := n.Begin(n.ctx, false); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "catalog.registry") {
		t.Error(err)
	}
}

// Whoever is told that nothing was begun must be right: an operation that cannot be stored leaves no refresh behind.
func TestARefreshWhoseOperationCannotBeStoredIsNotBegun(t *testing.T) {
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	must(t, err)
	events, err := eventlog.New(db, log)
	must(t, err)
	operations := operation.New(operation.Options{DB: db, Events: events, Log: log})
	m := New(Options{Operations: operations, URL: "http://localhost:1", Log: log})
	must(t, db.Close()) // from here on nothing can be stored
	for range 2 {
		id, err := m.Begin(ctx, false)
		if id != "" || err == nil || fault.Is(err, fault.Conflict) {
			t.Errorf("begun as %q: %v", id, err)
		}
		if len(m.jobs) != 0 {
			t.Error("a refresh was queued")
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	operations.Close(ended)
}
