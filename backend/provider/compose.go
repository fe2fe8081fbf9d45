package provider

import (
	"context"

	"hangar/backend/store"
)

// GetTx is Get inside a larger transaction, whose own changes it sees.
func (s *Service) GetTx(ctx context.Context, tx *store.Tx, id ID) (Provider, error) {
	return load(ctx, tx, id)
}
