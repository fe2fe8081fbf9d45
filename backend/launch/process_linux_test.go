package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hangar/backend/mcptest"
)

func TestTalkAndStop(t *testing.T) {
	d := start(t, testLauncher(t), "good")
	d.call("add", map[string]any{"a": 2, "b": 3})
	if got := d.text(); got != "5" {
		t.Fatalf("2 + 3 = %s", got)
	}
	if got := d.Exit(); got != (Exit{}) {
		t.Errorf("exit before the end: %v", got)
	}
	if exit := d.Stop(t.Context()); exit.Code != 0 || exit.Signal != "" || exit.Err != nil || exit.At.IsZero() {
		t.Errorf("a server that ends with its input: %+v", exit)
	}
	if again := d.Stop(t.Context()); again != d.Exit() {
		t.Errorf("a second stop: %+v", again)
	}
}

func TestEnvironmentIsAnAllowList(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "for the gateway only")
	t.Setenv("HANGAR_LISTEN", "127.0.0.1:1")
	t.Setenv("SHELL", "/bin/zsh")
	t.Setenv("LC_TIME", "de_DE.UTF-8")
	t.Setenv("LANG", "C.UTF-8")
	l := testLauncher(t)
	command, env := mcptest.Command(t, "dump-env")
	env["DECLARED"] = "yes"
	env["LANG"] = "fr_FR.UTF-8"
	env[markInstance] = "an impostor"
	d := startSpec(t, l, Spec{Provider: "p", Command: command, Env: env})
	d.call("dump", nil)
	var got []string
	if err := json.Unmarshal([]byte(d.text()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"DECLARED": "yes", "LANG": "fr_FR.UTF-8", "LC_TIME": "de_DE.UTF-8", markInstance: l.instance, markData: l.data}
	for _, kv := range got {
		name, value, _ := strings.Cut(kv, "=")
		if expected, ok := want[name]; ok && value != expected {
			t.Errorf("%s = %q, want %q", name, value, expected)
		}
		delete(want, name)
		_, declared := env[name]
		if !declared && !inherited(name) && name != markData && name != markLaunch {
			t.Errorf("leaked: %s", kv)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestChildGetsThreeDescriptors(t *testing.T) {
	// Like one that a careless parent left to us: it does not close on exec.
	inherited, err := syscall.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(inherited) })
	holders(t, func(t *testing.T, l *Launcher) {
		other := start(t, l, "good") // whose pipes are open while the second one is started
		d := start(t, l, "dump-fds")
		d.call("dump", nil)
		var fds map[string]string
		if err := json.Unmarshal([]byte(d.text()), &fds); err != nil {
			t.Fatal(err)
		}
		if len(fds) != 3 || fds["0"] == "" || fds["1"] == "" || fds["2"] == "" {
			t.Errorf("descriptors: %v", fds)
		}
		other.Stop(t.Context())
	})
}

func TestPipesBlockInTheChild(t *testing.T) {
	// Many programs take EAGAIN from stdin for an error, so what we have non-blocking on our side must not be on theirs.
	d := startSpec(t, testLauncher(t), Spec{Command: []string{"/bin/sh", "-c", "cat /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2"}})
	out, err := io.ReadAll(d.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		var flags int
		if n, _ := fmt.Sscanf(line, "flags: %o", &flags); n == 1 {
			found++
			if flags&syscall.O_NONBLOCK != 0 {
				t.Errorf("non-blocking: %s", line)
			}
		}
	}
	if found != 3 {
		t.Fatalf("fdinfo: %s", out)
	}
}

func TestWorkingDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/tool", []byte("#!/bin/sh\npwd\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	d := startSpec(t, testLauncher(t), Spec{Command: []string{"./tool"}, Dir: dir})
	out, _ := io.ReadAll(d.Stdout())
	if got := strings.TrimSpace(string(out)); got != realPath(dir) {
		t.Errorf("pwd = %q, want %q", got, dir)
	}
}

