package launch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/enginetest"
	"hangar/backend/provider"
)

func TestDockerdIsLost(t *testing.T) {
	t.Parallel()
	d := enginetest.Start(t)
	d.Load()
	y := newYard(t, d.Host, t.TempDir(), "run")
	var g *guest
	for range 5 {
		g = y.start(t, hostile("hang-call"))
		g.send("add", nil)
	}
	d.Kill()
	begun := time.Now()
	if text, err := g.answer(); err == nil {
		t.Errorf("answered %q", text)
	}
	exit := g.ended(5 * time.Second)
	var lost *engine.UnavailableError
	if !errors.As(exit.Err, &lost) || time.Since(begun) > 2*time.Second {
		t.Errorf("exit %v after %s", exit, time.Since(begun))
	}
	for range 3 {
		y.refused(t, hostile(), ReasonEngine, d.Host)
	}
	if exit := g.Stop(t.Context()); !errors.As(exit.Err, &lost) {
		t.Errorf("stop: %+v", exit)
	}

	d.Restart()
	if n := len(y.left()); n == 0 {
		t.Fatal("the engine lost its containers too: nothing to show")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- y.Run(ctx) }()
	eventually(t, "what was lost is removed", func() bool { return len(y.left()) == 0 })
	cancel()
	<-ran
	if got := y.start(t, hostile()).call("add", map[string]int{"a": 1, "b": 1}); got != "2" {
		t.Errorf("after the restart: %s", got)
	}
}

func TestDockerdHangs(t *testing.T) {
	t.Parallel()
	d := enginetest.Start(t)
	d.Load()
	y := newYard(t, d.Host, t.TempDir(), "run", func(o *DockerOptions) { o.StdinGrace = 100 * time.Millisecond })
	g := y.start(t, hostile("ignore-term"))
	d.Signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := y.Start(ctx, "guest", hostile(), nil, quiet); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	if exit := g.Stop(ctx); !errors.Is(exit.Err, ErrUnkillable) || time.Since(begun) > 15*time.Second {
		t.Errorf("exit %+v after %s", exit, time.Since(begun))
	}
	d.Signal(syscall.SIGCONT)
	eventually(t, "what was lost is removed", func() bool {
		_, err := y.Reconcile(t.Context())
		return err == nil && len(y.left()) == 0
	})
}

func TestDockerPulls(t *testing.T) {
	t.Parallel()
	d := enginetest.Start(t)
	y := newYard(t, d.Host, t.TempDir(), "run", func(o *DockerOptions) { o.PullTimeout = 20 * time.Second })
	spec := func(image, pull string) provider.Spec {
		s := hostile()
		s.Image, s.Pull = image, pull
		return s
	}
	registry := enginetest.NewRegistry(t)
	first := registry.Name + ":1"
	y.refused(t, spec(first, provider.PullNever), ReasonImage, "pull is never")
	if n := registry.Asked.Load(); n != 0 {
		t.Errorf("never asked the registry %d times", n)
	}
	y.start(t, spec(first, "")).call("echo", map[string]string{"message": "pulled"})
	asked := registry.Asked.Load()
	y.start(t, spec(first, provider.PullIfMissing))
	if n := registry.Asked.Load(); asked == 0 || n != asked {
		t.Errorf("asked %d times for a missing image, then %d", asked, n-asked)
	}
	y.start(t, spec(first, provider.PullAlways))
	if registry.Asked.Load() == asked {
		t.Error("always did not ask")
	}
	y.start(t, spec(registry.Digest, "")).call("echo", map[string]string{"message": "by digest"})
	wrong := registry.Digest[:len(registry.Digest)-4] + "0000"
	y.refused(t, spec(wrong, ""), ReasonPull, "could not be pulled")
	y.refused(t, spec(registry.Name+":none", ""), ReasonPull, "could not be pulled")
	y.refused(t, spec("127.0.0.1:1/nobody/here:1", ""), ReasonPull, "connection refused")

	t.Run("a pull outlives the start that began it", func(t *testing.T) {
		hold := make(chan struct{})
		registry.Hold(hold)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, err := y.Start(ctx, "guest", spec(registry.Name+":2", ""), nil, quiet)
			cancel()
			var e *StartError
			if !errors.As(err, &e) || e.Reason != ReasonPull || !strings.Contains(e.Error(), "still being pulled") {
				t.Errorf("%v", err)
			}
		}
		y.images.mu.Lock()
		under := len(y.images.running)
		y.images.mu.Unlock()
		if under != 1 {
			t.Errorf("%d pulls under way, want one for all", under)
		}
		close(hold)
		y.start(t, spec(registry.Name+":2", "")).call("echo", map[string]string{"message": "there"})
	})
	t.Run("a pull tells how it comes along, and can be given up", func(t *testing.T) {
		told := &told{}
		y := newYard(t, d.Host, t.TempDir(), "run", func(o *DockerOptions) { o.WatchPull = told.watch })
		var stages []string
		_, err := y.Start(t.Context(), "guest", spec(first, provider.PullAlways), NewRing(10, 0), func(name, message string) { stages = append(stages, name+" "+message) })
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(stages, []string{"pulling " + first, "launching " + first}) || told.image != first || told.err != nil || told.ends != 1 {
			t.Errorf("stages %v, %+v", stages, told)
		}
		for _, p := range told.progress {
			if p < 0 || p > 1 {
				t.Errorf("progress %v", p)
			}
		}
		hold := make(chan struct{})
		registry.Hold(hold)
		defer close(hold)
		cause := errors.New("somebody cancelled it")
		told.begun = func(cancel context.CancelCauseFunc) { cancel(cause) }
		y.refused(t, spec(first, provider.PullAlways), ReasonPull, cause.Error())
		if told.ends != 2 || !errors.Is(told.err, cause) {
			t.Errorf("%+v", told)
		}
	})
	t.Run("a pull has a deadline of its own", func(t *testing.T) {
		hold := make(chan struct{})
		registry.Hold(hold)
		defer close(hold)
		y := newYard(t, d.Host, t.TempDir(), "run", func(o *DockerOptions) { o.PullTimeout = 300 * time.Millisecond })
		y.refused(t, spec(registry.Name+":3", ""), ReasonPull, "could not be pulled within 300ms")
	})
}

// told is a Report that remembers.
type told struct {
	image    string
	begun    func(context.CancelCauseFunc)
	progress []float64
	ends     int
	err      error
}

func (r *told) watch(ref string, cancel context.CancelCauseFunc) Report {
	r.image = ref
	if r.begun != nil {
		r.begun(cancel)
	}
	return r
}

func (r *told) Progress(progress float64, _ string, _ any) { r.progress = append(r.progress, progress) }

func (r *told) End(_ any, err error) { r.ends, r.err = r.ends+1, err }

// No engine at all is an ordinary state of a machine: a clear error, no noise, no goroutines.
func TestNoEngine(t *testing.T) {
	y := newYard(t, "unix:///nowhere/docker.sock", t.TempDir(), "run")
	y.refused(t, hostile(), ReasonEngine, "/nowhere/docker.sock")
	var lost *engine.UnavailableError
	if _, err := y.Reconcile(t.Context()); !errors.As(err, &lost) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := y.Run(ctx); err != nil {
		t.Error(err)
	}
}
