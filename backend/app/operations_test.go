package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/apptest"
)

func begin(a *apptest.App) string {
	return a.Want(201, "POST", "/api/operations", map[string]any{"operation_type": "code_generation", "metadata": map[string]any{"for": "me"}}).
		Body["operation_id"].(string)
}

func TestOperationRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t)
	id := begin(a)
	at := "/api/operations/" + id
	keep(t, a, []contract{
		{"GET", "/api/operations?status=running&limit=1", nil, 200, []string{"operations", "total"}, map[string][]string{
			"operations": {"operation_id", "operation_type", "started_at", "status", "progress", "metadata", "event_count"}}},
		{"GET", at, nil, 200, []string{"operation"}, nil},
		{"POST", at + "/progress", map[string]any{"progress": 0.5}, 200, nil, nil},
		{"POST", at + "/progress", map[string]any{"progress": 1, "message": "m", "details": map[string]any{"a": 1}}, 200, nil, nil},
		{"POST", at + "/status", map[string]any{"status": "processing"}, 200, nil, nil},
		{"POST", at + "/log", map[string]any{"level": "info", "message": "m"}, 200, nil, nil},
		{"GET", at + "/events", nil, 200, []string{"events"}, map[string][]string{"events": {"event_type", "operation_id", "timestamp", "data"}}},
		{"POST", at + "/result", map[string]any{"result": nil}, 200, nil, nil},
		{"DELETE", at, nil, 200, []string{"operation_id", "cancelled", "deleted"}, nil},
		{"GET", at, nil, 404, nil, nil},
	})
}

func TestWhatOperationsRefuse(t *testing.T) {
	a := apptest.Start(t)
	id := begin(a)
	at := "/api/operations/" + id
	ended := "/api/operations/" + begin(a)
	a.Want(200, "POST", ended+"/error", map[string]any{"error": "boom"})
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		says         string
	}{
		"a type that is missing":           {"POST", "/api/operations", map[string]any{}, 422, "operation_type"},
		"a type that is empty":             {"POST", "/api/operations", map[string]any{"operation_type": ""}, 422, "operation_type"},
		"a type of two lines":              {"POST", "/api/operations", map[string]any{"operation_type": "a\nb"}, 422, "operation_type"},
		"metadata that is no object":       {"POST", "/api/operations", map[string]any{"operation_type": "x", "metadata": []int{1}}, 422, "metadata"},
		"an unknown field":                 {"POST", "/api/operations", map[string]any{"operation_type": "x", "colour": "red"}, 422, "colour"},
		"an unknown operation":             {"GET", "/api/operations/nobody", nil, 404, "nobody"},
		"a report on an unknown operation": {"POST", "/api/operations/nobody/log", map[string]any{"level": "info", "message": "m"}, 404, "nobody"},
		"deleting an unknown operation":    {"DELETE", "/api/operations/nobody", nil, 404, "nobody"},
		"progress that is missing":         {"POST", at + "/progress", map[string]any{}, 422, "progress"},
		"progress beyond one":              {"POST", at + "/progress", map[string]any{"progress": 1.5}, 422, "progress"},
		"progress as text":                 {"POST", at + "/progress", map[string]any{"progress": "half"}, 422, "progress"},
		"details that are no object":       {"POST", at + "/progress", map[string]any{"progress": 0.5, "details": "x"}, 422, "details"},
		"a status that is missing":         {"POST", at + "/status", map[string]any{"message": "x"}, 422, "status"},
		"a log without a message":          {"POST", at + "/log", map[string]any{"level": "info"}, 422, "message"},
		"a result that is missing":         {"POST", at + "/result", map[string]any{}, 422, "result"},
		"an error that says nothing":       {"POST", at + "/error", map[string]any{"error": ""}, 422, "error"},
		"a limit beyond the bound":         {"GET", "/api/operations?limit=501", nil, 422, "limit"},
		"a report after the end":           {"POST", ended + "/progress", map[string]any{"progress": 1}, 409, "ended"},
		"a result after the end":           {"POST", ended + "/result", map[string]any{"result": 1}, 409, "ended"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.Want(c.status, c.method, c.path, c.body)
			if !strings.Contains(string(got.Raw), c.says) {
				t.Errorf("it does not say %q: %s", c.says, got.Raw)
			}
		})
	}
	if got := a.Want(200, "GET", at, nil).Body["operation"].(map[string]any); got["event_count"] != 1.0 || got["status"] != "running" {
		t.Errorf("a refused report left a trace: %v", got)
	}
}

// Cancelled by somebody else: the producer learns of it at its next report.
func TestCancellingAnOperationThatIsReportedFromOutside(t *testing.T) {
	a := apptest.Start(t)
	at := "/api/operations/" + begin(a)
	if got := a.Want(200, "DELETE", at, nil).Body; got["cancelled"] != true || got["deleted"] != false {
		t.Error(got)
	}
	got := a.Want(409, "POST", at+"/progress", map[string]any{"progress": 0.5})
	if got.Body["error"] != "OperationEndedError" || got.Body["details"].(map[string]any)["status"] != "cancelled" {
		t.Errorf("the producer is told %s", got.Raw)
	}
	if got := a.Want(200, "DELETE", at, nil).Body; got["cancelled"] != false || got["deleted"] != true {
		t.Error(got)
	}
}

