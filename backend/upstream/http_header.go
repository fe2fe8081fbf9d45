package upstream

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hangar/backend/mcp"
)

// encodeHeader writes a value of the body as a header of 2026-07-28: visible ASCII with inner blanks as it is, anything
// else, and what looks like the escape itself, as =?base64?...?= over UTF-8.
func encodeHeader(v string) string {
	plain := strings.Trim(v, " \t") == v && !(strings.HasPrefix(v, "=?base64?") && strings.HasSuffix(v, "?="))
	for i := range len(v) {
		plain = plain && (v[i] >= 0x20 || v[i] == '\t') && v[i] <= 0x7e
	}
	if plain {
		return v
	}
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(v)) + "?="
}

// mirror is an argument that also travels as a header (x-mcp-header), so that those on the way can route by it.
type mirror struct {
	header string
	path   []string // of properties
}

const maxMirrorDepth = 16

// mirrorsOf reads the annotations of a tool's input schema; one that cannot be obeyed makes the tool unusable.
func mirrorsOf(tool json.RawMessage) ([]mirror, error) {
	schema, _ := mcp.Get(tool, "inputSchema")
	found, err := mirrorsIn(schema, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, m := range found {
		if key := strings.ToLower(m.header); seen[key] {
			return nil, fmt.Errorf("two arguments have the x-mcp-header %q", m.header)
		} else {
			seen[key] = true
		}
	}
	return found, nil
}

func mirrorsIn(schema json.RawMessage, path []string) (found []mirror, err error) {
	properties, ok := mcp.Get(schema, "properties")
	if !ok || properties[0] != '{' || len(path) >= maxMirrorDepth {
		return nil, nil
	}
	err = mcp.Each(properties, func(name string, property json.RawMessage) error {
		if property[0] != '{' {
			return nil // true and false are schemas
		}
		at := append(append([]string(nil), path...), name)
		if raw, ok := mcp.Get(property, "x-mcp-header"); ok {
			header, _ := mcp.String(raw)
			kind, _ := mcp.GetString(property, "type")
			if !token(header) {
				return fmt.Errorf("the x-mcp-header of argument %q is not a header's name: %s", name, raw)
			}
			if kind != "string" && kind != "integer" && kind != "boolean" {
				return fmt.Errorf("argument %q has an x-mcp-header but is of type %q", name, kind)
			}
			found = append(found, mirror{header, at})
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

// value reads the argument; there is no header for one that is absent, null or of another type than was declared.
func (m mirror) value(params json.RawMessage) (string, bool) {
	raw, ok := mcp.Get(params, append([]string{"arguments"}, m.path...)...)
	if !ok || len(raw) == 0 {
		return "", false
	}
	if s, ok := mcp.String(raw); ok {
		return encodeHeader(s), true
	}
	if string(raw) == "true" || string(raw) == "false" {
		return string(raw), true
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil && n == float64(int64(n)) && n >= -maxSafeInteger && n <= maxSafeInteger {
		return strconv.FormatInt(int64(n), 10), true
	}
	return "", false
}
