package faults

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	workers   = 6
	followers = 3
	steady    = "steady" // the provider whose tools are called, and which no reload may touch
)

// rig is a binary with its data, its workers and its judge.
type rig struct {
	t       *testing.T
	program string
	args    []string // more flags
	listen  string
	data    string
	config  string
	mark    string
	life    int
	run     *child
	h       *history
	c       *client
	crew    *crew
	judge   *judge
	ears    []*follower
	slowest time.Duration // from the fork to the listener
}

func newRig(t *testing.T, program string, args ...string) *rig {
	t.Helper()
	t.Logf("-faults.seed %d", *seed)
	r := &rig{t: t, program: program, args: args, listen: freePort(t), data: filepath.Join(t.TempDir(), "data"), config: filepath.Join(t.TempDir(), "hangar.yaml")}
	r.mark = r.config // as unique as a mark must be
	r.h = newHistory()
	r.c = newClient("http://" + r.listen)
	r.crew = newCrew(workers, *seed, r.h, r.c, []string{program, "demo"}, r.mark, steady)
	r.judge = newJudge(r.h, r.c, r.data, r.mark)
	r.write("generation 0")
	t.Cleanup(r.end)
	return r
}

// hear starts the followers, which live as long as the rig.
func (r *rig) hear() {
	ctx, stop := context.WithCancel(context.Background())
	var wait func()
	r.ears, wait = follow(ctx, followers, r.c.url, r.h)
	r.t.Cleanup(func() { stop(); wait() })
}

func (r *rig) end() {
	if r.run != nil {
		r.run.kill()
	}
	r.c.close()
	for i, v := range r.h.wrong {
		if i == 20 {
			r.t.Logf("... and %d more", len(r.h.wrong)-i)
			break
		}
		r.t.Log(v)
	}
	if r.run != nil && r.t.Failed() {
		r.t.Logf("the binary said:\n%s", r.run.output())
	}
}

// write puts another configuration in the place of the one before.
func (r *rig) write(generation string) {
	demo := fmt.Sprintf("mode: subprocess, command: [%q, demo]", r.program)
	text := fmt.Sprintf("providers:\n  cfg-a: {%s, description: %q}\n  cfg-b: {%s, description: %q}\n  %s: {%s, env: {MARK: %q, STEADY: %q}}\n",
		demo, generation, demo, generation, steady, demo, r.mark, r.mark)
	if err := os.WriteFile(r.config+".next", []byte(text), 0o600); err != nil {
		r.t.Error(err)
	}
	if err := os.Rename(r.config+".next", r.config); err != nil {
		r.t.Error(err)
	}
}

// command is the binary on this rig's data.
func (r *rig) command() *exec.Cmd {
	cmd := exec.Command(r.program, append([]string{"serve", "--listen", r.listen, "--data", r.data, "--config", r.config, "--websocket-enabled=false", "--watch-config=false"}, r.args...)...)
	cmd.Dir = filepath.Dir(r.config)
	return cmd
}

// start begins another life.
func (r *rig) start(cmd *exec.Cmd) {
	r.t.Helper()
	r.life++
	run, err := spawn(cmd)
	if err != nil {
		r.t.Fatal(err)
	}
	r.run = run
	r.h.mu.Lock()
	r.h.calls, r.h.tried = 0, 0
	r.h.mu.Unlock()
}

// up waits until it serves.
func (r *rig) up() {
	r.t.Helper()
	if err := r.run.await(); err != nil {
		r.t.Fatal(err)
	}
	r.slowest = max(r.slowest, time.Since(r.run.begun))
}

// work sets the crew and the reloads to work.
func (r *rig) work(pace time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	for _, w := range r.crew.workers {
		w.pace = pace
	}
	wait := r.crew.run(ctx, r.life)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.reloads(ctx)
	}()
	return func() { cancel(); wait(); <-done }
}

// reloads changes two providers of the file at once, again and again; the third must not notice.
func (r *rig) reloads(ctx context.Context) {
	for n := 1; ctx.Err() == nil; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(30 * time.Millisecond):
		}
		before, err := marked("STEADY=" + r.mark)
		if err != nil {
			r.t.Error(err)
		}
		r.write(fmt.Sprintf("generation %d.%d", r.life, n))
		if a := r.c.send(context.WithoutCancel(ctx), "POST", "/api/config/reload", object{}, nil); a.status == 0 {
			return
		} else if a.status != 200 {
			continue
		}
		if len(before) > 0 {
			r.stays(before[0])
		}
	}
}

// stays blames the reload before it when the steady provider's process is gone, unless the binary is gone too.
func (r *rig) stays(pid string) {
	if _, err := os.Stat("/proc/" + pid); err == nil {
		return
	}
	var now object
	if err := r.c.read("/api/providers/"+steady, &now); err == nil {
		r.h.blame("I15", "a reload that does not concern %s ended its process %s; now it is %v", steady, pid, now["state"])
	}
}

// second tries to start another one on the same data, which must be refused.
func (r *rig) second() {
	cmd := exec.Command(r.program, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", r.data, "--config", r.config}, r.args...)...)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "in use by") && !strings.Contains(string(out), "another Hangar uses the database") {
		r.h.blame("I14", "a second binary on the same data was not refused: %v %s", err, out)
	}
}

// whole fails the test when an invariant was violated, naming the first of each.
func (r *rig) whole() {
	r.t.Helper()
	for _, name := range r.h.names() {
		for _, v := range r.h.wrong {
			if v.invariant == name {
				r.t.Errorf("%s", v)
				break
			}
		}
	}
}
