package telemetry

import (
	"context"
	"encoding/json"
	"testing"

	"hangar/backend/alert"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/store"
	"hangar/backend/upkeep"
)

// told is an event as another package appends it.
type told struct {
	kind string
	data map[string]any
}

func (e told) Kind() string                 { return e.kind }
func (told) Stream() string                 { return "system" }
func (e told) MarshalJSON() ([]byte, error) { return json.Marshal(e.data) }

// misc makes everything happen that is no call, no provider's life and no operation.
func (b *bundle) misc() {
	b.t.Helper()
	must(b.t, b.alerts.Settle(b.ctx, []alert.Condition{{Rule: alert.DiskLow, Subject: "system", Level: alert.Warning, Message: "low"}}))
	for _, e := range []event.Payload{
		told{discovery.KindApproved, map[string]any{"source_type": "docker"}},
		told{discovery.KindLost, map[string]any{"source_type": "docker", "reason": "deregistered"}},
		told{discovery.KindLost, map[string]any{"source_type": "docker", "reason": "kept"}},
		told{discovery.KindQuarantined, map[string]any{"source_type": "docker", "reason": "conflict"}},
		upkeep.Compacted{StreamID: "provider:math", EventsDeleted: 150},
	} {
		must(b.t, b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error { return b.events.Append(ctx, tx, e) }))
	}
}

func TestDiscoveryAlertsAndUpkeepAreCounted(t *testing.T) {
	b := setup(t)
	b.misc()
	text := b.text()
	for series, want := range map[string]float64{
		`discovery_registrations_total{source_type="docker"}`:                 1,
		`discovery_deregistrations_total{reason="lost",source_type="docker"}`: 1,
		`discovery_quarantine_total{reason="conflict"}`:                       1,
		`discovery_sources{mode="additive",source_type="docker"}`:             1,
		`discovery_sources{mode="authoritative",source_type="docker"}`:        1,
		`discovery_sources_healthy{source_type="docker"}`:                     1,
		`events_compacted_total`:                                              150,
		`alerts_fired_total{level="warning",rule="disk_low"}`:                 1,
		`alerts_firing{level="warning"}`:                                      1,
		`alerts_firing{level="critical"}`:                                     0,
	} {
		if got := value(text, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if value(text, `discovery_last_cycle_timestamp_seconds{source_type="docker"}`) < 1e9 {
		t.Error("nobody knows when a source was looked at")
	}
}
