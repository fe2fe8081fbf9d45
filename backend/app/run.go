package app

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/sabotage"
)

// The shutdown has ten seconds in all.
const (
	finishCalls   = 4 * time.Second // running calls may end by themselves
	stopProviders = 3 * time.Second // providers stop; what still calls them is told why
	answerThem    = time.Second     // the answers to those get out
)

// Run serves until ctx ends, then shuts down. It returns nil after an orderly end.
func (a *App) Run(ctx context.Context) error {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	rooms := newRoomSet(life, end)
	rooms.run("event log", a.events.Run)
	rooms.run("access", a.auth.Run)
	rooms.run("metrics", a.telemetry.Run)
	rooms.run("records of calls", a.calls.Run)
	rooms.run("alerts", a.watcher.Run)
	rooms.run("upkeep", a.upkeep.Run)
	rooms.run("fleet", a.fleet.Run)
	if !sabotage.Recovery {
		rooms.run("containers", a.docker.Run)
	}
	rooms.run("tokens", a.forget)
	rooms.run("groups", a.groups.Run)
	rooms.run("refusals", a.refusals.Run)
	rooms.run("breakers of members", a.groupCalls.Run)
	rooms.run("registry", a.registry.Run)
	rooms.run("gateway", a.gateway.Run)
	rooms.run("configuration", a.desk.Run)
	rooms.run("discovery", a.discovery.Run)
	sockets, goodbye := context.WithCancel(life)
	defer goodbye()
	rooms.run("sockets", func(context.Context) error { return a.hub.Run(sockets) })
	rooms.run("http", func(context.Context) error { return a.serve() })
	rooms.run("operations listener", func(context.Context) error { return a.serveOperations() })
	stdio := a.serveStdio(life)
	a.opts.Log.Info("started", "url", a.URL(), "data", a.opts.Config.DataDir, "startup_ms", time.Since(a.started).Milliseconds())
	reason := "signal"
	select {
	case <-ctx.Done():
	case <-stdio:
		reason = "end of input"
	case <-life.Done(): // a room broke
		reason = context.Cause(life).Error()
	}
	goodbye() // sockets are told to come back to the next run
	return errors.Join(a.shutdown(reason, end, rooms), rooms.failure())
}

func (a *App) serve() error {
	if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveStdio serves MCP on stdio, when asked to; the channel tells that its input ended.
func (a *App) serveStdio(ctx context.Context) <-chan struct{} {
	if a.opts.Stdio == nil {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Whoever started us has our standard input, and the data directory too: that is who this is.
		if err := a.gateway.ServeStdio(event.WithOrigin(auth.As(ctx, auth.Local()), event.Origin{Via: "stdio"}), a.opts.Stdio.In, a.opts.Stdio.Out); err != nil {
			a.opts.Log.Error("stdio ended", "error", err)
		}
	}()
	return done
}

// shutdown ends everything in order (architecture.md 6).
func (a *App) shutdown(reason string, end context.CancelCauseFunc, rooms *roomSet) error {
	a.draining.Store(true)
	a.opts.Log.Info("shutting down", "reason", reason)
	ctx := event.WithActor(context.Background(), event.System("app"))
	a.await(ctx, finishCalls)
	patience, cancel := context.WithTimeout(ctx, stopProviders)
	a.fleet.Close(patience)
	cancel()
	a.gateway.Close()
	a.await(ctx, answerThem)
	// What is still open has had its answer or will never take it.
	_ = a.server.Close()
	if a.sockets != nil {
		_ = a.sockets.Close()
	}
	err := a.tell(ctx, Stopped{Reason: reason})
	end(shutdownFault())
	rooms.wait()
	return errors.Join(err, a.undo.unwind(a.opts.Log))
}

// await lets open requests finish. A deadline is no error: the next step tells them why.
func (a *App) await(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = a.server.Shutdown(ctx)
}

// roomSet runs the rooms; the first that breaks ends the life of all.
type roomSet struct {
	ctx context.Context
	end context.CancelCauseFunc
	wg  sync.WaitGroup

	mu  sync.Mutex
	err error
}

func newRoomSet(ctx context.Context, end context.CancelCauseFunc) *roomSet {
	return &roomSet{ctx: ctx, end: end}
}

func (g *roomSet) run(name string, room func(context.Context) error) {
	g.wg.Go(func() {
		err := room(g.ctx)
		if err == nil || g.ctx.Err() != nil {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.err == nil {
			g.err = &roomError{name, err}
		}
		g.end(g.err)
	})
}

func (g *roomSet) wait() { g.wg.Wait() }

func (g *roomSet) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

type roomError struct {
	room string
	err  error
}

func (e *roomError) Error() string { return e.room + " broke: " + e.err.Error() }

func (e *roomError) Unwrap() error { return e.err }
