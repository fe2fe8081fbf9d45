package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

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

// diff names the tools that came, went or changed between two catalogues.
func diff(before, after Catalogue) (added, removed, changed []string) {
	old := map[string]json.RawMessage{}
	for _, it := range before.Of(Tool) {
		old[it.Name] = it.Raw
	}
	for _, it := range after.Of(Tool) {
		raw, known := old[it.Name]
		switch {
		case !known:
			added = append(added, it.Name)
		case !bytes.Equal(raw, it.Raw):
			changed = append(changed, it.Name)
		}
		delete(old, it.Name)
	}
	for name := range old {
		removed = append(removed, name)
	}
	slices.Sort(removed)
	return added, removed, changed
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
