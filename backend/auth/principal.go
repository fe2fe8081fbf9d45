package auth

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"hangar/backend/fault"
)

// Kind is what sort of principal.
type Kind string

// The kinds. A group is a principal too: roles and policies are given to it, and its members have them; it never signs in.
const (
	User           Kind = "user"
	ServiceAccount Kind = "service_account"
	Group          Kind = "group"
)

// groupPrefix begins the id of every group of principals, and of nothing else.
const groupPrefix = "group:"

// LocalID is the principal of whoever is at this machine: everybody while nobody has to sign in, and the pipe of
// `hangar serve --stdio`. It is an admin and is stored nowhere.
const LocalID = "local"

// Principal is somebody to whom roles are given.
type Principal struct {
	ID          string
	Kind        Kind
	Description string
	Disabled    bool     // cannot sign in, and whatever it has open is closed
	Groups      []string // group:ops
	Roles       []string // its own, not those of its groups
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (p Principal) clone() Principal {
	p.Groups, p.Roles = slices.Clone(p.Groups), slices.Clone(p.Roles)
	return p
}

// checkPrincipal refuses ids that could not stand in a path or that mean something else.
func checkPrincipal(field, id string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,255}$`).MatchString(id) || id == groupPrefix {
		return fault.Field(field, "must be 1 to 256 letters, digits or one of _ - . : @, beginning with a letter or a digit")
	}
	if id == LocalID || id == "anonymous" || id == "system" || strings.HasPrefix(id, rolePrefix) {
		return fault.New(fault.Conflict, "%q is reserved; choose another name", id).With("principal_id", id)
	}
	return nil
}

// kindOf is the kind of a principal that comes into being by being mentioned.
func kindOf(id string, otherwise Kind) Kind {
	if strings.HasPrefix(id, groupPrefix) {
		return Group
	}
	return otherwise
}

// PrincipalPatch changes a principal; nil leaves a field alone.
type PrincipalPatch struct {
	Kind        *Kind
	Description *string
	Disabled    *bool
	Groups      *[]string
}

func (p *Principal) apply(c PrincipalPatch) error {
	if c.Kind != nil {
		if *c.Kind != User && *c.Kind != ServiceAccount && *c.Kind != Group {
			return fault.Field("type", "must be user, service_account or group, not %q", clip(string(*c.Kind)))
		}
		if (*c.Kind == Group) != strings.HasPrefix(p.ID, groupPrefix) {
			return fault.Field("type", "the ids of groups begin with %s, and no others do", groupPrefix)
		}
		p.Kind = *c.Kind
	}
	if c.Description != nil {
		if len(*c.Description) > maxDescription {
			return fault.Field("description", "at most %d characters", maxDescription)
		}
		p.Description = *c.Description
	}
	if c.Disabled != nil {
		p.Disabled = *c.Disabled
	}
	if c.Groups == nil {
		return nil
	}
	if p.Kind == Group && len(*c.Groups) > 0 {
		return fault.Field("groups", "a group is a member of no other group")
	}
	p.Groups = nil
	for _, g := range *c.Groups {
		if !strings.HasPrefix(g, groupPrefix) {
			g = groupPrefix + g
		}
		if err := checkPrincipal("groups", g); err != nil {
			return err
		}
		p.Groups = append(p.Groups, g)
	}
	slices.Sort(p.Groups)
	p.Groups = slices.Compact(p.Groups)
	return nil
}

func missingPrincipal(id string) error {
	return fault.Named(fault.Missing, "PrincipalNotFoundError", "there is no principal %q", clip(id)).With("principal_id", id)
}
