package launch

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A run of Hangar is killed with its providers alive, among them one that ignores everything and one with a daemon. The
// next run on the same data directory ends them all; a run on another one does not touch them.
func TestSweepAfterKill(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"cgroup", "marker"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), envGateway+"="+dir)
			if kind == "marker" {
				cmd.Env = append(cmd.Env, envGateway+"_BARE=1")
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var pids []int
			scan := bufio.NewScanner(out)
			for scan.Scan() && scan.Text() != "ready" {
				pid, err := strconv.Atoi(scan.Text())
				if err != nil {
					t.Fatalf("gateway: %s", scan.Text())
				}
				pids = append(pids, pid)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			// Each provider is followed by its daemon; the providers that behave end with the gateway.
			left := []int{pids[0]}
			for i := 2; i < len(pids); i += 2 {
				left = append(left, pids[i])
			}
			lives := func() bool { return !slices.ContainsFunc(left, func(pid int) bool { return !running(pid) }) }
			if !lives() {
				t.Fatalf("of %v too little is left to sweep", pids)
			}

			stranger := New(Options{Instance: "stranger", DataDir: t.TempDir()})
			if n, err := stranger.Sweep(t.Context()); n != 0 || err != nil {
				t.Errorf("a stranger swept %d, %v", n, err)
			}
			if !lives() {
				t.Error("a stranger's sweep killed something")
			}

			l := New(Options{Instance: "next", DataDir: dir})
			own := start(t, l, "good")
			n, err := l.Sweep(t.Context())
			if n < len(left) || n > len(pids) || err != nil {
				t.Errorf("swept %d, %v", n, err)
			}
			for _, pid := range pids {
				mustBeDead(t, pid)
			}
			if !running(own.PID()) {
				t.Error("swept its own child")
			}
			own.Stop(t.Context())
			if n, err := l.Sweep(t.Context()); n != 0 || err != nil {
				t.Errorf("a second sweep: %d, %v", n, err)
			}
			noCgroups(t, l)
		})
	}
}

func noCgroups(t *testing.T, l *Launcher) {
	t.Helper()
	base := findCgroups()
	if base == "" {
		return
	}
	left, err := filepath.Glob(filepath.Join(base, l.cgroupPrefix()+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("cgroups left: %v %v", left, err)
	}
}

func TestSweepSparesAncestors(t *testing.T) {
	spared := ancestors()
	if !spared[os.Getpid()] || !spared[os.Getppid()] {
		t.Errorf("spared: %v", spared)
	}
}

// 500 life cycles of the worst, ended in every way there is: no process, zombie, descriptor, goroutine or cgroup is left.
func TestFiveHundredCyclesLeaveNothing(t *testing.T) {
	cycles := []struct {
		mode string
		args []string
		end  func(d *double)
	}{
		{"good", nil, func(d *double) { d.Stop(d.t.Context()) }},
		{"fork-daemon", nil, func(d *double) { d.Stop(d.t.Context()) }},
		{"ignore-term", nil, func(d *double) {
			ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Millisecond)
			defer cancel()
			d.Stop(ctx)
		}},
		{"exit-now", nil, func(d *double) { d.wait() }},
		{"fork-hold", nil, func(d *double) { d.wait() }},
		{"fork-daemon", []string{"hold"}, func(d *double) { _ = d.proc.Kill(); d.wait() }},
		{"flood-stderr", nil, func(d *double) { d.Stop(d.t.Context()) }},
		{"close-stdout", nil, func(d *double) { d.call("add", nil); _, _ = d.in.ReadBytes('\n'); d.Stop(d.t.Context()) }},
	}
	l := testLauncher(t)
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	work := make(chan int)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range work {
				c := cycles[i%len(cycles)]
				t.Run(fmt.Sprint(i, " ", c.mode), func(t *testing.T) { c.end(start(t, l, c.mode, c.args...)) })
			}
		})
	}
	for i := range 500 {
		work <- i
	}
	close(work)
	wg.Wait()

	if left := alive(func(e environ) bool { return e.get(markData) == l.data }); len(left) > 0 {
		t.Errorf("processes: %v", left)
	}
	eventually(t, "no zombies", func() bool { return zombies(t) == 0 })
	eventually(t, "no descriptors", func() bool { return descriptors(t) <= fds })
	eventually(t, "no goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
	noCgroups(t, l)
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// zombies counts the dead that bear our name and nobody has reaped.
func zombies(t *testing.T) (n int) {
	t.Helper()
	own, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if stat, err := os.ReadFile(path); err == nil && strings.Contains(string(stat), "("+strings.TrimSpace(string(own))+") Z") {
			n++
		}
	}
	return n
}

func TestCgroupDir(t *testing.T) {
	const (
		pure   = "22 28 0:21 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
		hybrid = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
		bound  = "50 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
	)
	for _, tt := range []struct{ name, mounts, own, want string }{
		{"the only hierarchy", pure, "0::/system.slice/hangar.service\n", "/sys/fs/cgroup/system.slice/hangar.service"},
		{"beside version 1", hybrid, "9:name=systemd:/\n4:memory:/x\n0::/\n", "/sys/fs/cgroup/unified"},
		{"a part of the tree is mounted", bound, "0::/docker/abc/app\n", "/sys/fs/cgroup/app"},
		{"another part is mounted", bound, "0::/docker/abcdef\n", ""},
		{"outside of the namespace", pure, "0::/../other\n", ""},
		{"only version 1", "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw\n", "9:name=systemd:/\n", ""},
		{"nothing readable", "garbage\n", "0::/\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cgroupDir(tt.mounts, tt.own); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
