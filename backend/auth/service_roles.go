package auth

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// Roles lists all of them, the built-in ones first.
func (s *Service) Roles(ctx context.Context) ([]Role, error) {
	custom, err := roles(ctx, s.db.Read())
	if err != nil {
		return nil, err
	}
	byName := slices.SortedFunc(maps.Values(custom), func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	return append(Builtin(), byName...), nil
}

// Role finds a role, or answers RoleNotFoundError.
func (s *Service) Role(ctx context.Context, name string) (Role, error) {
	return anyRole(ctx, s.db.Read(), roleName(name))
}

// CreateRole makes a custom role. A reserved or taken name is a ConflictError.
func (s *Service) CreateRole(ctx context.Context, r Role) (Role, error) {
	if err := checkRoleName(r.Name); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	r.Builtin = false
	return r, s.write(ctx, "create role "+r.Name, func(ctx context.Context, tx *store.Tx) error {
		if err := s.mayGive(ctx, r.grants()); err != nil {
			return err
		}
		err := exec(ctx, tx, `INSERT INTO auth_roles (name, description, permissions, created_at, updated_at) VALUES (?, ?, ?, ?, ?)`,
			r.Name, r.Description, permissionsOf(r), store.Micros(tx.Now()), store.Micros(tx.Now()))
		if fault.Is(err, fault.Conflict) {
			return fault.New(fault.Conflict, "a role %q exists already; update or delete it", r.Name).With("role_id", r.Name)
		}
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, RoleSaved{r.Name, r.Permissions, r.Description, nil, true})
	})
}

func permissionsOf(r Role) string {
	text, err := json.Marshal(append([]string{}, r.Permissions...))
	if err != nil { // strings always marshal
		return "[]"
	}
	return string(text)
}

// RolePatch changes a custom role; nil leaves a field alone.
type RolePatch struct {
	Description *string
	Permissions *[]string
}

// UpdateRole changes a custom role for everybody who has it, at once. A built-in one is a ConflictError.
func (s *Service) UpdateRole(ctx context.Context, name string, c RolePatch) (r Role, err error) {
	if err := changeable(name); err != nil {
		return r, err
	}
	err = s.write(ctx, "update role "+clip(name), func(ctx context.Context, tx *store.Tx) error {
		if r, err = role(ctx, tx, name); err != nil {
			return err
		}
		before := r
		if c.Description != nil {
			r.Description = *c.Description
		}
		if c.Permissions != nil {
			r.Permissions = *c.Permissions
		}
		if err := r.check(); err != nil {
			return err
		}
		if err := s.mayGive(ctx, r.grants()); err != nil {
			return err
		}
		changes := before.changes(r)
		if len(changes) == 0 {
			return nil
		}
		err := exec(ctx, tx, `UPDATE auth_roles SET description = ?, permissions = ?, updated_at = ? WHERE name = ?`,
			r.Description, permissionsOf(r), store.Micros(tx.Now()), name)
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, RoleSaved{r.Name, list(r.Permissions), r.Description, changes, false})
	})
	return r, err
}

func changeable(name string) error {
	if reserved(name) {
		return fault.New(fault.Conflict, "role %q is built in and cannot be changed; create one of your own", name).With("role_id", name)
	}
	return nil
}

// DeleteRole removes a custom role from everybody who has it, with the policies that name it.
func (s *Service) DeleteRole(ctx context.Context, name string) error {
	if err := changeable(name); err != nil {
		return err
	}
	return s.write(ctx, "delete role "+clip(name), func(ctx context.Context, tx *store.Tx) error {
		r, err := role(ctx, tx, name)
		if err != nil {
			return err
		}
		holders, err := principalsBy(ctx, tx, `SELECT principal_id FROM auth_bindings WHERE role = ? ORDER BY principal_id`, name)
		if err != nil {
			return err
		}
		for _, q := range []string{`DELETE FROM auth_bindings WHERE role = ?`, `DELETE FROM auth_roles WHERE name = ?`} {
			if err := exec(ctx, tx, q, name); err != nil {
				return err
			}
		}
		for _, p := range holders {
			if err := s.events.Append(ctx, tx, RoleRevoked{p.ID, name, "global", "", p.changes(p.without(name))}); err != nil {
				return err
			}
		}
		if err := s.clearTx(ctx, tx, `subject = ?`, rolePrefix+name); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, RoleDeleted{name, RoleDefinition{r.Description, list(r.Permissions)}})
	})
}
