package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"hangar/backend/app"
	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/mcptest"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

// Option changes what Start starts.
type Option func(*setting)

type setting struct {
	admin   *string
	dir     string
	yaml    string
	flags   map[string]string
	env     map[string]string
	dist    fs.FS
	log     io.Writer
	leveled bool // log gets what the level lets through
}

// InDir keeps the store in a directory that outlives the app.
func InDir(dir string) Option { return func(s *setting) { s.dir = dir } }

// WithFile gives the app a configuration file.
func WithFile(yaml string) Option { return func(s *setting) { s.yaml = yaml } }

// WithFlag sets a flag of `hangar serve`.
func WithFlag(name, value string) Option { return func(s *setting) { s.flags[name] = value } }

// WithAdmin makes a key of an admin before the app starts. Sign-in is turned on by the file: see SignIn.
func WithAdmin(key *string) Option { return func(s *setting) { s.admin = key } }

// SignIn is a file that turns sign-in on, and nothing else.
const SignIn = "auth: {enabled: true}\n"

// LogTo takes the app's log, on the level that it has; without it, it is shown with the test that failed.
func LogTo(w io.Writer) Option { return func(s *setting) { s.log, s.leveled = w, true } }

// WithEnv sets a variable of the configuration, which sees no others.
func WithEnv(name, value string) Option { return func(s *setting) { s.env[name] = value } }

// WithLog copies the app's log, all of it, into a writer.
func WithLog(w io.Writer) Option { return func(s *setting) { s.log = w } }

// App is a running app and a client to it.
type App struct {
	t    *testing.T
	URL  string
	Dir  string
	File string // the configuration
	// Setup is the set-up link of this start, or "".
	Setup string
	key   string // who sends the requests
	hang  chan os.Signal
	stop  context.CancelFunc
	done  chan error
	said  *output
}

// Start runs an app without providers (unless a file says otherwise) until the test ends.
func Start(t *testing.T, options ...Option) *App {
	t.Helper()
	a, err := New(t, options...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// New is Start for a test that expects a refusal.
func New(t *testing.T, options ...Option) (*App, error) {
	t.Helper()
	s := &setting{dir: t.TempDir(), yaml: "{}\n", flags: map[string]string{}, env: map[string]string{}, dist: fstest.MapFS{}}
	for _, o := range options {
		o(s)
	}
	file := filepath.Join(s.dir, "hangar.yaml")
	if err := os.WriteFile(file, []byte(s.yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }
	flags := map[string]string{"listen": "127.0.0.1:0", "websocket-listen": "127.0.0.1:0", "data": filepath.Join(s.dir, "data")}
	if url := storetest.URL(t, s.dir); url != "" {
		flags["storage-url"] = url
	}
	for name, value := range s.flags {
		flags[name] = value
	}
	fresh.Into(t, flags["data"])
	c, err := config.Load(config.Source{File: file, Flags: flags, Env: env})
	if err != nil {
		return nil, err
	}
	log := logs(t, s)
	if s.admin != nil {
		if _, *s.admin, err = app.Bootstrap(t.Context(), c, auth.NewKey{Principal: "root", Name: "test"}, log.Logger); err != nil {
			return nil, err
		}
	}
	hang := make(chan os.Signal, 1)
	a, err := app.New(t.Context(), app.Options{Config: c, Dist: s.dist, Version: "test", Log: log.Logger, Level: log.Level, Hangup: hang})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out := &App{t: t, URL: a.URL(), Dir: s.dir, File: file, Setup: a.SetupLink(), hang: hang, stop: stop, done: make(chan error, 1)}
	go func() { out.done <- a.Run(ctx) }()
	t.Cleanup(out.Stop)
	return out, nil
}

// logger shows what matters with the test; a writer that was given gets everything.
func logs(t *testing.T, s *setting) app.Logs {
	switch {
	case s.log == nil:
		return app.NewLogs(testLog{t}, "text", slog.LevelInfo)
	case s.leveled:
		return app.NewLogs(s.log, "text", slog.LevelInfo)
	}
	l := app.NewLogs(io.MultiWriter(testLog{t}, s.log), "text", slog.LevelDebug)
	l.Level = nil // a reload must not change it
	return l
}

// Write puts another text in the place of the configuration file, by renaming.
func (a *App) Write(yaml string) {
	a.t.Helper()
	next := a.File + ".next"
	if err := os.WriteFile(next, []byte(yaml), 0o600); err != nil {
		a.t.Fatal(err)
	}
	if err := os.Rename(next, a.File); err != nil {
		a.t.Fatal(err)
	}
}

// HangUp is SIGHUP.
func (a *App) HangUp() { a.hang <- syscall.SIGHUP }

type testLog struct{ t *testing.T }

// Write shows the app's log with the test that failed.
func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}

// Stop shuts the app down in an orderly way; it may be called twice.
func (a *App) Stop() {
	a.t.Helper()
	a.stop()
	select {
	case err, first := <-a.done:
		if first {
			close(a.done)
		}
		if err != nil {
			a.t.Errorf("the app ended with %v", err)
		}
	case <-time.After(15 * time.Second):
		a.t.Error("the app did not end within 15 s")
	}
	http.DefaultClient.CloseIdleConnections()
}

// Answer is what a request got.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
	Body   map[string]any // nil when it is no object
}

// As is a client of the same app that sends this key with every request.
func (a *App) As(key string) *App {
	other := *a
	other.key = key
	return &other
}

// Do sends a request; body is sent as JSON unless it is a string, which is sent as it is.
func (a *App) Do(method, path string, body any) Answer {
	a.t.Helper()
	return a.Send(a.Request(method, path, body))
}

// Request makes a request for Send.
func (a *App) Request(method, path string, body any) *http.Request {
	a.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = bytes.NewReader([]byte(b))
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		r = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.URL+path, r)
	if err != nil {
		a.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// Send sends a request as it is.
func (a *App) Send(req *http.Request) Answer {
	a.t.Helper()
	if a.key != "" {
		req.Header.Set("X-API-Key", a.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	out := Answer{Status: resp.StatusCode, Header: resp.Header, Raw: raw}
	// Not every answer is an object; then Body stays nil.
	_ = json.Unmarshal(raw, &out.Body)
	return out
}

// Want sends a request and fails the test unless it gets this status.
func (a *App) Want(status int, method, path string, body any) Answer {
	a.t.Helper()
	got := a.Do(method, path, body)
	if got.Status != status {
		a.t.Fatalf("%s %s: got %d %s, want %d", method, path, got.Status, got.Raw, status)
	}
	return got
}

// Add creates a subprocess provider that plays a double of mcptest. The test's TestMain must call mcptest.Child.
func (a *App) Add(id, mode string, args ...string) {
	a.t.Helper()
	command, env := mcptest.Command(a.t, mode, args...)
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": id, "mode": "subprocess", "command": command, "env": env})
}
