package engine_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hangar/backend/engine"
	"hangar/backend/enginetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lost is the UnavailableError in a chain.
func lost(t *testing.T, err error) *engine.UnavailableError {
	t.Helper()
	var e *engine.UnavailableError
	if !errors.As(err, &e) {
		t.Fatalf("want an UnavailableError, got %T: %v", err, err)
	}
	return e
}

func TestWhereAnEngineIsLookedFor(t *testing.T) {
	socket := func(t *testing.T, path string) string {
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		l, err := net.Listen("unix", path)
		must(t, err)
		t.Cleanup(func() { _ = l.Close() })
		return path
	}
	for _, row := range []struct {
		name, fixed, variable string
		prepare               func(t *testing.T, dir string)
		want                  string // in the error
	}{
		{"nothing there", "", "", nil, "DOCKER_HOST is not set"},
		{"DOCKER_HOST wins over sockets", "", "unix:///nowhere/docker.sock", nil, "/nowhere/docker.sock"},
		{"a setting wins over DOCKER_HOST", "unix:///setting.sock", "unix:///variable.sock", nil, "/setting.sock"},
		{"podman's socket of this user is found", "", "", func(t *testing.T, dir string) { socket(t, dir+"/podman/podman.sock") }, "podman.sock"},
		{"a file is no socket", "", "", func(t *testing.T, dir string) { must(t, os.WriteFile(dir+"/docker.sock", nil, 0o600)) }, "DOCKER_HOST is not set"},
		{"no scheme", "/var/run/docker.sock", "", nil, "unix:///path/to/socket or tcp://host:port"},
		{"ssh needs a program of its own", "ssh://host", "", nil, "cannot speak ssh://"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "eng") // short: paths of sockets are limited
			must(t, err)
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			t.Setenv("DOCKER_HOST", row.variable)
			t.Setenv("XDG_RUNTIME_DIR", dir)
			t.Setenv("HOME", dir)
			if row.prepare != nil {
				row.prepare(t, dir)
			}
			if row.want == "DOCKER_HOST is not set" {
				for _, known := range []string{"/var/run/docker.sock", "/run/podman/podman.sock"} {
					if _, err := os.Stat(known); err == nil {
						row.want = known // this machine has an engine: then that one is found
					}
				}
			}
			e := engine.New(engine.Options{Host: row.fixed})
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err = e.Ping(ctx)
			if strings.HasSuffix(row.want, "podman.sock") { // it accepts and never answers
				if !errors.Is(err, context.DeadlineExceeded) || !e.Local() {
					t.Fatalf("not reached: %v", err)
				}
				return
			}
			if got := lost(t, err).Error(); !strings.Contains(got, row.want) {
				t.Errorf("%q does not say %q", got, row.want)
			}
			must(t, e.Close())
		})
	}
}

func TestNothingThereIsTold(t *testing.T) {
	err := error(&engine.UnavailableError{Err: engine.ErrAbsent})
	if !errors.Is(err, engine.ErrAbsent) {
		t.Error("ErrAbsent is not found in the chain")
	}
}

