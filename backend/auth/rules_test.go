package auth

import (
	"slices"
	"strings"
	"testing"

	"hangar/backend/fault"
)

// A permission that a door asks for and no role could grant would shut everybody out but admins.
func TestEveryDoorAsksForSomethingThatRolesCanGrant(t *testing.T) {
	for name, p := range Rules() {
		if p == Public || p == SignedIn {
			continue
		}
		resource, action, _ := strings.Cut(string(p), ":")
		if !slices.Contains(actions(resource), action) {
			t.Errorf("%s asks for %s, which is not in the vocabulary (permission.go)", name, p)
		}
	}
	for _, r := range Builtin() {
		if err := r.check(); err != nil {
			t.Errorf("role %s: %v", r.Name, err)
		}
		if len(r.grants()) != len(r.Permissions) {
			t.Errorf("role %s has a permission that does not parse", r.Name)
		}
	}
}

func TestTheScopeOfADoorFollowsFromItsPath(t *testing.T) {
	for name, want := range map[string]Door{
		"GET /api/providers":                                       {ProvidersRead, Some, ""},
		"POST /api/providers":                                      {ProvidersExec, Whole, ""},
		"PUT /api/providers/{provider_id}":                         {ProvidersExec, One, "provider_id"},
		"GET /api/system":                                          {SystemRead, Whole, ""},
		"GET /metrics":                                             {MetricsRead, Fleet, ""},
		"GET /api/observability/metrics/history":                   {MetricsRead, Whole, ""},
		"WS /api/ws/operations":                                    {OperationsRead, Whole, ""},
		"GET /api/observability/activity":                          {ProvidersRead, Some, ""},
		"POST /api/groups/{group_id}/tools/{tool_name}/call":       {ToolsInvoke, Some, ""},
		"POST /api/providers/{provider_id}/tools/{tool_name}/call": {ToolsInvoke, One, "provider_id"},
		"GET /api/auth/keys/{id}":                                  {AuthRead, Whole, ""},
		"POST /api/auth/principals/{principal_id}/roles":           {AuthUpdate, One, "principal_id"},
		"PUT /api/auth/policies/{provider_id}/{tool_name}":         {AuthUpdate, Whole, ""},
		"WS /api/ws/events":                                        {EventsRead, Some, ""},
		"WS /api/ws/providers/{provider_id}/logs":                  {LogsRead, One, "provider_id"},
		"POST /mcp":  {ToolsList, Some, ""},
		"GET /livez": {Public, Whole, ""},
	} {
		if got := Doors()[name]; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestPermissionsAreReadInEverySpelling(t *testing.T) {
	for text, want := range map[string]string{
		"provider:start":         "provider:start",
		"providers:start":        "provider:start",
		"providers:start:math":   "provider:start:math",
		"mcp_servers:read":       "provider:read",
		"provider:list":          "provider:read",
		"provider:create":        "provider:exec",
		"providers:update:m*":    "provider:exec:m*",
		"provider:load:verified": "provider:exec:verified",
		"tools:invoke":           "tool:invoke",
		"tool:invoke:math/add":   "tool:invoke:math/add",
		"tool:invoke:a/b:c":      "tool:invoke:a/b:c",
		"groups:list":            "group:read",
		"metrics:read":           "metrics:read",
		"logs:read":              "log:read",
		"*:*":                    "*:*",
		"*:read":                 "*:read",
		"provider:*":             "provider:*",
		"provider:*:*":           "provider:*",
	} {
		g, err := ParseGrant("p", text)
		if err != nil || g.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, g, err, want)
		}
	}
	for _, text := range []string{"", "provider", "provider:", ":start", "provider:start:", "provider:fly", "plane:start", "*:fly", "provider:start:[", "pro*:read", strings.Repeat("x", 500)} {
		if _, err := ParseGrant("p", text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b", true}, {"a*", "a", true}, {"a*", "ba", false},
		{"*a", "ba", true}, {"*a", "b", false}, {"a*b*c", "a1b2c", true}, {"a*b*c", "a1c2b", false}, {"**", "x", true},
		{"?", "a", true}, {"?", "", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[a-c]x", "bx", true}, {"[!a-c]x", "bx", false}, {"[!a-c]x", "dx", true},
		{"[]]", "]", true}, {"[a-]", "-", true}, {"*[0-9]", "tool7", true}, {"*[0-9]", "tool", false},
		{"read_*", "read_file", true}, {"read_*", "Read_file", false}, {"a*a*a*a*b", strings.Repeat("a", 200), false},
	} {
		if got := matches(c.pattern, c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
		x := index[int]{}
		x.add(c.pattern, 1)
		found := false
		x.find(c.text, func(int) bool { found = true; return true })
		if found != c.want {
			t.Errorf("%q on %q by index: %v", c.pattern, c.text, found)
		}
	}
	for _, bad := range []string{"[", "a[b", "[!", strings.Repeat("a", maxPattern+1)} {
		if checkGlob("f", bad) == nil {
			t.Errorf("%q is taken for a pattern", bad)
		}
	}
	if err := checkGlob("f", "[a][!b]*"); err != nil {
		t.Error(err)
	}
}

// What an index finds is what looking at every pattern finds.
func FuzzIndex(f *testing.F) {
	f.Add("a*", "ab", "abc")
	f.Add("*", "[a-c]?", "b1")
	f.Fuzz(func(t *testing.T, one, two, text string) {
		x := index[string]{}
		want := map[string]bool{}
		for _, p := range []string{one, two} {
			if checkGlob("f", p) != nil {
				return
			}
			x.add(p, p)
			if matches(p, text) {
				want[p] = true
			}
		}
		got := map[string]bool{}
		x.find(text, func(p string) bool { got[p] = true; return true })
		if len(got) != len(want) {
			t.Errorf("%q and %q on %q: %v, want %v", one, two, text, got, want)
		}
	})
}

// A door that is named as telling of all providers is a door, or it would be open to who may read some.
func TestWhatTellsOfAllProvidersIsADoor(t *testing.T) {
	doors := Doors()
	for _, name := range untold() {
		if doors[name].Scope != Fleet {
			t.Errorf("%s: %+v", name, doors[name])
		}
	}
}
