package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Standing is a definition as a declaration finds it.
type Standing struct {
	Spec     Spec
	Source   Source
	Declared *Spec // what the file said last time; nil when the definition is not the file's
}

// Declaration is what the definitions of a file, or of a backup, would change.
type Declaration struct {
	Add    []ID
	Change []Changed
	Remove []ID
	Keep   []ID
	specs  map[ID]Spec
	owners map[ID]Source // nil: all of them are the file's from now on
}

// owner is whose a definition is once the declaration is carried out.
func (d Declaration) owner(id ID) Source {
	if d.owners == nil {
		return SourceFile
	}
	return d.owners[id]
}

// Changed is a definition that becomes another one.
type Changed struct {
	ID       ID
	Fields   []string // that differ, as YAML names them; empty when only the owner changes
	Restarts bool     // what runs must run anew to follow
}

// Empty reports whether nothing changes.
func (d Declaration) Empty() bool { return len(d.Add)+len(d.Change)+len(d.Remove) == 0 }

// Declare decides what becomes of the definitions when the file says this. The file owns what it once declared: what it
// does not name any more goes. What was merely discovered gives way to the file; what a person made through REST or the
// catalog does not, unless it is the same already: such ids are conflicts. keepEdits leaves a definition that was edited
// elsewhere as it is for as long as the file says the same as last time.
func Declare(have map[ID]Standing, file map[ID]Spec, keepEdits bool) (d Declaration, conflicts []ID) {
	d.specs = map[ID]Spec{}
	for _, id := range slices.Sorted(maps.Keys(file)) {
		spec := file[id].WithDefaults()
		is, known := have[id]
		fields := is.Spec.WithDefaults().Differs(spec)
		switch {
		case !known:
			d.Add = append(d.Add, id)
		case is.Declared == nil && is.Source != SourceDiscovery && len(fields) > 0:
			conflicts = append(conflicts, id)
			continue
		case is.Declared != nil && (len(fields) == 0 || keepEdits && len(is.Declared.WithDefaults().Differs(spec)) == 0):
			d.Keep = append(d.Keep, id)
		default:
			d.Change = append(d.Change, Changed{ID: id, Fields: fields, Restarts: slices.ContainsFunc(fields, restarts)})
		}
		d.specs[id] = spec
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if _, still := file[id]; !still && have[id].Declared != nil {
			d.Remove = append(d.Remove, id)
		}
	}
	return d, conflicts
}

// Owned is a definition and who owned it.
type Owned struct {
	Spec   Spec
	Source Source
}

// Reinstate decides how the definitions become what they were when a backup was made. What discovery owns is left to it,
// because it looks at what is there. What exists keeps its owner; what the file defined and does not any more comes back as
// a definition of REST, so that the next reload leaves it alone.
func Reinstate(have map[ID]Standing, was map[ID]Owned) (d Declaration) {
	d.specs, d.owners = map[ID]Spec{}, map[ID]Source{}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		spec := was[id].Spec.WithDefaults()
		is, known := have[id]
		switch {
		case known && is.Source == SourceDiscovery || !known && was[id].Source == SourceDiscovery:
			continue
		case !known:
			d.Add = append(d.Add, id)
			if d.owners[id] = was[id].Source; was[id].Source == SourceFile {
				d.owners[id] = SourceAPI
			}
		default:
			d.owners[id] = is.Source
			fields := is.Spec.WithDefaults().Differs(spec)
			if len(fields) == 0 {
				d.Keep = append(d.Keep, id)
				continue
			}
			d.Change = append(d.Change, Changed{ID: id, Fields: fields, Restarts: slices.ContainsFunc(fields, restarts)})
		}
		d.specs[id] = spec
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if _, still := was[id]; !still && have[id].Source != SourceDiscovery {
			d.Remove = append(d.Remove, id)
		}
	}
	return d
}

// Differs names the fields that two definitions have not in common, as YAML names them.
func (s Spec) Differs(from Spec) []string {
	var names []string
	a, b := reflect.ValueOf(s), reflect.ValueOf(from)
	for i := range a.NumField() {
		if !alike(a.Field(i).Interface(), b.Field(i).Interface()) {
			names = append(names, yamlName(a.Type().Field(i)))
		}
	}
	return names
}