// A real engine: the whole life of a container, then the engine's own.
func TestEngine(t *testing.T) {
	d := enginetest.Start(t)
	d.Load()
	e := d.Engine()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	t.Run("it says where and what it is", func(t *testing.T) {
		info, err := e.Ping(ctx)
		must(t, err)
		if info.Host != d.Host || info.API == "" || !e.Local() {
			t.Errorf("%+v", info)
		}
	})
	t.Run("images are found by name and by id", func(t *testing.T) {
		id, err := e.Image(ctx, enginetest.Image)
		must(t, err)
		again, err := e.Image(ctx, id)
		must(t, err)
		if !engine.IsImageID(id) || again != id {
			t.Errorf("%q, then %q", id, again)
		}
		if none, err := e.Image(ctx, "nobody/has-this:1"); none != "" || err != nil {
			t.Errorf("%q, %v", none, err)
		}
	})
	t.Run("a life: streams apart, half-closed input, exit code, removal", func(t *testing.T) {
		id, err := e.Create(ctx, engine.Container{Image: enginetest.Image, Args: []string{"exit-now", "7"}, Labels: map[string]string{"test": "life"}})
		must(t, err)
		s, err := e.Attach(ctx, id)
		must(t, err)
		defer s.Close()
		must(t, e.Start(ctx, id))
		code, err := e.Wait(ctx, id)
		if err != nil || code != 7 {
			t.Errorf("exit code %d, %v", code, err)
		}
		said, err := io.ReadAll(s.Stderr)
		if err != nil || !strings.Contains(string(said), "the configuration is missing") {
			t.Errorf("stderr %q, %v", said, err)
		}
		if out, err := io.ReadAll(s.Stdout); len(out) > 0 || err != nil {
			t.Errorf("stdout %q, %v", out, err)
		}
		must(t, s.Stdin.Close())
		found, err := e.List(ctx, map[string]string{"test": "life"})
		if err != nil || len(found) != 1 || found[0].ID != id || found[0].State != "exited" {
			t.Errorf("%+v, %v", found, err)
		}
		must(t, e.Remove(ctx, id))
		must(t, e.Remove(ctx, id)) // gone is what was wanted
		if _, err := e.Inspect(ctx, id); !engine.IsNotFound(err) {
			t.Errorf("want not found, got %v", err)
		}
		if found, err = e.List(ctx, map[string]string{"test": ""}); len(found) > 0 || err != nil {
			t.Errorf("left: %+v, %v", found, err)
		}
	})
	t.Run("what becomes of containers is told", func(t *testing.T) { follows(ctx, t, e) })
	t.Run("a refusal is the engine's own words", func(t *testing.T) {
		_, err := e.Create(ctx, engine.Container{Image: "nobody/has-this:1"})
		if !engine.IsNotFound(err) || !strings.Contains(err.Error(), "No such image") {
			t.Errorf("%v", err)
		}
		_, err = e.Attach(ctx, "nobody")
		var refused *engine.Error
		if !errors.As(err, &refused) {
			t.Errorf("%T: %v", err, err)
		}
	})
	t.Run("lost patience is not a lost engine", func(t *testing.T) {
		why := errors.New("no time")
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(why)
		_, err := e.Ping(ctx)
		var lost *engine.UnavailableError
		if !errors.Is(err, why) || errors.As(err, &lost) {
			t.Errorf("%v", err)
		}
	})
	t.Run("an engine that is killed fails what waits, and is found again", func(t *testing.T) {
		id, err := e.Create(ctx, engine.Container{Image: enginetest.Image})
		must(t, err)
		s, err := e.Attach(ctx, id)
		must(t, err)
		must(t, e.Start(ctx, id))
		waited := make(chan error, 1)
		go func() { _, err := e.Wait(ctx, id); waited <- err }()
		time.Sleep(100 * time.Millisecond) // the wait is under way
		d.Kill()
		lost(t, <-waited)
		if _, err := bufio.NewReader(s.Stdout).ReadByte(); err == nil {
			t.Error("stdout goes on")
		}
		s.Close()
		_, err = e.Ping(ctx)
		lost(t, err)
		d.Restart()
		_, err = e.Ping(ctx)
		must(t, err)
		must(t, e.Remove(ctx, id))
	})
}

// follows is told of containers that bear the label, and of no others.
func follows(ctx context.Context, t *testing.T, e *engine.Engine) {
	ctx, cancel := context.WithCancel(ctx)
	ready, changes, ended := make(chan struct{}), make(chan engine.Changed, 100), make(chan error, 1)
	go func() {
		ended <- e.Follow(ctx, map[string]string{"test": "follow"}, func() { close(ready) }, func(c engine.Changed) { changes <- c })
	}()
	<-ready
	other, err := e.Create(ctx, engine.Container{Image: enginetest.Image})
	must(t, err)
	id, err := e.Create(ctx, engine.Container{Name: "followed", Image: enginetest.Image, Args: []string{"exit-now"}, Labels: map[string]string{"test": "follow"}})
	must(t, err)
	list, err := e.List(ctx, map[string]string{"test": ""})
	if err != nil || len(list) != 1 || list[0].Name != "followed" || list[0].Image != enginetest.Image || list[0].Running() || len(list[0].Addresses) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
	must(t, e.Start(ctx, id))
	_, err = e.Wait(ctx, id)
	must(t, err)
	must(t, e.Remove(ctx, id))
	must(t, e.Remove(ctx, other))
	for _, want := range []string{"create", "start", "die", "destroy"} {
		select {
		case c := <-changes:
			if c.Action != want || c.ID != id {
				t.Errorf("%+v, want %s", c, want)
			}
		case <-ctx.Done():
			t.Fatalf("no word of %s", want)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}
