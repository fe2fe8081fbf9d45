package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hangar/backend/auth"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
)

// What one may not call one does not see, and what one does not see cannot be called.
func TestListAndCallAgree(t *testing.T) {
	deny := func(tool, subject string) auth.Policy {
		return auth.Policy{Provider: "math", Tool: tool, Subject: subject, Effect: auth.Deny}
	}
	world := &people{Snapshot: somebody(map[string]string{
		"root": auth.RoleAdmin, "bot": auth.RoleAgent, "barred": auth.RoleAgent, "eye": auth.RoleViewer, "narrow": "only-add",
	}, deny("a*", "barred"), deny("*", "nobody"))}
	r := setup(t, nil, func(o *gateway.Options) { o.Access = world })
	r.add("sad", `{"name":"cry","inputSchema":{"type":"object"}}`)
	r.post(r.url, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"sad__cry",`+meta+`}}`, stateless("tools/call", "sad__cry")...) // waits for it
	eventually(t, "it is listed", func() bool { return strings.Contains(r.names(t, r.url), "sad__cry") })
	for _, c := range []struct {
		who  string
		want string // of the aggregate
	}{
		{"root", "math__add math__echo sad__cry"},
		{"bot", "math__add math__echo sad__cry"},
		{"barred", "math__echo sad__cry"},
		{"narrow", "math__add"},
		{"eye", ""},
	} {
		t.Run(c.who, func(t *testing.T) {
			who := []string{"X-Test-Principal", c.who}
			if got := r.names(t, r.url, who...); got != c.want {
				t.Errorf("sees %q, want %q", got, c.want)
			}
			if got := r.names(t, r.url+"/providers/math", who...); got != strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(c.want, "sad__cry", "")), "math__", "") {
				t.Errorf("sees %q at the provider's own door", got)
			}
			for _, tool := range []string{"math__add", "math__echo", "sad__cry", "math__none"} {
				a := r.post(r.url, fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":%q,%s}}`, tool, meta), append(stateless("tools/call", tool), who...)...)
				if called := a.status == 200; called != strings.Contains(" "+c.want+" ", " "+tool+" ") {
					t.Errorf("%s: %d %s", tool, a.status, a.body)
				}
				if c.who == "barred" && tool != "math__echo" && tool != "sad__cry" && a.code(t) != -32602 {
					t.Errorf("what is denied can be told from what is not there: %s", a.body)
				}
			}
		})
	}
	world.change(somebody(map[string]string{"barred": auth.RoleAgent}), "")
	if got := r.names(t, r.url, "X-Test-Principal", "barred"); got != "math__add math__echo sad__cry" {
		t.Errorf("after the policy is gone: %q", got)
	}
}

// names lists the tools of a door.
func (r *rig) names(t *testing.T, url string, header ...string) string {
	t.Helper()
	a := r.post(url, `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{`+meta+`}}`, append(stateless("tools/list"), header...)...)
	var m struct {
		Result struct{ Tools []struct{ Name string } }
	}
	must(t, json.Unmarshal([]byte(a.body), &m))
	var out []string
	for _, tool := range m.Result.Tools {
		out = append(out, tool.Name)
	}
	return strings.Join(out, " ")
}

// A call that runs when its key is revoked does not run on.
func TestARevokedKeyEndsItsSessionsAndTheirCalls(t *testing.T) {
	world := &people{Snapshot: somebody(map[string]string{"bot": auth.RoleAgent, "other": auth.RoleAgent})}
	running, ended := make(chan struct{}, 2), make(chan error, 2)
	r := setup(t, play(func(ctx context.Context, _ invoke.Call) (json.RawMessage, error) {
		running <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil, context.Cause(ctx)
	}), func(o *gateway.Options) { o.Access = world })
	open := func(who string) string {
		return r.post(r.url, greeting, "X-Test-Principal", who).header.Get("Mcp-Session-Id")
	}
	mine, others := open("bot"), open("other")
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		r.post(r.url, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"math__add"}}`, "Mcp-Session-Id", mine, "X-Test-Principal", "bot")
	}()
	<-running
	r.Recheck()
	select {
	case err := <-ended:
		t.Fatalf("a call was ended for nothing: %v", err)
	default:
	}
	world.change(world.Snapshot, "bot")
	r.Recheck()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "revoked") {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call goes on")
	}
	<-answered
	ping := `{"jsonrpc":"2.0","id":8,"method":"ping"}`
	if a := r.post(r.url, ping, "Mcp-Session-Id", mine, "X-Test-Principal", "bot"); a.status != 404 {
		t.Errorf("the session goes on: %d", a.status)
	}
	if a := r.post(r.url, ping, "Mcp-Session-Id", others, "X-Test-Principal", "other"); a.status != 200 {
		t.Errorf("somebody else's session ended: %d %s", a.status, a.body)
	}
	world.change(somebody(map[string]string{"other": auth.RoleAuditor}), "")
	r.Recheck()
	if a := r.post(r.url, ping, "Mcp-Session-Id", others, "X-Test-Principal", "other"); a.status != 404 {
		t.Errorf("the session of somebody without a right to tools goes on: %d", a.status)
	}
}
