package auth

import (
	"slices"
	"strings"

	"hangar/backend/fault"
)

// actions is the vocabulary: what can be done to a resource. A door's permission must be in it, or no role could grant it.
func actions(resource string) []string {
	switch resource {
	case "provider":
		return []string{"read", "exec", "start", "stop", "delete"}
	case "tool":
		return []string{"list", "invoke"}
	case "group":
		return []string{"read", "create", "update", "delete"}
	case "discovery":
		return []string{"read", "write"}
	case "config", "auth":
		return []string{"read", "update"}
	case "operation", "catalog", "system", "alert":
		return []string{"read", "write"}
	case "log", "event", "metrics", "call", "audit", "debug":
		return []string{"read"}
	default:
		return nil
	}
}

func resources() []string {
	return []string{"provider", "tool", "group", "catalog", "operation", "discovery", "config", "auth", "log", "event", "system", "metrics", "alert", "call", "audit", "debug"}
}

// Resource is something that permissions speak of, and what can be done to it.
type Resource struct {
	Name    string
	Actions []string
}

// Vocabulary is every permission that a role can give, by resource.
func Vocabulary() []Resource {
	var list []Resource
	for _, name := range resources() {
		list = append(list, Resource{name, actions(name)})
	}
	return list
}

// Grant is what a role gives: each part may be * for all, and the id a pattern.
type Grant struct {
	Resource, Action, ID string
}

// String is the normal spelling.
func (g Grant) String() string {
	s := g.Resource + ":" + g.Action
	if g.ID != "*" {
		s += ":" + g.ID
	}
	return s
}

// ParseGrant reads resource:action[:id] in any known spelling. Errors are ValidationErrors that name field.
func ParseGrant(field, text string) (Grant, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 2 || slices.Contains(parts, "") {
		return Grant{}, fault.Field(field, "must be resource:action or resource:action:id, such as provider:start:math, not %q", clip(text))
	}
	g := Grant{Resource: singular(parts[0]), ID: "*"}
	g.Action = canonical(g.Resource, parts[1])
	if len(parts) == 3 {
		g.ID = parts[2]
	}
	if g.Resource != "*" && actions(g.Resource) == nil {
		return Grant{}, fault.Field(field, "there is no resource %q; there are %s", clip(parts[0]), strings.Join(resources(), ", "))
	}
	if len(g.permissions()) == 0 {
		return Grant{}, fault.Field(field, "%s has no action %q; it has %s", g.Resource, clip(parts[1]), strings.Join(actions(g.Resource), ", "))
	}
	return g, checkGlob(field, g.ID)
}

// permissions are those that a grant speaks of.
func (g Grant) permissions() []Permission {
	var list []Permission
	for _, resource := range resources() {
		if g.Resource != "*" && g.Resource != resource {
			continue
		}
		for _, action := range actions(resource) {
			if g.Action == "*" || g.Action == action {
				list = append(list, Permission(resource+":"+action))
			}
		}
	}
	return list
}

// singular understands the seed's plurals (providers:start) and the later name of providers.
func singular(resource string) string {
	if resource == "metric" || resource == "metrics" {
		return "metrics"
	}
	resource = strings.TrimSuffix(resource, "s")
	if resource == "mcp_server" {
		return "provider"
	}
	return resource
}

// canonical understands actions that elsewhere are several and here are one. Whoever may say what a provider is can make
// it run anything, whether by creating, changing or loading it: that is one permission, whatever its name.
func canonical(resource, action string) string {
	switch resource + ":" + action {
	case "provider:create", "provider:update", "provider:write", "provider:load":
		return "exec"
	case "provider:unload":
		return "delete"
	case "provider:list", "group:list":
		return "read"
	case "discovery:trigger", "discovery:approve": // what is approved is run: that needs provider:exec, too
		return "write"
	case "group:write", "auth:write":
		return "update"
	default:
		return action
	}
}

// clip keeps what a client sent from filling an error.
func clip(text string) string {
	if len(text) > 64 {
		return strings.ToValidUTF8(text[:64], "") + "..."
	}
	return text
}
