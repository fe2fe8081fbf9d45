package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// The routes of the REST reference (seed 003), as a client of it uses them; they are there whether or not one signs in.
func TestAuthRoutesKeepTheContract(t *testing.T) {
	a := apptest.Start(t)
	made := a.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "ci@example.com", "name": "build", "created_by": "me", "expires_at": "2099-12-31T23:59:59"}).Body
	key, _ := made["key_id"].(string)
	if raw, _ := made["raw_key"].(string); !strings.HasPrefix(raw, "mcp_") || made["expires_at"] != "2099-12-31T23:59:59Z" || key == "" {
		t.Fatalf("%v", made)
	}
	second := a.Want(201, "POST", "/api/auth/keys", map[string]any{"principal_id": "ci@example.com", "name": "build", "expires_at": nil}).Body
	if second["key_id"] == key || second["expires_at"] != nil {
		t.Errorf("a key of the same name: %v", second)
	}
	for _, c := range []contract{
		{"GET", "/api/auth/keys/ci@example.com", nil, 200, []string{"principal_id", "keys", "total", "active"}, map[string][]string{"keys": {"key_id", "name", "prefix", "created_at", "expires_at", "last_used_at", "revoked"}}},
		{"POST", "/api/auth/keys/" + key + "/rotate", map[string]any{"grace_period_s": 60}, 200, []string{"key_id", "raw_key", "rotated_key_id", "grace_until"}, nil},
		{"DELETE", "/api/auth/keys/" + key, map[string]any{"revoked_by": "me", "reason": "gone"}, 200, []string{"key_id", "revoked", "revoked_by", "reason"}, nil},
		{"DELETE", "/api/auth/keys/" + second["key_id"].(string), nil, 200, []string{"revoked"}, nil},
		{"GET", "/api/auth/roles", nil, 200, []string{"roles", "total", "builtin_count", "custom_count"}, map[string][]string{"roles": {"name", "description", "permissions", "permissions_count", "is_builtin"}}},
		{"GET", "/api/auth/roles/builtin", nil, 200, []string{"roles", "count"}, map[string][]string{"roles": {"name", "description", "permissions_count"}}},
		{"GET", "/api/auth/roles/developer", nil, 200, []string{"found", "role"}, nil},
		{"POST", "/api/auth/roles", map[string]any{"role_name": "ops", "description": "d", "permissions": []string{"providers:start"}, "created_by": "me"}, 201, []string{"role_id", "role_name", "permissions_count", "created", "created_by"}, nil},
		{"PUT", "/api/auth/roles/ops", map[string]any{"permissions": []string{"providers:*"}, "updated_by": "me"}, 200, []string{"role_name", "updated", "updated_by"}, nil},
		{"POST", "/api/auth/principals/ci@example.com/roles", map[string]any{"role_id": "ops"}, 200, []string{"principal_id", "role_id", "assigned"}, nil},
		{"GET", "/api/auth/principals", nil, 200, []string{"principals", "total"}, map[string][]string{"principals": {"principal_id", "roles"}}},
		{"GET", "/api/auth/principals/ci@example.com/roles", nil, 200, []string{"principal_id", "scope", "roles", "count"}, map[string][]string{"roles": {"name", "description", "permissions"}}},
		{"POST", "/api/auth/check-permission", map[string]any{"principal_id": "ci@example.com", "permission": "providers:start"}, 200, []string{"principal_id", "action", "resource_type", "resource_id", "allowed", "granted_by_role", "reason"}, nil},
		{"PUT", "/api/auth/policies/math/add", map[string]any{"principal_id": "ci@example.com", "effect": "allow"}, 200, []string{"provider_id", "tool_name", "effect", "set"}, nil},
		{"GET", "/api/auth/policies/math/add", nil, 200, []string{"found", "policies", "denied", "allowed", "decisions"}, map[string][]string{"policies": {"principal_id", "effect", "exact"}, "decisions": {"principal_id", "allowed", "reason"}}},
		{"GET", "/api/auth/policies", nil, 200, []string{"policies", "total"}, map[string][]string{"policies": {"provider_id", "tool_name", "principal_id", "effect", "exact"}}},
		{"GET", "/api/auth/permissions", nil, 200, []string{"resources", "reserved"}, map[string][]string{"resources": {"resource", "actions"}}},
		{"POST", "/api/auth/explain", map[string]any{"provider_id": "math", "tool_name": "add"}, 200, []string{"allowed", "decisions"}, map[string][]string{"decisions": {"principal_id", "allowed", "reason"}}},
		{"DELETE", "/api/auth/policies/math/add", nil, 200, []string{"cleared"}, nil},
		{"POST", "/api/auth/ticket", nil, 200, []string{"ticket", "expires_at", "expires_in_s"}, nil},
		{"GET", "/api/auth/whoami", nil, 200, []string{"principal_id", "type", "via", "permissions"}, nil},
		{"DELETE", "/api/auth/principals/ci@example.com/roles/ops", nil, 200, []string{"principal_id", "role_id", "revoked"}, nil},
		{"DELETE", "/api/auth/roles/ops", nil, 200, []string{"role_id", "deleted"}, nil},
		{"PUT", "/api/auth/principals/group:devs", map[string]any{"description": "all of them"}, 200, []string{"principal_id", "type"}, nil},
		{"DELETE", "/api/auth/principals/group:devs", nil, 200, []string{"principal_id", "deleted"}, nil},
	} {
		got := a.Want(c.status, c.method, c.path, c.body)
		for _, k := range c.keys {
			if _, ok := got.Body[k]; !ok {
				t.Errorf("%s %s: no %q in %s", c.method, c.path, k, got.Raw)
			}
		}
		for list, keys := range c.items {
			items, _ := got.Body[list].([]any)
			if len(items) == 0 {
				t.Errorf("%s %s: %s is empty: %s", c.method, c.path, list, got.Raw)
				continue
			}
			for _, k := range keys {
				if _, ok := items[0].(map[string]any)[k]; !ok {
					t.Errorf("%s %s: no %q in %v", c.method, c.path, k, items[0])
				}
			}
		}
		if c.path == "/api/auth/check-permission" && (got.Body["allowed"] != true || got.Body["granted_by_role"] != "ops" || got.Body["permission"] != "provider:start") {
			t.Errorf("%s", got.Raw)
		}
	}
}

