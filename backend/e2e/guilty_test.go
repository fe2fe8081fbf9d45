package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const frame = 200 << 20 // bytes

// memoryBound is more than the server needs under this load, and less than that with one such frame in it.
const memoryBound = 300 << 20

// What one call of a provider does to the pipe that it shares fails that call, by a name that one can act on, and no other: not
// on the same provider, not on another one; and no frame is held in memory.
func TestOnlyTheGuiltyCallFails(t *testing.T) {
	s, admin := signedIn(t, "limits: {call_timeout_s: 20}\n", map[string]string{
		"shared": "on-request", "huge": "on-request", "giant": "on-request", "dies": "on-request", "noisy": "garbage-stdout", "cut": "half-frame", "neighbour": "good",
	})
	web := newAgents(t)
	visitor := func(id string, older bool) *agent {
		a := &agent{web: web, url: s.url + "/mcp/providers/" + id, key: admin}
		if older {
			a.greet(t)
		}
		return a
	}
	guilty := []struct {
		name, provider, message string
		typed, text             string // the error, or the answer
	}{
		{"a frame of 200 MiB", "huge", "huge:" + strconv.Itoa(frame), "AnswerTooLargeError", ""},
		{"garbage in the place of an answer", "shared", "garbage:", "ToolTimeoutError", ""},
		{"half of an answer", "shared", "half:", "ToolTimeoutError", ""},
		{"an answer under another id", "shared", "wrong-id:", "ToolTimeoutError", ""},
		{"two answers under one id", "shared", "twice:", "", "twice"},
		{"garbage all the time", "noisy", "hello", "", "hello"},
		{"every message in pieces", "cut", "hello", "", "hello"},
		{"half of an answer and the end", "dies", "die:9", "ProviderUnavailableError", ""},
	}
	var done atomic.Bool
	var asked, judged sync.WaitGroup
	var served atomic.Int64
	for i, id := range []string{"shared", "shared", "noisy", "cut", "neighbour", "neighbour"} {
		a := visitor(id, i%2 == 0)
		judged.Go(func() {
			for n := 0; !done.Load() && !t.Failed(); n++ {
				want := fmt.Sprintf("%s-%d-%d", id, i, n)
				if r, err := a.call(t, "echo", fmt.Sprintf(`{"message":%q}`, want)); err != nil || r.text() != want {
					t.Errorf("a neighbour on %s: %d %s %v", id, r.Status, r.raw, err)
				}
				served.Add(1)
				time.Sleep(2 * time.Millisecond) // they are witnesses, not a load
			}
		})
	}
	for _, g := range guilty {
		for _, older := range []bool{true, false} {
			at := g.provider
			if at == "huge" && older { // one pipe for each, so that neither has to wait for the other's
				at = "giant"
			}
			a := visitor(at, older)
			asked.Go(func() {
				r, err := a.call(t, "echo", fmt.Sprintf(`{"message":%q}`, g.message))
				if err != nil || r.typed() != g.typed || r.text() != g.text {
					t.Errorf("%s, older client %v: %d %.500s %v", g.name, older, r.Status, r.raw, err)
				}
			})
		}
	}
	for _, older := range []bool{true, false} {
		a := visitor("shared", older)
		asked.Go(func() { lateAnswer(t, a) })
	}
	waitFor(t, &asked)
	if r, err := visitor("huge", false).call(t, "add", `{"a":1,"b":2}`); err != nil || r.text() != "3" {
		t.Errorf("after the great frames: %d %s %v", r.Status, r.raw, err)
	}
	if r, err := visitor("dies", true).call(t, "add", `{"a":1,"b":2}`); err != nil || r.text() != "3" {
		t.Errorf("after a death in the middle of an answer: %d %s %v", r.Status, r.raw, err)
	}
	greatRequests(t, s, visitor)
	done.Store(true)
	waitFor(t, &judged)
	peak := peakMemory(t, s.cmd.Process.Pid)
	if peak > memoryBound {
		t.Errorf("the server held %d MiB", peak>>20)
	}
	if t.Failed() {
		return
	}
	keep(t, "frames of 200 MiB both ways, garbage, halves, duplicate and wrong ids, answers after cancellation, at `/mcp/providers/{id}` and `/mcp`",
		fmt.Sprintf("%d guilty calls had the typed error, or the one answer, that is theirs; %d calls of neighbours meanwhile, none failed; %d MiB of memory at most", 2*len(guilty), served.Load(), peak>>20))
}

// lateAnswer gives a call up, which the provider answers all the same; the same client's next call has its own answer.
func lateAnswer(t *testing.T, a *agent) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req := a.calling(t, "echo", `{"message":"late:"}`)
	gone := make(chan error, 1)
	go func() {
		r, err := answer(a.web, req.WithContext(ctx))
		if err == nil && r.text() != "" {
			err = fmt.Errorf("the call that was given up was answered: %s", r.raw)
		} else {
			err = nil
		}
		gone <- err
	}()
	time.Sleep(100 * time.Millisecond) // most likely the provider has it by now; nothing fails if it has not
	if a.session != "" {
		note := a.request(t, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
		resp, err := a.web.Do(note)
		if err != nil || resp.StatusCode != http.StatusAccepted {
			t.Errorf("cancel: %v %v", resp, err)
			return
		}
		_ = resp.Body.Close()
	} else {
		cancel()
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
	if r, err := a.call(t, "echo", `{"message":"next"}`); err != nil || r.text() != "next" {
		t.Errorf("after a late answer: %d %s %v", r.Status, r.raw, err)
	}
}

// greatRequests sends such frames to us.
func greatRequests(t *testing.T, s *server, visitor func(id string, older bool) *agent) {
	t.Helper()
	for _, a := range []*agent{visitor("shared", true), visitor("shared", false)} {
		for _, url := range []string{a.url, s.url + "/mcp"} {
			for name, length := range map[string]int64{"a told length": frame, "no length": -1} {
				req := a.request(t, "")
				body := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"`)
				at, err := req.URL.Parse(url)
				if err != nil {
					t.Fatal(err)
				}
				req.URL, req.ContentLength = at, length
				req.Body = io.NopCloser(io.MultiReader(body, io.LimitReader(xs{}, frame-body.Size())))
				r, err := answer(a.web, req)
				// A server that has answered need not take the rest; then the connection breaks under our writing.
				if err == nil && (r.Status != http.StatusRequestEntityTooLarge || r.Error == nil || r.Error.Code != -32600) {
					t.Errorf("%s of 200 MiB with %s: %d %s", url, name, r.Status, r.raw)
				}
				if err != nil && !strings.Contains(err.Error(), "connection reset") && !strings.Contains(err.Error(), "broken pipe") {
					t.Errorf("%s of 200 MiB with %s: %v", url, name, err)
				}
			}
		}
	}
}

// xs is an endless text.
type xs struct{}

func (xs) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// peakMemory is the most that a process ever held, in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest + " ?")[0], 10, 64)
	if !found || err != nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	return kib << 10
}
