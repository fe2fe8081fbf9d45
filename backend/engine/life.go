package engine

import (
	"context"
	"errors"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Create makes a container, without starting it.
func (e *Engine) Create(ctx context.Context, c Container) (id string, err error) {
	err = e.do(ctx, "create a container", func(cl *client.Client) error {
		made, err := cl.ContainerCreate(ctx, client.ContainerCreateOptions{Name: c.Name, Config: config(c), HostConfig: HostConfig(c)})
		id = made.ID
		return err
	})
	return id, err
}

// Start starts a container.
func (e *Engine) Start(ctx context.Context, id string) error {
	return e.do(ctx, "start the container", func(c *client.Client) error {
		_, err := c.ContainerStart(ctx, id, client.ContainerStartOptions{})
		return err
	})
}

// State is what the engine knows of a container.
type State struct {
	PID       int // of its first process, in the engine's own numbering
	Running   bool
	ExitCode  int
	OOMKilled bool
	Problem   string // why it could not run, when it could not
}

// Inspect looks at a container.
func (e *Engine) Inspect(ctx context.Context, id string) (State, error) {
	var s State
	err := e.do(ctx, "look at the container", func(c *client.Client) error {
		found, err := c.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err == nil && found.Container.State != nil {
			st := found.Container.State
			s = State{PID: st.Pid, Running: st.Running, ExitCode: st.ExitCode, OOMKilled: st.OOMKilled, Problem: st.Error}
		}
		return err
	})
	return s, err
}

// Wait returns the exit code of a started container once it has ended, however long that takes.
func (e *Engine) Wait(ctx context.Context, id string) (code int, err error) {
	err = e.do(ctx, "wait for the container", func(c *client.Client) error {
		end := c.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case r := <-end.Result:
			code = int(r.StatusCode)
			if r.Error != nil && r.Error.Message != "" {
				return errors.New(r.Error.Message)
			}
			return nil
		case err := <-end.Error: // also when ctx ends
			return err
		}
	})
	return code, err
}

// Stop asks the first process to end (SIGTERM, or what the image says) and has it killed after the grace, in whole
// seconds. It returns when the container has ended.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	seconds := int((grace + time.Second - 1) / time.Second)
	return e.do(ctx, "stop the container", func(c *client.Client) error {
		_, err := c.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &seconds})
		return err
	})
}

// Remove removes a container, killing it if it runs, with the unnamed volumes that its image made. One that is gone
// already, or on its way, is no error.
func (e *Engine) Remove(ctx context.Context, idOrName string) error {
	err := e.do(ctx, "remove the container", func(c *client.Client) error {
		_, err := c.ContainerRemove(ctx, idOrName, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		return err
	})
	var refused *Error
	if errors.As(err, &refused) && (refused.NotFound || refused.Conflict) {
		return nil
	}
	return err
}
