package app_test

import (
	"maps"
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

// The servers of a client's file are shown first and made when that is meant, each by itself; no secret is told back.
func TestWhatAClientHasBecomesProviders(t *testing.T) {
	a := apptest.Start(t)
	a.Add("math", "good")
	const file = `{"mcpServers": { // as its client writes it
		"math": {"command": "other-math"},
		"notes": {"command": "notes-server", "env": {"API_TOKEN": "s3cret-canary"}},
		"off": {"command": "x", "disabled": true},
		"loud": {"command": "x", "args": ["--token", "s3cret-canary"]},
		"odd": {}
	}}`
	look := func(body map[string]any) (map[string]string, apptest.Answer) {
		got := a.Want(200, "POST", "/api/connect/import", body)
		if strings.Contains(string(got.Raw), "s3cret-canary") {
			t.Errorf("a secret is told: %s", got.Raw)
		}
		verdicts := map[string]string{}
		for _, s := range got.Body["servers"].([]any) {
			one := s.(map[string]any)
			verdicts[one["name"].(string)] = strings.TrimSpace(one["verdict"].(string) + " " + one["provider_id"].(string))
		}
		return verdicts, got
	}
	want := map[string]string{"math": "renamed math-2", "notes": "new notes", "off": "skipped", "loud": "refused", "odd": "refused"}
	verdicts, shown := look(map[string]any{"text": file})
	if !maps.Equal(verdicts, want) || shown.Body["due"] != 2.0 || shown.Body["made"] != 0.0 {
		t.Errorf("shown: %v %s", verdicts, shown.Raw)
	}
	a.Want(404, "GET", "/api/providers/notes", nil)
	if _, made := look(map[string]any{"text": file, "apply": true, "only": []string{"notes"}}); made.Body["made"] != 1.0 {
		t.Errorf("made: %s", made.Raw)
	}
	a.Want(200, "GET", "/api/providers/notes", nil)
	a.Want(404, "GET", "/api/providers/math-2", nil)
	if again, _ := look(map[string]any{"text": file, "only": []string{"notes"}}); again["notes"] != "same notes" {
		t.Errorf("again: %v", again)
	}
	for field, body := range map[string]map[string]any{
		"text": {"text": "mcpServers = 1"}, "only": {"text": file, "only": []string{"nobody"}},
	} {
		if got := a.Want(422, "POST", "/api/connect/import", body); !strings.Contains(string(got.Raw), `"`+field+`"`) {
			t.Errorf("%s: %s", field, got.Raw)
		}
	}
}