func TestStopLadder(t *testing.T) {
	t.Parallel()
	const trap = `trap 'echo tidying up >&2; exit 7' TERM; echo ready; while :; do sleep 0.02; done`
	for _, tt := range []struct {
		name string
		spec Spec
		want Exit
		last string
	}{
		{"one that ends with its input sees no signal", Spec{Command: []string{"/bin/sh", "-c", "cat >/dev/null; echo end of input >&2; exit 5"}}, Exit{Code: 5}, "end of input"},
		{"one that ignores the end of input gets SIGTERM", Spec{Command: []string{"/bin/sh", "-c", trap}}, Exit{Code: 7}, "tidying up"},
		{"one that has no handler dies of SIGTERM", Spec{Command: []string{"/bin/sleep", "100"}}, Exit{Code: -1, Signal: "SIGTERM"}, ""},
		{"one that ignores SIGTERM too is killed", ignoring(t), Exit{Code: -1, Signal: "SIGKILL"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := testLauncher(t)
			l.stdinGrace, l.termGrace = 300*time.Millisecond, 300*time.Millisecond
			d := startSpec(t, l, tt.spec)
			switch { // until handlers are set
			case tt.spec.Env != nil:
				d.call("count", nil)
				d.text()
			case tt.last == "tidying up":
				_, _ = d.in.ReadBytes('\n')
			}
			got := d.Stop(t.Context())
			got.At = time.Time{}
			if got != tt.want {
				t.Errorf("exit %+v, want %+v", got, tt.want)
			}
			if lines := d.lines(); tt.last != "" && (len(lines) == 0 || lines[len(lines)-1] != tt.last) {
				t.Errorf("stderr %q, want it to end with %q", lines, tt.last)
			}
		})
	}
}

func ignoring(t *testing.T) Spec {
	command, env := mcptest.Command(t, "ignore-term")
	return Spec{Command: command, Env: env}
}

