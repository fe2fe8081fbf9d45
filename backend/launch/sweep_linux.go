package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const sweepTime = 5 * time.Second

// Sweep kills what earlier runs on this data directory left behind, and says how many processes that were. Call it once
// at start, holding the lock of the data directory: whoever else bears its marker then belongs to a run that is over.
func (l *Launcher) Sweep(ctx context.Context) (killed int, err error) {
	until := time.Now().Add(sweepTime)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	killed, err = killMarked(until, func(env environ) bool {
		return env.get(markData) == l.data && env.get(markInstance) != l.instance
	})
	inCgroups, cgErr := l.sweepCgroups(until)
	if killed += inCgroups; killed > 0 {
		l.log.Info("killed processes that an earlier run left behind", "count", killed)
	}
	if err = errors.Join(err, cgErr); err != nil {
		return killed, fmt.Errorf("sweep leftovers of earlier runs: %w", err)
	}
	return killed, nil
}

// sweepCgroups ends the cgroups of earlier runs: they also hold those that cleaned their environment.
func (l *Launcher) sweepCgroups(until time.Time) (killed int, err error) {
	l.mu.Lock()
	base := l.cgroups
	l.mu.Unlock()
	if base == "" {
		return 0, nil
	}
	dirs, err := os.ReadDir(base)
	if err != nil {
		return 0, err
	}
	ours := l.cgroupPrefix() + shortHash(l.instance) + "-"
	for _, d := range dirs {
		if !d.IsDir() || !strings.HasPrefix(d.Name(), l.cgroupPrefix()) || strings.HasPrefix(d.Name(), ours) {
			continue
		}
		dir := filepath.Join(base, d.Name())
		procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		killed += len(bytes.Fields(procs))
		err = errors.Join(err, killCgroup(dir), removeCgroup(dir, until))
	}
	return killed, err
}

// environ is the text of /proc/<pid>/environ.
type environ []byte

func (e environ) get(name string) string {
	for kv := range bytes.SplitSeq(e, []byte{0}) {
		if value, ok := bytes.CutPrefix(kv, []byte(name+"=")); ok {
			return string(value)
		}
	}
	return ""
}

// killMarked kills the matching processes, again and again until none is left, because they may be forking meanwhile.
func killMarked(until time.Time, match func(environ) bool) (killed int, err error) {
	seen := map[int]bool{}
	quiet := 0 // passes in a row that found nothing
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		left := 0
		var failed error
		unsure := eachMarked(match, func(pid, pidfd int) {
			left++
			if e := unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0); e != nil && !errors.Is(e, syscall.ESRCH) {
				failed = errors.Join(failed, fmt.Errorf("kill process %d: %w", pid, e))
				return
			}
			seen[pid] = true
			awaitDeath(pidfd)
		})
		if quiet++; left > 0 {
			quiet = 0
		}
		// A few passes are enough for the unsure: some processes never have an environment.
		if failed != nil || quiet > 4 || (quiet > 0 && !unsure) {
			return len(seen), failed
		}
		if time.Now().After(until) {
			if left > 0 {
				err = fmt.Errorf("%d processes do not end after SIGKILL", left)
			}
			return len(seen), err
		}
		time.Sleep(pause)
	}
}

// awaitDeath waits a moment until the process has let go of everything: its environment is gone before its descriptors.
func awaitDeath(pidfd int) {
	const patience = 100 // ms
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, patience)
}

// eachMarked visits the living processes whose environment matches. The pidfd is taken before the environment is read:
// what is signalled through it is what was looked at, even if the number was reused in between. We ourselves and our
// ancestors are never visited: we may have been started by a provider of an earlier run. It reports whether it was
// unsure about some: in the middle of exec a process has no environment for a moment.
func eachMarked(match func(environ) bool, visit func(pid, pidfd int)) (unsure bool) {
	spared := ancestors()
	dir, err := os.Open("/proc")
	if err != nil {
		return false
	}
	names, _ := dir.Readdirnames(-1)
	_ = dir.Close()
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || spared[pid] {
			continue
		}
		pidfd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		// Unreadable for the processes of others, which are not ours.
		switch env, err := os.ReadFile("/proc/" + name + "/environ"); {
		case err != nil:
		case len(env) == 0:
			_, err := os.Readlink("/proc/" + name + "/exe") // the dead and the kernel's own have none
			unsure = unsure || err == nil
		case match(env):
			visit(pid, pidfd)
		}
		_ = unix.Close(pidfd)
	}
	return unsure
}

func ancestors() map[int]bool {
	spared := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !spared[pid]; pid = parent(pid) {
		spared[pid] = true
	}
	return spared
}

func parent(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// pid (name) state ppid ...: the name may contain anything, also ") ".
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(string(fields[1]))
	return ppid
}
