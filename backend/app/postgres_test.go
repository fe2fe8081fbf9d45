package app_test

import (
	"strings"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/storetest"
)

// The whole app on a PostgreSQL server that is stopped and killed under it.
func TestTheAppOutlivesItsDatabaseServer(t *testing.T) {
	server, url := storetest.Own(t)
	a := apptest.Start(t, apptest.WithFlag("storage-url", url))
	a.Add("math", "good")
	if list := a.Want(200, "GET", "/api/config", nil); strings.Contains(string(list.Raw), url) || !strings.Contains(string(list.Raw), `"url":"***"`) {
		t.Errorf("the URL is shown, or not masked: %s", list.Raw)
	}
	call := map[string]any{"arguments": map[string]any{"a": 1, "b": 2}}
	a.Want(200, "POST", "/api/providers/math/tools/add/call", call)
	group := func(id string) map[string]any { return map[string]any{"group_id": id, "strategy": "round_robin"} }
	for i, end := range []func() error{server.Stop, server.Kill} {
		id := string(rune('a' + i))
		a.Want(201, "POST", "/api/groups", group(id))
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if got := a.Want(503, "POST", "/api/groups", group("lost")); got.Body["error"] != "StorageUnreachableError" ||
			!strings.Contains(got.Body["message"].(string), "nothing was changed") {
			t.Errorf("a write: %s", got.Raw)
		}
		if got := a.Want(503, "GET", "/api/groups", nil); got.Body["error"] != "StorageUnreachableError" {
			t.Errorf("a read: %s", got.Raw)
		}
		a.Want(200, "GET", "/livez", nil)
		if got := a.Want(503, "GET", "/readyz", nil); strings.TrimSpace(string(got.Raw)) != "the database server does not answer" {
			t.Errorf("ready: %s", got.Raw)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "writes again", func() bool { return a.Do("POST", "/api/groups", group(id+id)).Status == 201 })
		a.Want(200, "GET", "/readyz", nil)
		a.Want(200, "GET", "/api/groups/"+id, nil)
		a.Want(404, "GET", "/api/groups/lost", nil)
	}
	eventually(t, "calls again", func() bool { return a.Do("POST", "/api/providers/math/tools/add/call", call).Status == 200 })
}
