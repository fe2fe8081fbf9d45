package app_test

import (
	"strings"
	"testing"

	"hangar/backend/apptest"
)

func TestAStreamIsCompactedToItsSnapshot(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	for range 5 {
		a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	}
	stream := map[string]any{"stream_id": "provider:math"}
	if got := a.Want(500, "POST", "/api/maintenance/compact", stream); got.Body["error"] != "CompactionError" || !strings.Contains(string(got.Raw), "no snapshot") {
		t.Errorf("%s", got.Raw)
	}
	a.Stop()

	a = apptest.Start(t, apptest.InDir(dir), apptest.WithFlag("storage-snapshot-events", "1"))
	ofStream := func() (n float64) {
		for range a.Want(200, "GET", "/api/events?provider_id=math&limit=500", nil).Body["events"].([]any) {
			n++
		}
		return n
	}
	before := ofStream()
	var removed float64
	until(t, "a snapshot is taken", func() bool {
		got := a.Do("POST", "/api/maintenance/compact", stream)
		if got.Status == 200 {
			one := got.Body["compacted"].(map[string]any)
			removed = one["events_deleted"].(float64)
			return one["stream_id"] == "provider:math"
		}
		return false
	})
	if after := ofStream(); removed < 6 || after > before-removed+2 { // a start may have added a few
		t.Errorf("%v events, %v removed, %v left", before, removed, after)
	}
	told := a.Want(200, "GET", "/api/events?event_type=EventStreamCompacted", nil).Body["events"].([]any)
	if len(told) != 1 || told[0].(map[string]any)["events_deleted"] != removed {
		t.Errorf("%v", told)
	}
	// The records of calls, the history and the provider itself are as they were.
	if got := calls(a, "provider_id=math"); len(got) != 5 {
		t.Errorf("%d records of calls", len(got))
	}
	if got := a.Want(200, "GET", "/api/providers/math/tools/history", nil).Body["total"]; got != 5.0 {
		t.Errorf("tools/history has %v", got)
	}
	if got, _ := points(a, "metric=tool_calls_total&provider=math"); got != 5 {
		t.Errorf("the history has %v", got)
	}
	a.Want(200, "POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
	if got := calls(a, "provider_id=math"); len(got) != 6 {
		t.Errorf("%d records of calls", len(got))
	}
}

func TestWhatCompactRefuses(t *testing.T) {
	a := apptest.Start(t)
	for _, body := range []any{map[string]any{}, map[string]any{"stream_id": ""}, map[string]any{"stream_id": " "}, map[string]any{"stream_id": "provider:math", "colour": 1}, map[string]any{"stream_id": 5}} {
		a.Want(422, "POST", "/api/maintenance/compact", body)
	}
	if got := a.Want(500, "POST", "/api/maintenance/compact", map[string]any{"stream_id": "provider:nobody"}); got.Body["error"] != "CompactionError" {
		t.Errorf("%s", got.Raw)
	}
}
