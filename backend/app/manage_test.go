package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hangar/backend/apptest"
	"hangar/backend/auth"
)

// worn is a transport that signs a visitor's requests.
type worn struct{ dress func(*http.Request) }

// RoundTrip is http.RoundTripper.
func (w worn) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	w.dress(r)
	return http.DefaultTransport.RoundTrip(r)
}

// user is the official client of somebody at an address.
type user struct {
	t *testing.T
	*mcp.ClientSession
}

func visit(t *testing.T, url string, dress func(*http.Request)) (user, error) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "official", Version: "1"}, nil)
	s, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: worn{dress}}, MaxRetries: -1, DisableStandaloneSSE: true}, nil)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return user{t, s}, err
}

func enter(t *testing.T, url string, dress func(*http.Request)) user {
	t.Helper()
	u, err := visit(t, url, dress)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// own are the tools of Hangar that somebody is shown.
func (u user) own() (names []string) {
	u.t.Helper()
	for tool, err := range u.Tools(u.t.Context(), nil) {
		if err != nil {
			u.t.Fatal(err)
		}
		if strings.HasPrefix(tool.Name, "hangar_") {
			names = append(names, tool.Name)
		}
	}
	slices.Sort(names)
	return names
}

// use calls a tool; what it says is as text what it is as structure.
func (u user) use(name string, arguments any) (said object, failed bool) {
	u.t.Helper()
	r, err := u.CallTool(u.t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
	if err != nil {
		u.t.Fatalf("%s: %v", name, err)
	}
	structured, _ := json.Marshal(r.StructuredContent)
	if err := json.Unmarshal(structured, &said); err != nil {
		u.t.Fatalf("%s: %s", name, structured)
	}
	var text object
	if err := json.Unmarshal([]byte(r.Content[0].(*mcp.TextContent).Text), &text); err != nil || fmt.Sprint(text) != fmt.Sprint(said) {
		u.t.Errorf("%s says one thing as text and another as structure: %v, %v", name, text, said)
	}
	return said, r.IsError
}

// well is use of what must go well.
func (u user) well(name string, arguments any) object {
	u.t.Helper()
	said, failed := u.use(name, arguments)
	if failed {
		u.t.Errorf("%s: %v", name, said)
	}
	return said
}

// ill is use of what must fail, and for what reason.
func (u user) ill(name string, arguments any, want string) {
	u.t.Helper()
	if said, failed := u.use(name, arguments); !failed || !strings.Contains(fmt.Sprint(said), want) {
		u.t.Errorf("%s: %v, want a failure with %s", name, said, want)
	}
}

// toolsOfRules are the rows of the one table for tools.
func toolsOfRules() map[string]string {
	names := map[string]string{}
	for door := range auth.Rules() {
		if tool, ok := strings.CutPrefix(door, "TOOL "); ok {
			name, _, _ := strings.Cut(tool, "/")
			names[name] = door
		}
	}
	return names
}

// Every kind of principal sees the management tools that they may call, and may call those that they see.
func TestTheMatrixOfManagementTools(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	arguments := map[string]object{
		"hangar_start": {"provider": "math"}, "hangar_stop": {"provider": "math"}, "hangar_details": {"provider": "math"}, "hangar_tools": {"provider": "math"},
		"hangar_unload": {"provider": "math"}, "hangar_load": {"name": "no such entry"}, "hangar_approve": {"provider": "none"}, "hangar_group_rebalance": {"group": "pool"},
		"hangar_find_tools": {"query": "add"}, "hangar_describe_tool": {"provider": "math", "tool": "add"}, "hangar_call": {"calls": []any{}},
		"hangar_fetch_continuation": {"continuation_id": "none"}, "hangar_delete_continuation": {"continuation_id": "none"},
	}
	doors, want := toolsOfRules(), oracle()
	cells := 0
	for _, v := range guests(t, a, admin) {
		t.Run(v.name, func(t *testing.T) {
			u, err := visit(t, a.URL+"/mcp", v.dress)
			if comes := v.in && strings.Contains("apdvg", v.letter) && v.letter != ""; (err == nil) != comes {
				t.Fatalf("comes in: %v", err)
			} else if !comes {
				return
			}
			var may []string
			for name, door := range doors {
				cells++
				row := want[door]
				if row == "" {
					t.Errorf("the matrix has no row for %s", door)
				}
				if strings.Contains(row, v.letter) {
					may = append(may, name)
				}
			}
			slices.Sort(may)
			shown := slices.DeleteFunc(slices.Clone(may), func(name string) bool { return name == "hangar_find_tools" || name == "hangar_describe_tool" })
			if got := u.own(); !slices.Equal(got, shown) {
				t.Errorf("sees %v\nwant %v", got, shown)
			}
			for name := range doors {
				r, err := u.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments[name]})
				if !slices.Contains(may, name) {
					if err == nil {
						t.Errorf("%s was called: %v", name, r.StructuredContent)
					}
					continue
				}
				if said := fmt.Sprint(err) + text(r); err != nil || strings.Contains(said, "AccessDenied") {
					t.Errorf("%s: %s", name, said)
				}
			}
		})
	}
	t.Logf("%d cells", cells)
	eventually(t, "a refused tool is on record", func() bool {
		left := root.Want(200, "GET", "/api/observability/audit?limit=1000", nil)
		return strings.Contains(string(left.Raw), `hangar/hangar_`)
	})
}

