package manage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"hangar/backend/mcp"
)

// kind is what a parameter may hold, in the words of JSON Schema.
type kind string

const (
	text    kind = "string"
	integer kind = "integer"
	boolean kind = "boolean"
	object  kind = "object"
)

// param is a parameter of a tool.
type param struct {
	name     string
	at       string // what the route calls it; "": the same
	kind     kind
	about    string
	required bool
	enum     []string
	low, top int // of an integer; top 0: no bounds
	standard any // the value of whoever says nothing; nil: the route's own
}

func (p param) route() string { return cmp.Or(p.at, p.name) }

// arguments are those of a call, as they came, by the tool's names.
type arguments map[string]json.RawMessage

// take reads the arguments of a call. What is wrong with them names the parameter; what a tool does not know is wrong too.
func take(tool string, takes []param, raw json.RawMessage) (arguments, error) {
	given := arguments{}
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments: %s", err)
	}
	known := make([]string, 0, len(takes))
	for _, p := range takes {
		known = append(known, p.name)
		value, ok := given[p.name]
		if !ok || string(value) == "null" {
			delete(given, p.name)
			if p.required {
				return nil, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments.%s is missing: %s", p.name, p.about)
			}
			if p.standard != nil {
				given[p.name], _ = json.Marshal(p.standard) // a plain value
			}
			continue
		}
		if wrong := p.wrong(value); wrong != "" {
			return nil, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments.%s %s", p.name, wrong)
		}
	}
	for name := range given {
		if !slices.Contains(known, name) {
			return nil, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments.%s is not known; %s takes %s", name, tool, cmp.Or(strings.Join(known, ", "), "nothing"))
		}
	}
	return given, nil
}

func (p param) wrong(value json.RawMessage) string {
	switch p.kind {
	case text:
		s, ok := mcp.String(value)
		switch {
		case !ok:
			return "must be a string"
		case s == "" && p.required:
			return "must not be empty"
		case len(p.enum) > 0 && !slices.Contains(p.enum, s):
			return "must be one of " + strings.Join(p.enum, ", ")
		}
	case integer:
		var n float64
		if json.Unmarshal(value, &n) != nil || n != math.Trunc(n) {
			return "must be a whole number"
		}
		if p.top > 0 && (n < float64(p.low) || n > float64(p.top)) {
			return fmt.Sprintf("must be between %d and %d", p.low, p.top)
		}
	case boolean:
		if !bytes.Equal(value, []byte("true")) && !bytes.Equal(value, []byte("false")) {
			return "must be true or false"
		}
	case object:
		if value[0] != '{' {
			return "must be an object"
		}
	}
	return ""
}

// text is a string argument; "" when it was not given.
func (a arguments) text(name string) string {
	s, _ := mcp.String(a[name])
	return s
}

func (a arguments) yes(name string) bool { return string(a[name]) == "true" }

func (a arguments) number(name string) int {
	var n float64
	_ = json.Unmarshal(a[name], &n) // it was looked at
	return int(n)
}

// without is all but some.
func (a arguments) without(names ...string) arguments {
	rest := arguments{}
	for name, v := range a {
		if !slices.Contains(names, name) {
			rest[name] = v
		}
	}
	return rest
}

// schema is the JSON Schema of parameters.
func schema(takes []param) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, p := range takes {
		property := map[string]any{"type": p.kind}
		if p.about != "" {
			property["description"] = p.about
		}
		if len(p.enum) > 0 {
			property["enum"] = p.enum
		}
		if p.top > 0 {
			property["minimum"], property["maximum"] = p.low, p.top
		}
		if p.standard != nil {
			property["default"] = p.standard
		}
		properties[p.name] = property
		if p.required {
			required = append(required, p.name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
