package launch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tree is all that one start brought to life: a process group, and where there is one a cgroup, which also holds those
// that left the group. Without a cgroup they are found by the marker in their environment.
type tree struct {
	pgid   int
	mark   string
	cgroup string
}

// signal reaches the group. Only valid while its first process is not reaped.
func (t *tree) signal(sig syscall.Signal) { _ = syscall.Kill(-t.pgid, sig) }

// kill ends everything. Only valid while the first process is not reaped.
func (t *tree) kill() {
	t.signal(syscall.SIGKILL)
	if t.cgroup != "" {
		_ = killCgroup(t.cgroup)
		return
	}
	_, _ = killMarked(time.Now().Add(time.Second), t.owns)
}

// strays reports whether something besides the dead first process is left.
func (t *tree) strays() bool {
	if t.cgroup != "" {
		procs, err := os.ReadFile(filepath.Join(t.cgroup, "cgroup.procs"))
		return err == nil && len(bytes.TrimSpace(procs)) > 0
	}
	found := false
	eachMarked(t.owns, func(int, int) { found = true })
	return found
}

func (t *tree) owns(env environ) bool { return env.get(markLaunch) == t.mark }

// remove takes away the cgroup, once everything in it is dead.
func (t *tree) remove() error {
	if t.cgroup == "" {
		return nil
	}
	return removeCgroup(t.cgroup, time.Now().Add(2*time.Second))
}

// awaitExit blocks until the process has ended, and leaves it to be reaped.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

func startInCgroup(dir, path string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	fd, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = fd.Close() }()
	attr.Sys.UseCgroupFD = true
	attr.Sys.CgroupFD = int(fd.Fd())
	return os.StartProcess(path, argv, attr)
}

func killCgroup(dir string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
}

// removeCgroup waits for the dead to leave: killing is asynchronous.
func removeCgroup(dir string, until time.Time) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := os.Remove(dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("remove cgroup: %w", err)
		}
		time.Sleep(pause)
	}
}

// findCgroups gives our own directory in the cgroup v2 tree, if we may make children there that can be killed whole.
func findCgroups() string {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	dir := cgroupDir(string(mounts), string(own))
	if dir == "" {
		return ""
	}
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return ""
	}
	probe, err := os.MkdirTemp(dir, "hangar-probe-")
	if err != nil {
		return ""
	}
	defer func() { _ = os.Remove(probe) }()
	if killCgroup(probe) != nil { // Linux before 5.14
		return ""
	}
	return dir
}

// cgroupDir finds where our cgroup is mounted, from the texts of /proc/self/mountinfo and /proc/self/cgroup.
func cgroupDir(mounts, own string) string {
	path := ""
	for line := range strings.Lines(own) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			path = rest
		}
	}
	if path == "" || strings.Contains(path, "..") { // outside of our namespace
		return ""
	}
	for line := range strings.Lines(mounts) {
		left, right, ok := strings.Cut(line, " - ")
		fields := strings.Fields(left)
		if !ok || len(fields) < 5 || !strings.HasPrefix(right, "cgroup2 ") {
			continue
		}
		root, mount := fields[3], fields[4]
		if below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/")); ok && (below == "" || below[0] == '/') {
			return filepath.Join(mount, below)
		}
	}
	return ""
}
