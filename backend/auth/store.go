package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"hangar/backend/store"
)

type principalRow struct {
	ID          string `db:"id"`
	Kind        string `db:"kind"`
	Description string `db:"description"`
	Disabled    bool   `db:"disabled"`
	CreatedAt   int64  `db:"created_at"`
	UpdatedAt   int64  `db:"updated_at"`
}

// pair is a row of auth_members or auth_bindings.
type pair struct {
	Principal string `db:"principal_id"`
	Other     string `db:"other"`
}

type roleRow struct {
	Name        string `db:"name"`
	Description string `db:"description"`
	Permissions string `db:"permissions"`
}

type keyRow struct {
	ID         string `db:"id"`
	Principal  string `db:"principal_id"`
	Name       string `db:"name"`
	Prefix     string `db:"prefix"`
	Hash       []byte `db:"hash"`
	CreatedBy  string `db:"created_by"`
	CreatedAt  int64  `db:"created_at"`
	ExpiresAt  int64  `db:"expires_at"`
	RevokedAt  int64  `db:"revoked_at"`
	RevokedBy  string `db:"revoked_by"`
	Reason     string `db:"reason"`
	ReplacedBy string `db:"replaced_by"`
	UsedAt     int64  `db:"used_at"`
}

type policyRow struct {
	Provider  string `db:"provider"`
	Tool      string `db:"tool"`
	Subject   string `db:"subject"`
	Effect    string `db:"effect"`
	CreatedAt int64  `db:"created_at"`
}

type sessionRow struct {
	ID        string `db:"id"`
	Hash      []byte `db:"hash"`
	Principal string `db:"principal_id"`
	Key       string `db:"key_id"`
	ExpiresAt int64  `db:"expires_at"`
	UsedAt    int64  `db:"used_at"`
}

const (
	selectPrincipals = `SELECT id, kind, description, disabled, created_at, updated_at FROM auth_principals`
	selectMembers    = `SELECT principal_id, group_id AS other FROM auth_members`
	selectBindings   = `SELECT principal_id, role AS other FROM auth_bindings`
	selectRoles      = `SELECT name, description, permissions FROM auth_roles`
	selectKeys       = `SELECT id, principal_id, name, prefix, hash, created_by, created_at, expires_at, revoked_at, revoked_by, reason, replaced_by, used_at FROM auth_keys`
	selectPolicies   = `SELECT provider, tool, subject, effect, created_at FROM auth_policies`
	selectSessions   = `SELECT id, hash, principal_id, key_id, expires_at, used_at FROM auth_sessions`
)

func (r principalRow) principal() Principal {
	return Principal{
		ID: r.ID, Kind: Kind(r.Kind), Description: r.Description, Disabled: r.Disabled,
		CreatedAt: store.Time(r.CreatedAt), UpdatedAt: store.Time(r.UpdatedAt),
	}
}

func (r roleRow) role() (Role, error) {
	role := Role{Name: r.Name, Description: r.Description}
	if err := json.Unmarshal([]byte(r.Permissions), &role.Permissions); err != nil {
		return role, fmt.Errorf("read the permissions of role %s: %w", r.Name, err)
	}
	return role, nil
}

func (r keyRow) key() Key {
	return Key{
		ID: r.ID, Principal: r.Principal, Name: r.Name, Prefix: r.Prefix, CreatedBy: r.CreatedBy, CreatedAt: store.Time(r.CreatedAt),
		ExpiresAt: store.Time(r.ExpiresAt), RevokedAt: store.Time(r.RevokedAt), RevokedBy: r.RevokedBy, Reason: r.Reason,
		ReplacedBy: r.ReplacedBy, UsedAt: store.Time(r.UsedAt),
	}
}

func (r keyRow) held() *held {
	h := &held{id: r.ID, principal: r.Principal, expires: r.ExpiresAt, revoked: r.RevokedAt != 0, written: r.UsedAt}
	copy(h.hash[:], r.Hash)
	h.used.Store(r.UsedAt)
	return h
}

func (r sessionRow) held() *held {
	h := &held{id: r.ID, principal: r.Principal, key: r.Key, expires: r.ExpiresAt, written: r.UsedAt}
	copy(h.hash[:], r.Hash)
	h.used.Store(r.UsedAt)
	return h
}

func (r policyRow) policy() Policy {
	return Policy{Provider: r.Provider, Tool: r.Tool, Subject: r.Subject, Effect: Effect(r.Effect), CreatedAt: store.Time(r.CreatedAt)}
}

