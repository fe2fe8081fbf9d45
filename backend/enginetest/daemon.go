package enginetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hangar/backend/engine"
)

const (
	upTime   = 30 * time.Second // from start to the first answer
	downTime = 20 * time.Second // from SIGTERM to the end
)

// Daemon is a private container engine.
type Daemon struct {
	Host string // unix://...

	t     testing.TB
	dir   string
	guard *exec.Cmd // the shell around it
	leash io.Closer // closing it ends the daemon
}

// Start starts a daemon, which ends with the test.
func Start(t testing.TB) *Daemon {
	t.Helper()
	switch {
	case runtime.GOOS != "linux":
		t.Skip("SKIPPED: a container engine of our own needs Linux")
	case os.Getuid() != 0:
		t.Skip("SKIPPED: a container engine of our own needs root")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		t.Fatal("dockerd is missing: run scripts/bootstrap, or install docker.io")
	}
	dir, err := os.MkdirTemp("", "hangar-dockerd-") // short: paths of sockets are limited
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{Host: "unix://" + dir + "/docker.sock", t: t, dir: dir}
	t.Cleanup(d.clear)
	if err := d.run(); err != nil {
		t.Skipf("SKIPPED: dockerd does not start here: %v\n%s", err, d.lastWords())
	}
	return d
}

// run starts the daemon and waits until it answers. Its shell waits for the end of its own input: when the test binary
// dies, however it dies, the daemon does not stay.
func (d *Daemon) run() error {
	const script = `dockerd "$@" >>"$LOG" 2>&1 & p=$!; cat >/dev/null; kill $p 2>/dev/null; wait $p`
	d.guard = exec.Command("sh", "-c", script, "dockerd",
		"--data-root", d.dir+"/data", "--exec-root", d.dir+"/exec", "--pidfile", d.dir+"/pid", "--host", d.Host,
		"--bridge", "none", "--iptables=false", "--ip6tables=false", "--storage-driver", "overlay2", "--shutdown-timeout", "2")
	d.guard.Env = append(os.Environ(), "LOG="+d.dir+"/log")
	leash, err := d.guard.StdinPipe()
	if err != nil {
		return err
	}
	if err := d.guard.Start(); err != nil {
		return err
	}
	d.leash = leash
	e := engine.New(engine.Options{Host: d.Host})
	defer func() { _ = e.Close() }()
	for deadline := time.Now().Add(upTime); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := e.Ping(ctx)
		cancel()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// Kill kills the daemon with SIGKILL, which leaves its containers running, and waits until it is gone.
func (d *Daemon) Kill() {
	d.t.Helper()
	d.Signal(syscall.SIGKILL)
	d.end()
	// containerd dies with dockerd. Where nobody reaps it (a container without an init) its number stays taken, and the next
	// dockerd would take it for alive.
	_ = os.Remove(d.dir + "/exec/containerd/containerd.pid")
}

// Signal sends the daemon a signal.
func (d *Daemon) Signal(sig syscall.Signal) {
	d.t.Helper()
	text, err := os.ReadFile(d.dir + "/pid")
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		d.t.Fatalf("not a process id: %q", text)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		d.t.Fatal(err)
	}
}

// Restart starts the daemon again after Kill.
func (d *Daemon) Restart() {
	d.t.Helper()
	_ = os.Remove(d.dir + "/pid") // for the same reason
	if err := d.run(); err != nil {
		d.t.Fatalf("dockerd does not start again: %v\n%s", err, d.lastWords())
	}
}

// end ends the daemon in order, or by force.
func (d *Daemon) end() {
	if d.leash == nil {
		return
	}
	_ = d.leash.Close()
	d.leash = nil
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = d.guard.Wait() // how the shell ended tells nothing
	}()
	select {
	case <-over:
	case <-time.After(downTime):
		d.killStrays()
		_ = d.guard.Process.Kill()
		<-over
	}
}

// clear leaves nothing: a daemon that was killed has left containers, their shims and their mounts.
func (d *Daemon) clear() {
	d.end()
	d.killStrays()
	d.unmount()
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Errorf("left behind: %v", err)
	}
}

// killStrays ends the processes that belong to the daemon's folder: shims name it in their arguments, and what runs in
// containers hangs below a shim.
func (d *Daemon) killStrays() {
	for range 20 {
		found := false
		all, _ := filepath.Glob("/proc/[0-9]*")
		for _, proc := range all {
			args, err := os.ReadFile(proc + "/cmdline")
			roots, _ := os.ReadFile(proc + "/mountinfo")
			pid, _ := strconv.Atoi(filepath.Base(proc))
			inside := bytes.Contains(firstLine(roots), []byte(d.dir)) // its root is an overlay there
			if err != nil || pid <= 1 || pid == os.Getpid() || !inside && !bytes.Contains(args, []byte(d.dir)) {
				continue
			}
			found = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // gone is what we want
		}
		if !found {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

func (d *Daemon) unmount() {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return
	}
	var points []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], d.dir+"/") {
			points = append(points, fields[4])
		}
	}
	for i := len(points) - 1; i >= 0; i-- { // the latest first
		if err := syscall.Unmount(points[i], 2); err != nil && !errors.Is(err, syscall.EINVAL) { // 2: MNT_DETACH
			d.t.Logf("unmount %s: %v", points[i], err)
		}
	}
}

// lastWords are the end of the daemon's log.
func (d *Daemon) lastWords() string {
	text, err := os.ReadFile(d.dir + "/log")
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// Engine speaks to the daemon until the test ends.
func (d *Daemon) Engine() *engine.Engine {
	e := engine.New(engine.Options{Host: d.Host})
	d.t.Cleanup(func() { _ = e.Close() })
	return e
}
