package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
	"go.uber.org/goleak"

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

// happened is any event.
type happened struct {
	stream, kind string
	data         map[string]any
}

func (h happened) Stream() string               { return h.stream }
func (h happened) Kind() string                 { return h.kind }
func (h happened) MarshalJSON() ([]byte, error) { return json.Marshal(h.data) }

func started(id string) happened {
	return happened{"provider:" + id, "ProviderStarted", map[string]any{"provider_id": id}}
}

// lines is a ring of log lines.
type lines struct {
	mu    sync.Mutex
	lines []LogLine
	base  int64
	first int64
	wake  chan struct{}
}

func newLines() *lines { return &lines{first: 1, wake: make(chan struct{}, 1)} }

func (l *lines) append(texts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range texts {
		l.lines = append(l.lines, LogLine{l.first + int64(len(l.lines)), time.Unix(1, 0), text})
	}
	if drop := len(l.lines) - 1000; drop > 0 {
		l.lines, l.first = l.lines[drop:], l.first+int64(drop)
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lines) Tail(since int64, n int) ([]LogLine, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []LogLine
	for _, line := range l.lines {
		if line.Seq > since {
			found = append(found, line)
		}
	}
	if n > 0 && len(found) > n {
		if since == 0 {
			found = found[len(found)-n:]
		} else {
			found = found[:n]
		}
	}
	if len(found) > 0 {
		since = found[len(found)-1].Seq
	}
	return found, since
}

func (l *lines) Watch() (<-chan struct{}, func()) { return l.wake, func() {} }

func (l *lines) Bounds() (base, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.base, l.first + int64(len(l.lines)) - 1
}

// site is a hub behind a real server.
type site struct {
	t    *testing.T
	db   *store.DB
	log  *eventlog.Log
	hub  *Hub
	ring *lines
	url  string
	stop func() // ends the hub and waits for it

	providers  *provider.Service
	operations *operation.Service
	refused    atomic.Bool // whether Authorize refuses
}

func newSite(t *testing.T, change ...func(*limits)) *site {
	t.Helper()
	s := buildSite(t, change...)
	s.run()
	return s
}

// buildSite is a site whose hub does not run yet.
func buildSite(t *testing.T, change ...func(*limits)) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	events, err := eventlog.New(db, log)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: db, log: events, ring: newLines(), providers: provider.New(db, events)}
	s.operations = operation.New(operation.Options{DB: db, Events: events, Log: log})
	s.hub = New(Options{
		Events: events, StoreID: db.StoreID(), Log: log, Providers: s.providers, Operations: s.operations, Rows: stored{s.providers}, Authorize: s.authorize,
		Lines: func(_ context.Context, id string) (LogLines, error) {
			if id != "math" {
				return nil, fault.Named(fault.Missing, "ProviderNotFoundError", "there is no provider %q", id)
			}
			return s.ring, nil
		},
		WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fault.From(err).Type+": "+err.Error(), fault.From(err).Kind.Status())
		},
	})
	for _, c := range change {
		c(&s.hub.limits)
	}
	r := chi.NewRouter()
	r.Get("/events", s.hub.Events)
	r.Get("/state", s.hub.State)
	r.Get("/providers/{provider_id}/logs", s.hub.ProviderLogs)
	r.Get("/board", s.hub.Board)
	r.Get("/operations", s.hub.Operations)
	server := httptest.NewServer(r)
	s.url = server.URL
	s.stop = func() {}
	t.Cleanup(func() {
		s.stop()
		server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run starts the hub.
func (s *site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.hub.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

// stored shows a provider as its id and state.
type stored struct{ providers *provider.Service }

func (s stored) All(ctx context.Context) (map[string]json.RawMessage, int64, error) {
	all, position, err := s.providers.Snapshot(ctx)
	rows := map[string]json.RawMessage{}
	for _, p := range all {
		rows[string(p.ID)] = shown(p)
	}
	return rows, position, err
}

func (s stored) Row(ctx context.Context, id string) (json.RawMessage, error) {
	p, err := s.providers.Get(ctx, provider.ID(id))
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	return shown(p), err
}

func shown(p provider.Provider) json.RawMessage {
	return fmt.Appendf(nil, `{"provider":%q,"state":%q}`, p.ID, p.State)
}

func (s *site) authorize(r *http.Request) (func() error, error) {
	if r.Header.Get("Origin") == "https://evil.example.com" {
		return nil, fault.New(fault.Denied, "not from there")
	}
	again := func() error {
		if s.refused.Load() {
			return fault.New(fault.Unauthenticated, "who are you")
		}
		return nil
	}
	return again, again()
}

func (s *site) append(ps ...event.Payload) {
	s.t.Helper()
	err := s.db.Write(event.WithActor(context.Background(), event.System("test")), func(ctx context.Context, tx *store.Tx) error {
		return s.log.Append(ctx, tx, ps...)
	})
	if err != nil {
		s.t.Error(err)
	}
}

// client is a socket under test.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

// dial connects and waits until the connection is in place, so that what is appended next reaches it.
func (s *site) dial(path string) *client {
	s.t.Helper()
	before := s.hub.Stats().Accepted
	already := s.live()
	ws, _, err := websocket.Dial(s.t.Context(), s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 24)
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	s.until("the connection is live", func() bool {
		return s.hub.Stats().Accepted > before && (strings.Contains(path, "logs") || s.live() > already)
	})
	return &client{s.t, ws}
}

// live counts the connections that get events as they come.
func (s *site) live() (n int) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.hub.topics {
		n += len(t.conns) + len(t.parked.conns)
	}
	s.hub.picture.mu.Lock()
	defer s.hub.picture.mu.Unlock()
	return n + len(s.hub.board.conns) + len(s.hub.picture.watchers)
}

// at waits until the hub has come to a position.
func (s *site) at(position int64) {
	s.t.Helper()
	s.until(fmt.Sprint("the hub is at ", position), func() bool {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		return s.hub.position >= position
	})
}

func (s *site) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited in vain until %s", what)
		}
	}
}

