package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// follower follows the log over a socket and comes back after each break, with the last position that it saw.
type follower struct {
	url  string
	mu   sync.Mutex
	seen []int64
	bad  []string
}

func (f *follower) last() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) == 0 {
		return 0
	}
	return f.seen[len(f.seen)-1]
}

func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		c, _, err := websocket.Dial(ctx, fmt.Sprintf("%s?since=%d", f.url, f.last()), nil)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
			continue
		}
		for err == nil {
			var frame []byte
			if _, frame, err = c.Read(ctx); err == nil {
				f.take(frame)
			}
		}
		_ = c.CloseNow() // it is broken
	}
}

func (f *follower) take(frame []byte) {
	var event struct {
		Position int64  `json:"position"`
		Type     string `json:"type"`
	}
	last := f.last()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.Unmarshal(frame, &event); err != nil || event.Type != "" || event.Position != last+1 {
		f.bad = append(f.bad, fmt.Sprintf("after %d came %s", last, frame))
	}
	f.seen = append(f.seen, event.Position)
}

// again starts another server where one was, on its data.
func (s *server) again() *server {
	s.t.Helper()
	next := &server{t: s.t, data: s.data, done: make(chan error, 1)}
	next.cmd = exec.Command(binary, "serve", "--listen", strings.TrimPrefix(s.url, "http://"), "--data", s.data, "--websocket-enabled=false")
	next.cmd.Dir = root(s.t)
	next.run()
	return next
}

// begin makes an event.
func begin(url string) error {
	resp, err := http.Post(url+"/api/operations", "application/json", strings.NewReader(`{"operation_type":"flood"}`))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Whoever follows the log misses nothing and sees nothing twice, however often the server is killed.
func TestFollowersSurviveKillNine(t *testing.T) {
	s := serve(t, t.TempDir(), "--websocket-enabled=false")
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	followers := make([]*follower, 20)
	for i := range followers {
		followers[i] = &follower{url: "ws" + strings.TrimPrefix(s.url, "http") + "/api/ws/events"}
		all.Go(func() { followers[i].run(ctx) })
	}
	for range 3 {
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() {
				for range 50 {
					if begin(s.url) != nil {
						return // killed
					}
				}
			})
		}
		eventually(t, 10*time.Second, "the followers are told", func() bool { return followers[0].last() > 0 && followers[19].last() > 0 })
		time.Sleep(50 * time.Millisecond) // anywhere in the flood
		s.kill()
		work.Wait()
		s = s.again()
	}
	head := int64(s.do(200, "GET", "/api/events?limit=1", nil)["head"].(float64))
	for i, f := range followers {
		eventually(t, 15*time.Second, fmt.Sprintf("follower %d has everything up to %d", i, head), func() bool { return f.last() >= head })
		f.mu.Lock()
		if len(f.bad) > 0 {
			t.Errorf("follower %d: %d wrong, first: %s", i, len(f.bad), f.bad[0])
		}
		f.mu.Unlock()
	}
}

// A page of another site opens no socket, at either listener.
func TestForeignPagesReachNoSocket(t *testing.T) {
	k := serveKit(t)
	main := "ws" + strings.TrimPrefix(k.url, "http")
	for _, socket := range []string{
		main + "/api/ws/events", main + "/api/ws/state", main + "/api/ws/providers/demo/logs", main + "/api/ws/operations",
		main + "/ws/mcp-status", k.socket,
	} {
		for origin, want := range map[string]int{"https://evil.example.com": 403, "null": 403, k.url: 101} {
			c, answer, err := websocket.Dial(t.Context(), socket, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
			if answer == nil || answer.StatusCode != want {
				t.Errorf("%s from %s: %v, %v, want %d", socket, origin, answer, err, want)
			}
			if c != nil {
				_ = c.CloseNow() // only the handshake counts
			}
		}
	}
}

// A dashboard reaches the board through a proxy that routes /ws/ to us and nothing else, as in the guide.
func TestTheStatusBoardBehindAPathRoute(t *testing.T) {
	s := serve(t, t.TempDir(), "--websocket-enabled=false")
	board := "ws" + strings.TrimPrefix(nginx(t, "/ws/", s.url), "http") + "/ws/mcp-status"
	c, _, err := websocket.Dial(t.Context(), board, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	next := func(kind string) map[string]any {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		for {
			_, frame, err := c.Read(ctx)
			if err != nil {
				t.Fatalf("no %s: %v", kind, err)
			}
			var m map[string]any
			if json.Unmarshal(frame, &m) == nil && m["type"] == kind {
				return m
			}
			if string(frame) == kind {
				return nil
			}
		}
	}
	if list := next("initial_status")["mcps"].([]any); len(list) != 3 {
		t.Errorf("the sample has three providers, the board %d", len(list))
	}
	s.do(200, "POST", "/api/providers/demo/start", nil)
	for m := next("mcp_status_change"); m["mcp_name"] != "demo" || m["status"] != "healthy"; m = next("mcp_status_change") {
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	next("pong")
}
