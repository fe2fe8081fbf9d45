package call

import (
	"math"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

// maxMessage is how much of an error's message is kept.
const maxMessage = 1000

// Record is one call.
type Record struct {
	provider.Call
	Position int64 // in the log
	Version  int64 // in the provider's stream
	EventID  string
	At       time.Time // when it was over
	Actor    event.Actor
}

// recordOf reads the record of a call from its event; ok is false for an event that is none.
func recordOf(e event.Envelope) (r Record, ok bool, err error) {
	c, ok, err := provider.CallOf(e)
	if !ok || err != nil {
		return Record{}, false, err
	}
	if len(c.ErrorMessage) > maxMessage {
		c.ErrorMessage = c.ErrorMessage[:maxMessage]
	}
	return Record{Call: c, Position: e.Position, Version: e.Version, EventID: e.ID, At: e.At, Actor: e.Actor}, true, nil
}

// micros is a time in milliseconds as it is stored.
func micros(ms float64) int64 { return int64(math.Round(ms * 1000)) }

func millis(us int64) float64 { return float64(us) / 1000 }