func TestStopIsSharedAndImpatienceHurries(t *testing.T) {
	t.Parallel()
	l := testLauncher(t)
	l.stdinGrace, l.termGrace = time.Hour, time.Hour
	d := startSpec(t, l, ignoring(t))
	d.call("count", nil)
	d.text() // it runs, so it ignores
	var wg sync.WaitGroup
	exits := make([]Exit, 8)
	for i := range exits {
		wg.Go(func() { exits[i] = d.Stop(t.Context()) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := d.Stop(ctx); got.Signal != "SIGKILL" {
		t.Errorf("impatient stop: %+v", got)
	}
	wg.Wait()
	for _, e := range exits {
		if e != d.Exit() {
			t.Errorf("another caller was told %+v", e)
		}
	}
}

func TestCrashKeepsTheLastWords(t *testing.T) {
	t.Parallel()
	holders(t, func(t *testing.T, l *Launcher) {
		d := start(t, l, "exit-mid-call")
		d.call("add", nil)
		if rest, err := io.ReadAll(d.Stdout()); err != nil || len(rest) > 0 {
			t.Errorf("stdout: %q, %v", rest, err)
		}
		if exit := d.wait(); exit.Code != 3 || exit.String() != "exited with code 3" {
			t.Errorf("exit %+v", exit)
		}
		if lines := d.lines(); len(lines) != 3 || lines[2] != "RuntimeError: out of cheese" {
			t.Errorf("stderr %q", lines)
		}
		if _, err := d.Stdin().Write([]byte("x")); err == nil {
			t.Error("writing to a process that is gone")
		}
	})
}

func TestAnswersBeforeTheEndArrive(t *testing.T) {
	t.Parallel()
	// 60,000 bytes fit into the pipe: they are all still there when the process is gone and nobody has read yet.
	d := startSpec(t, testLauncher(t), Spec{Command: []string{"/bin/sh", "-c", "head -c 60000 /dev/zero"}})
	d.wait()
	if rest, err := io.ReadAll(d.Stdout()); err != nil || len(rest) != 60000 {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
}

func TestGrandchildHoldingThePipes(t *testing.T) {
	t.Parallel()
	holders(t, func(t *testing.T, l *Launcher) {
		d := start(t, l, "fork-hold", "call")
		d.call("add", nil)
		if _, err := io.ReadAll(d.Stdout()); err != nil { // would last ten minutes
			t.Error(err)
		}
		if exit := d.wait(); exit.Code != 0 {
			t.Errorf("exit %+v", exit)
		}
		mustBeDead(t, d.announced("grandchild"))
	})
}

func TestDaemonsDieWithTheProvider(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"stop", "crash"} {
		t.Run(end, func(t *testing.T) {
			holders(t, func(t *testing.T, l *Launcher) {
				d := start(t, l, "fork-daemon", "hold")
				daemon := d.announced("daemon")
				if end == "stop" {
					d.Stop(t.Context())
				} else {
					_ = syscall.Kill(d.PID(), syscall.SIGKILL)
					if exit := d.wait(); exit.Signal != "SIGKILL" || exit.String() != "ended by SIGKILL" {
						t.Errorf("exit %+v", exit)
					}
				}
				mustBeDead(t, daemon)
				if left, _ := os.ReadDir(l.cgroups); l.cgroups != "" {
					for _, dir := range left {
						if strings.HasPrefix(dir.Name(), l.cgroupPrefix()) {
							t.Errorf("cgroup %s is left", dir.Name())
						}
					}
				}
			})
		})
	}
}

// A daemon that left the group and threw its environment away: a cgroup holds even that one. Without a cgroup it gets
// away, with our pipes in its hands; then at least nobody waits for it.
func TestDaemonWithEmptyEnvironment(t *testing.T) {
	t.Parallel()
	holders(t, func(t *testing.T, l *Launcher) {
		d := start(t, l, "fork-daemon", "hold", "bare")
		daemon := d.announced("daemon")
		d.Stop(t.Context())
		if _, err := io.ReadAll(d.Stdout()); err != nil {
			t.Error(err)
		}
		if l.cgroups != "" {
			mustBeDead(t, daemon)
		}
		_ = syscall.Kill(daemon, syscall.SIGKILL)
		eventually(t, "the daemon is gone", func() bool { return !running(daemon) })
	})
}

func TestProcessThatDoesNotRead(t *testing.T) {
	t.Parallel()
	l := testLauncher(t)
	l.stdinGrace = 50 * time.Millisecond
	d := start(t, l, "stop-reading")
	d.send("initialize", nil)
	if _, err := d.in.ReadBytes('\n'); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 1<<20)
	_ = d.Stdin().SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := d.Stdin().Write(frame); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("write past its deadline: %v", err)
	}
	_ = d.Stdin().SetWriteDeadline(time.Time{})
	blocked := make(chan error)
	go func() {
		_, err := d.Stdin().Write(frame)
		blocked <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if exit := d.Stop(t.Context()); exit.Signal != "SIGTERM" {
		t.Errorf("exit %+v", exit)
	}
	if err := <-blocked; err == nil {
		t.Error("a write that nobody read succeeded")
	}
}

func TestFloodOnStderr(t *testing.T) {
	t.Parallel()
	d := start(t, testLauncher(t), "flood-stderr")
	for i := range 200 {
		d.call("echo", map[string]any{"message": fmt.Sprint(i)})
		if got := d.text(); got != fmt.Sprint(i) {
			t.Fatalf("answer %d is %q", i, got)
		}
	}
	eventually(t, "the flood is cut", func() bool { return d.ring.Dropped() > 0 })
	d.Stop(t.Context())
	lines := d.lines()
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	if len(lines) > 1000 || size > maxRing {
		t.Errorf("%d lines, %d bytes kept", len(lines), size)
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "[hangar] ") }) {
		t.Error("the gap is not told")
	}
}

func TestStartWithoutARing(t *testing.T) {
	t.Parallel()
	command, env := mcptest.Command(t, "flood-stderr", "5000")
	p, err := testLauncher(t).Start(t.Context(), Spec{Provider: "p", Command: command, Env: env}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if exit := p.Stop(t.Context()); exit.Err != nil {
		t.Errorf("exit %+v", exit)
	}
}

func TestRefusedCgroupFallsBack(t *testing.T) {
	t.Parallel()
	l := testLauncher(t)
	l.cgroups = t.TempDir() // a directory can be made here, but it is no cgroup
	d := start(t, l, "good")
	d.call("add", map[string]any{"a": 1, "b": 1})
	if got := d.text(); got != "2" {
		t.Errorf("1 + 1 = %s", got)
	}
	if l.cgroups != "" {
		t.Error("the refusal is not remembered")
	}
	d.Stop(t.Context())
}
