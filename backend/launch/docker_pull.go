package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hangar/backend/engine"
	"hangar/backend/provider"
)

// pullsAtOnce bounds what a fleet that starts asks of the network.
const pullsAtOnce = 2

// pullError is an image that we do not have, with its reason.
type pullError struct {
	reason Reason
	text   string
	err    error
}

func (e *pullError) Error() string { return e.text }
func (e *pullError) Unwrap() error { return e.err }

// puller fetches images, each once however many wait for it. A pull outlives the start that began it, up to a deadline of
// its own: an image may take longer than any start, and the next start finds it there.
type puller struct {
	engine  *engine.Engine
	timeout time.Duration
	life    context.Context
	slots   chan struct{}
	work    sync.WaitGroup

	mu      sync.Mutex
	running map[string]*pull
}

type pull struct {
	done chan struct{}
	err  error // valid once done
}

func newPuller(life context.Context, e *engine.Engine, timeout time.Duration) *puller {
	return &puller{engine: e, timeout: timeout, life: life, slots: make(chan struct{}, pullsAtOnce), running: map[string]*pull{}}
}

func (p *puller) wait() { p.work.Wait() }

// ensure has the image there, as the policy allows.
func (p *puller) ensure(ctx context.Context, ref, policy string) error {
	if policy != provider.PullAlways {
		id, err := p.engine.Image(ctx, ref)
		if err != nil || id != "" {
			return err
		}
	}
	if policy == provider.PullNever {
		return &pullError{reason: ReasonImage, text: fmt.Sprintf("the engine has no image %s, and pull is never; load it, or set pull to if_missing", ref)}
	}
	if engine.IsImageID(ref) {
		return &pullError{reason: ReasonImage, text: fmt.Sprintf("the engine has no image %s, and an id cannot be pulled; load it, or name the image", ref)}
	}
	return p.fetch(ctx, ref)
}

func (p *puller) fetch(ctx context.Context, ref string) error {
	job := p.join(ref)
	select {
	case <-job.done:
		return job.err
	case <-ctx.Done():
		return &pullError{
			reason: ReasonPull, err: context.Cause(ctx),
			text: fmt.Sprintf("image %s is still being pulled; that goes on, so start the provider again in a while", ref),
		}
	}
}

func (p *puller) join(ref string) *pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	if job := p.running[ref]; job != nil {
		return job
	}
	job := &pull{done: make(chan struct{})}
	p.running[ref] = job
	p.work.Go(func() {
		err := p.pull(ref)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.running, ref)
		job.err = err
		close(job.done)
	})
	return job
}

var errPullTooSlow = errors.New("it was not done in time")

func (p *puller) pull(ref string) error {
	ctx, cancel := context.WithTimeoutCause(p.life, p.timeout, errPullTooSlow)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
	}
	err := p.engine.Pull(ctx, ref)
	var lost *engine.UnavailableError
	switch {
	case err == nil, errors.As(err, &lost):
		return err
	case errors.Is(err, errPullTooSlow):
		return &pullError{reason: ReasonPull, err: err, text: fmt.Sprintf("image %s could not be pulled within %s", ref, p.timeout)}
	}
	text := err.Error()
	if refused := (*engine.Error)(nil); errors.As(err, &refused) {
		text = refused.Message
	}
	return &pullError{reason: ReasonPull, err: err, text: fmt.Sprintf("image %s could not be pulled: %s", ref, text)}
}
