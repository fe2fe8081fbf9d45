//go:build faults

package faults

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var soak = flag.Duration("faults.for", 20*time.Second, "how long TestSoak lasts")

// sample is what a binary holds at a moment of a soak.
type sample struct {
	at                    time.Duration
	rss, heap             float64 // MB
	goroutines, files     float64
	events, wal, children int64
}

// TestSoak works for as long as it is told, with sockets that come and go, and looks whether what the binary holds grows after
// the first third, which is for warming up.
func TestSoak(t *testing.T) {
	r := newRig(t, binary)
	r.hear()
	r.start(r.command())
	r.up()
	stop := r.work(5 * time.Millisecond)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); r.comers(ctx) }()
	var samples []sample
	for begun, every := time.Now(), *soak/30; time.Since(begun) < *soak; {
		time.Sleep(every)
		s, err := r.sample(time.Since(begun))
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, s)
		fmt.Printf("%5.0f s  %6.1f MB resident  %6.1f MB heap  %4.0f goroutines  %4.0f descriptors  %3d children  %4d MB WAL  %8d events\n",
			s.at.Seconds(), s.rss, s.heap, s.goroutines, s.files, s.children, s.wal>>20, s.events)
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

// comers are sockets that open, listen for a moment and break off.
func (r *rig) comers(ctx context.Context) {
	for ctx.Err() == nil {
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
}

func (r *rig) sample(at time.Duration) (s sample, err error) {
	m, err := r.c.metrics("go_goroutines", "process_resident_memory_bytes", "go_memstats_heap_inuse_bytes")
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
		at: at, rss: m["process_resident_memory_bytes"] / 1e6, heap: m["go_memstats_heap_inuse_bytes"] / 1e6,
		goroutines: m["go_goroutines"], files: float64(len(files)), children: int64(len(children)), events: r.ears[0].position(),
	}
	if wal, err := os.Stat(filepath.Join(r.data, "hangar.db-wal")); err == nil {
		s.wal = wal.Size()
	}
	return s, nil
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
		{"MB of heap", func(s sample) float64 { return s.heap }, 10},
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
