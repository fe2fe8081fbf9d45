package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Schema is the JSON Schema (draft 2020-12) of the configuration file, for editors.
func Schema() ([]byte, error) {
	s := &schemas{defs: map[string]any{}}
	root := s.object(reflect.TypeFor[Config]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Hangar configuration"
	root["description"] = "Any value may hold variables: ${NAME}, ${NAME:-default}, ${NAME:?message}; $$ is a $. Keys that begin with x- are left alone."
	root["patternProperties"] = map[string]any{"^x-": true}
	root["$defs"] = s.defs
	return json.MarshalIndent(root, "", "  ")
}

// schemas collects the types that are used by name.
type schemas struct{ defs map[string]any }

type schema = map[string]any

// idPattern is what provider.ID.Check and group.ID.Check take.
const idPattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"

// of is the schema of a field.
func (s *schemas) of(f reflect.StructField) schema {
	out := s.typed(f.Type, f.Tag)
	if text := help(f); text != "" {
		out["description"] = text
	}
	return out
}

func (s *schemas) typed(t reflect.Type, tag reflect.StructTag) schema {
	switch t.Kind() {
	case reflect.Pointer:
		return s.typed(t.Elem(), tag)
	case reflect.Struct:
		return s.named(t)
	case reflect.Map:
		out := schema{"type": []string{"object", "null"}, "additionalProperties": s.typed(t.Elem(), "")}
		if strings.HasSuffix(t.Key().Name(), "ID") {
			out["propertyNames"] = schema{"pattern": idPattern}
		}
		if t.Elem().Kind() == reflect.String {
			out["additionalProperties"] = schema{"type": []string{"string", "number", "boolean", "null"}}
		}
		return out
	case reflect.Slice:
		return schema{"type": []string{"array", "null"}, "items": s.typed(t.Elem(), "")}
	default:
		return scalarSchema(t, tag)
	}
}

// scalarSchema is a plain value, or a text with a variable that becomes one.
func scalarSchema(t reflect.Type, tag reflect.StructTag) schema {
	variable := schema{"type": "string", "pattern": `\$\{.+\}`}
	value := schema{}
	switch t.Kind() {
	case reflect.Int:
		value["type"] = "integer"
	case reflect.Float64:
		value["type"] = "number"
	case reflect.Bool:
		value["type"] = "boolean"
	default:
		if enum := tag.Get("enum"); enum != "" {
			value["enum"] = strings.Split(enum, ",")
			break
		}
		out := schema{"type": []string{"string", "number", "boolean"}} // what is no text becomes one
		if def, ok := tag.Lookup("default"); ok {
			out["default"] = def
		}
		return out
	}
	for _, bound := range []string{"minimum", "maximum"} {
		if n, err := strconv.Atoi(tag.Get(bound)); err == nil {
			value[bound] = n
		}
	}
	out := schema{"anyOf": []any{value, variable}}
	if def, ok := tag.Lookup("default"); ok {
		v := reflect.New(t).Elem()
		if setText(v, def) == nil {
			out["default"] = v.Interface()
		}
	}
	return out
}

// named is a reference to the schema of a struct, which is made when it is first used.
func (s *schemas) named(t reflect.Type) schema {
	name := strings.ToLower(t.String())
	if _, known := s.defs[name]; !known {
		s.defs[name] = nil // so that a type within itself ends
		def := s.object(t)
		if short, ok := reflect.Zero(t).Interface().(interface{ Shorthand() string }); ok {
			def = schema{"anyOf": []any{schema{"type": "string", "description": "the " + short.Shorthand() + " alone"}, def}}
		}
		s.defs[name] = def
	}
	return schema{"$ref": "#/$defs/" + name}
}

func (s *schemas) object(t reflect.Type) schema {
	properties := schema{}
	for _, f := range fields(t) {
		if inline(f) {
			inner, _ := s.object(f.Type)["properties"].(schema)
			for _, name := range slices.Sorted(maps.Keys(inner)) {
				if _, own := properties[name]; !own {
					properties[name] = inner[name]
				}
			}
			continue
		}
		properties[yamlName(f)] = s.of(f)
		if alias := f.Tag.Get("alias"); alias != "" {
			other := s.of(f)
			other["description"] = "another name for " + yamlName(f)
			properties[alias] = other
		}
	}
	return schema{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
}
