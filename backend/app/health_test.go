package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"hangar/backend/apptest"
)

// logBuffer is a log that a test reads while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Nothing of the fleet runs, one provider is broken, and Hangar is ready all the same.
func TestHangarIsReadyWithEveryProviderCold(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	a.Add("broken", "exit-now")
	a.Want(503, "POST", "/api/providers/broken/start", nil)
	for _, path := range []string{"/livez", "/readyz", "/startupz"} {
		if got := a.Want(200, "GET", path, nil); strings.TrimSpace(string(got.Raw)) != "ok" {
			t.Errorf("%s: %s", path, got.Raw)
		}
		req := a.Request("GET", path, nil)
		req.Header.Set("Accept", "application/json")
		if got := a.Send(req); got.Status != 200 || got.Body["status"] != "healthy" {
			t.Errorf("%s as JSON: %d %s", path, got.Status, got.Raw)
		}
	}
	if got := a.Want(200, "GET", "/readyz?verbose", nil); !strings.Contains(string(got.Raw), "[+] store: ok") {
		t.Errorf("%s", got.Raw)
	}
	for _, path := range []string{"/health/live", "/health/ready", "/health/startup"} {
		got := a.Want(200, "GET", path, nil)
		if got.Body["status"] != "healthy" || strings.Contains(string(got.Raw), "math") {
			t.Errorf("%s: %s", path, got.Raw)
		}
	}
	if got := a.Want(200, "GET", "/health/startup", nil).Body; got["startup_complete"] != true || got["uptime_seconds"].(float64) <= 0 {
		t.Errorf("%v", got)
	}
}

// A probe comes by an address, not by a name that we know.
func TestProbesMayComeByAnyName(t *testing.T) {
	a := apptest.Start(t)
	for path, want := range map[string]int{"/readyz": 200, "/health/ready": 200, "/metrics": 403, "/api/system": 403} {
		req := a.Request("GET", path, nil)
		req.Host = "10.1.2.3:8000"
		if got := a.Send(req); got.Status != want {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}

func TestTheLevelOfTheLogChangesWhileItRuns(t *testing.T) {
	log := &logBuffer{}
	a := apptest.Start(t, apptest.LogTo(log))
	if got := a.Want(200, "GET", "/api/system/log-level", nil).Body; got["level"] != "info" {
		t.Errorf("%v", got)
	}
	a.Want(200, "GET", "/api/providers?state=cold", nil)
	a.Want(200, "PUT", "/api/system/log-level", map[string]any{"level": "debug"})
	seen := a.Want(200, "GET", "/api/groups", nil).Header.Get("X-Request-Id")
	a.Want(200, "PUT", "/api/system/log-level", map[string]any{"level": "warn"})
	a.Want(200, "GET", "/api/operations", nil)
	for _, bad := range []any{map[string]any{"level": "loud"}, map[string]any{}, map[string]any{"level": "info", "colour": "red"}} {
		a.Want(422, "PUT", "/api/system/log-level", bad)
	}
	a.Stop()
	text := log.String()
	for part, want := range map[string]bool{
		"path=/api/providers": false, "path=/api/groups status=200": true, "request_id=" + seen: true, "actor=user:local": true, "path=/api/operations": false, "shutting down": false,
	} {
		if strings.Contains(text, part) != want {
			t.Errorf("%q in the log: %v\n%s", part, !want, text)
		}
	}
}

func TestTheChangeOfTheLevelIsOnRecord(t *testing.T) {
	a := apptest.Start(t)
	a.Want(200, "PUT", "/api/system/log-level", map[string]any{"level": "error"})
	got := a.Want(200, "GET", "/api/events?event_type=LogLevelChanged", nil).Body["events"].([]any)
	if len(got) != 1 || got[0].(map[string]any)["old_level"] != "info" || got[0].(map[string]any)["new_level"] != "error" {
		t.Errorf("%v", got)
	}
}

func TestProfilesAreServed(t *testing.T) {
	a := apptest.Start(t)
	for path, part := range map[string]string{"/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile", "/debug/pprof/heap?debug=1": "heap profile"} {
		if got := a.Want(http.StatusOK, "GET", path, nil); !strings.Contains(string(got.Raw), part) {
			t.Errorf("%s: %.200s", path, got.Raw)
		}
	}
	if got := a.Do("GET", "/debug/pprof/cmdline", nil); got.Status != 404 {
		t.Errorf("the command line is served: %d %s", got.Status, got.Raw)
	}
}
