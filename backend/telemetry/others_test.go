package telemetry

import (
	"context"
	"encoding/json"
	"testing"

	"hangar/backend/alert"
	"hangar/backend/audit"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/invoke"
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
		audit.Refused{Refusal: audit.Refusal{What: audit.KindRateLimited}, Times: 7},
		audit.Refused{Refusal: audit.Refusal{What: audit.KindAccessDenied, Door: "tools/call", Thing: "made/up", ErrorType: "PermissionError"}, Times: 3},
		audit.Refused{Refusal: audit.Refusal{What: audit.KindAccessDenied, Door: "POST /api/providers"}, Times: 1},
		invoke.Batch{ID: "1", Result: invoke.BatchPartial, Total: 9, Succeeded: 4, Failed: 1, Cancelled: 4, ElapsedMS: 20, Cause: "fail_fast", Truncated: map[string]int{"batch_budget_exceeded": 2}},
		invoke.Batch{ID: "2", Result: invoke.BatchRefused, Total: 1},
	} {
		must(b.t, b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error { return b.events.Append(ctx, tx, e) }))
	}
}

func TestDiscoveryAlertsAndUpkeepAreCounted(t *testing.T) {
	b := setup(t)
	b.misc()
	text := b.text()
	for series, want := range map[string]float64{
		`discovery_registrations_total{source_type="docker"}`:                                1,
		`discovery_deregistrations_total{reason="lost",source_type="docker"}`:                1,
		`discovery_quarantine_total{reason="conflict"}`:                                      1,
		`discovery_sources{mode="additive",source_type="docker"}`:                            1,
		`discovery_sources{mode="authoritative",source_type="docker"}`:                       1,
		`discovery_sources_healthy{source_type="docker"}`:                                    1,
		`events_compacted_total`:                                                             150,
		`alerts_fired_total{level="warning",rule="disk_low"}`:                                1,
		`alerts_firing{level="warning"}`:                                                     1,
		`alerts_firing{level="critical"}`:                                                    0,
		`rate_limit_hits_total{result="rejected"}`:                                           7,
		`tool_access_denied_total{provider="_other",reason="PermissionError",tool="_other"}`: 3,
		`batch_calls_total{result="partial"}`:                                                1,
		`batch_calls_total{result="validation_error"}`:                                       1,
		`batch_validation_failures_total`:                                                    1,
		`batch_size_sum`:                                                                     9,
		`batch_duration_seconds_count`:                                                       1,
		`batch_cancellations_total{reason="fail_fast"}`:                                      4,
		`batch_truncations_total{reason="batch_budget_exceeded"}`:                            2,
	} {
		if got := value(text, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if value(text, `discovery_last_cycle_timestamp_seconds{source_type="docker"}`) < 1e9 {
		t.Error("nobody knows when a source was looked at")
	}
}
