package catalog

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"
)

//go:embed builtin.yaml
var builtinFile []byte

// builtin reads the entries that come with Hangar; by id, which is the name.
func builtin() (map[string]Entry, error) {
	var file struct {
		Entries []Entry `yaml:"entries"`
	}
	if err := yaml.UnmarshalWithOptions(builtinFile, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("builtin.yaml: %w", err)
	}
	out := make(map[string]Entry, len(file.Entries))
	for _, e := range file.Entries {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("builtin.yaml, entry %s: %w", e.Name, err)
		}
		if _, twice := out[e.Name]; twice {
			return nil, fmt.Errorf("builtin.yaml: there are two entries %s", e.Name)
		}
		e.ID, e.Source = e.Name, Builtin
		out[e.ID] = e
	}
	return out, nil
}
