package stream

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hangar/backend/event"
	"hangar/backend/store"
)

func TestAnEventFrame(t *testing.T) {
	s := newSite(t)
	c := s.dial("/events")
	s.append(
		happened{"provider:math", "ProviderStarted", map[string]any{"provider_id": "math", "tools_count": 5}},
		happened{"system", "SystemStarted", map[string]any{}},
	)
	f := c.next()
	if f["event_type"] != "ProviderStarted" || f["provider_id"] != "math" || f["tools_count"] != 5.0 || f.position() != 1 ||
		len(f["event_id"].(string)) != 36 || len(f) != 6 || f["mcp_server_id"] != nil {
		t.Errorf("frame: %v", f)
	}
	if _, err := time.Parse(timestamp, f["timestamp"].(string)); err != nil || len(f["timestamp"].(string)) != 27 {
		t.Errorf("timestamp: %v %v", f["timestamp"], err)
	}
	if f := c.next(); f["event_type"] != "SystemStarted" || len(f) != 4 {
		t.Errorf("an event without fields: %v", f)
	}
}

func TestStateFramesAreUpperCaseAndAlone(t *testing.T) {
	s := newSite(t)
	c := s.dial("/state")
	change := happened{"provider:math", "ProviderStateChanged", map[string]any{
		"provider_id": "math", "old_state": "cold", "new_state": "initializing", "reason": "user_request"}}
	s.append(started("math"), change)
	f := c.next()
	if f["old_state"] != "COLD" || f["new_state"] != "INITIALIZING" || f["reason"] != "user_request" || f["provider_id"] != "math" || f.position() != 2 {
		t.Errorf("frame: %v", f)
	}
}

func TestFilters(t *testing.T) {
	all := []event.Payload{
		started("math"), started("a&b"), happened{"system", "SystemStarted", map[string]any{}},
		happened{"provider:math", "HealthCheckFailed", map[string]any{"provider_id": "math"}},
		happened{"provider:a&b", "HealthCheckPassed", map[string]any{"provider_id": "a&b"}},
	}
	for query, want := range map[string]string{
		"":                                "[1 2 3 4 5]",
		"provider_id=math":                "[1 4]",
		"provider_id=a%26b&provider_id=x": "[2 5]",
		"event_type=ProviderStarted":      "[1 2]",
		"event_type=HealthCheck*":         "[4 5]",
		"event_type=HealthCheck*&event_type=SystemStarted&provider_id=math": "[4]",
		"event_type=*": "[1 2 3 4 5]",
	} {
		for _, resume := range []bool{false, true} { // the log's filter and the live one must agree
			t.Run(fmt.Sprint(query, resume), func(t *testing.T) {
				s := newSite(t)
				path := "/events?" + query
				if resume {
					s.append(all...)
					path += "&since=0"
				}
				c := s.dial(path)
				if !resume {
					s.append(all...)
				}
				got := []int64{}
				for range strings.Fields(want) {
					got = append(got, c.next().position())
				}
				if fmt.Sprint(got) != want {
					t.Errorf("positions %v, want %v", got, want)
				}
			})
		}
	}
}

func TestWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"Provider*", "ProviderStarted", true},
		{"*Started", "ProviderStarted", true},
		{"P*S*d", "ProviderStarted", true},
		{"P**d", "ProviderStarted", true},
		{"*", "", true},
		{"a*a", "a", false},
		{"a*b*b", "ab", false},
		{"Provider", "ProviderStarted", false},
		{"provider*", "ProviderStarted", false},
		{"[P]*", "ProviderStarted", false},
	} {
		if got := wildcard(c.pattern, c.name); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.name, got)
		}
	}
}