func TestOnlyTheNewestOperationsAreKept(t *testing.T) {
	a := apptest.Start(t, apptest.WithFlag("operations-kept", "10"))
	for i := range 15 {
		id := begin(a)
		a.Want(200, "POST", fmt.Sprintf("/api/operations/%s/result", id), map[string]any{"result": i})
	}
	if got := a.Want(200, "GET", "/api/operations", nil).Body; got["total"] != 10.0 {
		t.Errorf("%v operations are kept", got["total"])
	}
}

// ofType gives the operations of a type once there are so many that have ended, newest first.
func ofType(a *apptest.App, t *testing.T, kind string, ended int) []map[string]any {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var found []map[string]any
		done := 0
		for _, o := range a.Want(200, "GET", "/api/operations?limit=500", nil).Body["operations"].([]any) {
			if o := o.(map[string]any); o["operation_type"] == kind {
				found = append(found, o)
				if o["ended_at"] != nil {
					done++
				}
			}
		}
		if done == ended {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d operations of type %s have ended, want %d: %v", done, kind, ended, found)
		}
	}
}

// told gives what an operation said, as the sockets show it.
func told(a *apptest.App, o map[string]any) []string {
	var out []string
	for _, e := range a.Want(200, "GET", "/api/operations/"+o["operation_id"].(string)+"/events", nil).Body["events"].([]any) {
		e := e.(map[string]any)
		data := e["data"].(map[string]any)
		said := fmt.Sprint(e["event_type"])
		for _, key := range []string{"status", "error_type"} {
			if v, ok := data[key]; ok {
				said += " " + fmt.Sprint(v)
			}
		}
		out = append(out, said)
	}
	return out
}

// What Hangar itself does for long is shown without anybody reporting it.
func TestOurOwnLongWorkIsShown(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	start := ofType(a, t, "provider_start", 1)[0]
	want := []string{"status running", "status launching", "status handshake", "status listing", "result", "completed completed"}
	if got := told(a, start); !slices.Equal(got, want) {
		t.Errorf("the start told %v, want %v", got, want)
	}
	if start["metadata"].(map[string]any)["provider_id"] != "math" || start["cancellable"] != false || start["started_by"] != "system:fleet" {
		t.Errorf("%v", start)
	}
	if quick := ofType(a, t, "tool_call", 0); len(quick) != 0 {
		t.Errorf("a quick call is shown: %v", quick)
	}

	a.Add("broken", "exit-now")
	a.Want(503, "POST", "/api/providers/broken/start", nil)
	failed := ofType(a, t, "provider_start", 2)[0]
	if failed["status"] != "error" || failed["error_type"] == nil || !strings.Contains(failed["error"].(string), "broken") {
		t.Errorf("%v", failed)
	}
}

func TestASlowCallIsShownAndCanBeCancelled(t *testing.T) {
	a := apptest.Start(t)
	a.Add("slow", "hang-call")
	answer := make(chan apptest.Answer, 1)
	go func() {
		answer <- a.Do("POST", "/api/providers/slow/tools/add/call", map[string]any{"arguments": map[string]any{}})
	}()
	var id string
	for deadline := time.Now().Add(10 * time.Second); id == ""; time.Sleep(20 * time.Millisecond) {
		for _, o := range ofType(a, t, "tool_call", 0) {
			id = o["operation_id"].(string)
		}
		if time.Now().After(deadline) {
			t.Fatal("the call is not shown")
		}
	}
	if got := a.Want(200, "DELETE", "/api/operations/"+id, nil).Body; got["cancelled"] != true {
		t.Error(got)
	}
	if got := <-answer; got.Status != 409 || got.Body["error"] != "OperationCancelledError" {
		t.Errorf("the caller is told %d %s", got.Status, got.Raw)
	}
	if o := ofType(a, t, "tool_call", 1)[0]; o["status"] != "cancelled" || o["metadata"].(map[string]any)["tool_name"] != "add" {
		t.Errorf("%v", o)
	}
}

func TestCancellingAStartStopsTheProvider(t *testing.T) {
	a := apptest.Start(t)
	a.Add("hung", "hang-init")
	answer := make(chan apptest.Answer, 1)
	go func() { answer <- a.Do("POST", "/api/providers/hung/start", nil) }()
	var id string
	for deadline := time.Now().Add(10 * time.Second); id == ""; time.Sleep(20 * time.Millisecond) {
		for _, o := range ofType(a, t, "provider_start", 0) {
			id = o["operation_id"].(string)
		}
		if time.Now().After(deadline) {
			t.Fatal("the start is not shown")
		}
	}
	a.Want(200, "DELETE", "/api/operations/"+id, nil)
	if got := <-answer; got.Status != 503 || !strings.Contains(string(got.Raw), "operation_cancelled") {
		t.Errorf("the caller is told %d %s", got.Status, got.Raw)
	}
}
