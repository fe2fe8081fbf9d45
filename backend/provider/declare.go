package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// Declared is what Declare changed.
type Declared struct{ Added, Updated, Removed []ID }

// Declare makes the file-owned definitions what the configuration file says, in one transaction. What the file said
// last time is remembered: only a file that says something new changes a definition, so an edit made through REST
// survives a restart until the file itself changes. An id that REST made first belongs to REST and is a ConflictError.
func (s *Service) Declare(ctx context.Context, file map[ID]Spec) (d Declared, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		d = Declared{}
		known, err := declaredSpecs(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(file)) {
			if err := s.declare(ctx, tx, id, file[id], known, &d); err != nil {
				return fmt.Errorf("provider %s of the configuration: %w", id, err)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(known)) {
			if _, still := file[id]; !still {
				if err := s.DeleteTx(ctx, tx, id); err != nil {
					return err
				}
				d.Removed = append(d.Removed, id)
			}
		}
		return nil
	})
	return d, err
}

func (s *Service) declare(ctx context.Context, tx *store.Tx, id ID, spec Spec, known map[ID][]byte, d *Declared) error {
	spec = spec.WithDefaults()
	now, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	before, ours := known[id]
	switch {
	case ours && bytes.Equal(before, now):
		return nil
	case ours:
		p, err := load(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := spec.Check(); err != nil {
			return err
		}
		if err := s.replace(ctx, tx, p, spec, SourceFile); err != nil {
			return err
		}
		d.Updated = append(d.Updated, id)
	default:
		if err := s.takeOver(ctx, tx, id, spec); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "a provider %q was made through REST; delete it there or rename this one", string(id))
			}
			return err
		}
		d.Added = append(d.Added, id)
	}
	return exec(ctx, tx, `UPDATE providers SET declared = ? WHERE id = ?`, string(now), string(id))
}

// takeOver makes a definition that the file names for the first time. What was merely discovered gives way to it.
func (s *Service) takeOver(ctx context.Context, tx *store.Tx, id ID, spec Spec) error {
	p, err := load(ctx, tx, id)
	if err == nil && p.Source == SourceDiscovery {
		return s.ReplaceTx(ctx, tx, id, spec, SourceFile)
	}
	return s.CreateTx(ctx, tx, id, spec, SourceFile)
}

// declaredSpecs gives what the file said last time, of the definitions that it owns.
func declaredSpecs(ctx context.Context, tx *store.Tx) (map[ID][]byte, error) {
	var rows []struct {
		ID       string `db:"id"`
		Declared []byte `db:"declared"`
	}
	if err := tx.Select(ctx, &rows, `SELECT id, declared FROM providers WHERE declared IS NOT NULL`); err != nil {
		return nil, err
	}
	out := make(map[ID][]byte, len(rows))
	for _, r := range rows {
		out[ID(r.ID)] = r.Declared
	}
	return out, nil
}
