package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// inSource names the field as the file does.
func inSource(i int, err error) error {
	if list, ok := fault.From(err).Details["errors"].([]fault.FieldError); ok && len(list) > 0 {
		field := strings.Replace(list[0].Field, "source_type", "type", 1)
		return fault.Field(fmt.Sprintf("sources[%d].%s", i, field), "%s", list[0].Message)
	}
	return err
}

// Declared is what Declare changed.
type Declared struct{ Added, Updated, Removed []SourceID }

// Declare makes the file-owned sources what the configuration file says. As with providers, only a file that says something
// new changes a source, so that a change made through REST survives a restart; a source that REST made first is a ConflictError.
func (s *Service) Declare(ctx context.Context, spec Spec) (d Declared, err error) {
	err = s.write(ctx, "declare", "the discovery sources", func(ctx context.Context, tx *store.Tx) error {
		d, err = s.DeclareTx(ctx, tx, spec)
		return err
	})
	return d, err
}

// DeclareTx is Declare inside a larger transaction.
func (s *Service) DeclareTx(ctx context.Context, tx *store.Tx, spec Spec) (d Declared, err error) {
	if err := spec.Check(); err != nil {
		return d, err
	}
	known := map[SourceID][]byte{}
	var rows []sourceRow
	if err := tx.Select(ctx, &rows, selectSources+` WHERE declared IS NOT NULL ORDER BY id`); err != nil {
		return d, err
	}
	for _, r := range rows {
		known[SourceID(r.ID)] = r.Declared
	}
	named := map[SourceID]bool{}
	for _, one := range spec.Sources {
		named[one.source().ID] = true
		if err := s.declare(ctx, tx, one, known, &d); err != nil {
			return d, fmt.Errorf("discovery source %s of the configuration: %w", one.source().ID, err)
		}
	}
	for _, r := range rows {
		if id := SourceID(r.ID); !named[id] {
			if err := s.removeSourceTx(ctx, tx, id); err != nil {
				return d, err
			}
			d.Removed = append(d.Removed, id)
		}
	}
	return d, nil
}

func (s *Service) declare(ctx context.Context, tx *store.Tx, spec SourceSpec, known map[SourceID][]byte, d *Declared) error {
	src := spec.source()
	now, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	before, ours := known[src.ID]
	switch {
	case ours && bytes.Equal(before, now):
		return nil
	case ours:
		err = s.replaceSourceTx(ctx, tx, src)
		d.Updated = append(d.Updated, src.ID)
	default:
		err = s.addSourceTx(ctx, tx, src)
		d.Added = append(d.Added, src.ID)
	}
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE discovery_sources SET declared = ? WHERE id = ?`, string(now), string(src.ID))
}
