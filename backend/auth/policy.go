package auth

import (
	"strings"
	"time"

	"hangar/backend/fault"
)

// Effect is what a policy makes of a call. Allow and Deny are decided by the names alone; a later effect that looks at
// arguments, or asks somebody, is one more value here, one more layer of Rights.Tool, and is carried out where
// invoke.Service asks for permission.
type Effect string

// The effects.
const (
	Allow Effect = "allow" // with any, only what is allowed is left
	Deny  Effect = "deny"  // wins over everything
)

// Everyone is the subject of a policy that holds for all principals.
const Everyone = "*"

// rolePrefix begins the subject of a policy that holds for all who have a role: role:developer.
const rolePrefix = "role:"

// Policy narrows which tools a subject may list and call. Provider and Tool are patterns.
type Policy struct {
	Provider, Tool string
	Subject        string // a principal, group:ops, role:developer, or *
	Effect         Effect
	CreatedAt      time.Time
}

// check refuses what could not be matched later.
func (p Policy) check() error {
	if p.Effect != Allow && p.Effect != Deny {
		return fault.Field("effect", "must be allow or deny, not %q", clip(string(p.Effect)))
	}
	if err := checkPlace(p.Provider, p.Tool); err != nil {
		return err
	}
	return checkSubject(p.Subject)
}

func checkPlace(provider, tool string) error {
	for field, pattern := range map[string]string{"provider_id": provider, "tool_name": tool} {
		if pattern == "" {
			return fault.Field(field, "must not be empty; * stands for all")
		}
		if err := checkGlob(field, pattern); err != nil {
			return err
		}
	}
	return nil
}

func checkSubject(subject string) error {
	const field = "principal_id"
	if name, ok := strings.CutPrefix(subject, rolePrefix); ok {
		if name == "" {
			return fault.Field(field, "names no role behind %s", rolePrefix)
		}
		return nil
	}
	if subject == Everyone || subject == LocalID {
		return nil
	}
	return checkPrincipal(field, subject)
}
