package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 60 * time.Second // for whatever must come in the end, on the busiest machine

// child is one life of the binary.
type child struct {
	cmd   *exec.Cmd
	url   string
	begun time.Time

	ready chan struct{} // closed when it listens
	over  chan struct{} // closed when it has ended
	err   error         // of its end; read it after over

	mu   sync.Mutex
	said bytes.Buffer
}

// spawn starts the binary and returns at once.
func spawn(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, ready: make(chan struct{}), over: make(chan struct{}), begun: time.Now()}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.follow(stderr)
	return c, nil
}

func (c *child) follow(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c.mu.Lock()
		if c.said.Len() < 1<<20 {
			c.said.WriteString(lines.Text() + "\n")
		}
		c.mu.Unlock()
		if url, ok := strings.CutPrefix(lines.Text(), "Hangar is listening on "); ok {
			c.url = url
			close(c.ready)
		}
	}
	c.err = c.cmd.Wait()
	close(c.over)
}

func (c *child) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.String()
}

// await waits until it listens.
func (c *child) await() error {
	select {
	case <-c.ready:
		return nil
	case <-c.over:
		return fmt.Errorf("the binary ended: %w\n%s", c.err, c.output())
	case <-time.After(patience):
		return fmt.Errorf("the binary does not listen\n%s", c.output())
	}
}

// kill is kill -9.
func (c *child) kill() {
	// It may have ended already.
	_ = c.cmd.Process.Kill()
	<-c.over
}

// terminate asks it to end, and waits.
func (c *child) terminate() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.over:
		if c.err != nil {
			return fmt.Errorf("it did not end well: %w\n%s", c.err, c.output())
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("it does not end\n%s", c.output())
	}
}

// freePort is a port that nobody listens on: followers come back to the same address after each fault.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// marked gives the living processes whose environment has this entry.
func marked(mark string) (pids []string, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	for _, path := range all {
		// A process may go while we look.
		if env, err := os.ReadFile(path); err == nil && bytes.Contains(env, []byte(mark+"\x00")) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids, nil
}

// descends tells whether a process was started by another, or by one of those that it started. One whose parent was
// killed has been given to another parent, so it descends from no later life.
func descends(pid string, from int) bool {
	for pid != "" && pid != "0" && pid != "1" {
		if pid == strconv.Itoa(from) {
			return true
		}
		pid = parent(pid)
	}
	return false
}

// parent is empty when the process is gone.
func parent(pid string) string {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "PPid:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
