package mcp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	sentinelOpen  = "=?base64?"
	sentinelClose = "?="
)

// DecodeHeader reads a mirrored value: visible ASCII with inner spaces and tabs as it is, anything else as
// =?base64?...?= over UTF-8.
func DecodeHeader(v string) (string, bool) {
	if inner, ok := cutSentinel(v); ok {
		b, err := base64.StdEncoding.Strict().DecodeString(inner)
		// Go's decoder skips line breaks; a header cannot hold any, so there are none to skip.
		if err != nil || !utf8.Valid(b) {
			return "", false
		}
		return string(b), true
	}
	return v, isPlain(v)
}

// EncodeHeader writes a value so that DecodeHeader reads it.
func EncodeHeader(v string) string {
	if _, like := cutSentinel(v); !like && isPlain(v) && strings.Trim(v, " \t") == v {
		return v
	}
	return sentinelOpen + base64.StdEncoding.EncodeToString([]byte(v)) + sentinelClose
}

func cutSentinel(v string) (string, bool) {
	inner, ok := strings.CutPrefix(v, sentinelOpen)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, sentinelClose)
}

func isPlain(v string) bool {
	for i := range len(v) {
		if c := v[i]; (c < 0x20 && c != '\t') || c > 0x7e {
			return false
		}
	}
	return true
}

// Mirror is an argument that also travels as a header (x-mcp-header), so that those on the way can route by it.
type Mirror struct {
	Header string   // without Mcp-Param-
	path   []string // of properties
	number bool     // its type is integer
}

const maxMirrorDepth = 16

// MirrorsOf reads the annotations of a tool's input schema; one that cannot be obeyed makes the tool unusable.
func MirrorsOf(tool json.RawMessage) ([]Mirror, error) {
	schema, _ := Get(tool, "inputSchema")
	found, err := mirrorsIn(schema, nil)
	if err != nil {
		return nil, err
	}
	if n := annotations(schema); n != len(found) {
		return nil, fmt.Errorf("%d of its x-mcp-header stand where they mean nothing", n-len(found))
	}
	seen := map[string]bool{}
	for _, m := range found {
		if key := strings.ToLower(m.Header); seen[key] {
			return nil, fmt.Errorf("two arguments have the x-mcp-header %q", m.Header)
		} else {
			seen[key] = true
		}
	}
	return found, nil
}

// annotations counts the x-mcp-header of a schema, wherever they stand.
func annotations(schema json.RawMessage) (n int) {
	const key = `"x-mcp-header"`
	for {
		i := bytes.Index(schema, []byte(key))
		if i < 0 {
			return n
		}
		schema = schema[i+len(key):]
		if rest := skipSpace(schema, 0); rest < len(schema) && schema[rest] == ':' {
			n++
		}
	}
}

func mirrorsIn(schema json.RawMessage, path []string) (found []Mirror, err error) {
	properties, ok := Get(schema, "properties")
	if !ok || properties[0] != '{' || len(path) >= maxMirrorDepth {
		return nil, nil
	}
	err = Each(properties, func(name string, property json.RawMessage) error {
		if property[0] != '{' {
			return nil // true and false are schemas
		}
		at := append(append([]string(nil), path...), name)
		if raw, ok := Get(property, "x-mcp-header"); ok {
			header, _ := String(raw)
			kind, _ := GetString(property, "type")
			if !token(header) {
				return fmt.Errorf("the x-mcp-header of argument %q is not a header's name: %s", name, raw)
			}
			if kind != "string" && kind != "integer" && kind != "boolean" {
				return fmt.Errorf("argument %q has an x-mcp-header but is of type %q", name, kind)
			}
			found = append(found, Mirror{header, at, kind == "integer"})
		}
		inner, err := mirrorsIn(property, at)
		found = append(found, inner...)
		return err
	})
	return found, err
}

// token is RFC 9110's: what a header may be called.
func token(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	}) < 0
}

const maxSafeInteger = 1<<53 - 1 // of JavaScript

// Value reads the argument, as it is written in the header; there is none for one that is absent, null or of another type than was declared.
func (m Mirror) Value(params json.RawMessage) (string, bool) {
	raw, ok := Get(params, append([]string{"arguments"}, m.path...)...)
	if !ok || len(raw) == 0 {
		return "", false
	}
	if s, ok := String(raw); ok {
		return EncodeHeader(s), true
	}
	if string(raw) == "true" || string(raw) == "false" {
		return string(raw), true
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil && n == float64(int64(n)) && n >= -maxSafeInteger && n <= maxSafeInteger {
		return strconv.FormatInt(int64(n), 10), true
	}
	return "", false
}

// Is reports whether a header says what the argument says. Integers are compared as numbers.
func (m Mirror) Is(header, value string) bool {
	if header == value {
		return true
	}
	got, ok := DecodeHeader(header)
	want, _ := DecodeHeader(value)
	if !ok || got == want {
		return ok
	}
	a, errA := strconv.ParseFloat(got, 64)
	b, errB := strconv.ParseFloat(want, 64)
	return m.number && errA == nil && errB == nil && a == b
}
