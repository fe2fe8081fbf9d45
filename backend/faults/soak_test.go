//go:build faults

package faults

import (
	"context"
	crand "crypto/rand"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var (
	soak = flag.Duration("faults.for", 20*time.Second, "how long TestSoak lasts")
	keep = flag.String("faults.heaps", "", "a directory for the heap profiles of TestSoak: after the warm-up and at the end")
)

// sample is what a binary holds at a moment of a soak.
type sample struct {
	at                    time.Duration
	rss, heap             float64 // MB; of the heap what is alive, after a collection
	goroutines, files     float64
	events, wal, children int64
}

// TestSoak works for as long as it is told, and looks whether what the binary holds grows after the first third, which is for
// warming up. Two loads go side by side: the crew makes, changes and deletes things under names that never come again, and a
// fleet that stays is called by clients of both eras, whose sessions and sockets come and break off.
func TestSoak(t *testing.T) {
	r := newRig(t, binary)
	r.hear()
	r.start(r.command())
	r.up()
	stop := r.work(5 * time.Millisecond)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); r.visitors(ctx) }()
	var samples []sample
	for begun, every := time.Now(), *soak/30; time.Since(begun) < *soak; {
		time.Sleep(every)
		s, err := r.sample(time.Since(begun))
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, s)
		fmt.Printf("%5.0f s  %6.1f MB resident  %6.1f MB alive  %4.0f goroutines  %4.0f descriptors  %3d children  %4d MB WAL  %8d events\n",
			s.at.Seconds(), s.rss, s.heap, s.goroutines, s.files, s.children, s.wal>>20, s.events)
		if *keep != "" && len(samples) == 10 {
			r.profile("heap-warm.pb.gz")
		}
	}
	if *keep != "" {
		r.profile("heap-end.pb.gz")
	}
	leave()
	<-gone
	stop()
	if err := r.judge.look(true, r.ears); err != nil {
		t.Fatal(err)
	}
	if err := r.run.terminate(); err != nil {
		t.Error(err)
	}
	r.files(0)
	if left, err := marked("MARK=" + r.mark); err != nil || len(left) > 0 {
		r.h.blame("I9", "after an orderly end: %v, %v", left, err)
	}
	r.flat(samples[len(samples)/3:])
	r.whole()
	t.Logf("%d events, %d acknowledged changes, %d calls", r.judge.position, r.h.acknowledged(), r.h.calls)
}

// profile keeps what the heap holds: `go tool pprof -diff_base heap-warm.pb.gz heap-end.pb.gz` says what grew.
func (r *rig) profile(name string) {
	body := r.c.send(context.Background(), "GET", "/debug/pprof/heap?gc=1", nil, nil).raw
	if err := os.WriteFile(filepath.Join(*keep, name), body, 0o600); err != nil || len(body) == 0 {
		r.t.Errorf("%s: %d bytes, %v", name, len(body), err)
	}
}

// visitors are those who come and go until the context ends.
func (r *rig) visitors(ctx context.Context) {
	var all sync.WaitGroup
	for _, visit := range []func(context.Context){r.sockets, r.session, r.strangers} {
		all.Go(func() {
			for ctx.Err() == nil {
				visit(ctx)
			}
		})
	}
	all.Wait()
}

// sockets open, listen for a moment and break off.
func (r *rig) sockets(ctx context.Context) {
	for _, path := range []string{"/api/ws/events", "/api/ws/state", "/api/ws/operations", "/ws/mcp-status"} {
		c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.c.url, "http")+path, nil)
		if err != nil {
			continue // it says so in the judgement of those who stay
		}
		until, done := context.WithTimeout(ctx, 50*time.Millisecond)
		for err == nil {
			_, _, err = c.Read(until)
		}
		done()
		_ = c.CloseNow() // that is what it came for
	}
}

