package auth

import (
	"reflect"
	"slices"
	"time"

	"hangar/backend/event"
)

// changed keeps what got another value, for the record.
func changed(all ...event.Change) []event.Change {
	out := []event.Change{}
	for _, c := range all {
		if !reflect.DeepEqual(c.Before, c.After) {
			out = append(out, c)
		}
	}
	return out
}

// list is a list as the record shows it: never null.
func list(of []string) []string { return append([]string{}, of...) }

// changes tells what becomes of a principal.
func (p Principal) changes(into Principal) []event.Change {
	return changed(
		event.Change{Field: "principal_type", Before: p.Kind, After: into.Kind},
		event.Change{Field: "description", Before: p.Description, After: into.Description},
		event.Change{Field: "disabled", Before: p.Disabled, After: into.Disabled},
		event.Change{Field: "groups", Before: list(p.Groups), After: list(into.Groups)},
		event.Change{Field: "roles", Before: list(p.Roles), After: list(into.Roles)},
	)
}

// holding is the principal with a role more.
func (p Principal) holding(role string) Principal {
	p = p.clone()
	p.Roles = append(p.Roles, role)
	slices.Sort(p.Roles)
	return p
}

// without is the principal with a role, or the membership of a group, less.
func (p Principal) without(name string) Principal {
	p = p.clone()
	is := func(have string) bool { return have == name }
	p.Roles, p.Groups = slices.DeleteFunc(p.Roles, is), slices.DeleteFunc(p.Groups, is)
	return p
}

// changes tells what becomes of a role.
func (r Role) changes(into Role) []event.Change {
	return changed(
		event.Change{Field: "description", Before: r.Description, After: into.Description},
		event.Change{Field: "permissions", Before: list(r.Permissions), After: list(into.Permissions)},
	)
}

// effectChange tells what becomes of the policy of a place; nil is none.
func effectChange(before, after *Effect) []event.Change {
	show := func(e *Effect) any {
		if e == nil {
			return nil
		}
		return *e
	}
	return changed(event.Change{Field: "effect", Before: show(before), After: show(after)})
}

// changes tells what becomes of a key: of when and why it opens, as its hash is nobody's business.
func (k Key) changes(into Key) []event.Change {
	return changed(
		event.Change{Field: "expires_at", Before: seconds(k.ExpiresAt), After: seconds(into.ExpiresAt)},
		event.Change{Field: "revoked_at", Before: seconds(k.RevokedAt), After: seconds(into.RevokedAt)},
		event.Change{Field: "reason", Before: k.Reason, After: into.Reason},
		event.Change{Field: "replaced_by", Before: k.ReplacedBy, After: into.ReplacedBy},
	)
}

// seconds is a time as the record shows it: unix seconds, or null.
func seconds(t time.Time) any {
	if at := unix(t); at != nil {
		return *at
	}
	return nil
}

// PrincipalDefinition is what a principal was, on record when it is deleted.
type PrincipalDefinition struct {
	Type        Kind     `json:"principal_type"`
	Description string   `json:"description"`
	Disabled    bool     `json:"disabled"`
	Groups      []string `json:"groups"`
	Roles       []string `json:"roles"`
	Keys        []string `json:"keys"` // ids of those that still opened something
}

// RoleDefinition is what a role was, on record when it is deleted.
type RoleDefinition struct {
	Description string   `json:"description"`
	Permissions []string `json:"permissions"`
}

func (p Principal) definition(keys []Key, now time.Time) PrincipalDefinition {
	d := PrincipalDefinition{p.Kind, p.Description, p.Disabled, list(p.Groups), list(p.Roles), []string{}}
	for _, k := range keys {
		if k.Active(now) {
			d.Keys = append(d.Keys, k.ID)
		}
	}
	return d
}
