package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hangar/backend/engine"
)

// Container is a running provider in a container. Safe for concurrent use.
type Container struct {
	d                    *Docker
	id                   string
	provider, generation string
	pid                  int
	streams              *engine.Streams

	gone      chan struct{} // it has ended, its container may still be there
	done      chan struct{} // nothing is left; exit is valid
	exit      Exit
	stopOnce  sync.Once
	hurryOnce sync.Once
	hurry     chan struct{} // somebody's patience with a stop ended
	watching  context.Context
	giveUp    context.CancelCauseFunc // the engine does not end it
}

func newContainer(d *Docker, id string, pid int, streams *engine.Streams) *Container {
	c := &Container{
		d: d, id: id, pid: pid, streams: streams,
		gone: make(chan struct{}), done: make(chan struct{}), hurry: make(chan struct{}),
	}
	c.watching, c.giveUp = context.WithCancelCause(context.Background())
	return c
}

// Stdin is the way to the provider. Closing it asks it to end.
func (c *Container) Stdin() io.WriteCloser { return c.streams.Stdin }

// Stdout is what the provider says. It ends with io.EOF, at the latest half a second after the container is gone.
func (c *Container) Stdout() io.Reader { return c.streams.Stdout }

// PID is the id of the container's first process as its engine counts; 0 when it had ended before we could ask.
func (c *Container) PID() int { return c.pid }

// ID is the engine's name for the container.
func (c *Container) ID() string { return c.id }

// Done is closed when the container is removed and the last of its stderr read. When the engine was lost before, that is
// as much as can be known; what it left is removed by a reconciliation.
func (c *Container) Done() <-chan struct{} { return c.done }

// Exit is how it ended; valid once Done is closed.
func (c *Container) Exit() Exit {
	select {
	case <-c.done:
		return c.exit
	default:
		return Exit{}
	}
}

// Stop ends the container: close stdin, wait, SIGTERM, wait, SIGKILL, remove. It returns when nothing is left, or when
// the engine did not manage that in time. Concurrent calls share one ladder; when the context of any of them ends, the
// ladder goes to SIGKILL at once.
func (c *Container) Stop(ctx context.Context) Exit {
	c.stopOnce.Do(func() { go c.ladder() })
	select {
	case <-c.done:
	case <-ctx.Done():
		c.hurryOnce.Do(func() { close(c.hurry) })
		<-c.done
	}
	return c.exit
}

func (c *Container) ladder() {
	defer c.giveUp(ErrUnkillable) // has no effect on one that ended
	_ = c.streams.Stdin.Close()
	if c.goneWithin(c.d.o.StdinGrace) {
		return
	}
	c.terminate()
	if closed(c.gone) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), killGrace)
	defer cancel()
	if err := c.d.o.Engine.Remove(ctx, c.id); err != nil {
		c.d.log.Warn("the engine does not kill a provider's container", "provider", c.provider, "container", c.id, "error", err)
	}
	within(c.gone, time.Second) // if it did, our own waiting hears of it in a moment
}

// terminate has the engine send SIGTERM and, after the grace, SIGKILL. Lost patience ends the waiting.
func (c *Container) terminate() {
	if closed(c.hurry) {
		return
	}
	grace := c.d.o.TermGrace
	ctx, cancel := context.WithTimeout(context.Background(), grace+tidyTime)
	defer cancel()
	asked := make(chan error, 1)
	go func() { asked <- c.d.o.Engine.Stop(ctx, c.id, grace) }()
	select {
	case <-c.gone:
	case <-c.hurry:
	case err := <-asked:
		if err == nil { // it has ended: our own waiting hears of it in a moment
			within(c.gone, time.Second)
		}
		return
	}
	cancel()
	<-asked
}

func (c *Container) goneWithin(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.gone:
		return true
	case <-t.C:
	case <-c.hurry:
	}
	return false
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// supervise waits for the end and cleans up after it.
func (c *Container) supervise(drained <-chan struct{}, stderr *Ring) {
	exit := c.await()
	close(c.gone)
	c.giveUp(nil)
	_ = c.streams.Stdin.Close()
	within(drained, drainGrace)
	settled := exit.Err == nil && c.remove(stderr)
	c.d.forget(c.generation)
	if !settled {
		c.d.unsettled()
	}
	c.exit = exit
	close(c.done)
	time.AfterFunc(drainGrace, c.streams.Close) // its reader may not have come to the last answers yet
}

func (c *Container) await() Exit {
	code, err := c.d.o.Engine.Wait(c.watching, c.id)
	exit := Exit{Code: code, At: time.Now()}
	switch {
	case errors.Is(err, ErrUnkillable):
		exit.Code, exit.Err = -1, ErrUnkillable
	case err != nil:
		exit.Code, exit.Err = -1, fmt.Errorf("was lost with its engine: %w", err)
	case code > 128: // what a shell, and an engine, make of a signal
		if name := unix.SignalName(syscall.Signal(code - 128)); name != "" {
			exit.Code, exit.Signal = -1, name
		}
	}
	return exit
}

// remove removes a container that has ended, and tells of an end that its own output could not foresee.
func (c *Container) remove(stderr *Ring) (ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), tidyTime)
	defer cancel()
	// An error means that it is gone already, or shows again in the removal.
	if s, err := c.d.o.Engine.Inspect(ctx, c.id); err == nil && s.OOMKilled && stderr != nil {
		stderr.Append(time.Now(), "[hangar] the container reached its memory limit and was killed; resources.memory raises it")
	}
	if err := c.d.o.Engine.Remove(ctx, c.id); err != nil {
		c.d.log.Warn("a provider's container could not be removed yet", "provider", c.provider, "container", c.id, "error", err)
		return false
	}
	return true
}
