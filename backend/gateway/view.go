package gateway

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// separator stands between provider and tool in the aggregate's names.
const separator = "__"

// door is where a client came in: the aggregate, or one provider.
type door struct{ id provider.ID }

func (d door) aggregate() bool { return d.id == "" }

// target is whom a tool name means.
type target struct {
	provider provider.ID
	tool     string // the provider's own name
}

// entry is one tool of a provider.
type entry struct {
	name string
	raw  json.RawMessage
	at   mcp.Span // of the name in raw
}

// shelf is what one provider offers.
type shelf struct {
	id           provider.ID
	tools        []entry
	names        map[string]bool
	list         *listing
	instructions string
}

// complain is told of what cannot be offered: a message and slog arguments.
type complain func(what string, args ...any)

func newShelf(p provider.Provider, items provider.Catalogue, pageTools int, left complain) *shelf {
	s := &shelf{id: p.ID, names: map[string]bool{}, instructions: p.Meta.Instructions}
	for _, it := range items.Of(provider.Tool) {
		var at [1]mcp.Span
		if err := mcp.Locate(it.Raw, at[:], "name"); err != nil || !at[0].Found() {
			left("a tool is not offered: its name can be read in two ways", "provider", string(p.ID), "tool", it.Name)
			continue
		}
		s.tools = append(s.tools, entry{it.Name, it.Raw, at[0]})
		s.names[it.Name] = true
	}
	raws := make([]json.RawMessage, len(s.tools))
	for i, t := range s.tools {
		raws[i] = t.raw
	}
	s.list = newListing(raws, pageTools)
	return s
}

// view is the catalogue at one moment; it never changes.
type view struct {
	order        []*shelf
	shelves      map[provider.ID]*shelf
	targets      map[string]target // by the aggregate's name
	list         *listing
	unlisted     []provider.ID // that never listed a tool, the longest id first
	instructions string
}

// newView makes the aggregate of shelves in the order of their ids.
func newView(order []*shelf, pageTools int, left complain) *view {
	v := &view{order: order, shelves: make(map[provider.ID]*shelf, len(order)), targets: map[string]target{}}
	var raws []json.RawMessage
	for _, s := range order {
		v.shelves[s.id] = s
		if len(s.tools) == 0 {
			v.unlisted = append(v.unlisted, s.id)
		}
		for _, t := range s.tools {
			name := string(s.id) + separator + t.name
			if other, taken := v.targets[name]; taken {
				left("a tool is left out of the aggregate: its name is taken", "name", name,
					"provider", string(s.id), "tool", t.name, "taken_by", string(other.provider))
				continue
			}
			v.targets[name] = target{s.id, t.name}
			raws = append(raws, mcp.Splice(t.raw, mcp.Edit{At: t.at, With: mcp.Quote(name)}))
		}
	}
	slices.SortStableFunc(v.unlisted, func(a, b provider.ID) int { return cmp.Compare(len(b), len(a)) })
	v.list = newListing(raws, pageTools)
	v.instructions = gather(order)
	return v
}

// instructionBudget bounds what all providers together may tell a model up front, in bytes.
const instructionBudget = 16 << 10

// gather puts the providers' instructions under headings; what does not fit is left out whole.
func gather(order []*shelf) string {
	var b strings.Builder
	for _, s := range order {
		if s.instructions == "" || b.Len()+len(s.instructions)+len(s.id)+8 > instructionBudget {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString("## " + string(s.id) + "\n\n" + s.instructions)
	}
	return b.String()
}

// glimpse is what a caller sees at a door.
type glimpse struct {
	list         *listing
	instructions string
}

// all is what somebody sees who may use everything.
func (v *view) all(d door) glimpse {
	if d.aggregate() {
		return glimpse{v.list, v.instructions}
	}
	if s := v.shelves[d.id]; s != nil {
		return glimpse{s.list, s.instructions}
	}
	return glimpse{list: newListing(nil, 1)}
}

// part is what somebody sees who may use some tools. Instructions are those of the providers that they may use.
func (v *view) part(d door, pageTools int, may func(provider, tool string) bool) glimpse {
	shelves := v.order
	if !d.aggregate() {
		shelves = nil
		if s := v.shelves[d.id]; s != nil {
			shelves = []*shelf{s}
		}
	}
	var raws []json.RawMessage
	var used []*shelf
	for _, s := range shelves {
		before := len(raws)
		for _, t := range s.tools {
			raw := t.raw
			if d.aggregate() {
				name := string(s.id) + separator + t.name
				if v.targets[name] != (target{s.id, t.name}) {
					continue // left out
				}
				raw = mcp.Splice(t.raw, mcp.Edit{At: t.at, With: mcp.Quote(name)})
			}
			if may(string(s.id), t.name) {
				raws = append(raws, raw)
			}
		}
		if len(raws) > before {
			used = append(used, s)
		}
	}
	g := glimpse{list: newListing(raws, pageTools)}
	switch {
	case d.aggregate():
		g.instructions = gather(used)
	case len(used) == 1:
		g.instructions = used[0].instructions
	}
	return g
}

// resolve finds what a name means. A provider that never listed anything is asked by name: the call starts it, and then
// it is known whether the tool exists.
func (v *view) resolve(d door, name string) (target, bool) {
	if !d.aggregate() {
		s := v.shelves[d.id]
		if s == nil || (len(s.tools) > 0 && !s.names[name]) {
			return target{}, false
		}
		return target{d.id, name}, true
	}
	if t, ok := v.targets[name]; ok {
		return t, true
	}
	for _, id := range v.unlisted {
		if tool, ok := strings.CutPrefix(name, string(id)+separator); ok && tool != "" {
			return target{id, tool}, true
		}
	}
	return target{}, false
}
