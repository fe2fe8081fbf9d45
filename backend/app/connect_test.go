package app_test

import (
	"strings"
	"testing"

	"hangar/backend/apptest"
	"hangar/backend/clientconfig"
)

// What is shown leads a client to the door that it names.
func TestAClientIsToldHowToConnect(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	for _, client := range clientconfig.Clients() {
		c := a.Want(200, "GET", "/api/connect/"+client, nil).Body["connection"].(map[string]any)
		if c["url"] != a.URL+"/mcp" || c["client"] != client || c["text"] == "" {
			t.Errorf("%v", c)
		}
	}
	for query, want := range map[string]string{"provider_id=math": "/mcp/providers/math", "group_id=pool": "/mcp/groups/pool"} {
		c := a.Want(200, "GET", "/api/connect/cursor?"+query, nil).Body["connection"].(map[string]any)
		text, _ := c["text"].(string)
		found, err := clientconfig.Parse([]byte(text), clientconfig.Options{})
		if err != nil || len(found) != 1 || found[0].Spec.Endpoint != a.URL+want {
			t.Errorf("%s: %+v %v", query, found, err)
		}
	}
	for path, want := range map[string]int{
		"/api/connect/word": 404, "/api/connect/cursor?provider_id=none": 404, "/api/connect/cursor?group_id=none": 404,
		"/api/connect/cursor?provider_id=math&group_id=pool": 422, "/api/connect/claude-desktop?group_id=pool": 422,
	} {
		a.Want(want, "GET", path, nil)
	}
}

func TestAConnectionHoldsNoKey(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn+"public_url: https://ops.example.com/ops/\n"), apptest.WithAdmin(&admin))
	for _, client := range clientconfig.Clients() {
		got := a.As(admin).Want(200, "GET", "/api/connect/"+client, nil)
		if strings.Contains(string(got.Raw), admin) {
			t.Errorf("%s shows a key", client)
		}
		if c := got.Body["connection"].(map[string]any); c["url"] != "https://ops.example.com/ops/mcp" {
			t.Errorf("%v", c)
		}
	}
}
