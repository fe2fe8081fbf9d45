package provider

import (
	"context"

	"hangar/backend/store"
)

// GetTx is Get inside a larger transaction, whose own changes it sees.
func (s *Service) GetTx(ctx context.Context, tx *store.Tx, id ID) (Provider, error) {
	return s.load(ctx, tx, id)
}

// ReplaceTx gives a provider another definition as a whole, and another owner. What runs keeps running as it was.
func (s *Service) ReplaceTx(ctx context.Context, tx *store.Tx, id ID, spec Spec, source Source) error {
	spec = spec.WithDefaults()
	if err := spec.Check(); err != nil {
		return err
	}
	p, err := s.load(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.replace(ctx, tx, p, spec, source)
}

// OwnersIn says of every provider who owns its definition, as q sees it.
func (s *Service) OwnersIn(ctx context.Context, q store.Querier) (map[ID]Source, error) {
	var rows []struct {
		ID     string `db:"id"`
		Source string `db:"source"`
	}
	if err := q.Select(ctx, &rows, `SELECT id, source FROM providers`); err != nil {
		return nil, err
	}
	out := make(map[ID]Source, len(rows))
	for _, r := range rows {
		out[ID(r.ID)] = Source(r.Source)
	}
	return out, nil
}
