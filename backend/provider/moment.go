package provider

import (
	"encoding/json"
	"fmt"

	"hangar/backend/event"
)

// What is a fact of a provider's life that is counted.
type What string

// The facts. Each is told by one event, whatever else tells of it.
const (
	MomentRegistered   What = "registered"
	MomentDeregistered What = "deregistered"
	MomentStarted      What = "started"
	MomentStartFailed  What = "start_failed"
	MomentChanged      What = "changed" // another state, for whatever reason
	MomentStopped      What = "stopped"
	MomentChecked      What = "checked"
	MomentCheckFailed  What = "check_failed"
)

// Moment is such a fact.
type Moment struct {
	Provider   ID
	What       What
	Mode       string  // of a start
	Reason     string  // of a stop
	StartupMS  float64 // of a start
	DurationMS float64 // of a check
	Old, New   State   // of another state
}

// MomentOf reads it from its event; ok is false for an event that tells none.
func MomentOf(e event.Envelope) (m Moment, ok bool, err error) {
	what, ok := map[string]What{
		KindRegistered: MomentRegistered, KindDeregistered: MomentDeregistered, KindStarted: MomentStarted, KindStateChanged: MomentChanged,
		KindStopped: MomentStopped, KindHealthPassed: MomentChecked, KindHealthFailed: MomentCheckFailed,
	}[e.Kind]
	if !ok {
		return Moment{}, false, nil
	}
	var f struct {
		ID         ID      `json:"provider_id"`
		Old        State   `json:"old_state"`
		New        State   `json:"new_state"`
		Mode       string  `json:"mode"`
		Reason     string  `json:"reason"`
		StartupMS  float64 `json:"startup_duration_ms"`
		DurationMS float64 `json:"duration_ms"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil {
		return Moment{}, false, fmt.Errorf("%s at position %d: %w", e.Kind, e.Position, err)
	}
	if what == MomentChanged && f.Old == Initializing && (f.New == Dead || f.New == Degraded) {
		what = MomentStartFailed
	}
	return Moment{f.ID, what, f.Mode, f.Reason, f.StartupMS, f.DurationMS, f.Old, f.New}, true, nil
}
