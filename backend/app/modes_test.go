package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hangar/backend/apptest"
	"hangar/backend/enginetest"
)

// The modes are wired: what their rooms can do is tested there.

func TestARemoteProviderThroughREST(t *testing.T) {
	server := mcp.NewServer(&mcp.Implementation{Name: "sdk", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "hi"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello"}}}, nil, nil
	})
	const token = "t0ken-canary"
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(far.Close)
	a := apptest.Start(t)
	create := func(id string, auth map[string]any) {
		a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": id, "mode": "remote", "endpoint": far.URL, "auth": auth})
	}
	create("far", map[string]any{"type": "bearer", "bearer_token": token})
	got := a.Want(200, "POST", "/api/providers/far/tools/hi/call", map[string]any{})
	if !strings.Contains(string(got.Raw), "hello") {
		t.Errorf("%s", got.Raw)
	}
	detail := a.Want(200, "GET", "/api/providers/far", nil)
	if strings.Contains(string(detail.Raw), token) || !strings.Contains(string(detail.Raw), `"bearer_token":"***"`) {
		t.Errorf("the token shows, or nothing says that there is one: %s", detail.Raw)
	}
	create("wrong", map[string]any{"type": "bearer", "bearer_token": "other"})
	if got := a.Want(503, "POST", "/api/providers/wrong/start", nil); !strings.Contains(string(got.Raw), "401") {
		t.Errorf("%s", got.Raw)
	}
	for field, body := range map[string]map[string]any{
		"endpoint": {"provider_id": "x", "mode": "remote", "endpoint": "http://169.254.169.254/mcp"},
		"auth":     {"provider_id": "x", "mode": "remote", "endpoint": far.URL, "auth": map[string]any{"type": "magic"}},
	} {
		if got := a.Want(422, "POST", "/api/providers", body); !strings.Contains(string(got.Raw), field) {
			t.Errorf("%s: %s", field, got.Raw)
		}
	}
}

func TestADockerProviderThroughREST(t *testing.T) {
	d := enginetest.Start(t)
	d.Load()
	t.Setenv("DOCKER_HOST", d.Host)
	a := apptest.Start(t)
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "box", "mode": "docker", "image": enginetest.Image, "args": []string{"good"}})
	got := a.Want(200, "POST", "/api/providers/box/tools/add/call", `{"arguments":{"a":40,"b":2}}`)
	if !strings.Contains(string(got.Raw), "42") {
		t.Errorf("%s", got.Raw)
	}
	a.Want(200, "DELETE", "/api/providers/box", nil)
	for field, body := range map[string]map[string]any{
		"volumes": {"provider_id": "x", "mode": "docker", "image": "i", "volumes": []string{"/var/run/docker.sock:/s"}},
		"network": {"provider_id": "x", "mode": "docker", "image": "i", "network": "container:other"},
	} {
		if got := a.Want(422, "POST", "/api/providers", body); !strings.Contains(string(got.Raw), field) {
			t.Errorf("%s: %s", field, got.Raw)
		}
	}
}

func TestAProviderThatFailsTooOftenIsDisabledAndComesBack(t *testing.T) {
	a := apptest.Start(t)
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "p", "mode": "subprocess", "command": []string{"no-such-program"}, "auto_disable_after": 2})
	a.Want(503, "POST", "/api/providers/p/start", nil)
	eventually(t, "it is disabled after its second failure", func() bool {
		return a.Want(200, "GET", "/api/providers/p", nil).Body["disabled"] != nil
	})
	got := a.Want(503, "POST", "/api/providers/p/tools/x/call", map[string]any{})
	if got.Body["error"] != "ProviderDisabledError" {
		t.Errorf("%s", got.Raw)
	}
	status := a.Want(200, "GET", "/api/providers/p", nil).Body["status"].(map[string]any)
	if status["action"] != "start" || !strings.Contains(fmt.Sprint(status["summary"]), "Disabled after 2 failures") {
		t.Errorf("%v", status)
	}
	a.Want(503, "POST", "/api/providers/p/start", nil) // a person's start tries again
	if got := a.Want(200, "GET", "/api/providers/p", nil).Body; got["disabled"] != nil || got["retry_at"] == nil {
		t.Errorf("%v", got)
	}
}

func TestTheWayBackFromASignIn(t *testing.T) {
	a := apptest.Start(t)
	got := a.Do("GET", "/oauth/callback?state=nonsense&code=x", nil)
	if got.Status < 400 || got.Status >= 500 {
		t.Errorf("an unknown state: %d %.200s", got.Status, got.Raw)
	}
}