func text(r *mcp.CallToolResult) string {
	if r == nil || len(r.Content) == 0 {
		return ""
	}
	return r.Content[0].(*mcp.TextContent).Text
}

// Each family of tools does what its routes do, through the door, with a sign-in, for the official client; and the log says who
// it was and by which way.
func TestAnAdministratorManagesByTools(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	root.Add("math", "good")
	root.Add("spare", "good")
	root.Add("broken", "exit-now")
	root.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	for _, id := range []string{"math", "spare"} {
		root.Want(201, "POST", "/api/groups/pool/members", map[string]any{"member_id": id})
	}
	u := enter(t, a.URL+"/mcp", withKey(admin))

	t.Run("life", func(t *testing.T) {
		u := user{t, u.ClientSession}
		if said := u.well("hangar_start", object{"provider": "math"}); said["state"] != "ready" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_list", object{"state_filter": "ready"}); len(said["providers"].([]any)) != 1 || len(said["groups"].([]any)) != 1 {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_warm", object{"providers": "math, spare"}); fmt.Sprint(said["already_warm"], said["warmed"]) != "[math] [spare]" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_tools", object{"provider": "pool"}); !strings.Contains(fmt.Sprint(said["tools"]), "inputSchema") {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_details", object{"provider": "math"}); said["provider_id"] != "math" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_details", object{"provider": "pool"}); said["group_id"] != "pool" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_stop", object{"provider": "math", "reason": "a test"}); said["stopped"] != "math" || said["reason"] != "a test" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_start", object{"provider": "pool"}); fmt.Sprint(said["members_started"]) != "[math spare]" || said["state"] != "healthy" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_group_rebalance", object{"group": "pool"}); said["group_id"] != "pool" {
			t.Errorf("%v", said)
		}
		u.well("hangar_group_list", nil)
		if said := u.well("hangar_stop", object{"provider": "pool"}); fmt.Sprint(said["members_stopped"]) != "[math spare]" {
			t.Errorf("%v", said)
		}
		u.ill("hangar_start", object{"provider": "none"}, "ProviderNotFoundError")
		u.ill("hangar_warm", object{"providers": "broken"}, "broken")
	})
	t.Run("views", func(t *testing.T) {
		u := user{t, u.ClientSession}
		if said := u.well("hangar_status", nil); said["summary"] == nil || len(said["providers"].([]any)) != 3 {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_health", nil); said["readiness"].(object)["status"] != "healthy" {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_metrics", nil); said["summary"].(object)["tool_calls_total"] == nil {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_metrics", object{"format": "prometheus"}); !strings.Contains(fmt.Sprint(said["prometheus_text"]), "# TYPE") {
			t.Errorf("%v", said)
		}
	})
	t.Run("discovery", func(t *testing.T) {
		u, dir := user{t, u.ClientSession}, t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "found.yaml"), []byte("name: found\ncommand: [/bin/true]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		root.Want(201, "POST", "/api/discovery/sources", map[string]any{"source_type": "filesystem", "mode": "additive", "enabled": true, "config": map[string]any{"path": dir}})
		if said := u.well("hangar_sources", nil); len(said["sources"].([]any)) != 1 {
			t.Errorf("%v", said)
		}
		if said := u.well("hangar_discover", nil); len(said["scans"].([]any)) != 1 {
			t.Errorf("%v", said)
		}
		pending := fmt.Sprint(u.well("hangar_discovered", nil))
		if !strings.Contains(pending, "found") {
			t.Fatalf("%v, quarantined: %v", pending, u.well("hangar_quarantine", nil))
		}
		u.well("hangar_quarantine", nil)
		u.well("hangar_approve", object{"provider": "found"})
		root.Want(200, "GET", "/api/providers/found", nil)
		u.ill("hangar_approve", object{"provider": "nothing"}, "NotFound")
	})
	t.Run("catalog", func(t *testing.T) {
		u := user{t, u.ClientSession}
		root.Want(201, "POST", "/api/catalog", map[string]any{"name": "mine", "description": "A test's", "command": []string{"/bin/false"}})
		u.ill("hangar_load", object{"name": "no such entry"}, "not_found")
		u.ill("hangar_load", object{"name": "mine"}, "unverified")
		u.ill("hangar_load", object{"name": "mine", "force_unverified": true, "provider": "loaded"}, "start_error")
		root.Want(200, "GET", "/api/providers/loaded", nil)
		if said := u.well("hangar_load", object{"name": "mine", "force_unverified": true, "provider": "loaded"}); said["status"] != "already_loaded" {
			t.Errorf("%v", said)
		}
		u.ill("hangar_unload", object{"provider": "math"}, "not_hot_loaded")
		if said := u.well("hangar_unload", object{"provider": "loaded"}); said["status"] != "unloaded" {
			t.Errorf("%v", said)
		}
		root.Want(404, "GET", "/api/providers/loaded", nil)
	})
	t.Run("audit", func(t *testing.T) {
		all := root.Want(200, "GET", "/api/observability/audit?limit=1000", nil)
		by := map[string]bool{}
		for _, r := range all.Body["records"].([]any) {
			r := r.(object)
			if origin, _ := r["origin"].(object); origin["via"] == "mcp" && r["actor"].(object)["id"] == "root" {
				by[fmt.Sprint(r["event_type"])] = true
			}
		}
		for _, kind := range []string{"ProviderApproved", "ProviderRegistered", "ProviderDeregistered"} {
			if !by[kind] {
				t.Errorf("no %s by mcp: %v", kind, by)
			}
		}
	})
	t.Run("what a tool does not know", func(t *testing.T) {
		for name, arguments := range map[string]object{
			"is not known": {"provider": "math", "force": true}, "is missing": {}, "must be a string": {"provider": 7},
		} {
			if _, err := u.CallTool(t.Context(), &mcp.CallToolParams{Name: "hangar_start", Arguments: arguments}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%v: %v", arguments, err)
			}
		}
	})
}

