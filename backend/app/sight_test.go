package app_test

import (
	"fmt"
	"testing"

	"hangar/backend/apptest"
)

// Whoever may read one provider learns nothing of another one: not from calls, charts or alerts either.
func TestWhoMayReadOneProviderHearsOfNoOther(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithAdmin(&admin), apptest.WithFile("auth: {enabled: true}\nproviders: {}\n"))
	root := a.As(admin)
	root.Want(201, "POST", "/api/auth/roles", object{"role_name": "narrow", "permissions": []string{
		"provider:read:math", "provider:read:dead-seen", "call:read", "metrics:read", "alert:*"}})
	narrow := a.As(root.Want(201, "POST", "/api/auth/keys", object{"principal_id": "bot", "name": "n"}).Body["raw_key"].(string))
	root.Want(200, "POST", "/api/auth/principals/bot/roles", object{"role_id": "narrow"})
	for id, calls := range map[string]int{"math": 2, "other": 3} {
		root.Add(id, "good")
		for range calls {
			root.Want(200, "POST", "/api/providers/"+id+"/tools/add/call", object{"arguments": object{"a": 1, "b": 2}})
		}
	}

	called := map[string]int{}
	for _, c := range narrow.Want(200, "GET", "/api/calls", nil).Body["calls"].([]any) {
		called[c.(object)["provider_id"].(string)]++
	}
	if called["math"] != 2 || len(called) != 1 {
		t.Errorf("calls: %v", called)
	}
	hidden := root.Want(200, "GET", "/api/calls?provider_id=other", nil).Body["calls"].([]any)[0].(object)["call_id"]
	narrow.Want(404, "GET", fmt.Sprint("/api/calls/", hidden), nil)
	narrow.Want(200, "GET", fmt.Sprint("/api/calls/", narrow.Want(200, "GET", "/api/calls", nil).Body["calls"].([]any)[0].(object)["call_id"]), nil)

	for query, want := range map[string]float64{
		"metric=tool_calls_total":                                   2,
		"metric=tool_calls_total&by=provider":                       2,
		"metric=tool_calls_total&by=tool":                           2,
		"metric=tool_calls_total&provider=math":                     2,
		"metric=tool_calls_total&provider=other":                    0,
		"metric=tool_calls_total&provider=other&tool=add":           0,
		"metric=tool_calls_total&provider=other&by=tool":            0,
		"metric=tool_calls_total&metric=cold_starts_total&by=group": 0,
		"metric=tool_calls_total&metric=cold_starts_total":          3,
	} {
		if got, _ := points(narrow, query); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if got, _ := points(root, "metric=tool_calls_total&metric=cold_starts_total"); got != 7 {
		t.Errorf("all of it: %v", got)
	}

	for _, id := range []string{"dead-seen", "dead-hidden"} {
		root.Add(id, "exit-now")
		root.Want(503, "POST", "/api/providers/"+id+"/start", nil)
		root.Want(201, "POST", "/api/observability/silences", object{"subject": "provider:" + id, "minutes": 5, "reason": "known"})
	}
	eventually(t, "both alerts fire", func() bool { return len(alerts(root, "rule=provider_dead")) == 2 })
	got := narrow.Want(200, "GET", "/api/observability/alerts?limit=1", nil).Body
	if list := got["alerts"].([]any); got["total"] != 1.0 || len(list) != 1 || list[0].(object)["provider_id"] != "dead-seen" {
		t.Errorf("alerts: %v", got)
	}
	if list := narrow.Want(200, "GET", "/api/observability/silences", nil).Body["silences"].([]any); len(list) != 1 {
		t.Errorf("silences: %v", list)
	}
	for _, one := range alerts(root, "rule=provider_dead") {
		status := map[any]int{"dead-seen": 200, "dead-hidden": 404}[one["provider_id"]]
		narrow.Want(status, "POST", fmt.Sprint("/api/observability/alerts/", one["alert_id"], "/acknowledge"), object{})
	}
}
