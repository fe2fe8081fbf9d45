package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/mcptest"
)

// binary is set once by TestMain; tests only read it.
var binary string

// holds, when given, makes the tests of what must hold run in full and write what came out as a line of a table.
var holds = flag.String("holds", "", "run what must hold in full, and append a row of docs/conformance.md for each to this file")

func TestMain(m *testing.M) {
	mcptest.Child()
	dir, err := os.MkdirTemp("", "hangar-e2e")
	if err != nil {
		panic(err)
	}
	if binary = os.Getenv("HANGAR_BIN"); binary == "" {
		binary = filepath.Join(dir, "hangar")
		build := exec.Command("go", "build", "-o", binary, "hangar/backend/cmd/hangar")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // static, as it is shipped
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the binary: %v\n%s", err, out)
			os.Exit(1)
		}
	}
	if binary, err = filepath.Abs(binary); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(tidy{m}, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// tidy closes the connections that the tests left open before leaks are looked for.
type tidy struct{ *testing.M }

// Run runs the tests.
func (t tidy) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return t.M.Run()
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// server is a running `hangar serve`.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	data string

	mu   sync.Mutex
	said bytes.Buffer // its stderr
	done chan error
}

// serve runs the binary on a free port until the test ends.
func serve(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: data, done: make(chan error, 1)}
	s.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)...)
	s.cmd.Dir = root(t)
	s.run()
	return s
}

func (s *server) run() {
	s.t.Helper()
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	listening := make(chan string, 1)
	go s.follow(stderr, listening)
	s.t.Cleanup(func() {
		s.kill()
		if s.t.Failed() {
			s.t.Logf("the server said:\n%s", s.output())
		}
	})
	select {
	case s.url = <-listening:
	case err := <-s.done:
		s.done <- err
		s.t.Fatalf("the server ended: %v\n%s", err, s.output())
	case <-time.After(15 * time.Second):
		s.t.Fatalf("the server does not listen\n%s", s.output())
	}
}

// follow keeps what the server says and finds where it listens.
func (s *server) follow(stderr io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.said.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if url, ok := strings.CutPrefix(lines.Text(), "Hangar is listening on "); ok {
			listening <- url
		}
	}
	s.done <- s.cmd.Wait()
}

func (s *server) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// kill is kill -9.
func (s *server) kill() {
	// It may have ended already.
	_ = s.cmd.Process.Kill()
	s.done <- <-s.done
}

// terminate asks it to end and waits; it returns how long that took and the exit.
func (s *server) terminate() (time.Duration, error) {
	s.t.Helper()
	begun := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.done:
		s.done <- err
		return time.Since(begun), err
	case <-time.After(20 * time.Second):
		s.t.Fatalf("it did not end within 20 s of SIGTERM\n%s", s.output())
		return 0, nil
	}
}

// do sends a request and decodes the answer, which must have this status.
func (s *server) do(want int, method, path string, body any) map[string]any {
	s.t.Helper()
	return request(s.t, want, method, s.url+path, body)
}

func request(t *testing.T, want int, method, url string, body any) map[string]any {
	t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("%s %s: got %d %s, want %d", method, url, resp.StatusCode, raw, want)
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out) // not every answer is an object
	return out
}

// marked lists the living processes whose environment holds this text.
func marked(t *testing.T, mark string) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range all {
		// A process may go while we look.
		if env, err := os.ReadFile(path); err == nil && bytes.Contains(env, []byte(mark)) {
			found = append(found, path)
		}
	}
	return found
}

func eventually(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// demo defines a provider that runs the binary's own demo server.
func (s *server) demo(id, mark string) {
	s.t.Helper()
	s.do(201, "POST", "/api/providers", map[string]any{
		"provider_id": id, "mode": "subprocess", "command": []string{binary, "demo"}, "env": map[string]string{"MARK": mark},
	})
}
