package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Span is where a value stands in the bytes that were searched. The zero Span is an absent value.
type Span struct{ Start, End int }

// Found reports whether the value is there.
func (s Span) Found() bool { return s.End > 0 }

// Of gives the value; nil when it is absent.
func (s Span) Of(b []byte) json.RawMessage {
	if !s.Found() {
		return nil
	}
	return b[s.Start:s.End:s.End]
}

// Locate finds several members of an object in one walk; at[i] belongs to keys[i]. It refuses a second occurrence of one
// of the keys and a key that only differs from one of them by case or by escapes, because another reader would take
// that one: what is judged must be what is sent.
func Locate(obj json.RawMessage, at []Span, keys ...string) error {
	return object(obj, func(m member) error {
		raw := obj[m.keyStart+1 : m.keyEnd-1]
		for i, key := range keys {
			if string(raw) != key {
				if disguised(obj, m, key) {
					return fmt.Errorf("key %s stands for %q in disguise", obj[m.keyStart:m.keyEnd], key)
				}
				continue
			}
			if at[i].Found() {
				return duplicate(key)
			}
			at[i] = Span{m.valStart, m.valEnd}
			return nil
		}
		return nil
	})
}

// disguised reports a key that is not written like key but reads like it. Folding is Unicode's, as in encoding/json: a
// long s is an s.
func disguised(obj []byte, m member, key string) bool {
	raw := obj[m.keyStart+1 : m.keyEnd-1]
	if len(raw) > 0 && raw[0] < 0x80 && raw[0] != '\\' && raw[0]|0x20 != key[0]|0x20 {
		return false // most keys, at the first byte; folding goes beyond ASCII only from there
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		return strings.EqualFold(keyOf(obj, m), key)
	}
	return bytes.EqualFold(raw, []byte(key))
}

// Edit puts a value in the place of another.
type Edit struct {
	At   Span
	With json.RawMessage
}

// Splice applies edits in ascending order of their places; every other byte stays.
func Splice(obj json.RawMessage, edits ...Edit) json.RawMessage {
	size := len(obj)
	for _, e := range edits {
		size += len(e.With)
	}
	out := make(json.RawMessage, 0, size)
	from := 0
	for _, e := range edits {
		out = append(out, obj[from:e.At.Start]...)
		out = append(out, e.With...)
		from = e.At.End
	}
	return append(out, obj[from:]...)
}

// Filter returns obj with only the members whose key is kept, each byte for byte. Duplicates are refused. When all are
// kept it returns obj itself.
func Filter(obj json.RawMessage, keep func(key string) bool) (json.RawMessage, error) {
	kept := make([]Span, 0, 8)
	dropped := false
	seen := make(map[string]bool, 8)
	err := object(obj, func(m member) error {
		key := keyOf(obj, m)
		if seen[key] {
			return duplicate(key)
		}
		seen[key] = true
		if keep(key) {
			kept = append(kept, Span{m.keyStart, m.valEnd})
		} else {
			dropped = true
		}
		return nil
	})
	if err != nil || !dropped {
		return obj, err
	}
	out := append(make(json.RawMessage, 0, len(obj)), '{')
	for i, s := range kept {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, obj[s.Start:s.End]...)
	}
	return append(out, '}'), nil
}
