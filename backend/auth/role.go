package auth

import (
	"regexp"
	"slices"
	"strings"

	"hangar/backend/fault"
)

// The built-in roles. Their names are reserved, and so are builtin, which is a path, and service-account, which is how
// others call agent.
const (
	RoleAdmin         = "admin"
	RoleProviderAdmin = "provider-admin"
	RoleDeveloper     = "developer"
	RoleViewer        = "viewer"
	RoleAuditor       = "auditor"
	RoleAgent         = "agent"
)

const serviceAccountRole = "service-account"

// Role is a name for what one may do.
type Role struct {
	Name        string
	Description string
	Permissions []string // normal spelling
	Builtin     bool
}

// Builtin lists the roles that are always there.
func Builtin() []Role {
	return []Role{
		{RoleAdmin, "May do everything.", []string{"*:*"}, true},
		{RoleProviderAdmin, "Runs the fleet: defines what is run, groups, catalogue, discovery, configuration; calls tools.", []string{
			"provider:*", "group:*", "catalog:*", "discovery:*", "config:*", "operation:*", "tool:*", "log:read", "event:read", "call:read", "system:read", "metrics:read", "alert:*"}, true},
		{RoleDeveloper, "Starts what is defined and calls its tools.", []string{
			"provider:read", "provider:start", "group:read", "catalog:read", "discovery:read", "operation:*", "tool:*", "log:read", "event:read", "call:read", "system:read", "metrics:read", "alert:read"}, true},
		{RoleViewer, "Sees the fleet and changes nothing.", []string{
			"provider:read", "group:read", "catalog:read", "discovery:read", "operation:read", "tool:list", "log:read", "event:read", "call:read", "system:read", "metrics:read", "alert:read"}, true},
		{RoleAuditor, "Sees who did what.", []string{
			"audit:read", "auth:read", "config:read", "provider:read", "group:read", "catalog:read", "discovery:read", "operation:read", "event:read", "call:read", "system:read", "metrics:read", "alert:read"}, true},
		{RoleAgent, "Lists and calls tools.", []string{"provider:read", "tool:*"}, true},
	}
}

// roleName understands other spellings of a role.
func roleName(name string) string {
	if name == serviceAccountRole {
		return RoleAgent
	}
	return name
}

// Reserved are the names that no custom role can have.
func Reserved() []string {
	list := []string{"builtin", serviceAccountRole}
	for _, r := range Builtin() {
		list = append(list, r.Name)
	}
	return list
}

func reserved(name string) bool { return slices.Contains(Reserved(), name) }

func checkRoleName(name string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`).MatchString(name) {
		return fault.Field("role_id", "must be 1 to 64 letters, digits, _ or -, beginning with a letter or a digit")
	}
	if reserved(strings.ToLower(name)) {
		return fault.New(fault.Conflict, "%q is a built-in role or reserved; choose another name", name).With("role_id", name)
	}
	return nil
}

const (
	maxDescription = 1000
	maxPermissions = 10_000
)

// check normalises the permissions.
func (r *Role) check() error {
	if len(r.Description) > maxDescription {
		return fault.Field("description", "at most %d characters", maxDescription)
	}
	if len(r.Permissions) > maxPermissions {
		return fault.Field("permissions", "at most %d", maxPermissions)
	}
	normal := make([]string, 0, len(r.Permissions))
	for _, text := range r.Permissions {
		g, err := ParseGrant("permissions", text)
		if err != nil {
			return err
		}
		normal = append(normal, g.String())
	}
	r.Permissions = normal
	return nil
}

// grants are the permissions in parts. What does not parse was stored by a newer Hangar and grants nothing.
func (r Role) grants() []Grant {
	list := make([]Grant, 0, len(r.Permissions))
	for _, text := range r.Permissions {
		if g, err := ParseGrant("permissions", text); err == nil {
			list = append(list, g)
		}
	}
	return list
}

func missingRole(name string) error {
	return fault.Named(fault.Missing, "RoleNotFoundError", "there is no role %q", clip(name)).With("role_id", name)
}
