package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schemaNode is what is read of a JSON Schema to know which JSON a word on the command line means.
type schemaNode struct {
	Type       types                      `json:"type"`
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
	Additional json.RawMessage            `json:"additionalProperties"`
	Items      json.RawMessage            `json:"items"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	AllOf      []json.RawMessage          `json:"allOf"`
	Enum       []json.RawMessage          `json:"enum"`
	Ref        string                     `json:"$ref"`
}

// types is one type or several.
type types []string

// UnmarshalJSON takes both.
func (t *types) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// typist turns words into JSON by a tool's schema.
type typist struct{ root json.RawMessage }

// node reads a schema; true, false and what cannot be read say nothing.
func (t typist) node(raw json.RawMessage) (n schemaNode) {
	for range 8 { // a reference may lead to another one, but not for ever
		n = schemaNode{}
		if json.Unmarshal(raw, &n) != nil {
			return schemaNode{}
		}
		path, local := strings.CutPrefix(n.Ref, "#/")
		if !local {
			return n
		}
		raw = t.root
		for step := range strings.SplitSeq(path, "/") {
			var inner map[string]json.RawMessage
			if json.Unmarshal(raw, &inner) != nil {
				return schemaNode{}
			}
			raw = inner[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		}
	}
	return schemaNode{}
}

// kinds are the types that a value may have, as far as the schema says.
func (t typist) kinds(raw json.RawMessage, depth int) []string {
	n := t.node(raw)
	list := slices.Clone([]string(n.Type))
	if depth > 4 {
		return list
	}
	for _, inner := range slices.Concat(n.AnyOf, n.OneOf, n.AllOf) {
		list = append(list, t.kinds(inner, depth+1)...)
	}
	for _, value := range n.Enum {
		list = append(list, kindOf(value))
	}
	return list
}

func kindOf(value json.RawMessage) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return ""
	}
	switch value[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if bytes.ContainsAny(value, ".eE") {
		return "number"
	}
	return "integer"
}

// value is the JSON that a word means. A text wins only where nothing else can be meant.
func (t typist) value(word string, kinds []string) (json.RawMessage, error) {
	text, err := json.Marshal(word)
	if err != nil {
		return nil, err
	}
	raw := json.RawMessage(strings.TrimSpace(word))
	fits := func(kind string) bool {
		return slices.Contains(kinds, kind) || kind == "integer" && slices.Contains(kinds, "number")
	}
	switch {
	case json.Valid(raw) && kindOf(raw) != "string" && (len(kinds) == 0 || fits(kindOf(raw))):
		return raw, nil
	case len(kinds) == 0, fits("string"):
		return text, nil
	}
	return nil, fmt.Errorf("must be %s, not %q", strings.Join(slices.Compact(kinds), " or "), word)
}

// toolArguments makes the arguments of a call: what files say, then what words say. The error is one of usage.
func toolArguments(schema json.RawMessage, words []string, read func(name string) ([]byte, error)) (map[string]json.RawMessage, error) {
	t := typist{schema}
	root := t.node(schema)
	out := map[string]json.RawMessage{}
	for _, w := range words {
		name, isFile := strings.CutPrefix(w, "@")
		if w != "-" && !isFile {
			continue
		}
		text, err := read(name)
		if err != nil {
			return nil, err
		}
		given := map[string]json.RawMessage(nil)
		if err := json.Unmarshal(text, &given); err != nil || given == nil {
			return nil, usage("%s is no JSON object with arguments", w)
		}
		maps.Copy(out, given)
	}
	lists := map[string][]json.RawMessage{}
	for _, w := range words {
		if w == "-" || strings.HasPrefix(w, "@") {
			continue
		}
		key, word, ok := strings.Cut(w, "=")
		if !ok || key == "" || key == ":" {
			return nil, usage("%q is none of KEY=VALUE, KEY:=JSON, @FILE, -", w)
		}
		if asJSON, is := strings.CutSuffix(key, ":"); is {
			if !json.Valid([]byte(word)) {
				return nil, usage("%s: %q is no JSON", asJSON, word)
			}
			out[asJSON] = json.RawMessage(word)
			continue
		}
		property, known := root.Properties[key]
		if !known && string(bytes.TrimSpace(root.Additional)) == "false" {
			return nil, usage("the tool takes no %q; it takes %s", key, strings.Join(slices.Sorted(maps.Keys(root.Properties)), ", "))
		}
		kinds := t.kinds(property, 0)
		value, err := t.one(word, property, kinds, lists, key)
		if err != nil {
			return nil, usage("%s: %w", key, err)
		}
		out[key] = value
	}
	return out, missing(root, out)
}

// one is the value of a key. A list grows with every word that is not a list itself.
func (t typist) one(word string, property json.RawMessage, kinds []string, lists map[string][]json.RawMessage, key string) (json.RawMessage, error) {
	if !slices.Contains(kinds, "array") || kindOf(json.RawMessage(word)) == "array" && json.Valid([]byte(word)) {
		return t.value(word, kinds)
	}
	item, err := t.value(word, t.kinds(t.node(property).Items, 0))
	if err != nil {
		return nil, err
	}
	lists[key] = append(lists[key], item)
	return json.Marshal(lists[key])
}

func missing(root schemaNode, given map[string]json.RawMessage) error {
	var names []string
	for _, name := range root.Required {
		if _, ok := given[name]; !ok {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return usage("the tool needs %s, too", strings.Join(names, ", "))
	}
	return nil
}
