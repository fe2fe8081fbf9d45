package app_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hangar/backend/apptest"
)

// listen opens a socket and gives a function that reads frames until one satisfies ok.
func listen(t *testing.T, a *apptest.App, path string) func(what string, ok func(map[string]any) bool) map[string]any {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), a.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() }) // the app may have closed it
	ws.SetReadLimit(1 << 20)
	return func(what string, ok func(map[string]any) bool) map[string]any {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			_, data, err := ws.Read(ctx)
			if err != nil {
				t.Fatalf("%s: waiting for %s: %v", path, what, err)
			}
			var frame map[string]any
			if err := json.Unmarshal(data, &frame); err != nil {
				t.Fatalf("%s: %s: %v", path, data, err)
			}
			if ok(frame) {
				return frame
			}
		}
	}
}

// One life of a provider as all the sockets of a running Hangar tell it.
func TestEverySocketTellsOfAProvider(t *testing.T) {
	a := apptest.Start(t)
	a.Add("m", "good")
	eventually(t, "the board has the provider", func() bool { // it follows the log
		first := listen(t, a, "/ws/mcp-status")("the board", func(map[string]any) bool { return true })
		return len(first["mcps"].([]any)) == 1
	})
	board, delta := listen(t, a, "/ws/mcp-status"), listen(t, a, "/api/ws/state?mode=delta")
	states, servers := listen(t, a, "/api/ws/state"), listen(t, a, "/api/ws/events?vocabulary=mcp_server")
	operations := listen(t, a, "/api/ws/operations")
	typed := func(kind string) func(map[string]any) bool {
		return func(f map[string]any) bool { return f["type"] == kind || f["event_type"] == kind }
	}
	operations("the welcome", typed("connected"))
	line := board("the board", typed("initial_status"))["mcps"].([]any)[0].(map[string]any)
	if line["name"] != "m" || line["health_status"] != "inactive" || line["circuit_state"] != "closed" {
		t.Errorf("line: %v", line)
	}
	row := delta("a snapshot", typed("snapshot"))["providers"].([]any)[0]
	if listed := a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any)[0]; !reflect.DeepEqual(row, listed) {
		t.Errorf("the snapshot has %v, REST %v", row, listed)
	}

	a.Want(200, "POST", "/api/providers/m/start", nil)
	states("a state in upper case", func(f map[string]any) bool { return f["new_state"] == "READY" && f["provider_id"] == "m" })
	servers("the words of a server", func(f map[string]any) bool { return f["event_type"] == "McpServerStarted" && f["mcp_server_id"] == "m" })
	board("that it is loaded", func(f map[string]any) bool {
		metadata, _ := f["metadata"].(map[string]any)
		return f["status"] == "healthy" && metadata["tools_count"] != nil
	})
	operations("the start as an operation", typed("completed"))
	delta("that it is ready", func(f map[string]any) bool {
		changed, _ := f["changed"].([]any)
		return len(changed) == 1 && changed[0].(map[string]any)["state"] == "ready" && changed[0].(map[string]any)["alive"] == true
	})
	a.Want(200, "DELETE", "/api/providers/m", nil)
	delta("that it is gone", func(f map[string]any) bool { return reflect.DeepEqual(f["removed"], []any{"m"}) })
	if events := a.Want(200, "GET", "/api/events?event_type=ProviderStateChanged", nil); strings.Contains(string(events.Raw), "READY") {
		t.Errorf("REST has states in upper case: %s", events.Raw)
	}
}
