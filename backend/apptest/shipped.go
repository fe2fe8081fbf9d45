package apptest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaryVariable names the binary that `make test` built; without it the app runs inside of the test.
const binaryVariable = "HANGAR_BIN"

// Shipped runs the app as it is shipped: the binary that was built, as a process of its own, with its key of an admin made by
// its own command. Where no binary was built, it is Start.
func Shipped(t *testing.T, admin *string, yaml string) *App {
	t.Helper()
	binary := os.Getenv(binaryVariable)
	said := &output{}
	if binary == "" {
		a := Start(t, WithFile(yaml), WithAdmin(admin), WithLog(said))
		a.said = said
		return a
	}
	dir := t.TempDir()
	file, data := filepath.Join(dir, "hangar.yaml"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := exec.CommandContext(t.Context(), binary, "keys", "create", "--bootstrap", "--principal", "root", "--config", file, "--data", data).Output()
	if err != nil {
		t.Fatalf("make an admin's key: %v", err)
	}
	*admin = strings.TrimSpace(string(key))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary, "serve", "--config", file, "--data", data, "--listen", "127.0.0.1:0", "--websocket-listen", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &App{t: t, Dir: dir, File: file, stop: stop, done: make(chan error, 1), said: said}
	listening := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stderr, said))
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "Hangar is listening on "); ok {
				listening <- url
			}
		}
		a.done <- ended(cmd.Wait(), ctx)
	}()
	t.Cleanup(a.Stop)
	select {
	case a.URL = <-listening:
	case err := <-a.done:
		t.Fatalf("%s ended at once: %v", binary, err)
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not listen", binary)
	}
	return a
}

// Said is what the app wrote to its log, all of it; of an app that Shipped started.
func (a *App) Said() string { return a.said.String() }

type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write never fails.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String is all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ended tells an end that was asked for from any other.
func ended(err error, asked context.Context) error {
	if asked.Err() != nil && err == context.Canceled {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the process: %w", err)
	}
	return nil
}
