package group

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Standing is a group as a declaration finds it.
type Standing struct {
	Spec     Spec
	Source   provider.Source
	Declared *Spec // what the file said last time; nil when the group is not the file's
}

// Declaration is what the groups of a file, or of a backup, would change.
type Declaration struct {
	Add    []ID
	Change []Changed
	Remove []ID
	Keep   []ID
	specs  map[ID]Spec
	owners map[ID]provider.Source // nil: all of them are the file's from now on
}

// owner is whose a group is once the declaration is carried out.
func (d Declaration) owner(id ID) provider.Source {
	if d.owners == nil {
		return provider.SourceFile
	}
	return d.owners[id]
}

// Changed is a group that becomes another one.
type Changed struct {
	ID     ID
	Fields []string // that differ; empty when only the owner changes
}

// Empty reports whether nothing changes.
func (d Declaration) Empty() bool { return len(d.Add)+len(d.Change)+len(d.Remove) == 0 }

// Declare decides what becomes of the groups when the file says this, by the rules of provider.Declare.
func Declare(have map[ID]Standing, file map[ID]Spec, keepEdits bool) (d Declaration, conflicts []ID) {
	d.specs = map[ID]Spec{}
	for _, id := range slices.Sorted(maps.Keys(file)) {
		spec := file[id].WithDefaults()
		is, known := have[id]
		fields := is.Spec.Differs(spec)
		switch {
		case !known:
			d.Add = append(d.Add, id)
		case is.Declared == nil && len(fields) > 0:
			conflicts = append(conflicts, id)
			continue
		case is.Declared != nil && (len(fields) == 0 || keepEdits && len(is.Declared.Differs(spec)) == 0):
			d.Keep = append(d.Keep, id)
		default:
			d.Change = append(d.Change, Changed{id, fields})
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

// Reinstate decides how the groups become what they were when a backup was made, by the rules of provider.Reinstate.
// present says which providers there will be: a member that discovery owned and has lost cannot come back.
func Reinstate(have map[ID]Standing, was map[ID]Spec, present func(provider.ID) bool) (d Declaration) {
	d.specs, d.owners = map[ID]Spec{}, map[ID]provider.Source{}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		spec := was[id].WithDefaults()
		spec.Members = slices.DeleteFunc(spec.Members, func(m MemberSpec) bool { return !present(m.ID) })
		is, known := have[id]
		fields := is.Spec.Differs(spec)
		switch {
		case !known:
			d.Add = append(d.Add, id)
			d.owners[id] = provider.SourceAPI
		case len(fields) == 0:
			d.Keep = append(d.Keep, id)
			continue
		default:
			d.Change = append(d.Change, Changed{id, fields})
			d.owners[id] = is.Source
		}
		d.specs[id] = spec
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if _, still := was[id]; !still {
			d.Remove = append(d.Remove, id)
		}
	}
	return d
}

// Differs names the fields that two groups have not in common.
func (s Spec) Differs(from Spec) []string {
	s, from = s.WithDefaults(), from.WithDefaults()
	var names []string
	for name, differs := range map[string]bool{
		"strategy": s.Strategy != from.Strategy, "min_healthy": s.MinHealthy != from.MinHealthy,
		"description": s.Description != from.Description, "members": !reflect.DeepEqual(s.Members, from.Members),
	} {
		if differs {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Changes tells what becomes of a group, for the record.
func (s Spec) Changes(into Spec) []event.Change {
	changes := []event.Change{}
	s, into = s.WithDefaults(), into.WithDefaults()
	for _, field := range s.Differs(into) {
		c := event.Change{Field: field}
		switch field {
		case "strategy":
			c.Before, c.After = s.Strategy, into.Strategy
		case "min_healthy":
			c.Before, c.After = s.MinHealthy, into.MinHealthy
		case "description":
			c.Before, c.After = s.Description, into.Description
		case "members":
			c.Before, c.After = s.Members, into.Members
		}
		changes = append(changes, c)
	}
	return changes
}

// StandingIn reads all groups as a declaration finds them.
func (s *Service) StandingIn(ctx context.Context, q store.Querier) (map[ID]Standing, error) {
	all, err := list(ctx, q)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID       string `db:"id"`
		Declared []byte `db:"declared"`
	}
	if err := q.Select(ctx, &rows, `SELECT id, declared FROM groups WHERE declared IS NOT NULL`); err != nil {
		return nil, err
	}
	out := make(map[ID]Standing, len(all))
	for _, g := range all {
		out[g.ID] = Standing{Spec: g.Spec(), Source: g.Source}
	}
	for _, r := range rows {
		is := out[ID(r.ID)]
		if err := json.Unmarshal(r.Declared, &is.Declared); err != nil {
			return nil, fmt.Errorf("declared spec of group %s: %w", r.ID, err)
		}
		out[ID(r.ID)] = is
	}
	return out, nil
}

// DeclareTx carries out a declaration, inside a larger transaction that has dealt with the providers already.
func (s *Service) DeclareTx(ctx context.Context, tx *store.Tx, d Declaration) error {
	for _, id := range d.Add {
		g := Group{ID: id, Strategy: d.specs[id].Strategy, MinHealthy: d.specs[id].MinHealthy, Description: d.specs[id].Description, Source: d.owner(id)}
		err := s.createTx(ctx, tx, g)
		if err == nil {
			err = s.becomeTx(ctx, tx, id, d.specs[id], d.owner(id), true)
		}
		if err != nil {
			return fmt.Errorf("group %s to be declared: %w", id, err)
		}
	}
	for _, c := range d.Change {
		if err := s.becomeTx(ctx, tx, c.ID, d.specs[c.ID], d.owner(c.ID), false); err != nil {
			return fmt.Errorf("group %s to be declared: %w", c.ID, err)
		}
	}
	for _, id := range d.Remove {
		if err := s.deleteTx(ctx, tx, id); err != nil {
			return err
		}
	}
	if d.owners != nil {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(d.specs)) {
		text, err := json.Marshal(d.specs[id])
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE groups SET declared = ? WHERE id = ? AND declared IS DISTINCT FROM ?`, string(text), string(id), string(text)); err != nil {
			return err
		}
	}
	return nil
}

// becomeTx makes a group what the file says; members that stay keep their place in the rotation and their breakers. made
// says that it was created a moment ago.
func (s *Service) becomeTx(ctx context.Context, tx *store.Tx, id ID, spec Spec, owner provider.Source, made bool) error {
	before, err := load(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.editTx(ctx, tx, before, func(ctx context.Context, tx *store.Tx, g *Group) (why, error) {
		w := why{reason: "added"}
		if err := g.apply(Patch{&spec.Strategy, &spec.MinHealthy, &spec.Description}); err != nil {
			return w, err
		}
		wanted := map[provider.ID]MemberSpec{}
		for _, m := range spec.Members {
			wanted[m.ID] = m
		}
		g.Source = owner
		for _, m := range before.Members {
			if _, stays := wanted[m.ID]; !stays {
				left, _ := g.remove(m.ID) // it is there
				w.said = append(w.said, left.said...)
			}
		}
		for _, m := range spec.Members {
			said, err := s.placeTx(ctx, tx, g, m)
			if err != nil {
				return w, err
			}
			w.said = append(w.said, said...)
		}
		if !made {
			g.UpdatedAt = tx.Now()
			w.said = append(w.said, Updated{base{id}, before.Spec().Changes(g.Spec())})
		}
		return w, nil
	})
}

// placeTx lets a provider join, or changes the place that a member has.
func (s *Service) placeTx(ctx context.Context, tx *store.Tx, g *Group, n MemberSpec) ([]event.Payload, error) {
	if i := g.index(n.ID); i >= 0 {
		g.Members[i].Weight, g.Members[i].Priority = n.Weight, n.Priority
		return nil, g.Members[i].check()
	}
	added, err := s.joinTx(ctx, tx, g, Member{ID: n.ID, Weight: n.Weight, Priority: n.Priority, Circuit: breaker.Closed})
	return added.said, err
}

// Conflict is the error for a group that the file and REST both define.
func Conflict(id ID) error {
	return fault.New(fault.Conflict, "a group %q was made through REST and is defined otherwise; delete it there, or rename this one", string(id)).
		With("group_id", string(id))
}