// A right to one provider is that by a tool as well: it is shown, does that one, and refuses the others on record.
func TestAToolGoesNoFurtherThanItsRoute(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithFile(apptest.SignIn), apptest.WithAdmin(&admin))
	root := a.As(admin)
	for _, id := range []string{"math", "other"} {
		root.Add(id, "good")
	}
	root.Want(201, "POST", "/api/groups", map[string]any{"group_id": "pool"})
	for _, id := range []string{"math", "other"} {
		root.Want(201, "POST", "/api/groups/pool/members", map[string]any{"member_id": id})
	}
	root.Want(201, "POST", "/api/auth/roles", map[string]any{"role_id": "keeper", "permissions": []string{"provider:read:math", "provider:start:math", "tool:*"}})
	key, _ := root.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "keeper", "name": "test"}).Body["raw_key"].(string)
	root.Want(200, "POST", "/api/auth/principals/keeper/roles", map[string]any{"role_id": "keeper"})
	u := enter(t, a.URL+"/mcp", withKey(key))
	want := []string{
		"hangar_call", "hangar_delete_continuation", "hangar_details", "hangar_fetch_continuation", "hangar_list", "hangar_start", "hangar_status", "hangar_tools", "hangar_warm",
	}
	if got := u.own(); !slices.Equal(got, want) {
		t.Errorf("sees %v", got)
	}
	if said := u.well("hangar_list", nil); len(said["providers"].([]any)) != 1 || said["groups"] != nil {
		t.Errorf("%v", said)
	}
	u.ill("hangar_start", object{"provider": "other"}, "AccessDeniedError")
	u.ill("hangar_details", object{"provider": "other"}, "AccessDeniedError")
	u.ill("hangar_details", object{"provider": "pool"}, "AccessDeniedError")
	if said := u.well("hangar_start", object{"provider": "pool"}); fmt.Sprint(said["members_started"]) != "[math]" || len(said["failed"].([]any)) != 1 {
		t.Errorf("%v", said)
	}
	if said := u.well("hangar_warm", nil); fmt.Sprint(said["already_warm"], said["failed"]) != "[math] []" {
		t.Errorf("%v", said)
	}
	if state := root.Want(200, "GET", "/api/providers/other", nil).Body["state"]; state != "cold" {
		t.Errorf("the other one is %v", state)
	}
	eventually(t, "the refusal is on record", func() bool {
		raw := string(root.Want(200, "GET", "/api/observability/audit?limit=1000", nil).Raw)
		return strings.Contains(raw, "POST /api/providers/{provider_id}/start") && strings.Contains(raw, "127.0.0.1")
	})
}

// The configuration is reloaded by a tool, too.
func TestAToolReloadsTheConfiguration(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("providers: {}\n"))
	u := enter(t, a.URL+"/mcp", func(*http.Request) {})
	a.Write("providers: {fresh: {command: [/bin/true]}}\n")
	if said := u.well("hangar_reload_config", nil); !strings.Contains(fmt.Sprint(said), "providers_added:[fresh]") {
		t.Errorf("%v", said)
	}
	a.Want(200, "GET", "/api/providers/fresh", nil)
	a.Write("providers: [\n")
	u.ill("hangar_reload_config", nil, "hangar.yaml:")
	if last := systemEvents(a, "ConfigurationReloaded"); len(last) != 1 || last[0]["requested_by"] != "tool" {
		t.Errorf("%v", last)
	}
}

// A setting turns off what manages Hangar; what finds and calls stays where it is asked for.
func TestTheManagementToolsCanBeTurnedOff(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("mcp: {management_tools: false}\nproviders: {}\n"))
	u := enter(t, a.URL+"/mcp", func(*http.Request) {})
	if names := u.own(); len(names) != 0 {
		t.Errorf("lists %v", names)
	}
	if r, err := u.CallTool(t.Context(), &mcp.CallToolParams{Name: "hangar_list"}); err == nil {
		t.Errorf("it can be called: %v", r.StructuredContent)
	}
	u.well("hangar_call", object{"calls": []any{}})
}
