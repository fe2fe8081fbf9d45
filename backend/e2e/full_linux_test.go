package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serveOnSmallDisk runs the binary with its data on a file system of its own that only it sees; disk is how others reach it.
func serveOnSmallDisk(t *testing.T, size string) (s *server, disk string) {
	t.Helper()
	data := t.TempDir()
	options := []string{"-m"}
	if os.Getuid() != 0 {
		options = []string{"-Urm"}
	}
	if out, err := exec.Command("unshare", append(options, "true")...).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED LOUDLY: this machine gives no mount namespace, so a full disk is not tried: %v %s", err, out)
	}
	s = &server{t: t, data: data, done: make(chan error, 1)}
	s.cmd = exec.Command("unshare", append(options, "sh", "-c", `mount -t tmpfs -o size=`+size+` tmpfs "$1" && shift && exec "$@"`, "sh", data,
		binary, "serve", "--listen", "127.0.0.1:0", "--websocket-enabled=false", "--data", data)...)
	s.cmd.Dir = root(t)
	s.run()
	return s, filepath.Join(fmt.Sprintf("/proc/%d/root", s.cmd.Process.Pid), data)
}

// fill writes until nothing fits any more.
func fill(t *testing.T, disk string) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.OpenFile(filler, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return filler
}

// try sends a request whatever comes of it.
func (s *server) try(method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	return res.StatusCode, answer
}

// While the disk is full reads and calls go on and changes are refused with the reason; room brings everything back, without
// a restart and without a record lost.
func TestAFullDiskRefusesChangesAndHeals(t *testing.T) {
	s, disk := serveOnSmallDisk(t, "24m")
	s.demo("math", "full-disk")
	add := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	s.do(200, "POST", "/api/providers/math/tools/add/call", add)

	filler := fill(t, disk)
	made, refused := 0, map[string]any{}
	for i := 0; i < 5000 && len(refused) == 0; i++ {
		status, body := s.try("POST", "/api/groups", map[string]any{"group_id": fmt.Sprint("g", i), "description": strings.Repeat("x", 1000)})
		switch status {
		case 201:
			made++
		case 507:
			refused = body
		default:
			t.Fatalf("group %d: %d %v", i, status, body)
		}
	}
	if refused["error"] != "StorageFullError" || !strings.Contains(fmt.Sprint(refused["message"]), "free some space") {
		t.Fatalf("after %d groups: %v", made, refused)
	}
	if got := len(s.do(200, "GET", "/api/groups", nil)["groups"].([]any)); got != made {
		t.Errorf("%d groups were acknowledged, %d are there", made, got)
	}
	s.do(200, "GET", "/api/providers/math", nil)
	s.do(200, "GET", "/api/observability/metrics/history?metric=tool_calls_total", nil)
	s.do(200, "GET", "/api/observability/alerts", nil)
	for range 3 {
		s.do(200, "POST", "/api/providers/math/tools/add/call", add)
	}
	if status, body := s.try("POST", "/api/groups", map[string]any{"group_id": "during", "description": strings.Repeat("x", 1000)}); status != 507 {
		t.Errorf("a change got through: %d %v", status, body)
	}
	if status, body := s.try("POST", "/api/config/backup", map[string]any{"label": "late"}); status != 507 || body["error"] != "StorageFullError" {
		t.Errorf("a backup of the configuration: %d %v", status, body)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.do(201, "POST", "/api/groups", map[string]any{"group_id": "after"})
	eventually(t, 30*time.Second, "all records of calls are stored", func() bool {
		return len(s.do(200, "GET", "/api/calls?provider_id=math", nil)["calls"].([]any)) == 4
	})
	points := s.do(200, "GET", "/api/observability/metrics/history?metric=tool_calls_total&provider=math", nil)["points"].([]any)
	sum := 0.0
	for _, p := range points {
		sum += p.(map[string]any)["value"].(float64)
	}
	if sum != 4 {
		t.Errorf("the history has %v calls", sum)
	}
	if _, err := s.terminate(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}