func TestAuthRefusals(t *testing.T) {
	a := apptest.Start(t)
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		kind         string
		says         string
	}{
		"an unknown key":            {"DELETE", "/api/auth/keys/nope", nil, 404, "KeyNotFoundError", "nope"},
		"rotating an unknown key":   {"POST", "/api/auth/keys/nope/rotate", nil, 404, "KeyNotFoundError", "nope"},
		"keys of nobody":            {"GET", "/api/auth/keys/nobody", nil, 404, "PrincipalNotFoundError", "nobody"},
		"a key without a principal": {"POST", "/api/auth/keys", map[string]any{"name": "n"}, 422, "ValidationError", "principal_id"},
		"a key without a name":      {"POST", "/api/auth/keys", map[string]any{"principal_id": "p"}, 422, "ValidationError", "name"},
		"a key of the past":         {"POST", "/api/auth/keys", map[string]any{"principal_id": "p", "name": "n", "expires_at": "2001-01-01T00:00:00Z"}, 422, "ValidationError", "expires_at"},
		"a key of no time":          {"POST", "/api/auth/keys", map[string]any{"principal_id": "p", "name": "n", "expires_at": "soon"}, 422, "ValidationError", "expires_at"},
		"an unknown role":           {"GET", "/api/auth/roles/nope", nil, 404, "RoleNotFoundError", "nope"},
		"a reserved name":           {"POST", "/api/auth/roles", map[string]any{"role_id": "admin"}, 409, "ConflictError", "admin"},
		"the name of a path":        {"POST", "/api/auth/roles", map[string]any{"role_id": "builtin"}, 409, "ConflictError", "builtin"},
		"two names":                 {"POST", "/api/auth/roles", map[string]any{"role_id": "a", "name": "b"}, 422, "ValidationError", "role_id"},
		"no name":                   {"POST", "/api/auth/roles", map[string]any{"permissions": []string{"*:*"}}, 422, "ValidationError", "role_id"},
		"a permission that is none": {"POST", "/api/auth/roles", map[string]any{"role_id": "a", "permissions": []string{"planes:fly"}}, 422, "ValidationError", "planes"},
		"a built-in role":           {"PUT", "/api/auth/roles/viewer", map[string]any{"permissions": []string{"*:*"}}, 409, "ConflictError", "viewer"},
		"deleting a built-in role":  {"DELETE", "/api/auth/roles/viewer", nil, 409, "ConflictError", "viewer"},
		"assigning an unknown role": {"POST", "/api/auth/principals/p/roles", map[string]any{"role_id": "nope"}, 404, "RoleNotFoundError", "nope"},
		"roles of nobody":           {"GET", "/api/auth/principals/nobody/roles", nil, 404, "PrincipalNotFoundError", "nobody"},
		"the machine's owner":       {"PUT", "/api/auth/principals/local", map[string]any{"disabled": true}, 409, "ConflictError", "local"},
		"an unknown effect":         {"PUT", "/api/auth/policies/a/b", map[string]any{"principal_id": "p", "effect": "perhaps"}, 422, "ValidationError", "effect"},
		"a pattern without its end": {"PUT", "/api/auth/policies/a/%5Bb", map[string]any{"principal_id": "p", "effect": "deny"}, 422, "ValidationError", "tool_name"},
		"a question of nonsense":    {"POST", "/api/auth/check-permission", map[string]any{"principal_id": "p", "permission": "fly"}, 422, "ValidationError", "permission"},
		"explaining nobody":         {"POST", "/api/auth/explain", map[string]any{"provider_id": "a", "tool_name": "b", "principal_id": "nobody"}, 404, "PrincipalNotFoundError", "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.Do(c.method, c.path, c.body)
			if got.Status != c.status || got.Body["error"] != c.kind || !strings.Contains(string(got.Raw), c.says) {
				t.Errorf("%d %s", got.Status, got.Raw)
			}
		})
	}
	if got := a.Want(200, "GET", "/api/auth/principals", nil).Body["total"]; got != 0.0 {
		t.Errorf("refusals left %v principals", got)
	}
	got := a.Want(200, "POST", "/api/auth/check-permission", map[string]any{"principal_id": "nobody", "permission": "providers:start"})
	if got.Body["allowed"] != false || !strings.Contains(got.Body["reason"].(string), "no principal") {
		t.Errorf("%s", got.Raw)
	}
}