// Clients that come with any `since` while writers write get each later position once, in order.
func TestResumeHasNoSeam(t *testing.T) {
	const before, writers, each = 700, 8, 60
	const total = before + writers*each
	s := newSite(t)
	for i := 0; i < before; i += 100 {
		var ps []event.Payload
		for range 100 {
			ps = append(ps, started("math"))
		}
		s.append(ps...)
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				s.append(started("math"))
			}
		})
	}
	for _, since := range []int64{0, 1, 255, 256, 257, 699, 700} {
		for _, query := range []string{"", "&provider_id=math", "&event_type=Provider*"} {
			wg.Go(func() {
				ws, _, err := websocket.Dial(context.Background(), fmt.Sprintf("%s/events?since=%d%s", s.url, since, query), nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer ws.CloseNow()
				c := &client{t, ws}
				for want := since + 1; want <= total; want++ {
					if got := c.next().position(); got != want {
						t.Errorf("since %d%s: position %d, want %d", since, query, got, want)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestAClientThatCannotBeResumedIsTold(t *testing.T) {
	s := newSite(t)
	for range 10 {
		s.append(started("math"))
	}
	err := s.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM events WHERE position <= 5")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for since, reason := range map[int]string{3: "does not reach back", 1000: "was replaced"} {
		c := s.dial(fmt.Sprintf("/events?since=%d", since))
		f := c.next()
		if f["type"] != "reset" || !strings.Contains(f["reason"].(string), reason) || f["head"] != float64(s.log.Head()) || f["store_id"] != s.db.StoreID() {
			t.Errorf("since %d: %v", since, f)
		}
		head := s.log.Head()
		s.append(started("math"))
		if f := c.next(); f.position() != head+1 {
			t.Errorf("after the reset: %v", f)
		}
	}
	if f := s.dial("/events?since=5").next(); f.position() != 6 {
		t.Errorf("the oldest that can be resumed: %v", f)
	}
}

func TestRefusedBeforeTheUpgrade(t *testing.T) {
	s := newSite(t)
	upgrade := map[string]string{"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
	many := strings.Repeat("&event_type=a", maxEntries+1)
	for name, c := range map[string]struct {
		path, origin string
		plain        bool
		status       int
		says         string
	}{
		"a since that is no number":  {path: "/events?since=abc", status: 422, says: "query.since"},
		"a negative since":           {path: "/state?since=-1", status: 422, says: "query.since"},
		"an empty since":             {path: "/events?since=", status: 422, says: "query.since"},
		"too many filters":           {path: "/events?" + many, status: 422, says: "query.event_type"},
		"too many lines":             {path: "/providers/math/logs?lines=1001", status: 422, says: "query.lines"},
		"an unknown provider":        {path: "/providers/none/logs", status: 404, says: "ProviderNotFoundError"},
		"no upgrade":                 {path: "/events", plain: true, status: 400, says: "ws://"},
		"who may not come in":        {path: "/events", origin: "https://evil.example.com", status: 403, says: "not from there"},
		"nor to logs, before a look": {path: "/providers/math/logs", origin: "https://evil.example.com", status: 403, says: "not from there"},
		"whom the guard lets in":     {path: "/events", origin: s.url, status: 101},
		"a program":                  {path: "/providers/math/logs", status: 101},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !c.plain {
				for k, v := range upgrade {
					r.Header.Set(k, v)
				}
			}
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			if c.status == 101 {
				return
			}
			body := make([]byte, 500)
			n, _ := resp.Body.Read(body)
			if !strings.Contains(string(body[:n]), c.says) {
				t.Errorf("body %q does not say %q", body[:n], c.says)
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestSubscribeReplacesTheFilterInsideOfTheQuery(t *testing.T) {
	s := newSite(t)
	c := s.dial("/events?provider_id=math&provider_id=web")
	c.send(`{"type":"subscribe","event_types":["ProviderSt*"],"mcp_server_ids":["math","other"]}`)
	want := `{"event_types":["ProviderSt*"],"mcp_server_ids":["math","other"],"provider_ids":[],"type":"subscribed"}<nil>`
	if ack := c.next().String(); ack != want {
		t.Errorf("ack %s, want %s", ack, want)
	}
	failed := happened{"provider:math", "HealthCheckFailed", map[string]any{"provider_id": "math"}}
	s.append(started("web"), failed, started("other"), started("math"))
	if f := c.next(); f.position() != 4 {
		t.Errorf("position %d, want 4", f.position())
	}
	c.send(`{"type":"subscribe"}`)
	if f := c.next(); f["type"] != "subscribed" {
		t.Errorf("ack: %v", f)
	}
	s.append(started("other"), failed)
	if f := c.next(); f.position() != 6 {
		t.Errorf("an empty filter is no filter, but the query stays: %v", f)
	}
	for _, text := range []string{"hello", "[]", "{}", `{"type":"sing"}`, `{"type":"subscribe","event_types":[` + strings.Repeat(`"a",`, 40) + `"a"]}`} {
		c.send(text)
		if f := c.next(); f["type"] != "error" || f["code"] != "invalid_message" || f["message"] == "" {
			t.Errorf("%s: %v", text, f)
		}
	}
	s.append(started("math"))
	if f := c.next(); f.position() != 7 {
		t.Errorf("after bad messages: %v", f)
	}
}

func TestClientsThatBreakTheRulesAreClosed(t *testing.T) {
	s := newSite(t)
	flood := s.dial("/events")
	for range s.hub.limits.messages + 1 {
		flood.send(`{"type":"subscribe"}`)
	}
	if code := flood.closed(); code != 1008 {
		t.Errorf("flood: %d", code)
	}
	s.until("it is gone", func() bool { return s.hub.Stats().Connections == 0 })
	large := s.dial("/events")
	large.send(`{"type":"subscribe","event_types":["` + strings.Repeat("x", maxMessage) + `"]}`)
	if code := large.closed(); code != 1009 {
		t.Errorf("large: %d", code)
	}
}

func TestARestartTellsEverybodyToComeBack(t *testing.T) {
	s := newSite(t)
	clients := []*client{s.dial("/events"), s.dial("/state?since=0"), s.dial("/state?mode=delta"), s.dial("/providers/math/logs"), s.dial("/operations"), s.dial("/board")}
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			if code := c.closed(); code != 1012 {
				t.Errorf("code %d", code)
			}
		})
	}
	s.stop()
	wg.Wait()
	_, resp, err := websocket.Dial(t.Context(), s.url+"/events", nil)
	if err == nil || resp == nil || resp.StatusCode != 503 {
		t.Errorf("a late client: %v %v", resp, err)
	}
	if st := s.hub.Stats(); st.Connections != 0 || st.Accepted != 6 {
		t.Errorf("stats: %+v", st)
	}
}

// A client that has vanished without a word, and one that never reads, must not stay, nor hold up the end.
func TestDeadClientsAreNoticed(t *testing.T) {
	silent := func(s *site, path string) {
		s.mute(path)
		s.until("it is connected", func() bool { return s.hub.Stats().Connections == 1 })
	}
	t.Run("by ping", func(t *testing.T) {
		s := newSite(t, func(l *limits) { l.ping, l.pong = 20*time.Millisecond, 50*time.Millisecond })
		silent(s, "/state")
		s.until("it is gone", func() bool { return s.hub.Stats().Connections == 0 })
	})
	t.Run("by write", func(t *testing.T) {
		s := newSite(t, func(l *limits) { l.write = 200 * time.Millisecond })
		silent(s, "/events")
		healthy := s.dial("/events")
		var last int64
		s.until("it is gone", func() bool {
			s.flood(50)
			for range 50 { // the healthy one gets everything meanwhile
				last++
				if f := healthy.next(); f.position() != last {
					t.Fatalf("position %d, want %d", f.position(), last)
				}
			}
			return s.hub.Stats().Connections == 1
		})
		if st := s.hub.Stats(); st.TooSlow != 1 {
			t.Errorf("stats: %+v", st)
		}
	})
	t.Run("at the end", func(t *testing.T) {
		s := newSite(t, func(l *limits) { l.goodbye = 50 * time.Millisecond })
		silent(s, "/events")
		begun := time.Now()
		s.stop()
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("the end took %v", took)
		}
	})
	t.Run("a client that answers pings stays", func(t *testing.T) {
		s := newSite(t, func(l *limits) { l.ping = 10 * time.Millisecond })
		c := s.dial("/events")
		go func() { time.Sleep(200 * time.Millisecond); s.append(started("math")) }()
		if f := c.next(); f.position() != 1 { // pongs are sent while reading
			t.Errorf("frame: %v", f)
		}
	})
}

// flood offers events that are not in the log: large ones, to fill the socket's buffers soon.
func (s *site) flood(n int) {
	s.hub.mu.Lock()
	position := s.hub.position
	s.hub.mu.Unlock()
	batch := make([]event.Envelope, n)
	data := []byte(`{"text":"` + strings.Repeat("x", 20_000) + `"}`)
	for i := range batch {
		batch[i] = event.Envelope{Position: position + int64(i) + 1, Kind: "Flood", Stream: "system", Data: data}
	}
	s.hub.offer(batch)
}

func TestASlowReaderLosesTheOldestAndIsTold(t *testing.T) {
	s := newSite(t)
	c := s.dial("/events")
	const n = 1000 // 20 MB: more than the sockets and the queue hold
	for range n / 50 {
		s.flood(50)
	}
	var last, seen, got, lost int64 // seen: the last event that came; a second warning in a row still names that
	for last < n {
		f := c.next()
		if f["type"] == "warning" {
			if f["code"] != "messages_dropped" || f.position() != seen || f["since"] == "" {
				t.Errorf("warning after %d: %v", seen, f)
			}
			gap := int64(f["dropped"].(float64))
			last += gap
			lost += gap
			continue
		}
		if last++; f.position() != last {
			t.Fatalf("position %d, want %d: a gap without a warning", f.position(), last)
		}
		seen = last
		got++
	}
	if lost == 0 || got+lost != n || s.hub.Stats().Dropped != lost {
		t.Errorf("%d came, %d were reported lost, %d were counted", got, lost, s.hub.Stats().Dropped)
	}
}

func TestAReaderThatStaysBehindIsClosed(t *testing.T) {
	s := newSite(t, func(l *limits) { l.behind = 100 * time.Millisecond })
	c := s.dial("/events")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				s.flood(20)
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	for {
		_, _, err := c.ws.Read(t.Context())
		if err == nil {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		if code := websocket.CloseStatus(err); code != 1013 || !strings.Contains(err.Error(), "since=") {
			t.Errorf("closed with %d: %v", code, err)
		}
		return
	}
}

func TestManyClientsComeAndGo(t *testing.T) {
	s := newSite(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for j := range 5 {
				path := []string{"/events", "/events?since=0", "/state", "/providers/math/logs?since=0"}[(i+j)%4]
				ws, _, err := websocket.Dial(context.Background(), s.url+path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				s.append(started("math"))
				if j%2 == 0 {
					_ = ws.Close(websocket.StatusNormalClosure, "")
				} else {
					_ = ws.CloseNow()
				}
			}
		})
	}
	wg.Wait()
	s.until("all are gone", func() bool { return s.hub.Stats().Connections == 0 })
	if st := s.hub.Stats(); st.Accepted != 200 {
		t.Errorf("stats: %+v", st)
	}
}
