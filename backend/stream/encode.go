package stream

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

const timestamp = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timestamp) }

// Encode is the frame of an event: event_type, event_id, position and timestamp, then the event's own fields.
func Encode(e event.Envelope) []byte {
	b := make([]byte, 0, len(e.Data)+160)
	b = append(b, `{"event_type":`...)
	b = appendString(b, e.Kind)
	b = append(b, `,"event_id":`...)
	b = appendString(b, e.ID)
	b = append(b, `,"position":`...)
	b = strconv.AppendInt(b, e.Position, 10)
	b = append(b, `,"timestamp":"`...)
	b = append(b, stamp(e.At)...)
	b = append(b, '"')
	if data := fields(e); len(data) > 2 { // more than {}
		b = append(b, ',')
		return append(b, data[1:]...)
	}
	return append(b, '}')
}

// fields is the event's own JSON object. Frames show provider states in upper case, as the guides do; everywhere else
// they are lower case (decisions.md 12).
func fields(e event.Envelope) []byte {
	if e.Kind != provider.KindStateChanged {
		return e.Data
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(e.Data, &object) != nil {
		return e.Data
	}
	for _, key := range []string{"old_state", "new_state"} {
		var state string
		if json.Unmarshal(object[key], &state) == nil {
			object[key] = appendString(nil, strings.ToUpper(state))
		}
	}
	return must(object)
}

func appendString(b []byte, s string) []byte { return append(b, must(s)...) }

// must marshals what cannot fail: strings, numbers and JSON that was parsed.
func must(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug here, not input
	}
	return b
}

// Frames that are not events have a type.

type warning struct {
	Type     string `json:"type"` // warning
	Code     string `json:"code"` // messages_dropped
	Dropped  int64  `json:"dropped"`
	Since    string `json:"since"`    // when the dropping began
	Position int64  `json:"position"` // the last one before the gap: ask again with since=position
}

func dropped(n int64, since time.Time, position int64) []byte {
	return must(warning{"warning", "messages_dropped", n, stamp(since), position})
}

type reset struct {
	Type    string `json:"type"` // reset
	Reason  string `json:"reason"`
	Head    int64  `json:"head"`
	StoreID string `json:"store_id"`
}

type subscribed struct {
	Type         string   `json:"type"` // subscribed
	EventTypes   []string `json:"event_types"`
	ProviderIDs  []string `json:"provider_ids"`
	MCPServerIDs []string `json:"mcp_server_ids"`
}

type refusal struct {
	Type    string `json:"type"` // error
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refused(message string) []byte { return must(refusal{"error", "invalid_message", message}) }

type logFrame struct {
	Timestamp  string `json:"timestamp"`
	Line       string `json:"line"`
	ProviderID string `json:"provider_id"`
	Stream     string `json:"stream"` // stderr
	Seq        int64  `json:"seq"`
}