// principals reads all of them, or those of one id.
func principals(ctx context.Context, q store.Querier, id string) (map[string]Principal, error) {
	var rows []principalRow
	var members, bindings []pair
	for _, part := range []struct {
		dest  any
		query string
		id    string
		order string
	}{
		{&rows, selectPrincipals, "id", ""},
		{&members, selectMembers, "principal_id", " ORDER BY group_id"},
		{&bindings, selectBindings, "principal_id", " ORDER BY role"},
	} {
		query, args := part.query, []any{}
		if id != "" {
			query, args = query+" WHERE "+part.id+" = ?", []any{id}
		}
		if err := q.Select(ctx, part.dest, query+part.order, args...); err != nil {
			return nil, err
		}
	}
	all := make(map[string]Principal, len(rows))
	for _, r := range rows {
		all[r.ID] = r.principal()
	}
	for _, m := range members {
		p := all[m.Principal]
		p.Groups = append(p.Groups, m.Other)
		all[m.Principal] = p
	}
	for _, b := range bindings {
		p := all[b.Principal]
		p.Roles = append(p.Roles, b.Other)
		all[b.Principal] = p
	}
	return all, nil
}

// principal finds one, or answers PrincipalNotFoundError.
func principal(ctx context.Context, q store.Querier, id string) (Principal, error) {
	found, err := principals(ctx, q, id)
	if err != nil {
		return Principal{}, err
	}
	p, ok := found[id]
	if !ok {
		return Principal{}, missingPrincipal(id)
	}
	return p, nil
}

// principalsBy gives the principals whose ids a query finds, in its order.
func principalsBy(ctx context.Context, q store.Querier, query string, args ...any) ([]Principal, error) {
	var ids []string
	if err := q.Select(ctx, &ids, query, args...); err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := principals(ctx, q, "")
	found := make([]Principal, len(ids))
	for i, id := range ids {
		found[i] = all[id]
	}
	return found, err
}

func savePrincipal(ctx context.Context, tx *store.Tx, p Principal) error {
	err := exec(ctx, tx, `
INSERT INTO auth_principals (id, kind, description, disabled, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, description = excluded.description, disabled = excluded.disabled,
    updated_at = excluded.updated_at`,
		p.ID, string(p.Kind), p.Description, p.Disabled, store.Micros(p.CreatedAt), store.Micros(p.UpdatedAt))
	if err == nil {
		err = exec(ctx, tx, `DELETE FROM auth_members WHERE principal_id = ?`, p.ID)
	}
	for _, g := range p.Groups {
		if err == nil {
			err = exec(ctx, tx, `INSERT INTO auth_members (principal_id, group_id) VALUES (?, ?)`, p.ID, g)
		}
	}
	return err
}

func roles(ctx context.Context, q store.Querier) (map[string]Role, error) {
	var rows []roleRow
	if err := q.Select(ctx, &rows, selectRoles); err != nil {
		return nil, err
	}
	all := make(map[string]Role, len(rows))
	for _, r := range rows {
		role, err := r.role()
		if err != nil {
			return nil, err
		}
		all[r.Name] = role
	}
	return all, nil
}

// role finds a custom role, or answers RoleNotFoundError.
func role(ctx context.Context, q store.Querier, name string) (Role, error) {
	var r roleRow
	err := q.Get(ctx, &r, selectRoles+` WHERE name = ?`, name)
	if errors.Is(err, sql.ErrNoRows) {
		return Role{}, missingRole(name)
	}
	if err != nil {
		return Role{}, err
	}
	return r.role()
}

// anyRole finds a role, built-in or custom.
func anyRole(ctx context.Context, q store.Querier, name string) (Role, error) {
	for _, r := range Builtin() {
		if r.Name == name {
			return r, nil
		}
	}
	return role(ctx, q, name)
}

// key finds a key, or answers KeyNotFoundError.
func key(ctx context.Context, q store.Querier, id string) (keyRow, error) {
	var r keyRow
	err := q.Get(ctx, &r, selectKeys+` WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, missingKey(id)
	}
	return r, err
}

// keysOf gives the keys of a principal, the newest first.
func keysOf(ctx context.Context, q store.Querier, id string) ([]Key, error) {
	var rows []keyRow
	if err := q.Select(ctx, &rows, selectKeys+` WHERE principal_id = ? ORDER BY created_at DESC, id`, id); err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys, nil
}

// effectAt is the effect of the policy that stands where this one is to stand; nil is none.
func effectAt(ctx context.Context, q store.Querier, p Policy) (*Effect, error) {
	var e Effect
	err := q.Get(ctx, &e, `SELECT effect FROM auth_policies WHERE provider = ? AND tool = ? AND subject = ?`, p.Provider, p.Tool, p.Subject)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &e, err
}

func policies(ctx context.Context, q store.Querier) ([]Policy, error) {
	var rows []policyRow
	if err := q.Select(ctx, &rows, selectPolicies+` ORDER BY provider, tool, subject`); err != nil {
		return nil, err
	}
	all := make([]Policy, len(rows))
	for i, r := range rows {
		all[i] = r.policy()
	}
	return all, nil
}

func exec(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}
