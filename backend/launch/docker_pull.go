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
	watch   func(ref string, cancel context.CancelCauseFunc) Report
	life    context.Context
	slots   chan struct{}
	work    sync.WaitGroup

	mu      sync.Mutex
	running map[string]*pull
}

// Report is told how a pull comes along; *operation.Tracker is one.
type Report interface {
	Progress(progress float64, message string, details any)
	End(result any, err error)
}

// reportEvery bounds how often a pull says how far it is: the engine does so for each block.
const reportEvery = 250 * time.Millisecond

type pull struct {
	done chan struct{}
	err  error // valid once done
}

func newPuller(life context.Context, o DockerOptions) *puller {
	return &puller{
		engine: o.Engine, timeout: o.PullTimeout, watch: o.WatchPull, life: life,
		slots: make(chan struct{}, pullsAtOnce), running: map[string]*pull{},
	}
}

func (p *puller) wait() { p.work.Wait() }

// ensure has the image there, as the policy allows. It says so when it must be fetched.
func (p *puller) ensure(ctx context.Context, ref, policy string, stage Stage) error {
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
	stage("pulling", ref)
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
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	report := p.watch(ref, giveUp)
	err := p.word(ctx, ref, p.transfer(ctx, ref, report))
	report.End(struct {
		Image string `json:"image"`
	}{ref}, err)
	return err
}

func (p *puller) transfer(ctx context.Context, ref string, report Report) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var last time.Time
	return p.engine.Pull(ctx, ref, func(at engine.PullProgress) {
		if now := time.Now(); at.Total > 0 && now.Sub(last) >= reportEvery {
			last = now
			report.Progress(float64(at.Done)/float64(at.Total), at.Status, struct {
				Bytes int64 `json:"bytes"`
				Total int64 `json:"total_bytes"`
			}{at.Done, at.Total})
		}
	})
}

// word says why a pull did not succeed.
func (p *puller) word(ctx context.Context, ref string, err error) error {
	var lost *engine.UnavailableError
	switch {
	case err == nil, errors.As(err, &lost):
		return err
	case errors.Is(context.Cause(ctx), errPullTooSlow):
		return &pullError{reason: ReasonPull, err: err, text: fmt.Sprintf("image %s could not be pulled within %s", ref, p.timeout)}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx) // given up: what the engine says to that is no reason
	}
	text := err.Error()
	if refused := (*engine.Error)(nil); errors.As(err, &refused) {
		text = refused.Message
	}
	return &pullError{reason: ReasonPull, err: err, text: fmt.Sprintf("image %s could not be pulled: %s", ref, text)}
}
