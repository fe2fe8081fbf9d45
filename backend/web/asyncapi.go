package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// asyncAPI is the part of an AsyncAPI 3.0 document that the page shows.
type asyncAPI struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Channels   ordered[channel]   `yaml:"channels"`
	Operations ordered[operation] `yaml:"operations"`
	Components struct {
		Messages ordered[message] `yaml:"messages"`
		Schemas  ordered[schema]  `yaml:"schemas"`
	} `yaml:"components"`
	CloseCodes []closeCode `yaml:"x-close-codes"`
}

type channel struct {
	Address     string          `yaml:"address"`
	Title       string          `yaml:"title"`
	Description string          `yaml:"description"`
	Parameters  ordered[schema] `yaml:"parameters"` // of which only the description counts
	Bindings    struct {
		WS struct {
			Query schema `yaml:"query"`
		} `yaml:"ws"`
	} `yaml:"bindings"`
	CloseCodes []int `yaml:"x-close-codes"`
}

// operation says which way messages go: action send is from the server, receive from the client.
type operation struct {
	Action   string      `yaml:"action"`
	Channel  reference   `yaml:"channel"`
	Messages []reference `yaml:"messages"`
}

type message struct {
	Title   string `yaml:"title"`
	Summary string `yaml:"summary"`
	Payload schema `yaml:"payload"`
}

type closeCode struct {
	Code     int    `yaml:"code"`
	Name     string `yaml:"name"`
	ComeBack bool   `yaml:"come_back"`
	Meaning  string `yaml:"meaning"`
}

type reference struct {
	Ref string `yaml:"$ref"`
}

// last is the name at the end of a reference's path.
func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

type schema struct {
	Ref         string          `yaml:"$ref"`
	Type        any             `yaml:"type"` // a name, or several
	Description string          `yaml:"description"`
	Enum        []any           `yaml:"enum"`
	Const       any             `yaml:"const"`
	Default     any             `yaml:"default"`
	Examples    []any           `yaml:"examples"`
	Properties  ordered[schema] `yaml:"properties"`
	Required    []string        `yaml:"required"`
	Items       *schema         `yaml:"items"`
	AllOf       []schema        `yaml:"allOf"`
	OneOf       []schema        `yaml:"oneOf"`
}

// ordered is a YAML mapping that remembers the order of its keys: the document's order is the page's.
type ordered[T any] struct {
	Keys []string
	Of   map[string]T
}

// UnmarshalYAML reads the keys, then the values.
func (o *ordered[T]) UnmarshalYAML(unmarshal func(any) error) error {
	var keys yaml.MapSlice
	if err := unmarshal(&keys); err != nil {
		return err
	}
	for _, item := range keys {
		o.Keys = append(o.Keys, fmt.Sprint(item.Key))
	}
	return unmarshal(&o.Of)
}

func (o *ordered[T]) set(key string, value T) {
	if o.Of == nil {
		o.Of = map[string]T{}
	}
	if !slices.Contains(o.Keys, key) {
		o.Keys = append(o.Keys, key)
	}
	o.Of[key] = value
}

func parseAsyncAPI(text []byte) (*asyncAPI, error) {
	var doc asyncAPI
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("read the sockets' document: %w", err)
	}
	return &doc, nil
}

// resolve follows a reference to a schema and joins the parts of an allOf; what comes later wins.
func (d *asyncAPI) resolve(s schema) schema {
	if s.Ref != "" {
		return d.resolve(d.Components.Schemas.Of[last(s.Ref)])
	}
	if len(s.AllOf) == 0 {
		return s
	}
	whole := s
	whole.AllOf, whole.Properties, whole.Required = nil, ordered[schema]{}, nil
	own := s
	own.AllOf = nil
	for _, part := range append(slices.Clone(s.AllOf), own) {
		part = d.resolve(part)
		whole.Type = or(whole.Type, part.Type)
		whole.Required = append(whole.Required, part.Required...)
		for _, name := range part.Properties.Keys {
			whole.Properties.set(name, part.Properties.Of[name])
		}
	}
	return whole
}

func or(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

// field is one line of a frame's or a query's table.
type field struct {
	Name, Type, Description string
	Required                bool
}

// fields lists what an object has; what stands inside another object is named with a dot.
func (d *asyncAPI) fields(s schema, prefix string) []field {
	s = d.resolve(s)
	var list []field
	for _, name := range s.Properties.Keys {
		one := d.resolve(s.Properties.Of[name])
		list = append(list, field{prefix + name, d.typeOf(one), one.Description, slices.Contains(s.Required, name)})
		inner := one
		if one.Items != nil {
			inner = d.resolve(*one.Items)
		}
		if strings.Count(prefix, ".") < 2 {
			list = append(list, d.fields(inner, prefix+name+".")...)
		}
	}
	return list
}

// typeOf is a type in words: `"a" or "b"`, `array of string`, `string or null`.
func (d *asyncAPI) typeOf(s schema) string {
	switch {
	case s.Const != nil:
		return string(marshal(s.Const))
	case len(s.Enum) > 0:
		var words []string
		for _, v := range s.Enum {
			words = append(words, string(marshal(v)))
		}
		return strings.Join(words, " or ")
	case s.Items != nil:
		return "array of " + d.typeOf(d.resolve(*s.Items))
	case len(s.OneOf) > 0:
		var words []string
		for _, one := range s.OneOf {
			words = append(words, d.typeOf(d.resolve(one)))
		}
		return strings.Join(words, " or ")
	}
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		var words []string
		for _, one := range t {
			words = append(words, fmt.Sprint(one))
		}
		return strings.Join(words, " or ")
	default:
		return "anything"
	}
}

// example makes a value that fits: of an object what is required and what has an example.
func (d *asyncAPI) example(s schema) json.RawMessage {
	s = d.resolve(s)
	switch {
	case s.Const != nil:
		return marshal(s.Const)
	case len(s.Examples) > 0:
		return marshal(s.Examples[0])
	case len(s.Enum) > 0:
		return marshal(s.Enum[0])
	case s.Default != nil:
		return marshal(s.Default)
	case len(s.OneOf) > 0:
		return d.example(s.OneOf[0])
	case s.Items != nil:
		return slices.Concat([]byte("["), d.example(*s.Items), []byte("]"))
	case len(s.Properties.Keys) > 0 || s.Type == "object":
		return d.objectExample(s)
	}
	switch s.Type {
	case "string":
		return json.RawMessage(`""`)
	case "boolean":
		return json.RawMessage("false")
	case "integer", "number":
		return json.RawMessage("0")
	default:
		return json.RawMessage("null")
	}
}

func (d *asyncAPI) objectExample(s schema) json.RawMessage {
	object := []byte("{")
	for _, name := range s.Properties.Keys {
		one := d.resolve(s.Properties.Of[name])
		if !slices.Contains(s.Required, name) && len(one.Examples) == 0 && one.Const == nil {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(object, marshal(name)...)
		object = append(object, ':')
		object = append(object, d.example(one)...)
	}
	return append(object, '}')
}

// marshal is JSON of what YAML can say. A mapping's keys lose their order here: only examples of whole objects have any.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return marshal(err.Error()) // seen on the page, and by its test
	}
	return b
}