// A policy holds from the next call on, for everybody that it names, and after a restart; cleared, it holds no more.
func TestToolPoliciesHoldFromTheNextCallOn(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/start", nil)
	call := func(a *apptest.App, want int) {
		t.Helper()
		got := a.Do("POST", "/api/providers/math/tools/add/call", map[string]any{"arguments": map[string]any{"a": 1, "b": 2}})
		if got.Status != want || want == 403 && (got.Body["error"] != "ToolAccessDeniedError" || !strings.Contains(string(got.Raw), "math/a*")) {
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
		var names []string
		for _, tool := range a.Want(200, "GET", "/api/providers/math/tools", nil).Body["tools"].([]any) {
			names = append(names, tool.(map[string]any)["name"].(string))
		}
		if slices.Contains(names, "add") != (want == 200) {
			t.Errorf("the list does not agree: %v", names)
		}
	}
	call(a, 200)
	a.Want(200, "PUT", "/api/auth/policies/math/a*", map[string]any{"principal_id": "*", "effect": "deny"})
	call(a, 403)
	found := a.Want(200, "GET", "/api/auth/policies/math/add", nil).Body
	if found["found"] != true || fmt.Sprint(found["denied"]) != "[*]" {
		t.Errorf("%v", found)
	}
	a.Stop()
	b := apptest.Start(t, apptest.InDir(dir))
	call(b, 403)
	b.Want(200, "DELETE", "/api/auth/policies/math/add", nil) // another place
	call(b, 403)
	b.Want(200, "DELETE", "/api/auth/policies/math/a*", nil)
	call(b, 200)
	b.Want(200, "PUT", "/api/auth/policies/math/a%2Fb", map[string]any{"principal_id": "role:agent", "effect": "deny"})
	if got := b.Want(200, "GET", "/api/auth/policies/math/a%2Fb", nil).Body; got["tool_name"] != "a/b" || got["found"] != true {
		t.Errorf("%v", got)
	}
}
