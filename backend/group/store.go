package group

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

type groupRow struct {
	ID          string `db:"id"`
	Strategy    string `db:"strategy"`
	MinHealthy  int    `db:"min_healthy"`
	Description string `db:"description"`
	Source      string `db:"source"`
	CreatedAt   int64  `db:"created_at"`
	UpdatedAt   int64  `db:"updated_at"`
}

type memberRow struct {
	GroupID    string `db:"group_id"`
	ProviderID string `db:"provider_id"`
	Weight     int    `db:"weight"`
	Priority   int    `db:"priority"`
	InRotation bool   `db:"in_rotation"`
	Circuit    string `db:"circuit_state"`
	Epoch      int64  `db:"epoch"`
}

const (
	selectGroups  = `SELECT id, strategy, min_healthy, description, source, created_at, updated_at FROM groups`
	selectMembers = `SELECT group_id, provider_id, weight, priority, in_rotation, circuit_state, epoch FROM group_members`
)

func missing(id ID) error {
	return fault.Named(fault.Missing, "GroupNotFoundError", "there is no group %q", string(id)).With("group_id", string(id))
}

func noMember(id ID, member provider.ID) error {
	return fault.Named(fault.Missing, "GroupMemberNotFoundError", "provider %q is not a member of group %q", string(member), string(id)).
		With("group_id", string(id)).With("provider_id", string(member))
}

func (r groupRow) group() Group {
	return Group{
		ID: ID(r.ID), Strategy: Strategy(r.Strategy), MinHealthy: r.MinHealthy, Description: r.Description,
		Source: provider.Source(r.Source), CreatedAt: store.Time(r.CreatedAt), UpdatedAt: store.Time(r.UpdatedAt),
	}
}

func (r memberRow) member() Member {
	return Member{
		ID: provider.ID(r.ProviderID), Weight: r.Weight, Priority: r.Priority, InRotation: r.InRotation,
		Circuit: breaker.State(r.Circuit), Epoch: r.Epoch,
	}
}

func load(ctx context.Context, q store.Querier, id ID) (Group, error) {
	var r groupRow
	err := q.Get(ctx, &r, selectGroups+` WHERE id = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Group{}, missing(id)
	}
	if err != nil {
		return Group{}, err
	}
	var members []memberRow
	if err := q.Select(ctx, &members, selectMembers+` WHERE group_id = ? ORDER BY provider_id`, string(id)); err != nil {
		return Group{}, err
	}
	g := r.group()
	for _, m := range members {
		g.Members = append(g.Members, m.member())
	}
	return g, nil
}

func list(ctx context.Context, q store.Querier) ([]Group, error) {
	var rows []groupRow
	if err := q.Select(ctx, &rows, selectGroups+` ORDER BY id`); err != nil {
		return nil, err
	}
	var members []memberRow
	if err := q.Select(ctx, &members, selectMembers+` ORDER BY group_id, provider_id`); err != nil {
		return nil, err
	}
	of := map[string][]Member{}
	for _, m := range members {
		of[m.GroupID] = append(of[m.GroupID], m.member())
	}
	out := make([]Group, 0, len(rows))
	for _, r := range rows {
		g := r.group()
		g.Members = of[r.ID]
		out = append(out, g)
	}
	return out, nil
}

func insert(ctx context.Context, tx *store.Tx, g Group) error {
	return exec(ctx, tx, `INSERT INTO groups (id, strategy, min_healthy, description, source, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(g.ID), string(g.Strategy), g.MinHealthy, g.Description, string(g.Source), store.Micros(g.CreatedAt), store.Micros(g.UpdatedAt))
}

// save writes what differs.
func save(ctx context.Context, tx *store.Tx, before, after Group) error {
	if before.Strategy != after.Strategy || before.MinHealthy != after.MinHealthy || before.Description != after.Description ||
		before.Source != after.Source || !before.UpdatedAt.Equal(after.UpdatedAt) {
		err := exec(ctx, tx, `UPDATE groups SET strategy = ?, min_healthy = ?, description = ?, source = ?, updated_at = ? WHERE id = ?`,
			string(after.Strategy), after.MinHealthy, after.Description, string(after.Source), store.Micros(after.UpdatedAt), string(after.ID))
		if err != nil {
			return err
		}
	}
	for _, m := range before.Members {
		if after.index(m.ID) < 0 {
			if err := exec(ctx, tx, `DELETE FROM group_members WHERE group_id = ? AND provider_id = ?`, string(after.ID), string(m.ID)); err != nil {
				return err
			}
		}
	}
	for _, m := range after.Members {
		if slices.Contains(before.Members, m) {
			continue
		}
		err := exec(ctx, tx, `
INSERT INTO group_members (group_id, provider_id, weight, priority, in_rotation, circuit_state, epoch) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (group_id, provider_id) DO UPDATE SET weight = excluded.weight, priority = excluded.priority,
    in_rotation = excluded.in_rotation, circuit_state = excluded.circuit_state, epoch = excluded.epoch`,
			string(after.ID), string(m.ID), m.Weight, m.Priority, m.InRotation, string(m.Circuit), m.Epoch)
		if err != nil {
			return err
		}
	}
	return nil
}

func exec(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}
