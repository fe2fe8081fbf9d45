package app

import (
	"context"
	"time"

	"hangar/backend/call"
	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/upkeep"
)

func (a *App) buildUpkeep(context.Context) error {
	a.upkeep = upkeep.New(upkeep.Options{
		DB: a.db, Events: a.events, Settle: a.calls.Settled, History: a.history.Prune, Log: a.opts.Log,
		States: map[string]upkeep.State{"provider": a.providerState, "group": a.groupState},
		Calls: func(ctx context.Context, since time.Time, most int64) (int64, error) {
			return a.calls.Prune(ctx, call.Keep{Since: since, Max: most})
		},
		Keep: func() upkeep.Keep {
			const day = 24 * time.Hour
			s := a.desk.current.Load().Storage
			return upkeep.Keep{
				Events: int64(s.EventsKept), EventAge: time.Duration(s.EventDays) * day, Calls: int64(s.CallsKept),
				CallAge: time.Duration(s.CallDays) * day, SnapEvery: int64(s.SnapshotEvents),
			}
		},
	})
	return nil
}

// providerState is what a provider's events come to. Its definition is not in it: that holds secrets, and is no event's.
func (a *App) providerState(ctx context.Context, tx *store.Tx, id string) (any, error) {
	p, err := a.providers.GetTx(ctx, tx, provider.ID(id))
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"source": p.Source, "mode": p.Spec.Mode, "state": p.State, "consecutive_failures": p.Failures, "failure_cycles": p.Cycles,
		"disabled": p.Disabled, "circuit": p.Circuit, "calls": p.Stats.Calls, "calls_failed": p.Stats.Failed, "tools": p.Tools,
	}, nil
}

// groupState is what a group's events come to.
func (a *App) groupState(ctx context.Context, tx *store.Tx, id string) (any, error) {
	g, err := a.groups.GetTx(ctx, tx, group.ID(id))
	if err != nil {
		return nil, err
	}
	var members []map[string]any
	for _, m := range g.Members {
		members = append(members, map[string]any{
			"provider_id": m.ID, "weight": m.Weight, "priority": m.Priority, "in_rotation": m.InRotation, "circuit": m.Circuit,
		})
	}
	return map[string]any{"strategy": g.Strategy, "min_healthy": g.MinHealthy, "state": g.State(), "members": members}, nil
}
