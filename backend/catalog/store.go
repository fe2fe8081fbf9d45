package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/store"
)

type row struct {
	ID        string `db:"id"`
	Source    string `db:"source"`
	Entry     []byte `db:"entry"`
	CreatedAt int64  `db:"created_at"`
	UpdatedAt int64  `db:"updated_at"`
}

const selectEntries = `SELECT id, source, entry, created_at, updated_at FROM catalog_entries`

func (r row) read() (Entry, error) {
	var e Entry
	if err := json.Unmarshal(r.Entry, &e); err != nil {
		return e, fmt.Errorf("stored catalog entry %s: %w", r.ID, err)
	}
	e.ID, e.Source, e.CreatedAt, e.UpdatedAt = r.ID, Source(r.Source), store.Time(r.CreatedAt), store.Time(r.UpdatedAt)
	return e, nil
}

func missing(id string) error {
	return fault.Named(fault.Missing, "CatalogEntryNotFoundError", "there is no catalog entry %q", id).With("entry_id", id)
}

func load(ctx context.Context, q store.Querier, id string) (Entry, error) {
	var r row
	err := q.Get(ctx, &r, selectEntries+` WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, missing(id)
	}
	if err != nil {
		return Entry{}, err
	}
	return r.read()
}

// search finds the stored entries that hold every word; the rest of the query is the caller's.
func search(ctx context.Context, q store.Querier, words []string) ([]Entry, error) {
	query, args := selectEntries, []any{}
	for i, w := range words {
		query += map[bool]string{true: ` WHERE `, false: ` AND `}[i == 0] + `searched LIKE ? ESCAPE '\'`
		args = append(args, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
	}
	var rows []row
	if err := q.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(rows))
	for _, r := range rows {
		e, err := r.read()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// save inserts an entry or replaces the one of its id.
func save(ctx context.Context, tx *store.Tx, e Entry, generation int64) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	now := store.Micros(tx.Now())
	return exec(ctx, tx, `
INSERT INTO catalog_entries (id, source, name, searched, entry, generation, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET source = excluded.source, name = excluded.name, searched = excluded.searched, entry = excluded.entry,
    generation = excluded.generation, updated_at = CASE WHEN catalog_entries.entry = excluded.entry THEN catalog_entries.updated_at ELSE excluded.updated_at END
WHERE catalog_entries.source = excluded.source`,
		e.ID, string(e.Source), e.Name, e.searched(), string(text), generation, now, now)
}

func exec(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}
