package launch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/mcptest"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	gateway()
	dockerGateway()
	goleak.VerifyTestMain(m)
}

// envGateway makes the test binary a run of Hangar that will be killed: see TestSweepAfterKill.
const envGateway = "HANGAR_LAUNCH_TEST_GATEWAY"

func gateway() {
	dir, ok := os.LookupEnv(envGateway)
	if !ok {
		return
	}
	l := New(Options{Instance: "killed", DataDir: dir})
	if os.Getenv(envGateway+"_BARE") != "" {
		l.cgroups = ""
	}
	self, _ := os.Executable()
	providers := [][]string{{"ignore-term"}, {"fork-daemon"}}
	if l.cgroups != "" {
		providers = append(providers, []string{"fork-daemon", "bare"})
	}
	for _, mode := range providers {
		ring := NewRing(100, 0)
		p, err := l.Start(context.Background(), Spec{
			Provider: mode[0], Command: append([]string{self}, mode[1:]...), Env: map[string]string{mcptest.EnvMode: mode[0]},
		}, ring)
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(p.PID())
		for mode[0] == "fork-daemon" {
			if lines, _ := ring.Tail(0, 0); len(lines) > 0 {
				fmt.Println(strings.TrimPrefix(lines[0].Text, "daemon "))
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// holders are the two ways in which process trees are held; both must pass the same tests where the kernel has both.
func holders(t *testing.T, run func(t *testing.T, l *Launcher)) {
	t.Helper()
	for _, kind := range []string{"cgroup", "marker"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := testLauncher(t)
			switch {
			case kind == "marker":
				l.cgroups = ""
			case l.cgroups == "":
				t.Log("no cgroup v2 here: both runs use the marker")
			}
			run(t, l)
		})
	}
}

func testLauncher(t *testing.T) *Launcher {
	t.Helper()
	l := New(Options{
		Instance: "test-" + t.Name(), DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		StdinGrace: 2 * time.Second, TermGrace: 2 * time.Second,
	})
	t.Cleanup(func() {
		if left := alive(func(e environ) bool { return e.get(markData) == l.data }); len(left) > 0 {
			t.Errorf("processes left behind: %v", left)
		}
	})
	return l
}

// alive lists the living processes whose environment matches.
func alive(match func(environ) bool) (pids []int) {
	eachMarked(match, func(pid, _ int) { pids = append(pids, pid) })
	return pids
}

// running reports whether a process lives; a zombie does not.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 0 && fields[0][0] != 'Z' && fields[0][0] != 'X'
}

// mustBeDead allows for the last steps of an exit, in which a process holds nothing any more but is not yet a zombie.
func mustBeDead(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(100 * time.Millisecond); running(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("process %d lives", pid)
			return
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// double is a running mcptest server and the means to talk to it.
type double struct {
	*Process
	t    *testing.T
	ring *Ring
	in   *bufio.Reader
	id   int
}

func start(t *testing.T, l *Launcher, mode string, args ...string) *double {
	t.Helper()
	command, env := mcptest.Command(t, mode, args...)
	return startSpec(t, l, Spec{Provider: mode, Command: command, Env: env})
}

func startSpec(t *testing.T, l *Launcher, spec Spec) *double {
	t.Helper()
	ring := NewRing(1000, 0)
	p, err := l.Start(t.Context(), spec, ring)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the check for leftovers, and soon even if the test failed
		ctx, cancel := context.WithTimeout(context.Background(), 0)
		defer cancel()
		p.Stop(ctx)
	})
	return &double{Process: p, t: t, ring: ring, in: bufio.NewReaderSize(p.Stdout(), 64<<10)}
}

func (d *double) send(method string, params any) {
	d.t.Helper()
	d.id++
	b, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": d.id, "method": method, "params": params})
	if _, err := d.Stdin().Write(append(b, '\n')); err != nil {
		d.t.Fatalf("send %s: %v", method, err)
	}
}

func (d *double) call(tool string, args any) {
	d.send("tools/call", map[string]any{"name": tool, "arguments": args})
}

// text reads one answer to a tool call and gives its text.
func (d *double) text() string {
	d.t.Helper()
	line, err := d.in.ReadBytes('\n')
	if err != nil {
		d.t.Fatalf("read: %v; stderr: %v", err, d.lines())
	}
	var m struct {
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.Unmarshal(line, &m); err != nil || len(m.Result.Content) == 0 {
		d.t.Fatalf("no tool result: %s", line)
	}
	return m.Result.Content[0].Text
}

func (d *double) lines() (texts []string) {
	lines, _ := d.ring.Tail(0, 0)
	for _, l := range lines {
		texts = append(texts, l.Text)
	}
	return texts
}

// announced waits for a line "<what> <pid>" on stderr.
func (d *double) announced(what string) (pid int) {
	d.t.Helper()
	eventually(d.t, what+" on stderr", func() bool {
		for _, line := range d.lines() {
			if n, _ := fmt.Sscanf(line, what+" %d", &pid); n == 1 {
				return true
			}
		}
		return false
	})
	return pid
}

func (d *double) wait() Exit {
	d.t.Helper()
	select {
	case <-d.Done():
		return d.Exit()
	case <-time.After(10 * time.Second):
		d.t.Fatal("the process is not done")
		return Exit{}
	}
}
