package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"

	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Prefix is how the aggregate calls a tool or a prompt.
type Prefix string

// The policies. A name that two things would have goes to the provider whose id sorts first; the other is left out, and
// Conflicts shows it.
const (
	Always     Prefix = "always"      // provider__tool
	OnConflict Prefix = "on_conflict" // the tool's own name where no other provider has it, else provider__tool
	Never      Prefix = "never"       // the tool's own name
)

// door is where a client came in: the aggregate, one provider, or one group.
type door struct {
	provider provider.ID
	group    group.ID
	prefix   Prefix // of the aggregate
	search   bool   // the aggregate lists only what finds tools
}

func (d door) aggregate() bool { return d.provider == "" && d.group == "" }

// String names a door, for what is bound to it.
func (d door) String() string {
	switch {
	case d.provider != "":
		return "provider " + string(d.provider)
	case d.group != "":
		return "group " + string(d.group)
	}
	return "all " + string(d.prefix)
}

// thing is one of the four sorts of things that a provider offers.
type thing int

const (
	tools thing = iota
	prompts
	resources
	templates
	things
)

// sort is how a sort of thing is stored, listed, and called in rights.
type sort struct {
	kind   provider.ItemKind
	list   string // the member of a list's result
	name   string // the member of an item that names it
	rights string // before the name, in the words of tool rights
}

func sortOf(t thing) sort {
	return [...]sort{
		{provider.Tool, "tools", "name", ""},
		{provider.Prompt, "prompts", "name", "prompts/"},
		{provider.Resource, "resources", "uri", "resources/"},
		{provider.Template, "resourceTemplates", "uriTemplate", "resources/"},
	}[t]
}

// entry is one thing of a provider.
type entry struct {
	name    string
	raw     json.RawMessage
	at      mcp.Span     // of the name in raw
	mirrors []mcp.Mirror // arguments of a tool that are headers, too
}

// shelf is what one provider offers, and what is known of it.
type shelf struct {
	id           provider.ID
	entries      [things][]entry
	index        [things]map[string]*entry
	instructions string
	capabilities json.RawMessage
	stateless    bool // the era it is of, when it was last up
	met          bool // it was up at least once
}

// complain is told of what cannot be offered: a message and slog arguments.
type complain func(what string, args ...any)

func newShelf(p provider.Provider, items provider.Catalogue, left complain) *shelf {
	era, _ := mcp.EraOf(p.Meta.ProtocolVersion)
	s := &shelf{
		id: p.ID, instructions: p.Meta.Instructions, capabilities: p.Meta.Capabilities,
		stateless: era == mcp.Stateless && p.Meta.ProtocolVersion != "", met: p.Meta.ProtocolVersion != "",
	}
	for t := range things {
		s.stock(t, items, left)
	}
	return s
}

func (s *shelf) stock(t thing, items provider.Catalogue, left complain) {
	of := sortOf(t)
	for _, it := range items.Of(of.kind) {
		var at [1]mcp.Span
		if err := mcp.Locate(it.Raw, at[:], of.name); err != nil || !at[0].Found() {
			left("something is not offered: its name can be read in two ways", "provider", string(s.id), "kind", string(of.kind), "name", it.Name)
			continue
		}
		e := entry{name: it.Name, raw: it.Raw, at: at[0]}
		if t == tools && bytes.Contains(it.Raw, []byte(`"x-mcp-header"`)) {
			mirrors, err := mcp.MirrorsOf(it.Raw)
			if err != nil {
				left("a tool's headers cannot be checked", "provider", string(s.id), "tool", it.Name, "error", err.Error())
			}
			e.mirrors = mirrors
		}
		s.entries[t] = append(s.entries[t], e)
	}
	s.index[t] = make(map[string]*entry, len(s.entries[t]))
	for i := range s.entries[t] {
		s.index[t][s.entries[t][i].name] = &s.entries[t][i]
	}
}

// view is the catalogue at one moment; it never changes.
type view struct {
	order   []*shelf // by id
	shelves map[provider.ID]*shelf
	named   sync.Map // of *naming, by the door, and the group as it was
	count   atomic.Int64
	left    complain
	// reserved are names of tools at the aggregate that no provider gets.
	reserved func(name string) bool
}

func newView(order []*shelf, left complain) *view {
	v := &view{order: order, shelves: make(map[provider.ID]*shelf, len(order)), left: left, reserved: func(string) bool { return false }}
	for _, s := range order {
		v.shelves[s.id] = s
	}
	return v
}

// namedAs is a door, without what does not change its names, and the group behind it as it was.
type namedAs struct {
	door  door
	group *group.Group
}

// maxNamings is how many are kept of one view. Those who ask again have theirs made anew.
const maxNamings = 2048

// names are the names at a door. g is the group behind it, if there is one.
func (v *view) names(d door, g *group.Group) *naming {
	d.search = false
	key := namedAs{d, g}
	if n, ok := v.named.Load(key); ok {
		return n.(*naming)
	}
	n := v.name(d, g)
	kept, existed := v.named.LoadOrStore(key, n)
	if !existed {
		n.complain(v.left)
		if v.count.Add(1) >= maxNamings { // groups change, and the catalogue need not
			v.named.Clear()
			v.count.Store(0)
		}
	}
	return kept.(*naming)
}

func (v *view) name(d door, g *group.Group) *naming {
	switch {
	case d.provider != "":
		if s := v.shelves[d.provider]; s != nil {
			return nameOne(s)
		}
		return newNaming(nil)
	case g != nil:
		var members []*shelf
		for _, m := range g.Members {
			if s := v.shelves[m.ID]; s != nil {
				members = append(members, s)
			}
		}
		return nameGroup(g.ID, members)
	case d.group != "":
		return newNaming(nil)
	}
	return nameAll(v.order, d.prefix, v.reserved)
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
