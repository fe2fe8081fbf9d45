package api

import (
	"context"
	"encoding/json"

	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/provider"
)

// Rows are providers as GET /api/providers lists them, for a socket that shows the same list.
type Rows struct {
	Providers *provider.Service
	Fleet     *fleet.Fleet
}

// All gives every provider by id, and the position of the log at which this was so.
func (r Rows) All(ctx context.Context) (rows map[string]json.RawMessage, position int64, err error) {
	all, position, err := r.Providers.Snapshot(ctx)
	if err != nil {
		return nil, 0, err
	}
	rows = make(map[string]json.RawMessage, len(all))
	for _, p := range all {
		if rows[string(p.ID)], err = r.row(p); err != nil {
			return nil, 0, err
		}
	}
	return rows, position, nil
}

// Row gives one provider, nil when it is gone.
func (r Rows) Row(ctx context.Context, id string) (json.RawMessage, error) {
	p, err := r.Providers.Get(ctx, provider.ID(id))
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.row(p)
}

func (r Rows) row(p provider.Provider) (json.RawMessage, error) {
	return json.Marshal(summary(p, r.Fleet.Live(p.ID)))
}
