package auth

import (
	"context"
	"maps"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// principalTx finds a principal and makes it when it is not there: whoever is mentioned exists.
func (s *Service) principalTx(ctx context.Context, tx *store.Tx, id string, kind Kind) (Principal, error) {
	p, err := principal(ctx, tx, id)
	if !fault.Is(err, fault.Missing) {
		return p, err
	}
	if err := checkPrincipal("principal_id", id); err != nil {
		return p, err
	}
	p = Principal{ID: id, Kind: kindOf(id, kind), CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := savePrincipal(ctx, tx, p); err != nil {
		return p, err
	}
	return p, s.events.Append(ctx, tx, saved(p, nil))
}

// saved is the event of a principal; before is nil when it was not there.
func saved(p Principal, before *Principal) PrincipalSaved {
	e := PrincipalSaved{p.ID, string(p.Kind), list(p.Groups), p.Disabled, p.Description, nil, before == nil}
	if before != nil {
		e.Changes = before.changes(p)
	}
	return e
}

// Principals lists everybody, groups included, by id.
func (s *Service) Principals(ctx context.Context) ([]Principal, error) {
	all, err := principals(ctx, s.db.Read(), "")
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Principal) int { return strings.Compare(a.ID, b.ID) }), nil
}

// Principal finds one, or answers PrincipalNotFoundError.
func (s *Service) Principal(ctx context.Context, id string) (Principal, error) {
	return principal(ctx, s.db.Read(), id)
}

// SavePrincipal changes a principal, or makes it. Groups that it names come to be.
func (s *Service) SavePrincipal(ctx context.Context, id string, c PrincipalPatch) (p Principal, err error) {
	err = s.write(ctx, "save principal "+clip(id), func(ctx context.Context, tx *store.Tx) error {
		if p, err = s.principalTx(ctx, tx, id, User); err != nil {
			return err
		}
		before := p.clone()
		if err := p.apply(c); err != nil {
			return err
		}
		for _, g := range p.Groups {
			if _, err := s.principalTx(ctx, tx, g, Group); err != nil {
				return err
			}
		}
		if err := s.mayBecome(ctx, tx, p); err != nil { // its groups bring roles
			return err
		}
		if len(before.changes(p)) == 0 {
			return nil
		}
		p.UpdatedAt = tx.Now()
		if err := savePrincipal(ctx, tx, p); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, saved(p, &before))
	})
	return p, err
}

// DeletePrincipal removes a principal with its keys, sessions, roles, memberships and the policies that name it.
func (s *Service) DeletePrincipal(ctx context.Context, id string) error {
	return s.write(ctx, "delete principal "+clip(id), func(ctx context.Context, tx *store.Tx) error {
		gone, err := principal(ctx, tx, id)
		if err != nil {
			return err
		}
		keys, err := keysOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.clearTx(ctx, tx, `subject = ?`, id); err != nil {
			return err
		}
		members, err := principalsBy(ctx, tx, `SELECT principal_id FROM auth_members WHERE group_id = ? ORDER BY principal_id`, id)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `DELETE FROM auth_principals WHERE id = ?`, id); err != nil {
			return err
		}
		for _, m := range members {
			if err := s.events.Append(ctx, tx, saved(m.without(id), &m)); err != nil {
				return err
			}
		}
		return s.events.Append(ctx, tx, PrincipalDeleted{id, gone.definition(keys, tx.Now())})
	})
}

// AssignRole gives a principal, or a group of them, a role. Having it already changes nothing.
func (s *Service) AssignRole(ctx context.Context, id, name, by string) error {
	name = roleName(name)
	return s.write(ctx, "assign role "+clip(name), func(ctx context.Context, tx *store.Tx) error {
		return s.assignTx(ctx, tx, id, name, by)
	})
}

func (s *Service) assignTx(ctx context.Context, tx *store.Tx, id, name, by string) error {
	r, err := anyRole(ctx, tx, name)
	if err != nil {
		return err
	}
	if err := s.mayGive(ctx, r.grants()); err != nil {
		return err
	}
	p, err := s.principalTx(ctx, tx, id, User)
	if err != nil || slices.Contains(p.Roles, name) {
		return err
	}
	err = exec(ctx, tx, `INSERT INTO auth_bindings (principal_id, role, created_at) VALUES (?, ?, ?)`, id, name, store.Micros(tx.Now()))
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, RoleAssigned{id, name, "global", by, p.changes(p.holding(name))})
}

// RevokeRole takes a role from a principal; what it gave ends at once.
func (s *Service) RevokeRole(ctx context.Context, id, name, by string) error {
	name = roleName(name)
	return s.write(ctx, "revoke role "+clip(name), func(ctx context.Context, tx *store.Tx) error {
		p, err := principal(ctx, tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(p.Roles, name) {
			return fault.Named(fault.Missing, "RoleNotFoundError", "principal %q does not have role %q", id, clip(name)).
				With("principal_id", id).With("role_id", name)
		}
		if err := exec(ctx, tx, `DELETE FROM auth_bindings WHERE principal_id = ? AND role = ?`, id, name); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, RoleRevoked{id, name, "global", by, p.changes(p.without(name))})
	})
}