// session is a client of the session era with some calls to the provider that stays.
func (r *rig) session(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	header := map[string]string{"Accept": "application/json, text/event-stream"}
	ask := func(method, verb string, params object) reply {
		return r.c.send(ctx, verb, "/mcp/providers/"+steady, object{"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, header)
	}
	hello := ask("initialize", "POST", object{"protocolVersion": "2025-11-25", "capabilities": object{}, "clientInfo": object{"name": "soak", "version": "1"}})
	if header["Mcp-Session-Id"] = hello.header.Get("Mcp-Session-Id"); header["Mcp-Session-Id"] == "" {
		r.h.blame("I10", "a session was not opened: %d %s", hello.status, hello.raw)
		return
	}
	header["MCP-Protocol-Version"] = "2025-11-25"
	for range 5 {
		a := ask("tools/call", "POST", object{"name": "echo", "arguments": object{"message": "hello"}})
		good := a.status == http.StatusOK && strings.Contains(string(a.raw), `"hello"`)
		if r.h.called(good); !good {
			r.h.blame("I10", "a call in a session: %d %s", a.status, a.raw)
		}
		time.Sleep(50 * time.Millisecond)
	}
	ask("tools/list", "POST", object{})
	if rand.IntN(2) == 0 { // the others leave without a word
		ask("", "DELETE", nil)
	}
}

// strangers ask for what there is not, each time under another name.
func (r *rig) strangers(ctx context.Context) {
	name := "no-" + strings.ToLower(crand.Text())
	for _, call := range []func() reply{
		func() reply { return r.c.tool(ctx, steady+"__"+name, "x") },
		func() reply { return r.c.tool(ctx, name+"__echo", "x") },
		func() reply {
			return r.c.send(ctx, "POST", "/api/providers/"+steady+"/tools/"+name+"/call", object{"arguments": object{}}, nil)
		},
		func() reply {
			return r.c.send(ctx, "POST", "/api/providers/"+name+"/tools/echo/call", object{"arguments": object{}}, nil)
		},
	} {
		r.h.called(false) // whether it is on record is all the same
		call()
	}
	r.c.send(ctx, "GET", "/api/providers/"+name, nil, map[string]string{"X-Request-Id": name})
	r.c.send(ctx, "GET", "/"+name, nil, map[string]string{"User-Agent": name})
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

func (r *rig) sample(at time.Duration) (s sample, err error) {
	m, err := r.c.metrics("go_goroutines", "process_resident_memory_bytes")
	if err != nil {
		return s, err
	}
	heap, err := r.alive()
	if err != nil {
		return s, err
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.run.cmd.Process.Pid))
	if err != nil {
		return s, err
	}
	children, err := marked("MARK=" + r.mark)
	if err != nil {
		return s, err
	}
	s = sample{
		at: at, rss: m["process_resident_memory_bytes"] / 1e6, heap: heap / 1e6,
		goroutines: m["go_goroutines"], files: float64(len(files)), children: int64(len(children)), events: r.ears[0].position(),
	}
	if wal, err := os.Stat(filepath.Join(r.data, "hangar.db-wal")); err == nil {
		s.wal = wal.Size()
	}
	return s, nil
}

// alive is what the heap holds right after a collection.
func (r *rig) alive() (bytes float64, err error) {
	raw := string(r.c.send(context.Background(), "GET", "/debug/pprof/heap?gc=1&debug=1", nil, nil).raw)
	_, after, found := strings.Cut(raw, "\n# HeapAlloc = ")
	if _, err := fmt.Sscan(after, &bytes); !found || err != nil {
		return 0, fmt.Errorf("the heap profile does not say what is alive: %v, %.200s", err, raw)
	}
	return bytes, nil
}

// flat compares the two halves of what came after the warm-up, and says how much each figure grows in a minute. Running providers have
// goroutines, descriptors and logs, and their number goes up and down with the load: they are taken out of account by the child.
func (r *rig) flat(samples []sample) {
	half := len(samples) / 2
	for _, c := range []struct {
		name  string
		value func(sample) float64
		room  float64 // what the second half may have more, on average
	}{
		{"MB of resident memory", func(s sample) float64 { return s.rss }, 16},
		{"MB alive on the heap", func(s sample) float64 { return s.heap }, 4},
		{"goroutines", func(s sample) float64 { return s.goroutines - perChild*float64(s.children) }, 20},
		{"descriptors", func(s sample) float64 { return s.files - filesPerChild*float64(s.children) }, 10},
		{"MB of write-ahead log", func(s sample) float64 { return float64(s.wal) / 1e6 }, 16},
	} {
		first, second := mean(samples[:half], c.value), mean(samples[half:], c.value)
		r.t.Logf("%-22s %8.1f, then %8.1f; slope %+.2f a minute", c.name, first, second, slope(samples, c.value))
		if second-first > c.room {
			r.h.blame("I12", "%s: %.1f in the first half after the warm-up, %.1f in the second", c.name, first, second)
		}
	}
}

// What the binary holds for each running provider: readers and writers of its pipes, and the pipes.
const (
	perChild      = 8
	filesPerChild = 5
)

func mean(samples []sample, value func(sample) float64) (sum float64) {
	for _, s := range samples {
		sum += value(s)
	}
	return sum / float64(len(samples))
}

// slope is the least-squares line through the samples, per minute.
func slope(samples []sample, value func(sample) float64) float64 {
	x := mean(samples, func(s sample) float64 { return s.at.Minutes() })
	y := mean(samples, value)
	var up, down float64
	for _, s := range samples {
		up += (s.at.Minutes() - x) * (value(s) - y)
		down += (s.at.Minutes() - x) * (s.at.Minutes() - x)
	}
	return up / down
}
