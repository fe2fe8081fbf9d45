package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// emptyFile is a configuration without the sample's providers.
func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hangar.yaml")
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheSampleWorks(t *testing.T) {
	s := serve(t, t.TempDir())
	list := s.do(200, "GET", "/api/providers", nil)["providers"].([]any)
	ids := map[string]bool{}
	for _, p := range list {
		ids[p.(map[string]any)["provider"].(string)] = true
	}
	for _, id := range []string{"demo", "everything", "filesystem"} {
		if !ids[id] {
			t.Fatalf("the sample lacks %s: %v", id, ids)
		}
		if got := s.do(200, "POST", "/api/providers/"+id+"/start", nil); got["state"] != "ready" || len(got["tools"].([]any)) < 4 {
			t.Errorf("%s: %v", id, got)
		}
	}
	got := s.do(200, "POST", "/api/providers/demo/tools/add/call", map[string]any{"arguments": map[string]any{"a": 40, "b": 2}})
	if !strings.Contains(fmt.Sprint(got["content"]), "42") {
		t.Errorf("%v", got)
	}
	logs := s.do(200, "GET", "/api/providers/demo/logs", nil)
	if logs["count"].(float64) == 0 {
		t.Error("the demo server chats on stderr, but there are no logs")
	}
	got = s.do(200, "POST", "/api/providers/filesystem/tools/list_allowed_directories/call", map[string]any{})
	if !strings.Contains(fmt.Sprint(got["content"]), "sandbox") {
		t.Errorf("%v", got)
	}
}

// Kill -9 loses nothing that was acknowledged and leaves nothing running: the next start sweeps.
func TestKillNine(t *testing.T) {
	data, config, mark := t.TempDir(), emptyFile(t), "MARK="+t.TempDir()
	s := serve(t, data, "--config", config)
	mark = strings.TrimPrefix(mark, "MARK=")
	for round := range 3 {
		id := fmt.Sprintf("demo%d", round)
		s.demo(id, mark)
		s.do(200, "POST", "/api/providers/"+id+"/start", nil)
		if len(marked(t, "MARK="+mark)) == 0 {
			t.Fatal("the provider's process is not to be seen")
		}
		before := s.do(200, "GET", "/api/events?limit=500", nil)["head"].(float64)
		s.kill()
		s = serve(t, data, "--config", config)
		if left := marked(t, "MARK="+mark); len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
		events := s.do(200, "GET", "/api/events?limit=500", nil)
		if events["head"].(float64) < before {
			t.Fatalf("the log went back from %v to %v", before, events["head"])
		}
		for i, e := range events["events"].([]any) {
			if p := e.(map[string]any)["position"].(float64); p != float64(i+1) {
				t.Fatalf("position %v stands at %d: a hole", p, i+1)
			}
		}
		for past := range round + 1 {
			if got := s.do(200, "GET", fmt.Sprintf("/api/providers/demo%d", past), nil); got["state"] != "cold" {
				t.Errorf("demo%d is %v", past, got["state"])
			}
		}
	}
}

func TestSIGTERMEndsInOrder(t *testing.T) {
	mark := t.TempDir()
	s := serve(t, t.TempDir(), "--config", emptyFile(t))
	s.demo("demo", mark)
	s.do(200, "POST", "/api/providers/demo/start", nil)
	// A call that outlives the patience of a shutdown: it must be answered, not cut.
	frames := s.stream("/api/providers/demo/tools/slow/call", `{"arguments":{"seconds":60,"steps":600},"timeout_ms":120000}`)
	if first := <-frames; !strings.HasPrefix(first, "event: progress") {
		t.Fatalf("first frame %q", first)
	}
	took, err := s.terminate()
	if err != nil || took > 10*time.Second {
		t.Errorf("it ended after %s with %v", took, err)
	}
	last := ""
	for frame := range frames {
		last = frame
	}
	if !strings.HasPrefix(last, "event: error") || !strings.Contains(last, `"status_code":503`) || !strings.Contains(last, "stopped (shutdown)") {
		t.Errorf("the running call ended with %q", last)
	}
	if left := marked(t, "MARK="+mark); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestASecondInstanceIsToldWhoHoldsTheData(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data, "--config", emptyFile(t))
	out := run(t, binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
	if !strings.Contains(out, "in use by process") || !strings.Contains(out, s.url) {
		t.Errorf("%s", out)
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	s := serve(t, t.TempDir(), "--config", emptyFile(t))
	out := run(t, binary, "serve", "--listen", strings.TrimPrefix(s.url, "http://"), "--data", t.TempDir())
	if !strings.Contains(out, "cannot listen on") || !strings.Contains(out, "--listen") {
		t.Errorf("%s", out)
	}
}