type object map[string]any

func (c *client) read() []byte {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	_, data, err := c.ws.Read(ctx)
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return data
}

func (c *client) next() object {
	c.t.Helper()
	data := c.read()
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		c.t.Fatalf("frame %q: %v", data, err)
	}
	return o
}

// batch is the next frame, which may be an array.
func (c *client) batch() []object {
	c.t.Helper()
	data := c.read()
	if data[0] != '[' {
		data = append(append([]byte("["), data...), ']')
	}
	var all []object
	if err := json.Unmarshal(data, &all); err != nil {
		c.t.Fatalf("frame %q: %v", data, err)
	}
	return all
}

// wants reads frames, or arrays of them: a number is an event at that position, a text the type of what is no event, or
// the whole of it.
func (c *client) wants(frames ...any) {
	c.t.Helper()
	var got []object
	for i, want := range frames {
		if len(got) == 0 {
			got = c.batch()
		}
		f := got[0]
		got = got[1:]
		if n, ok := want.(int); ok && f.position() == int64(n) || f["type"] == want || f.String() == fmt.Sprint(want)+"<nil>" {
			continue
		}
		c.t.Fatalf("frame %d is %v, want %v", i, f, want)
	}
	if len(got) > 0 {
		c.t.Fatalf("beyond what was wanted: %v", got)
	}
}

// positions reads events until the last of these.
func (c *client) positions(first, last, step int64) {
	c.t.Helper()
	for want := first; want <= last; {
		for _, f := range c.batch() {
			if f.position() != want {
				c.t.Fatalf("position %d, want %d", f.position(), want)
			}
			want += step
		}
	}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.ws.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// closed reads to the end and gives the close status.
func (c *client) closed() websocket.StatusCode {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := c.ws.Read(ctx); err != nil {
			if ctx.Err() != nil {
				c.t.Fatal("the connection stays open")
			}
			return websocket.CloseStatus(err)
		}
	}
}

func (o object) String() string {
	b, err := json.Marshal(map[string]any(o))
	return fmt.Sprint(string(b), err)
}

func (o object) position() int64 {
	n, _ := o["position"].(float64)
	return int64(n)
}
