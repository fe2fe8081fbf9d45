package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

const timestamp = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timestamp) }

// Encode is an event for REST: event_type, event_id, position and timestamp, then the event's own fields as they are.
func Encode(e event.Envelope) []byte { return assemble(e, e.Kind, e.Data) }

// encode is an event as a socket shows it.
func encode(e event.Envelope, as form) []byte {
	kind := e.Kind
	if as == mcpServerForm {
		kind = inOtherWords(kind)
	}
	return assemble(e, kind, fields(e, as))
}

func assemble(e event.Envelope, kind string, fields []byte) []byte {
	b := make([]byte, 0, len(fields)+160)
	b = append(b, `{"event_type":`...)
	b = appendString(b, kind)
	b = append(b, `,"event_id":`...)
	b = appendString(b, e.ID)
	b = append(b, `,"position":`...)
	b = strconv.AppendInt(b, e.Position, 10)
	b = append(b, `,"timestamp":"`...)
	b = append(b, stamp(e.At)...)
	b = append(b, '"')
	members := bytes.TrimSpace(bytes.TrimPrefix(fields, []byte("{")))
	if len(members) < 2 { // only the end of it
		return append(b, '}')
	}
	b = append(b, ',')
	return append(b, members...)
}

// fields is the event's own JSON object in the words of a socket: upper case for provider states, and the id of the
// provider under one name or both.
func fields(e event.Envelope, as form) []byte {
	changed := e.Kind == provider.KindStateChanged
	if !changed && !bytes.Contains(e.Data, []byte(`"provider_id":`)) {
		return e.Data
	}
	b := make([]byte, 0, len(e.Data)+40)
	err := pairs(e.Data, func(key string, value json.RawMessage) {
		switch {
		case key == "provider_id":
			for _, name := range idNames(e.Kind, as) {
				b = appendPair(b, name, value)
			}
		case changed && (key == "old_state" || key == "new_state"):
			b = appendPair(b, key, inFrames(value))
		default:
			b = appendPair(b, key, value)
		}
	})
	if err != nil || len(b) == 0 {
		return e.Data
	}
	return append(b, '}')
}

// inFrames is a provider's state as sockets show it: in upper case, as the guides do. Everywhere else it is lower case
// (decisions.md 12).
func inFrames(state json.RawMessage) json.RawMessage { return bytes.ToUpper(state) }

// pairs walks the members of an object in their order.
func pairs(object []byte, each func(key string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("no object: %.40s", object)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		each(key.(string), value)
	}
	return nil
}

func appendPair(b []byte, key string, value []byte) []byte {
	separator := byte(',')
	if len(b) == 0 {
		separator = '{'
	}
	b = append(b, separator)
	b = appendString(b, key)
	b = append(b, ':')
	return append(b, value...)
}

func appendString(b []byte, s string) []byte {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }) {
		return append(b, must(s)...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// must marshals what cannot fail: strings, numbers and JSON that was parsed.
func must(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug here, not input
	}
	return b
}
