package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// lastOf is the operation of a bulk, once it has ended, with the ids of its result.
func lastOf(t *testing.T, a *apptest.App, answer apptest.Answer) (o object, done []any) {
	t.Helper()
	id, _ := answer.Body["operation_id"].(string)
	if id == "" {
		t.Fatalf("no operation: %s", answer.Raw)
	}
	eventually(t, "the operation has ended", func() bool {
		got := a.Do("GET", "/api/operations/"+id, nil) // it is stored a moment later
		o, _ = got.Body["operation"].(object)
		return o["ended_at"] != nil
	})
	for _, e := range a.Want(200, "GET", "/api/operations/"+id+"/events", nil).Body["events"].([]any) {
		if e := e.(object); e["event_type"] == "result" {
			done, _ = e["data"].(object)["result"].(object)["done"].([]any)
		}
	}
	return o, done
}

// The whole of a bulk with real providers, and whose rights it has: each provider is a question of its own.
func TestABulkHasTheRightsOfItsCaller(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	for _, id := range []string{"a", "b", "c", "bulk"} { // one is called like the route
		root.Add(id, "good")
	}
	as := func(name string, permissions ...string) *apptest.App {
		root.Want(201, "POST", "/api/auth/roles", object{"role_id": name, "permissions": permissions})
		key, _ := root.Want(201, "POST", "/api/auth/keys", object{"principal_id": name, "name": "test"}).Body["raw_key"].(string)
		root.Want(200, "POST", "/api/auth/principals/"+name+"/roles", object{"role_id": name})
		return a.As(key)
	}
	half := as("half", "provider:read:a", "provider:read:b", "provider:stop:a", "operation:read")
	blind := as("blind", "provider:read:a", "provider:stop:c")
	viewer := as("looker", "provider:read")
	state := func(id string) any { return root.Want(200, "GET", "/api/providers/"+id, nil).Body["state"] }
	bulk := func(who *apptest.App, status int, body object) apptest.Answer {
		t.Helper()
		return who.Want(status, "POST", "/api/providers/bulk", body)
	}

	started := bulk(root, 200, object{"verb": "start", "filter": object{"states": []string{"cold"}}, "expect": 4})
	if o, done := lastOf(t, root, started); o["status"] != "completed" || o["operation_type"] != "provider_bulk" || len(done) != 4 || state("bulk") != "ready" {
		t.Fatalf("%v %v", o, done)
	}
	before := root.Want(200, "GET", "/api/operations", nil).Body["total"]
	for name, c := range map[string]struct {
		who    *apptest.App
		status int
		body   object
		says   string
	}{
		"a verb that there is not":                   {root, 422, object{"verb": "shake", "provider_ids": []string{"a"}}, "verb"},
		"no verb":                                    {root, 422, object{"provider_ids": []string{"a"}}, "verb"},
		"neither ids nor a filter":                   {root, 422, object{"verb": "stop"}, "filter"},
		"both ids and a filter":                      {root, 422, object{"verb": "stop", "provider_ids": []string{"a"}, "filter": object{}}, "filter"},
		"no ids at all":                              {root, 422, object{"verb": "stop", "provider_ids": []string{}}, "provider_ids"},
		"a state that there is not":                  {root, 422, object{"verb": "stop", "filter": object{"states": []string{"tired"}}}, "states"},
		"a filter that nobody knows":                 {root, 422, object{"verb": "stop", "filter": object{"colour": "red"}}, "colour"},
		"one of the ids is unknown":                  {root, 404, object{"verb": "stop", "provider_ids": []string{"a", "nobody"}}, "nobody"},
		"a delete by filter without a number":        {root, 422, object{"verb": "delete", "filter": object{}}, "expect"},
		"another number than is meant":               {root, 409, object{"verb": "delete", "filter": object{}, "expect": 3}, "4 providers are meant now, not 3"},
		"nothing of it is allowed":                   {viewer, 403, object{"verb": "stop", "filter": object{}}, "provider:stop"},
		"nothing of it is allowed, by ids":           {half, 403, object{"verb": "delete", "provider_ids": []string{"a", "b"}}, "provider:delete"},
		"a restart asks for both of its permissions": {half, 403, object{"verb": "restart", "provider_ids": []string{"a"}}, "provider:start"},
		"what one may not see is not even denied":    {half, 403, object{"verb": "stop", "provider_ids": []string{"nobody"}}, "provider:stop"},
	} {
		if got := bulk(c.who, c.status, c.body); !strings.Contains(string(got.Raw), c.says) {
			t.Errorf("%s: it does not say %q: %s", name, c.says, got.Raw)
		}
	}
	if after := root.Want(200, "GET", "/api/operations", nil).Body["total"]; after != before || state("a") != "ready" {
		t.Errorf("what was refused left %v operations instead of %v", after, before)
	}

	dry := bulk(half, 200, object{"verb": "stop", "filter": object{}, "dry_run": true})
	if dry.Body["matched"] != 2.0 || dry.Body["operation_id"] != "" || fmt.Sprint(dry.Body["provider_ids"]) != "[a]" || state("a") != "ready" {
		t.Errorf("a dry run: %s", dry.Raw)
	}
	stopped := bulk(half, 200, object{"verb": "stop", "filter": object{}})
	skipped, _ := stopped.Body["skipped"].([]any)
	if len(skipped) != 1 || skipped[0].(object)["provider_id"] != "b" || !strings.Contains(skipped[0].(object)["reason"].(string), "provider:stop") {
		t.Errorf("what one may not stop: %s", stopped.Raw)
	}
	if o, done := lastOf(t, root, stopped); !slices.Equal(done, []any{"a"}) || state("a") != "cold" || state("b") != "ready" || o["status"] != "completed" {
		t.Errorf("%v %v", o, done)
	}
	if got := bulk(blind, 200, object{"verb": "stop", "provider_ids": []string{"c"}}); fmt.Sprint(got.Body["provider_ids"]) != "[c]" {
		t.Errorf("who may stop what he may not see: %s", got.Raw)
	}
	eventually(t, "c is stopped", func() bool { return state("c") == "cold" })
	if got := bulk(root, 200, object{"verb": "stop", "provider_ids": []string{"a", "c"}}); got.Body["operation_id"] != "" || len(got.Body["skipped"].([]any)) != 2 {
		t.Errorf("nothing is to be done: %s", got.Raw)
	}
	if _, done := lastOf(t, root, bulk(root, 200, object{"verb": "delete", "provider_ids": []string{"bulk", "b", "b"}})); len(done) != 2 {
		t.Errorf("deleted: %v", done)
	}
	if left := root.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}
