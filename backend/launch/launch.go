package launch

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Spec says what to start.
type Spec struct {
	Provider string            // id, for messages
	Command  []string          // argv; the first is searched in the child's own PATH. There is never a shell.
	Env      map[string]string // declared variables; they win over the inherited ones
	Dir      string            // working directory; empty is ours
}

// Options of a Launcher.
type Options struct {
	Instance   string        // id of this run of the program: unique per run, so that leftovers are told from our own
	DataDir    string        // whose children these are: two data directories never sweep each other's
	Log        *slog.Logger  // nil discards
	StdinGrace time.Duration // after closing stdin, before SIGTERM; 0 means 2 s
	TermGrace  time.Duration // after SIGTERM, before SIGKILL; 0 means 5 s
}

// Launcher starts processes. Safe for concurrent use.
type Launcher struct {
	instance   string
	run        string // tells apart launchers that were given the same instance
	data       string // hash of the data directory
	log        *slog.Logger
	stdinGrace time.Duration
	termGrace  time.Duration
	launches   atomic.Int64

	mu      sync.Mutex
	cgroups string // directory under which each process gets its cgroup; empty where there is none
}

// New makes a launcher and finds out what the kernel offers for holding process trees. Descriptors that whoever started
// us left open are marked to close on exec: everything that Go opens is, and a provider shall get no others.
func New(o Options) *Launcher {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &Launcher{
		instance:   cmp.Or(o.Instance, rand.Text()),
		run:        rand.Text()[:8],
		data:       shortHash(realPath(o.DataDir)),
		log:        log,
		stdinGrace: cmp.Or(o.StdinGrace, 2*time.Second),
		termGrace:  cmp.Or(o.TermGrace, 5*time.Second),
	}
	closeOnExec()
	l.cgroups = findCgroups()
	if l.cgroups == "" {
		log.Info("no writable cgroup v2 tree: provider processes are held by process group and environment marker")
	} else {
		log.Debug("provider processes are held by cgroups", "under", l.cgroups)
	}
	return l
}

// closeOnExec marks every descriptor but the first three.
func closeOnExec() {
	entries, err := os.ReadDir("/dev/fd") // a link to /proc/self/fd on Linux
	if err != nil {
		return
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

func realPath(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return dir
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// Start starts a process and drains its stderr into the ring (nil: drained and thrown away) until it is gone. The
// context bounds the start only; the process lives until it exits or is stopped. The error is a *StartError, or that of
// the context.
func (l *Launcher) Start(ctx context.Context, spec Spec, stderr *Ring) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start provider %q: %w", spec.Provider, context.Cause(ctx))
	}
	mark := fmt.Sprintf("%s/%s-%d", l.instance, l.run, l.launches.Add(1))
	env, err := l.environ(spec, mark)
	if err != nil {
		return nil, err
	}
	path, err := find(spec, env)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := openPipes()
	if err != nil {
		return nil, startError(spec, ReasonFailed, "", err)
	}
	defer theirs.close() // the child has its copies; ours would keep the pipes open for ever
	proc, tree, err := l.fork(spec, path, env, mark, theirs)
	if err != nil {
		ours.close()
		return nil, explain(spec, path, err)
	}
	p := newProcess(l, spec.Provider, proc, tree, ours)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		drain(ours.stderr, stderr)
	}()
	go p.supervise(drained)
	return p, nil
}

// fork starts the program in a cgroup if there are any. A kernel or a sandbox may refuse that although the directory is
// writable; then it is tried without, and remembered if that works.
func (l *Launcher) fork(spec Spec, path string, env []string, mark string, theirs pipes) (*os.Process, *tree, error) {
	attr := &os.ProcAttr{
		Dir:   spec.Dir,
		Env:   env,
		Files: []*os.File{theirs.stdin, theirs.stdout, theirs.stderr},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	t := &tree{mark: mark}
	if dir := l.cgroupFor(mark); dir != "" {
		proc, err := startInCgroup(dir, path, spec.Command, attr)
		if err == nil {
			t.pgid, t.cgroup = proc.Pid, dir
			return proc, t, nil
		}
		_ = os.Remove(dir)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) { // no more processes, with or without
			return nil, nil, err
		}
		attr.Sys = &syscall.SysProcAttr{Setpgid: true}
		defer func() {
			if t.pgid != 0 {
				l.log.Warn("cannot place provider processes in cgroups; continuing without", "error", err)
				l.forgetCgroups()
			}
		}()
	}
	proc, err := os.StartProcess(path, spec.Command, attr)
	if err != nil {
		return nil, nil, err
	}
	t.pgid = proc.Pid
	return proc, t, nil
}

func (l *Launcher) cgroupFor(mark string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cgroups == "" {
		return ""
	}
	dir := filepath.Join(l.cgroups, l.cgroupPrefix()+shortHash(l.instance)+"-"+filepath.Base(mark))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		l.log.Warn("cannot make a cgroup for a provider process; continuing without", "error", err)
		l.cgroups = ""
		return ""
	}
	return dir
}

func (l *Launcher) forgetCgroups() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cgroups = ""
}

// cgroupPrefix begins the names of all cgroups of this data directory, whichever run made them.
func (l *Launcher) cgroupPrefix() string { return "hangar-" + l.data + "-" }

// pipes are the three files of one side.
type pipes struct{ stdin, stdout, stderr *os.File }

func (p pipes) close() {
	for _, f := range []*os.File{p.stdin, p.stdout, p.stderr} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// openPipes makes our own pipes. os/exec's would make Wait hang for as long as any grandchild holds an end.
func openPipes() (ours, theirs pipes, err error) {
	steps := []struct{ read, write **os.File }{
		{&theirs.stdin, &ours.stdin},
		{&ours.stdout, &theirs.stdout},
		{&ours.stderr, &theirs.stderr},
	}
	for _, s := range steps {
		if *s.read, *s.write, err = os.Pipe(); err != nil {
			ours.close()
			theirs.close()
			return pipes{}, pipes{}, err
		}
	}
	return ours, theirs, nil
}
