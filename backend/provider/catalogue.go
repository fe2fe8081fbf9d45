package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"hangar/backend/event"
	"hangar/backend/store"
)

// ItemKind is what sort of thing a provider offers.
type ItemKind string

// The kinds of the catalogue.
const (
	Tool     ItemKind = "tool"
	Prompt   ItemKind = "prompt"
	Resource ItemKind = "resource"
	Template ItemKind = "template"
)

// Item is one thing that a provider offers, byte for byte as it said.
type Item struct {
	Kind ItemKind
	Name string // of a tool or prompt; the URI or URI template of a resource
	Raw  json.RawMessage
}

// Catalogue is all that a provider offers, in its own order.
type Catalogue []Item

// Of lists the items of a kind.
func (c Catalogue) Of(kind ItemKind) []Item {
	var out []Item
	for _, it := range c {
		if it.Kind == kind {
			out = append(out, it)
		}
	}
	return out
}

// difference is what became of the items of some kinds between two catalogues.
type difference struct {
	added, removed, changed []string // never nil
	old                     map[string]json.RawMessage
}

func diff(before, after Catalogue, kinds ...ItemKind) difference {
	d := difference{added: []string{}, removed: []string{}, changed: []string{}, old: map[string]json.RawMessage{}}
	gone := map[string]bool{}
	for _, kind := range kinds {
		for _, it := range before.Of(kind) {
			d.old[it.Name], gone[it.Name] = it.Raw, true
		}
	}
	for _, kind := range kinds {
		for _, it := range after.Of(kind) {
			raw, known := d.old[it.Name]
			switch {
			case !known:
				d.added = append(d.added, it.Name)
			case !bytes.Equal(raw, it.Raw):
				d.changed = append(d.changed, it.Name)
			}
			delete(gone, it.Name)
		}
	}
	d.removed = slices.AppendSeq(d.removed, maps.Keys(gone))
	slices.Sort(d.removed)
	return d
}

// changes are the events that tell of another catalogue, nil when it is the same.
func changes(id ID, before, after Catalogue) []event.Payload {
	var events []event.Payload
	tools := diff(before, after, Tool)
	if !same(before.Of(Tool), after.Of(Tool)) { // another order alone is a change, too: lists show it
		events = append(events, ToolsChanged{base{id}, len(after.Of(Tool)), tools.added, tools.removed, tools.changed})
	}
	for _, it := range after.Of(Tool) {
		if slices.Contains(tools.changed, it.Name) {
			events = append(events, definitionChanged(id, it.Name, tools.old[it.Name], it.Raw))
		}
	}
	if d := diff(before, after, Prompt); !same(before.Of(Prompt), after.Of(Prompt)) {
		events = append(events, PromptsChanged{base{id}, len(after.Of(Prompt)), d.added, d.removed, d.changed})
	}
	if d := diff(before, after, Resource, Template); !same(before.Of(Resource), after.Of(Resource)) || !same(before.Of(Template), after.Of(Template)) {
		events = append(events, ResourcesChanged{base{id}, len(after.Of(Resource)), len(after.Of(Template)), d.added, d.removed, d.changed})
	}
	return events
}

func same(a, b Catalogue) bool {
	return slices.EqualFunc(a, b, func(x, y Item) bool {
		return x.Kind == y.Kind && x.Name == y.Name && bytes.Equal(x.Raw, y.Raw)
	})
}

func loadCatalogue(ctx context.Context, q store.Querier, id ID) (Catalogue, error) {
	var rows []struct {
		Kind string `db:"kind"`
		Name string `db:"name"`
		Raw  []byte `db:"raw"`
	}
	err := q.Select(ctx, &rows, `SELECT kind, name, raw FROM provider_catalogue WHERE provider_id = ? ORDER BY kind, ord`, string(id))
	if err != nil {
		return nil, err
	}
	items := make(Catalogue, len(rows))
	for i, r := range rows {
		items[i] = Item{ItemKind(r.Kind), r.Name, r.Raw}
	}
	return items, nil
}

// loadCatalogues reads every catalogue at once: a query for each of a thousand providers is what a start waits for.
func loadCatalogues(ctx context.Context, q store.Querier) (map[ID]Catalogue, error) {
	var rows []struct {
		Provider string `db:"provider_id"`
		Kind     string `db:"kind"`
		Name     string `db:"name"`
		Raw      []byte `db:"raw"`
	}
	err := q.Select(ctx, &rows, `SELECT provider_id, kind, name, raw FROM provider_catalogue ORDER BY provider_id, kind, ord`)
	if err != nil {
		return nil, err
	}
	all := map[ID]Catalogue{}
	for _, r := range rows {
		all[ID(r.Provider)] = append(all[ID(r.Provider)], Item{ItemKind(r.Kind), r.Name, r.Raw})
	}
	return all, nil
}

// Offer is an item together with who offers it.
type Offer struct {
	Provider ID
	Item
}

// loadAll reads one kind of every catalogue, by provider and in its own order.
func loadAll(ctx context.Context, q store.Querier, kind ItemKind) ([]Offer, error) {
	var rows []struct {
		Provider string `db:"provider_id"`
		Name     string `db:"name"`
		Raw      []byte `db:"raw"`
	}
	err := q.Select(ctx, &rows, `SELECT provider_id, name, raw FROM provider_catalogue WHERE kind = ? ORDER BY provider_id, ord`, string(kind))
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, len(rows))
	for i, r := range rows {
		offers[i] = Offer{ID(r.Provider), Item{kind, r.Name, r.Raw}}
	}
	return offers, nil
}

func saveCatalogue(ctx context.Context, tx *store.Tx, id ID, c Catalogue) error {
	if err := exec(ctx, tx, `DELETE FROM provider_catalogue WHERE provider_id = ?`, string(id)); err != nil {
		return err
	}
	for i, it := range c {
		err := exec(ctx, tx, `INSERT INTO provider_catalogue (provider_id, kind, ord, name, raw) VALUES (?, ?, ?, ?, ?)`,
			string(id), string(it.Kind), i, it.Name, string(it.Raw))
		if err != nil {
			return err
		}
	}
	return exec(ctx, tx, `UPDATE providers SET tools = ? WHERE id = ?`, len(c.Of(Tool)), string(id))
}

// sorted brings a catalogue into the order in which it is stored: by kind, then as the provider said.
func (c Catalogue) sorted() Catalogue {
	out := slices.Clone(c)
	slices.SortStableFunc(out, func(a, b Item) int { return bytes.Compare([]byte(a.Kind), []byte(b.Kind)) })
	return out
}
