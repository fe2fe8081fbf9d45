package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	drainGrace = 500 * time.Millisecond // for the last output after the process is gone, if somebody escaped with the pipe
	strayGrace = 500 * time.Millisecond // for helpers of a process that is being stopped and went first
	killGrace  = 5 * time.Second        // a process that SIGKILL does not end hangs in the kernel: do not hang with it
)

// ErrUnkillable is the Err of an Exit that Stop gives when SIGKILL had no effect in time.
var ErrUnkillable = errors.New("the process did not end after SIGKILL; it hangs in the kernel")

// Exit says how a process ended.
type Exit struct {
	Code   int    // exit code; -1 when a signal ended it
	Signal string // SIGKILL, ...; empty when it exited by itself
	At     time.Time
	Err    error // we could not find out, or could not end it
}

// String is for messages: "exited with code 1", "ended by SIGKILL".
func (e Exit) String() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Signal != "":
		return "ended by " + e.Signal
	default:
		return fmt.Sprintf("exited with code %d", e.Code)
	}
}

// Writer is the way to a provider. A write blocks while the provider does not read; a deadline bounds that, and closing
// ends it.
type Writer interface {
	io.WriteCloser
	SetWriteDeadline(time.Time) error
}

// Process is a running provider and all that it starts. Safe for concurrent use.
type Process struct {
	provider  string
	l         *Launcher
	proc      *os.Process
	stdin     *os.File
	stdout    outPipe
	stderr    *os.File
	gone      chan struct{} // its first process has ended, what it left may still be there
	done      chan struct{} // nothing is left; exit is valid
	exit      Exit
	stopOnce  sync.Once
	stopping  chan struct{}
	hurryOnce sync.Once
	hurry     chan struct{} // somebody's patience with a stop ended
	stuck     chan struct{} // SIGKILL had no effect

	mu     sync.Mutex
	reaped bool // from now on its number may belong to a stranger: no signals
	tree   *tree
}

func newProcess(l *Launcher, provider string, proc *os.Process, t *tree, ours pipes) *Process {
	return &Process{
		provider: provider, l: l, proc: proc, tree: t,
		stdin: ours.stdin, stdout: outPipe{ours.stdout}, stderr: ours.stderr,
		gone: make(chan struct{}), done: make(chan struct{}),
		stopping: make(chan struct{}), hurry: make(chan struct{}), stuck: make(chan struct{}),
	}
}

// Stdin is the pipe to the process. Closing it asks the process to end.
func (p *Process) Stdin() Writer { return p.stdin }

// Stdout is the pipe from the process. It ends with io.EOF, at the latest half a second after the process is gone.
func (p *Process) Stdout() io.Reader { return p.stdout }

// PID is its process id.
func (p *Process) PID() int { return p.proc.Pid }

// Done is closed when the process, everything it started and the last of its stderr are gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit is how it ended; valid once Done is closed.
func (p *Process) Exit() Exit {
	select {
	case <-p.done:
		return p.exit
	default:
		return Exit{}
	}
}

// Stop ends the process: close stdin, wait, SIGTERM to the group, wait, SIGKILL to the whole tree. It returns when
// nothing is left. Concurrent calls share one ladder; when the context of any of them ends, the ladder goes to SIGKILL
// at once. Stopping a process that is gone just tells how it ended.
func (p *Process) Stop(ctx context.Context) Exit {
	p.stopOnce.Do(func() {
		close(p.stopping)
		go p.ladder()
	})
	select {
	case <-p.done:
		return p.exit
	case <-p.stuck:
		return unkillable()
	case <-ctx.Done():
	}
	p.hurryOnce.Do(func() { close(p.hurry) })
	select {
	case <-p.done:
		return p.exit
	case <-p.stuck:
		return unkillable()
	}
}

func unkillable() Exit { return Exit{Code: -1, At: time.Now(), Err: ErrUnkillable} }

func (p *Process) ladder() {
	_ = p.stdin.Close()
	if p.goneWithin(p.l.stdinGrace) {
		return
	}
	p.signal(syscall.SIGTERM)
	if p.goneWithin(p.l.termGrace) {
		return
	}
	p.l.log.Warn("provider process ignores SIGTERM: killing it", "provider", p.provider, "pid", p.PID())
	p.signal(syscall.SIGKILL)
	if !within(p.gone, killGrace) {
		close(p.stuck)
	}
}

func (p *Process) goneWithin(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.gone:
		return true
	case <-t.C:
	case <-p.hurry:
	}
	return false
}

func (p *Process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return
	}
	if sig == syscall.SIGKILL {
		p.tree.kill()
	} else {
		p.tree.signal(sig)
	}
}

// supervise waits for the end and cleans up after it. The order matters: while the dead process is not yet reaped, its
// number, which is also the group's, cannot be given to anyone else, so that killing the group can hit no stranger.
func (p *Process) supervise(drained <-chan struct{}) {
	awaitExit(p.proc.Pid)
	at := time.Now()
	close(p.gone)
	_ = p.stdin.Close()
	p.clearStrays()
	state, err := p.reap()
	if err := p.tree.remove(); err != nil {
		p.l.log.Warn("a provider left something that cannot be removed", "provider", p.provider, "error", err)
	}
	within(drained, drainGrace)
	_ = p.stderr.Close() // ends the drain, if somebody still holds the other end
	<-drained
	p.exit = exitOf(state, at, err)
	close(p.done)
	p.stdout.expire(drainGrace) // its reader may not have come to the last answers yet
}

// clearStrays ends what the process started and left. Helpers of a process that was asked to stop get a moment for
// their own clean-up; those of one that died by itself do not.
func (p *Process) clearStrays() {
	select {
	case <-p.stopping:
		p.tree.signal(syscall.SIGTERM)
		for end := time.Now().Add(strayGrace); p.tree.strays() && time.Now().Before(end); {
			if within(p.hurry, 10*time.Millisecond) {
				break
			}
		}
	default:
	}
	p.tree.kill()
}

func (p *Process) reap() (*os.ProcessState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	return p.proc.Wait()
}

// within reports whether the channel was closed in time.
func within(ch <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ch:
		return true
	case <-t.C:
		return false
	}
}

func exitOf(state *os.ProcessState, at time.Time, err error) Exit {
	if err != nil {
		return Exit{Code: -1, At: at, Err: fmt.Errorf("wait for the process: %w", err)}
	}
	e := Exit{Code: state.ExitCode(), At: at}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = unix.SignalName(status.Signal())
	}
	return e
}

// outPipe is stdout. It closes itself at the end, and gives io.EOF when we had to close it.
type outPipe struct{ f *os.File }

func (o outPipe) Read(b []byte) (int, error) {
	n, err := o.f.Read(b)
	if err != nil {
		_ = o.f.Close()
	}
	if errors.Is(err, os.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

// expire closes the pipe after a while, for a reader that never comes or a holder that got away. Closing twice is
// harmless.
func (o outPipe) expire(after time.Duration) {
	time.AfterFunc(after, func() { _ = o.f.Close() })
}
