package eventlog

import (
	"encoding/json"

	"hangar/backend/event"
)

// origin is how an event's origin is stored: as JSON, and as nothing where there is none.
func origin(o event.Origin) string {
	if o == (event.Origin{}) {
		return ""
	}
	text, _ := json.Marshal(o) // three texts
	return string(text)
}

// originOf reads it; what cannot be read is as good as none, because nothing is decided by it.
func originOf(text string) (o event.Origin) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &o)
	}
	return o
}
