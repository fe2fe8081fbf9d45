package launch

import (
	"context"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// tree is the process group of one start. Without cgroups and /proc, a process that leaves the group gets away.
type tree struct {
	pgid   int
	mark   string
	cgroup string
}

func (t *tree) signal(sig syscall.Signal) { _ = syscall.Kill(-t.pgid, sig) }
func (t *tree) kill()                     { t.signal(syscall.SIGKILL) }
func (t *tree) strays() bool              { return false }
func (t *tree) remove() error             { return nil }

// awaitExit blocks until the process has ended, and leaves it to be reaped.
func awaitExit(pid int) {
	queue, err := unix.Kqueue()
	if err != nil {
		return // the caller's Wait blocks instead
	}
	defer func() { _ = unix.Close(queue) }()
	change := []unix.Kevent_t{{
		Ident: uint64(pid), Filter: unix.EVFILT_PROC, Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT,
	}}
	for {
		_, err := unix.Kevent(queue, change, make([]unix.Kevent_t, 1), nil)
		if !errors.Is(err, syscall.EINTR) {
			return // it has ended, or had already (ESRCH)
		}
	}
}

// Sweep finds nothing: this system does not show the environment of processes.
func (l *Launcher) Sweep(context.Context) (killed int, err error) { return 0, nil }

func findCgroups() string { return "" }

func startInCgroup(string, string, []string, *os.ProcAttr) (*os.Process, error) {
	return nil, errors.ErrUnsupported
}
