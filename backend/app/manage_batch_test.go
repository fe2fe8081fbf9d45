package app_test

import (
	"fmt"
	"testing"

	"hangar/backend/apptest"
)

func calling(tool string, arguments object) object {
	return object{"provider": "math", "tool": tool, "arguments": arguments}
}

// What hangar_call does for an agent who signed in, with a real provider behind it: partial results, records, limits that reach
// the provider, permissions of the agent's own, and results that are too large.
func TestAnAgentCallsManyTools(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn+"mcp: {result_bytes: 20000}\n"), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Add("broken", "exit-now")
	root.Want(200, "POST", "/api/providers/math/start", nil)
	key, _ := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "robot", "name": "test"}).Body["raw_key"].(string)
	root.Want(200, "POST", "/api/auth/principals/robot/roles", map[string]any{"role_id": "agent"})
	robot, boss := enter(t, a.URL+"/mcp", withKey(key)), enter(t, a.URL+"/mcp", withKey(admin))
	batch := func(more object, calls ...any) object {
		t.Helper()
		more["calls"] = calls
		said, _ := robot.use("hangar_call", more)
		if sum := said["succeeded"].(float64) + said["failed"].(float64) + said["cancelled"].(float64); sum != said["total"] {
			t.Errorf("the counts do not add up: %v", said)
		}
		return said
	}
	result := func(said object, i int) object { return said["results"].([]any)[i].(object) }
	counted := func(method string) float64 {
		count := result(batch(object{}, calling("count", object{})), 0)["result"].(object)["structuredContent"].(object)
		n, _ := count[method].(float64)
		return n
	}

	numbers := object{"a": 1, "b": 2}
	mixed := batch(object{"max_attempts": 2}, calling("add", numbers), calling("fail", object{}), object{"provider": "broken", "tool": "add", "arguments": numbers})
	if mixed["success"] != false || mixed["succeeded"] != 1.0 || result(mixed, 1)["error_type"] != "ToolError" || result(mixed, 0)["result"].(object)["structuredContent"].(object)["sum"] != 3.0 {
		t.Errorf("%v", mixed)
	}
	if meta, _ := result(mixed, 2)["retry_metadata"].(object); meta["attempts"] != 2.0 {
		t.Errorf("a provider that never started was tried once: %v", result(mixed, 2))
	}
	eventually(t, "each call is on record with its batch and its caller", func() bool {
		found := root.Want(200, "GET", fmt.Sprintf("/api/calls?batch_id=%s&who=robot&via=mcp&provider_id=math", mixed["batch_id"]), nil)
		return len(found.Body["calls"].([]any)) == 2
	})

	late := batch(object{"timeout": 1}, calling("slow", object{"ms": 120_000}))
	if late["cancelled"] != 1.0 || result(late, 0)["error_type"] != "CancellationError" {
		t.Errorf("%v", late)
	}
	fast := batch(object{"fail_fast": true}, calling("slow", object{"ms": 120_000}), calling("fail", object{}))
	if fast["cancelled"] != 1.0 || fast["failed"] != 1.0 {
		t.Errorf("%v", fast)
	}
	eventually(t, "the provider was told of a call that it need not answer any more", func() bool { return counted("notifications/cancelled") >= 1 })

	large := result(batch(object{}, calling("big", object{"bytes": 300_000})), 0)
	if large["truncated"] != true || large["success"] != true || large["result"] != nil {
		t.Fatalf("%v", large["truncated_reason"])
	}
	id := object{"continuation_id": large["continuation_id"]}
	if all := robot.well("hangar_fetch_continuation", id); all["complete"] != true || len(fmt.Sprint(all["data"])) < 300_000 {
		t.Errorf("%v of %v", all["next_offset"], all["total_size_bytes"])
	}
	boss.ill("hangar_fetch_continuation", id, "there is no such result")
	if said := boss.well("hangar_delete_continuation", id); said["deleted"] != false {
		t.Errorf("%v", said)
	}
	if said := robot.well("hangar_delete_continuation", id); said["deleted"] != true {
		t.Errorf("%v", said)
	}

	root.Want(200, "PUT", "/api/auth/policies/math/add", map[string]any{"principal_id": "robot", "effect": "deny"})
	denied := batch(object{}, calling("add", numbers), calling("echo", object{"message": "m"}))
	if result(denied, 0)["error_type"] != "ToolAccessDeniedError" || denied["succeeded"] != 1.0 {
		t.Errorf("%v", denied)
	}
}
