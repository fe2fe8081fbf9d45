package e2e

import (
	"bufio"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// stream posts JSON and gives the frames of the event stream that answers, until it ends.
func (s *server) stream(path, body string) <-chan string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	frames := make(chan string, 1000)
	go func() {
		defer close(frames)
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		var frame []string
		for lines.Scan() {
			if lines.Text() != "" {
				frame = append(frame, lines.Text())
				continue
			}
			frames <- strings.Join(frame, "\n")
			frame = nil
		}
	}()
	return frames
}

// run runs a program that is expected to fail, and gives all that it said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("%s %v succeeded:\n%s", name, args, out)
	}
	return string(out)
}
