package apifuzz

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
)

type object = map[string]any

// document is the OpenAPI document, with what it says about each operation.
type document struct {
	schemas    map[string]object
	operations []operation
	compiled   map[string]*jsonschema.Resolved // by the text of the schema: most answers of all operations are the same error
}

// operation is a method of a path.
type operation struct {
	method, path string
	parameters   []parameter
	body         object // the schema; nil: none
	mustBody     bool
	answers      map[string]map[string]*jsonschema.Resolved // by status and content type
}

type parameter struct {
	in, name string
	required bool
	schema   object
}

func (o operation) String() string { return o.method + " " + o.path }

// read reads the committed document.
func read(t *testing.T) *document {
	t.Helper()
	text, err := os.ReadFile("../../openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Paths      map[string]map[string]rawOperation `json:"paths"`
		Components struct {
			Schemas map[string]object `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "#/components/schemas/", "#/$defs/")), &raw); err != nil {
		t.Fatal(err)
	}
	d := &document{schemas: raw.Components.Schemas, compiled: map[string]*jsonschema.Resolved{}}
	for path, methods := range raw.Paths {
		for method, o := range methods {
			op := operation{method: strings.ToUpper(method), path: path, answers: map[string]map[string]*jsonschema.Resolved{}}
			for _, p := range o.Parameters {
				op.parameters = append(op.parameters, parameter{p.In, p.Name, p.Required, p.Schema})
			}
			op.body, op.mustBody = o.RequestBody.Content["application/json"].Schema, o.RequestBody.Required
			for status, answer := range o.Responses {
				op.answers[status] = map[string]*jsonschema.Resolved{}
				for kind, c := range answer.Content {
					op.answers[status][kind] = d.compile(t, c.Schema)
				}
			}
			d.operations = append(d.operations, op)
		}
	}
	slices.SortFunc(d.operations, func(a, b operation) int { return strings.Compare(a.String(), b.String()) })
	return d
}

type media struct {
	Schema object `json:"schema"`
}

type rawOperation struct {
	Parameters []struct {
		In       string `json:"in"`
		Name     string `json:"name"`
		Required bool   `json:"required"`
		Schema   object `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]media `json:"content"`
	} `json:"responses"`
}

// compile makes a validator of a schema, which may refer to the document's others.
func (d *document) compile(t *testing.T, schema object) *jsonschema.Resolved {
	t.Helper()
	text, err := json.Marshal(object{"allOf": []any{schema}, "$defs": d.needed(schema, map[string]object{})})
	if err != nil {
		t.Fatal(err)
	}
	if known := d.compiled[string(text)]; known != nil {
		return known
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	d.compiled[string(text)] = resolved
	return resolved
}

// needed collects the schemas that a schema refers to.
func (d *document) needed(v any, found map[string]object) map[string]object {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/$defs/")
			if found[name] == nil {
				found[name] = d.schemas[name]
				d.needed(found[name], found)
			}
		}
		for _, one := range v {
			d.needed(one, found)
		}
	case []any:
		for _, one := range v {
			d.needed(one, found)
		}
	}
	return found
}

// follow gives the schema that a reference means.
func (d *document) follow(schema object) object {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	return d.schemas[strings.TrimPrefix(ref, "#/$defs/")]
}

// judge says what is wrong with an answer; nil when nothing is.
func (o operation) judge(status int, kind string, raw []byte) error {
	kind, _, _ = strings.Cut(kind, ";")
	if status == 500 && !(o.path == "/api/maintenance/compact" && strings.Contains(string(raw), `"CompactionError"`)) { // the contract's own
		return fmt.Errorf("an internal error")
	}
	if status == http.StatusRequestHeaderFieldsTooLarge { // net/http's own, before any of ours
		return nil
	}
	answers, ok := o.answers[fmt.Sprint(status)]
	if !ok {
		return fmt.Errorf("the document does not have this status")
	}
	schema, ok := answers[kind]
	if !ok {
		return fmt.Errorf("the document does not have %q for this status", kind)
	}
	if kind != "application/json" {
		return nil
	}
	var body any
	if err := json.Unmarshal(raw, &body); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if err := schema.Validate(body); err != nil {
		return fmt.Errorf("not what the document says: %w", err)
	}
	if status < 400 {
		return nil
	}
	if b := body.(object); b["status_code"] != float64(status) || b["message"] == "" || b["error"] == "" {
		return fmt.Errorf("an error that does not say what it is")
	}
	return nil
}
