package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

var errFound = errors.New("found")

// find looks up one key of an object; a second occurrence is ignored here because Parse and CheckObject refuse it where
// a decision hangs on it.
func find(obj []byte, key string) (member, bool) {
	var at member
	err := object(obj, func(m member) error {
		if keyOf(obj, m) != key {
			return nil
		}
		at = m
		return errFound
	})
	return at, errors.Is(err, errFound)
}

// Get returns the raw value at a path of keys.
func Get(obj json.RawMessage, path ...string) (json.RawMessage, bool) {
	for _, key := range path {
		m, ok := find(obj, key)
		if !ok {
			return nil, false
		}
		obj = obj[m.valStart:m.valEnd]
	}
	return obj, true
}

// Members returns the raw values of several keys, found in one walk; nil for one that is absent.
func Members(obj json.RawMessage, keys ...string) []json.RawMessage {
	at := make([]json.RawMessage, len(keys))
	err := object(obj, func(m member) error {
		if i := slices.Index(keys, keyOf(obj, m)); i >= 0 && at[i] == nil {
			at[i] = obj[m.valStart:m.valEnd]
		}
		return nil
	})
	if err != nil {
		return make([]json.RawMessage, len(keys))
	}
	return at
}

// GetString returns the string at a path of keys; false when absent or not a string.
func GetString(obj json.RawMessage, path ...string) (string, bool) {
	raw, ok := Get(obj, path...)
	if !ok {
		return "", false
	}
	return String(raw)
}

// Set returns obj with val at path; missing objects on the way are made, every other byte stays. A nil obj counts as {}. What
// comes behind the place is not looked at again: obj is JSON that was judged before.
func Set(obj, val json.RawMessage, path ...string) (json.RawMessage, error) {
	if len(path) == 0 {
		return val, nil
	}
	if len(obj) == 0 {
		obj = json.RawMessage(`{}`)
	}
	m, ok := find(obj, path[0])
	if !ok {
		inner, err := Set(nil, val, path[1:]...)
		if err != nil {
			return nil, err
		}
		return insert(obj, path[0], inner)
	}
	inner, err := Set(obj[m.valStart:m.valEnd], val, path[1:]...)
	if err != nil {
		return nil, err
	}
	out := make(json.RawMessage, 0, len(obj)+len(inner))
	out = append(out, obj[:m.valStart]...)
	out = append(out, inner...)
	return append(out, obj[m.valEnd:]...), nil
}

// insert adds a member as the first one of an object.
func insert(obj json.RawMessage, key string, val json.RawMessage) (json.RawMessage, error) {
	open := skipSpace(obj, 0)
	if err := object(obj, nil); err != nil {
		return nil, err
	}
	next := skipSpace(obj, open+1)
	out := make(json.RawMessage, 0, len(obj)+len(key)+len(val)+4)
	out = append(out, obj[:open+1]...)
	out = append(out, Quote(key)...)
	out = append(out, ':')
	out = append(out, val...)
	if obj[next] != '}' {
		out = append(out, ',')
	}
	return append(out, obj[open+1:]...), nil
}

// Delete returns obj without the member at path; an absent one is no error.
func Delete(obj json.RawMessage, path ...string) (json.RawMessage, error) {
	if len(path) == 0 {
		return nil, errors.New("delete: empty path")
	}
	m, ok := find(obj, path[0])
	if !ok {
		return obj, object(obj, nil)
	}
	if len(path) > 1 {
		inner, err := Delete(obj[m.valStart:m.valEnd], path[1:]...)
		if err != nil {
			return nil, err
		}
		return Set(obj, inner, path[0])
	}
	from, to := m.keyStart, skipSpace(obj, m.valEnd)
	if to >= len(obj) {
		return nil, syntaxAt(to)
	}
	if obj[to] == ',' { // not the last: take the comma behind it
		to = skipSpace(obj, to+1)
	} else { // the last: take the comma before it, if there is one
		for from--; isSpace(obj[from]); from-- {
		}
		if obj[from] != ',' {
			from++
		}
	}
	out := make(json.RawMessage, 0, len(obj))
	out = append(out, obj[:from]...)
	return append(out, obj[to:]...), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// Each calls visit for every member of an object, in order, and refuses duplicates.
func Each(obj json.RawMessage, visit func(key string, val json.RawMessage) error) error {
	seen := map[string]bool{}
	return object(obj, func(m member) error {
		k := keyOf(obj, m)
		if seen[k] {
			return duplicate(k)
		}
		seen[k] = true
		return visit(k, obj[m.valStart:m.valEnd])
	})
}

// Elements splits an array into its raw elements.
func Elements(arr json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	i := skipSpace(arr, 0)
	if i >= len(arr) || arr[i] != '[' {
		return nil, errors.New("not a JSON array")
	}
	i = skipSpace(arr, i+1)
	for i < len(arr) && arr[i] != ']' {
		end, err := skipValue(arr, i, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, arr[i:end])
		if i = skipSpace(arr, end); i < len(arr) && arr[i] == ',' {
			if i = skipSpace(arr, i+1); i < len(arr) && arr[i] == ']' {
				return nil, syntaxAt(i)
			}
		} else if i >= len(arr) || arr[i] != ']' {
			return nil, syntaxAt(i)
		}
	}
	if i >= len(arr) || skipSpace(arr, i+1) != len(arr) {
		return nil, syntaxAt(i)
	}
	return out, nil
}

// OneLine replaces the line breaks between tokens by spaces, in place: a frame of the stdio transport is one line, and a
// raw line break cannot occur inside a JSON string.
func OneLine(b []byte) []byte {
	for _, end := range [...]byte{'\n', '\r'} {
		for rest := b; ; {
			i := bytes.IndexByte(rest, end)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
	return b
}