// Changes tells what becomes of a definition, for the record.
func (s Spec) Changes(into Spec) []event.Change {
	changes := []event.Change{}
	a, b := reflect.ValueOf(s.Masked()), reflect.ValueOf(into.Masked())
	for i := range a.NumField() {
		if name := yamlName(a.Type().Field(i)); slices.Contains(s.Differs(into), name) {
			changes = append(changes, event.Change{Field: name, Before: a.Field(i).Interface(), After: b.Field(i).Interface()})
		}
	}
	return changes
}

// alike compares as the store does: an empty list or map is an absent one.
func alike(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	if errA != nil || errB != nil {
		return false
	}
	empty := func(b []byte) bool { return slices.Contains([]string{"null", "[]", "{}"}, string(b)) }
	return bytes.Equal(x, y) || empty(x) && empty(y)
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// restarts reports whether a change of a field must reach what runs.
func restarts(field string) bool {
	t := reflect.TypeFor[Spec]()
	for i := range t.NumField() {
		if yamlName(t.Field(i)) == field {
			return t.Field(i).Tag.Get("reload") != "live"
		}
	}
	return true
}

// StandingIn reads all definitions as a declaration finds them.
func (s *Service) StandingIn(ctx context.Context, q store.Querier) (map[ID]Standing, error) {
	var rows []struct {
		ID       string `db:"id"`
		Spec     []byte `db:"spec"`
		Source   string `db:"source"`
		Declared []byte `db:"declared"`
	}
	if err := q.Select(ctx, &rows, `SELECT id, spec, source, declared FROM providers`); err != nil {
		return nil, err
	}
	out := make(map[ID]Standing, len(rows))
	for _, r := range rows {
		spec, err := Unseal(ID(r.ID), r.Spec, s.vault)
		if err != nil {
			return nil, fmt.Errorf("stored spec of provider %s: %w", r.ID, err)
		}
		is := Standing{Spec: spec.WithDefaults(), Source: Source(r.Source)}
		if len(r.Declared) > 0 {
			said, err := Unseal(ID(r.ID), r.Declared, s.vault)
			if err != nil {
				return nil, fmt.Errorf("declared spec of provider %s: %w", r.ID, err)
			}
			is.Declared = &said
		}
		out[ID(r.ID)] = is
	}
	return out, nil
}

// DeclareTx carries out a declaration, inside a larger transaction. What runs is the caller's business.
func (s *Service) DeclareTx(ctx context.Context, tx *store.Tx, d Declaration) error {
	for _, id := range d.Add {
		if err := s.CreateTx(ctx, tx, id, d.specs[id], d.owner(id)); err != nil {
			return fmt.Errorf("provider %s to be declared: %w", id, err)
		}
	}
	for _, c := range d.Change {
		p, err := s.load(ctx, tx, c.ID)
		if err == nil {
			err = d.specs[c.ID].Check()
		}
		if err == nil {
			err = s.replace(ctx, tx, p, d.specs[c.ID], d.owner(c.ID))
		}
		if err != nil {
			return fmt.Errorf("provider %s to be declared: %w", c.ID, err)
		}
	}
	for _, id := range d.Remove {
		if err := s.DeleteTx(ctx, tx, id); err != nil {
			return err
		}
	}
	if d.owners != nil {
		return nil
	}
	return s.declared(ctx, tx, d.specs)
}

// declared remembers what the file says, where it says something else than last time: the same is sealed otherwise each time.
func (s *Service) declared(ctx context.Context, tx *store.Tx, specs map[ID]Spec) error {
	if len(specs) == 0 {
		return nil
	}
	have, err := s.StandingIn(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(specs)) {
		if is := have[id].Declared; is != nil && alike(*is, specs[id]) {
			continue
		}
		text, err := specs[id].Seal(id, s.vault)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE providers SET declared = ? WHERE id = ?`, string(text), string(id)); err != nil {
			return err
		}
	}
	return nil
}

// Conflict is the error for an id that the file and somebody else both define.
func Conflict(id ID, source Source) error {
	by := "through REST"
	if source == SourceCatalog {
		by = "from the catalog"
	}
	return fault.New(fault.Conflict, "a provider %q was made %s and is defined otherwise; delete it there, or rename this one", string(id), by).
		With("provider_id", string(id))
}
