package app

import (
	"maps"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"hangar"
	"hangar/backend/alert"
	"hangar/backend/api"
	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/catalog"
	"hangar/backend/config"
	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/upkeep"
)

// A new kind of event stands in openapi/asyncapi.yaml, with the frames of /api/ws/events, and an old one leaves it.
func TestEveryKindOfEventIsInTheDocumentOfTheSockets(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				AllOf      []map[string]string `yaml:"allOf"`
				Properties map[string]struct {
					Const string
					Enum  []string
				}
			}
		}
	}
	if err := yaml.Unmarshal(hangar.AsyncAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for name, s := range doc.Components.Schemas {
		event := slices.ContainsFunc(s.AllOf, func(part map[string]string) bool { return part["$ref"] == "#/components/schemas/Event" })
		if !event {
			continue
		}
		documented[name] = true
		if p := s.Properties["event_type"]; p.Const != name && !slices.Contains(p.Enum, name) {
			t.Errorf("%s describes %s%v", name, p.Const, p.Enum)
		}
	}
	kinds := slices.Concat(provider.Kinds(), group.Kinds(), operation.Kinds(), catalog.Kinds(), auth.Kinds(), config.Kinds(), audit.Kinds(), discovery.Kinds())
	kinds = slices.Concat(kinds, alert.Kinds(), upkeep.Kinds(), invoke.Kinds())
	kinds = append(kinds, api.LogLevelChanged{}.Kind(), Started{}.Kind(), Stopped{}.Kind())
	for _, kind := range kinds {
		if !documented[kind] {
			t.Errorf("%s is not in the document", kind)
		}
	}
	for name := range maps.Keys(documented) {
		if !slices.Contains(kinds, name) {
			t.Errorf("the document has %s, which nothing emits", name)
		}
	}
}
