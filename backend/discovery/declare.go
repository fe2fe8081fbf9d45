package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// Spec is the section of the configuration file.
type Spec struct {
	Sources []SourceSpec `json:"sources,omitempty" yaml:"sources,omitempty" doc:"Where providers are looked for"`
}

// SourceSpec is a source in the configuration file.
type SourceSpec struct {
	ID      string `json:"id,omitempty" yaml:"id,omitempty" doc:"Names the source; empty is its type"`
	Type    Type   `json:"type" yaml:"type" enum:"docker,filesystem,kubernetes,entrypoint" doc:"What sort of place it is"`
	Mode    Mode   `json:"mode,omitempty" yaml:"mode,omitempty" enum:"additive,authoritative" default:"additive" doc:"Whether it only adds, or also takes away"`
	Enabled *bool  `json:"enabled,omitempty" yaml:"enabled,omitempty" default:"true" doc:"Whether it is looked at"`
	Config  Config `json:"config,omitzero" yaml:"config,omitempty" doc:"How it looks"`
}

func (s SourceSpec) source() Source {
	out := Source{ID: SourceID(s.ID), Type: s.Type, Mode: s.Mode, Enabled: s.Enabled == nil || *s.Enabled, Config: s.Config}
	if out.ID == "" {
		out.ID = SourceID(s.Type)
	}
	if out.Mode == "" {
		out.Mode = Additive
	}
	return out
}

// spec is the source as the file would define it, with everything said.
func (s Source) spec() SourceSpec {
	enabled := s.Enabled
	return SourceSpec{ID: string(s.ID), Type: s.Type, Mode: s.Mode, Enabled: &enabled, Config: s.Config}
}

// alike compares as the store does: an empty list is an absent one.
func alike(a, b SourceSpec) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// Check is the rule of what the section may be; its error names the field.
func (s Spec) Check() error {
	seen := map[SourceID]bool{}
	for i, spec := range s.Sources {
		src := spec.source()
		err := src.check()
		if err == nil {
			err = src.ID.Check()
		}
		if err == nil && seen[src.ID] {
			err = fault.Field("id", "%q names two sources; give each an id of its own", string(src.ID))
		}
		seen[src.ID] = true
		if err != nil {
			return inSource(i, err)
		}
	}
	return nil
}

// WithDefaults says everything of every source.
func (s Spec) WithDefaults() Spec {
	out := Spec{}
	for _, one := range s.Sources {
		out.Sources = append(out.Sources, one.source().spec())
	}
	return out
}

// Ordered is the section by the ids of its sources; their order means nothing.
func (s Spec) Ordered() Spec {
	sources := slices.Clone(s.Sources)
	slices.SortFunc(sources, func(a, b SourceSpec) int { return strings.Compare(string(a.source().ID), string(b.source().ID)) })
	return Spec{Sources: sources}
}

// Key is where in a file whose section is called at a source stands.
func (s Spec) Key(at string, id SourceID) string {
	i := slices.IndexFunc(s.Sources, func(s SourceSpec) bool { return s.source().ID == id })
	return fmt.Sprintf("%s.sources[%d]", at, i)
}

// inSource names the field as the file does.
func inSource(i int, err error) error {
	if list, ok := fault.From(err).Details["errors"].([]fault.FieldError); ok && len(list) > 0 {
		field := strings.Replace(list[0].Field, "source_type", "type", 1)
		return fault.Field(fmt.Sprintf("sources[%d].%s", i, field), "%s", list[0].Message)
	}
	return err
}

// Standing is a source as a declaration finds it.
type Standing struct {
	Spec     SourceSpec
	Declared *SourceSpec // what the file said last time; nil when the source is not the file's
}

// Declaration is what the sources of a file would change.
type Declaration struct {
	Add    []SourceID
	Change []SourceID
	Remove []SourceID
	Keep   []SourceID
	specs  map[SourceID]SourceSpec
}

// Empty reports whether nothing changes.
func (d Declaration) Empty() bool { return len(d.Add)+len(d.Change)+len(d.Remove) == 0 }

// Declare decides what becomes of the sources when the file says this, by the rules of provider.Declare: a source that REST
// made and that the file defines otherwise is a conflict.
func Declare(have map[SourceID]Standing, file Spec, keepEdits bool) (d Declaration, conflicts []SourceID) {
	d.specs = map[SourceID]SourceSpec{}
	for _, spec := range file.Sources {
		spec = spec.source().spec()
		id := SourceID(spec.ID)
		is, known := have[id]
		same := alike(is.Spec, spec)
		switch {
		case !known:
			d.Add = append(d.Add, id)
		case is.Declared == nil && !same:
			conflicts = append(conflicts, id)
			continue
		case is.Declared != nil && (same || keepEdits && alike(is.Declared.source().spec(), spec)):
			d.Keep = append(d.Keep, id)
		default:
			d.Change = append(d.Change, id)
		}
		d.specs[id] = spec
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		named := slices.ContainsFunc(file.Sources, func(s SourceSpec) bool { return s.source().ID == id })
		if have[id].Declared != nil && !named {
			d.Remove = append(d.Remove, id)
		}
	}
	return d, conflicts
}

// Conflict is the error for a source that the file and REST both define.
func Conflict(id SourceID) error {
	return fault.New(fault.Conflict, "a discovery source %q was made through REST and is defined otherwise; remove it there, or give this one another id", string(id)).
		With("source_id", string(id))
}

// StandingIn reads all sources as a declaration finds them.
func (s *Service) StandingIn(ctx context.Context, q store.Querier) (map[SourceID]Standing, error) {
	var rows []sourceRow
	if err := q.Select(ctx, &rows, selectSources+` ORDER BY id`); err != nil {
		return nil, err
	}
	out := make(map[SourceID]Standing, len(rows))
	for _, r := range rows {
		src, err := r.source()
		if err != nil {
			return nil, err
		}
		is := Standing{Spec: src.spec()}
		if r.Declared != nil {
			if err := json.Unmarshal(r.Declared, &is.Declared); err != nil {
				return nil, fmt.Errorf("declared spec of discovery source %s: %w", r.ID, err)
			}
		}
		out[src.ID] = is
	}
	return out, nil
}

// DeclareTx carries out a declaration, inside a larger transaction.
func (s *Service) DeclareTx(ctx context.Context, tx *store.Tx, d Declaration) error {
	for _, id := range d.Add {
		if err := s.addSourceTx(ctx, tx, d.specs[id].source()); err != nil {
			return fmt.Errorf("discovery source %s to be declared: %w", id, err)
		}
	}
	for _, id := range d.Change {
		if err := s.replaceSourceTx(ctx, tx, d.specs[id].source()); err != nil {
			return fmt.Errorf("discovery source %s to be declared: %w", id, err)
		}
	}
	for _, id := range d.Remove {
		if err := s.removeSourceTx(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.specs)) {
		text, err := json.Marshal(d.specs[id])
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE discovery_sources SET declared = ? WHERE id = ? AND declared IS DISTINCT FROM ?`, string(text), string(id), string(text)); err != nil {
			return err
		}
	}
	return nil
}
