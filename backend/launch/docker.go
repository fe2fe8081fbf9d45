package launch

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"hangar/backend/engine"
	"hangar/backend/provider"
)

// Labels of every container: how a later run finds what this one left.
const (
	labelData       = "hangar.data"     // whose: hash of the data directory and its store
	labelInstance   = "hangar.instance" // the run of the program
	labelProvider   = "hangar.provider"
	labelGeneration = "hangar.generation" // counts the starts of one run
)

// Reasons for which a container did not start.
const (
	ReasonEngine  Reason = "engine_unavailable"
	ReasonImage   Reason = "image_missing"
	ReasonPull    Reason = "pull_failed"
	ReasonRefused Reason = "container_refused"
)

// tidyTime bounds one request that cleans up.
const tidyTime = 5 * time.Second

// DockerOptions of a Docker launcher.
type DockerOptions struct {
	Options
	Engine *engine.Engine
	// Store is the id of the store in the data directory: two programs may know different directories by the same path, each
	// in a container of its own, and must not remove each other's containers.
	Store       string
	PullTimeout time.Duration // for one image; 0 means 10 min
	// WatchPull begins a report on the pull of an image; cancel gives the pull up. nil means that nobody wants to know.
	WatchPull func(ref string, cancel context.CancelCauseFunc) Report
}

// Docker starts providers as containers. Safe for concurrent use.
type Docker struct {
	o      DockerOptions
	data   string
	run    string // tells apart launchers that were given the same instance
	log    *slog.Logger
	images *puller
	kick   chan struct{} // something may be left behind: reconcile soon
	life   context.Context
	end    context.CancelFunc
	work   sync.WaitGroup // what cleans up after failed starts

	mu      sync.Mutex
	started int64
	running map[string]string // generation to provider: what a reconciliation leaves alone
}

// NewDocker makes a launcher; it does not speak to the engine yet.
func NewDocker(o DockerOptions) *Docker {
	o.Instance = cmp.Or(o.Instance, rand.Text())
	o.StdinGrace = cmp.Or(o.StdinGrace, 2*time.Second)
	o.TermGrace = cmp.Or(o.TermGrace, 5*time.Second)
	o.PullTimeout = cmp.Or(o.PullTimeout, 10*time.Minute)
	o.DataDir = realPath(o.DataDir)
	d := &Docker{
		o: o, data: shortHash(o.DataDir + "\x00" + o.Store), run: rand.Text()[:8], log: o.Log,
		kick: make(chan struct{}, 1), running: map[string]string{},
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.life, d.end = context.WithCancel(context.Background())
	if o.WatchPull == nil {
		o.WatchPull = func(string, context.CancelCauseFunc) Report { return silence{} }
	}
	d.images = newPuller(d.life, o)
	return d
}

// Stage is told what a start does now: a word, and what there is to say about it.
type Stage func(name, message string)

// silence is a Report that nobody reads.
type silence struct{}

// Progress says nothing.
func (silence) Progress(float64, string, any) {}

// End says nothing.
func (silence) End(any, error) {}

// Close gives up pulls and waits for what cleans up. It stops no container.
func (d *Docker) Close() {
	d.end()
	d.images.wait()
	d.work.Wait()
}

// Start starts a provider's container and drains its stderr into the ring until it is gone. The context bounds the
// start only. The error is a *StartError, or that of the context.
func (d *Docker) Start(ctx context.Context, id string, spec provider.Spec, stderr *Ring, stage Stage) (*Container, error) {
	what, err := containerOf(spec)
	if err == nil && d.o.Engine.Local() {
		err = resolveMounts(what.Mounts, d.o.DataDir)
	}
	if err != nil {
		return nil, &StartError{Provider: id, Reason: ReasonInvalid, Err: err}
	}
	if err := d.images.ensure(ctx, spec.Image, spec.Pull, stage); err != nil {
		return nil, d.failure(ctx, id, ReasonImage, err)
	}
	stage("launching", spec.Image)
	generation := d.reserve(id)
	what.Name = fmt.Sprintf("hangar-%s-%s-%s", id, d.run, generation)
	what.Labels = map[string]string{
		labelData: d.data, labelInstance: d.o.Instance, labelProvider: id, labelGeneration: generation,
	}
	c, err := d.launch(ctx, what)
	if err != nil {
		d.abandon(generation, what.Name)
		return nil, d.failure(ctx, id, ReasonRefused, err)
	}
	c.provider, c.generation = id, generation
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		drain(c.streams.Stderr, stderr)
	}()
	go c.supervise(drained, stderr)
	return c, nil
}

// launch makes a container, attaches to it and starts it, in this order: what it says first must not be lost.
func (d *Docker) launch(ctx context.Context, what engine.Container) (*Container, error) {
	id, err := d.o.Engine.Create(ctx, what)
	if err != nil {
		return nil, err
	}
	streams, err := d.o.Engine.Attach(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := d.o.Engine.Start(ctx, id); err != nil {
		streams.Close()
		return nil, err
	}
	// One that ended already has no pid, and that is told by the supervisor.
	state, err := d.o.Engine.Inspect(ctx, id)
	if err != nil {
		streams.Close()
		return nil, err
	}
	return newContainer(d, id, state.PID, streams), nil
}

// reserve notes a start before there is a container, so that no reconciliation takes it for a leftover.
func (d *Docker) reserve(provider string) (generation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.started++
	generation = strconv.FormatInt(d.started, 10)
	d.running[generation] = provider
	return generation
}

func (d *Docker) forget(generation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.running, generation)
}

// abandon removes what a failed start may have left: the engine may have made a container although its answer was lost,
// hence by name. Whoever waits for the start does not wait for this.
func (d *Docker) abandon(generation, name string) {
	d.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tidyTime)
		defer cancel()
		err := d.o.Engine.Remove(ctx, name)
		d.forget(generation)
		if err != nil {
			d.unsettled()
		}
	})
}

// unsettled asks for a reconciliation soon.
func (d *Docker) unsettled() {
	select {
	case d.kick <- struct{}{}:
	default: // asked for already
	}
}

// failure words a failed start. Only the caller knows why it lost patience, so that error stays its own.
func (d *Docker) failure(ctx context.Context, id string, reason Reason, err error) error {
	var lost *engine.UnavailableError
	var known *pullError
	switch {
	case errors.As(err, &known):
		reason = known.reason
	case ctx.Err() != nil:
		return fmt.Errorf("start provider %q: %w", id, err)
	case errors.As(err, &lost):
		reason = ReasonEngine
	}
	return &StartError{Provider: id, Reason: reason, Err: err}
}
