package app

import (
	"context"

	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/telemetry"
)

// watch tells the metrics where to read what is true at the moment.
func (a *App) watch() {
	a.telemetry.Watch(telemetry.Sources{
		Providers: a.providers.List,
		Live: func(id provider.ID) telemetry.Live {
			l := a.fleet.Live(id)
			return telemetry.Live{Alive: l.Alive, InFlight: l.InFlight}
		},
		Groups: func(ctx context.Context) ([]group.Group, error) {
			all, _, err := a.groups.Snapshot(ctx)
			return all, err
		},
		Operations: a.operations.Stats,
		Discovery:  a.discovery.Sources,
		Alerts:     a.alerts.Firing,
		Sockets: func() map[string]telemetry.Sockets {
			kinds := map[string]telemetry.Sockets{}
			for kind, n := range a.hub.Stats().Kinds {
				kinds[string(kind)] = telemetry.Sockets(n)
			}
			return kinds
		},
	})
}
