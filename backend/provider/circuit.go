package provider

import (
	"context"

	"hangar/backend/breaker"
	"hangar/backend/store"
)

// SetCircuit stores what became of a provider's breaker; the same state again is no change and no event.
func (s *Service) SetCircuit(ctx context.Context, id ID, to breaker.State, failures int) error {
	return s.write(ctx, "store circuit of provider", id, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.load(ctx, tx, id)
		if err != nil || p.Circuit == to {
			return err
		}
		if err := exec(ctx, tx, `UPDATE providers SET circuit_state = ? WHERE id = ?`, string(to), string(id)); err != nil {
			return err
		}
		return s.log.Append(ctx, tx, CircuitChanged{base{id}, p.Circuit, to, failures})
	})
}
