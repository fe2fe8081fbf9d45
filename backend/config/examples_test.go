package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
)

func schemaOf(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// valid asks the schema as an editor does: of the text as it stands, variables and all.
func valid(t *testing.T, schema *jsonschema.Resolved, text []byte) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

func TestTheShippedExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/config/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	schema, reference := schemaOf(t), Reference()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Load(Source{File: file, Env: lookup(nil)})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Providers) == 0 {
				t.Error("it has no providers")
			}
			if err := valid(t, schema, text); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
			for key := range c.spots {
				if row := documented(key); row != "" && !strings.Contains(reference, row) {
					t.Errorf("docs/configuration.md says nothing about %s", key)
				}
			}
		})
	}
}

// documented is what the reference must hold about a key: its name in a row, or the head of its section.
func documented(key string) string {
	key = regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "")
	parts := strings.Split(key, ".")
	if parts[0] == "providers" || parts[0] == "groups" {
		switch len(parts) {
		case 1:
			return "### `" + key + ".<id>`"
		case 2:
			return "" // an id
		}
	}
	if last := parts[len(parts)-1]; !regexp.MustCompile(`\.(env|headers)\.[^.]+$`).MatchString(key) {
		for _, k := range Keys() {
			if k.Name == key {
				return "| `" + key + "` | `--" + k.Flag + "` |"
			}
		}
		for _, s := range settings() {
			if strings.HasPrefix(s.name, key+".") {
				return "" // a section of settings
			}
		}
		return "`" + last + "`"
	}
	return ""
}

// full.yaml shows every key there is, so that whoever adds one shows it.
func TestTheFullExampleIsFull(t *testing.T) {
	c, err := Load(Source{File: "../../examples/config/full.yaml", Env: lookup(nil)})
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	for key := range c.spots {
		key = regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "[]")
		given[regexp.MustCompile(`^(providers|groups)\.[^.]+`).ReplaceAllString(key, "$1.<id>")] = true
	}
	var walk func(reflect.Type, string)
	walk = func(ty reflect.Type, key string) {
		inner, path := element(ty, key)
		if inner.Kind() != reflect.Struct {
			return
		}
		for _, f := range fields(inner) {
			if inline(f) {
				continue
			}
			at := join(path, yamlName(f))
			if help(f) == "" {
				t.Errorf("%s has no help: give its field a doc or a usage tag", at)
			}
			if !given[at] {
				t.Errorf("examples/config/full.yaml lacks %s", at)
			}
			walk(f.Type, at)
		}
	}
	walk(reflect.TypeFor[Config](), "")
}

func TestTheReferenceIsTheCommittedOne(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"configuration.md": Reference(), "hangar.schema.json": string(schema) + "\n"} {
		if got, err := os.ReadFile("../../docs/" + name); err != nil || string(got) != want {
			t.Errorf("docs/%s is stale, run make gen (%v)", name, err)
		}
	}
	for _, k := range Keys() {
		if !strings.Contains(Reference(), "| `"+k.Name+"` | `--"+k.Flag+"` | `"+k.Env+"` |") {
			t.Errorf("%s is not in it", k.Name)
		}
	}
}

func TestWhatTheSchemaRefuses(t *testing.T) {
	schema := schemaOf(t)
	for name, tt := range map[string]struct {
		file string
		good bool
	}{
		"nothing":                            {"{}\n", true},
		"sections without anything":          {"providers:\ngroups:\n", true},
		"a variable where a number belongs":  {"limits: {call_timeout_s: '${T:-5}'}\n", true},
		"a number where text belongs":        {"providers: {a: {command: [sleep, 5], env: {PORT: 8080}}}\n", true},
		"a member by its id":                 {"groups: {g: {members: [a, {id: b}]}}\n", true},
		"a member that is defined in place":  {"groups: {g: {members: [{id: b, command: [x], idle_ttl_s: 5}]}}\n", true},
		"anchors":                            {"x-a: {b: c}\n", true},
		"the other name":                     {"mcp_servers: {a: {command: [x]}}\n", true},
		"an unknown key":                     {"listne: x\n", false},
		"an unknown key of a provider":       {"providers: {a: {comand: [x]}}\n", false},
		"an unknown key of a member":         {"groups: {g: {members: [{id: b, comand: [x]}]}}\n", false},
		"a name that cannot be":              {"providers: {a/b: {command: [x]}}\n", false},
		"a mode that nobody knows":           {"providers: {a: {mode: ssh}}\n", false},
		"a number beyond its bound":          {"providers: {a: {command: [x], idle_ttl_s: 90000}}\n", false},
		"text where a number belongs":        {"limits: {call_timeout_s: soon}\n", false},
		"a value where a list belongs":       {"allowed_hosts: a\n", false},
		"a list where a mapping belongs":     {"providers: [a]\n", false},
		"a word where true or false belongs": {"unsafe_no_auth: maybe\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := valid(t, schema, []byte(tt.file)); (err == nil) != tt.good {
				t.Errorf("%v", err)
			}
		})
	}
}
