package fleet_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

// farServer is the official SDK's server with one tool.
func farServer() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "sdk", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "hi"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello"}}}, nil, nil
	})
	return s
}

func (r *rig) addRemote(id provider.ID, s provider.Spec) {
	r.t.Helper()
	s.Mode = provider.Remote
	must(r.t, r.providers.Create(r.ctx, id, s, provider.SourceAPI))
}

func remotes(m *upstream.Remotes) func(*fleet.Options) {
	return func(o *fleet.Options) { o.Dial = fleet.Launch(fleet.Means{Remotes: m}) }
}

func TestARemoteProviderLivesLikeAnyOther(t *testing.T) {
	server := farServer()
	web := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil))
	t.Cleanup(web.Close)
	r := setup(t, remotes(&upstream.Remotes{}))
	r.addRemote("far", provider.Spec{Endpoint: web.URL})
	got, err := r.call(r.ctx, "far", "hi", `{}`)
	if err != nil || !strings.Contains(got, "hello") {
		t.Fatalf("%s, %v", got, err)
	}
	if l := r.Live("far"); !l.Alive || l.PID != 0 {
		t.Errorf("%+v", l)
	}
	must(t, r.Stop(r.ctx, "far", "user_request"))
	if r.state("far") != provider.Cold {
		t.Errorf("%s", r.state("far"))
	}
	for range server.Sessions() {
		t.Error("the server was not told that the session is over")
	}
}

func TestARemoteProviderDiesWithItsStream(t *testing.T) {
	server := farServer()
	web := httptest.NewServer(mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return server }, nil))
	t.Cleanup(web.Close)
	r := setup(t, remotes(&upstream.Remotes{}))
	r.addRemote("far", provider.Spec{Endpoint: web.URL, HTTP: &provider.HTTP{Protocol: "sse"}})
	must(t, r.Start(r.ctx, "far"))
	web.CloseClientConnections()
	eventually(t, 5*time.Second, "its end is on the record", func() bool {
		p, err := r.providers.Get(r.ctx, "far")
		must(t, err)
		return p.LastError != nil && strings.Contains(p.LastError.Message, "event stream") && p.LastError.ExitCode == nil
	})
	must(t, r.Start(r.ctx, "far"))
}

func TestWhyARemoteProviderDoesNotStart(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	t.Cleanup(web.Close)
	r := setup(t, remotes(&upstream.Remotes{OAuth: func(provider.Provider, *http.Client) upstream.Credentials { return person{} }}))
	r.addRemote("gone", provider.Spec{Endpoint: gone.URL})
	r.addRemote("closed", provider.Spec{Endpoint: web.URL})
	r.addRemote("person", provider.Spec{Endpoint: web.URL, Auth: &provider.Auth{Type: "oauth"}})
	for id, want := range map[provider.ID]string{"gone": "ConnectionRefusedError", "closed": "ProviderAuthenticationError", "person": "AuthorizationRequiredError"} {
		f := fault.From(r.Start(r.ctx, id))
		if f.Kind != fault.Unavailable || f.Details["reason"] != want {
			t.Errorf("%s: %v %v", id, f, f.Details)
		}
		if link := f.Details["authorization_url"]; id == "person" && link != "https://as.example/authorize" {
			t.Errorf("the caller is not told where to sign in: %v", f.Details)
		}
		p, err := r.providers.Get(r.ctx, id)
		must(t, err)
		if p.LastError == nil || p.LastError.Type != want {
			t.Errorf("%s: %+v", id, p.LastError)
		}
		// Who waits for a person is not at fault: no restart is due, and nothing counts towards disabling it.
		if waits := id == "person"; waits != (p.RetryAt == nil) || waits != (p.Cycles == 0) || waits != (p.LastError.AuthorizationURL != "") {
			t.Errorf("%s: %d cycles, retry at %v, %+v", id, p.Cycles, p.RetryAt, p.LastError)
		}
	}
}

// person are credentials that somebody has to ask for in a browser.
type person struct{}

func (person) Apply(context.Context, http.Header) error { return nil }

func (person) Refused(context.Context, http.Header, *http.Response) error {
	return fault.Named(fault.Unavailable, "AuthorizationRequiredError", "open the authorization_url").With("authorization_url", "https://as.example/authorize")
}
