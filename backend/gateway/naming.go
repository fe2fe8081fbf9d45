package gateway

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// separator stands between provider and tool in the aggregate's names.
const separator = "__"

// scheme begins the URI of a resource whose own URI belongs to another provider: hangar://PROVIDER/URI.
const scheme = "hangar://"

// ownName stands for Hangar itself where a conflict says who keeps a name.
const ownName = "hangar"

// target is whom a name means.
type target struct {
	provider provider.ID
	group    group.ID // a member of it is to be picked; provider is then the one whose definition is shown
	name     string   // the provider's own
	entry    *entry   // nil when it is not in the catalogue
}

// offer is one thing under the name that it has at a door.
type offer struct {
	target
	as      string
	members []provider.ID // of a group: who has it
}

// Conflict is a name that two things would have at the aggregate.
type Conflict struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	KeptBy   string `json:"kept_by"`
	Provider string `json:"provider_id"`
	// Offered is the name by which the thing of Provider is offered instead; "" when it is left out.
	Offered string `json:"offered_as"`
}

// naming is what is offered at a door, under which names. It never changes.
type naming struct {
	shelves   []*shelf
	offers    [things][]offer
	byName    [things]map[string]*offer
	unlisted  []provider.ID // that never listed a tool, the longest id first; of the aggregate
	conflicts []Conflict
}

func newNaming(shelves []*shelf) *naming {
	n := &naming{shelves: shelves}
	for t := range things {
		n.byName[t] = map[string]*offer{}
	}
	return n
}

// seal makes the index; offers do not move any more.
func (n *naming) seal() *naming {
	for t := range things {
		for i := range n.offers[t] {
			n.byName[t][n.offers[t][i].as] = &n.offers[t][i]
		}
	}
	return n
}

// nameOne keeps a provider's names.
func nameOne(s *shelf) *naming {
	n := newNaming([]*shelf{s})
	for t := range things {
		for i := range s.entries[t] {
			e := &s.entries[t][i]
			n.offers[t] = append(n.offers[t], offer{target: target{provider: s.id, name: e.name, entry: e}, as: e.name})
		}
	}
	return n.seal()
}

// nameGroup offers each thing once, however many members have it: as the first of them describes it.
func nameGroup(id group.ID, members []*shelf) *naming {
	n := newNaming(members)
	for t := range things {
		at := map[string]int{}
		for _, s := range members {
			for i := range s.entries[t] {
				e := &s.entries[t][i]
				if k, known := at[e.name]; known {
					n.offers[t][k].members = append(n.offers[t][k].members, s.id)
					continue
				}
				at[e.name] = len(n.offers[t])
				n.offers[t] = append(n.offers[t], offer{
					target: target{provider: s.id, group: id, name: e.name, entry: e}, as: e.name, members: []provider.ID{s.id},
				})
			}
		}
	}
	return n.seal()
}

// nameAll names everything of every provider. What is called like a tool of Hangar itself gives way, as to another provider's.
func nameAll(order []*shelf, policy Prefix, reserved func(name string) bool) *naming {
	n := newNaming(order)
	for t := range things {
		n.nameSort(t, policy, func(name string) bool { return t == tools && reserved(name) })
	}
	for _, s := range order {
		if len(s.entries[tools]) == 0 {
			n.unlisted = append(n.unlisted, s.id)
		}
	}
	slices.SortStableFunc(n.unlisted, func(a, b provider.ID) int { return cmp.Compare(len(b), len(a)) })
	return n.seal()
}

func (n *naming) nameSort(t thing, policy Prefix, reserved func(name string) bool) {
	owners, first := map[string]int{}, map[string]provider.ID{}
	for _, s := range n.shelves {
		for i := range s.entries[t] {
			name := s.entries[t][i].name
			if owners[name]++; owners[name] == 1 {
				first[name] = s.id
			}
		}
	}
	taken := map[string]provider.ID{}
	for _, s := range n.shelves {
		for i := range s.entries[t] {
			e := &s.entries[t][i]
			as := alias(t, policy, s.id, e.name, owners[e.name] > 1 || reserved(e.name), first[e.name] == s.id)
			by, gone := taken[as]
			if reserved(as) {
				by, gone = ownName, true
			}
			if gone {
				n.conflicts = append(n.conflicts, Conflict{sortOf(t).list, as, string(by), string(s.id), ""})
				continue
			}
			if as != e.name && policy != Always {
				kept := first[e.name]
				if reserved(e.name) {
					kept = ownName
				}
				n.conflicts = append(n.conflicts, Conflict{sortOf(t).list, e.name, string(kept), string(s.id), as})
			}
			taken[as] = s.id
			n.offers[t] = append(n.offers[t], offer{target: target{provider: s.id, name: e.name, entry: e}, as: as})
		}
	}
}

// alias is the name of a thing at the aggregate. A URI means the same everywhere and stands in results, too; so it is kept
// wherever it can be, whatever the policy for names.
func alias(t thing, policy Prefix, id provider.ID, name string, shared, first bool) string {
	switch {
	case t >= resources && shared && !first:
		return scheme + string(id) + "/" + name
	case t >= resources, policy == Never, policy == OnConflict && !shared:
		return name
	}
	return string(id) + separator + name
}

func (n *naming) complain(left complain) {
	for _, c := range n.conflicts {
		if c.Offered == "" && left != nil {
			left("something is left out of the aggregate: its name is taken", "kind", c.Kind, "name", c.Name, "provider", c.Provider, "taken_by", c.KeptBy)
		}
	}
}

// item is a thing as it is listed.
func (o *offer) item() json.RawMessage {
	if o.as == o.name {
		return o.entry.raw
	}
	return mcp.Splice(o.entry.raw, mcp.Edit{At: o.entry.at, With: mcp.Quote(o.as)})
}

// find finds what the name of a tool or a prompt means. A provider that never listed anything is asked by name: the call
// starts it, and then it is known whether the thing exists.
func (n *naming) find(d door, t thing, name string) (target, bool) {
	if o := n.byName[t][name]; o != nil {
		return o.target, true
	}
	switch {
	case d.provider != "":
		if len(n.shelves) == 0 || len(n.offers[tools]) > 0 && (t == tools || n.shelves[0].met) {
			return target{}, false
		}
		return target{provider: d.provider, name: name}, true
	case d.aggregate():
		for _, id := range n.unlisted {
			if own, ok := strings.CutPrefix(name, string(id)+separator); ok && own != "" {
				return target{provider: id, name: own}, true
			}
		}
	}
	return target{}, false
}

// findURI finds whose resource a URI means: listed, of a template, or of the one provider that could have it.
func (n *naming) findURI(d door, uri string) (target, bool) {
	if o := n.byName[resources][uri]; o != nil {
		return o.target, true
	}
	if d.provider != "" {
		if len(n.shelves) == 0 {
			return target{}, false
		}
		return target{provider: d.provider, name: uri}, true
	}
	if rest, ok := strings.CutPrefix(uri, scheme); ok {
		id, own, _ := strings.Cut(rest, "/")
		for _, s := range n.shelves {
			if string(s.id) == id && own != "" {
				return target{provider: s.id, name: own}, true
			}
		}
	}
	var best *offer
	for i := range n.offers[templates] {
		o := &n.offers[templates][i]
		if matches(o.as, uri) && (best == nil || literal(o.as) > literal(best.as)) {
			best = o
		}
	}
	if best != nil {
		return target{provider: best.provider, group: best.group, name: strings.TrimPrefix(uri, strings.TrimSuffix(best.as, best.name))}, true
	}
	return n.likely(d, uri)
}

// likely is the only provider whose resources have the scheme of a URI, or the only one that has resources at all: results
// name resources that no list does.
func (n *naming) likely(d door, uri string) (target, bool) {
	prefix, _, _ := strings.Cut(uri, ":")
	var same, all []provider.ID
	for _, s := range n.shelves {
		has := false
		for _, t := range []thing{resources, templates} {
			for i := range s.entries[t] {
				has = has || strings.HasPrefix(s.entries[t][i].name, prefix+":")
			}
		}
		if has {
			same = append(same, s.id)
		}
		if len(s.entries[resources])+len(s.entries[templates]) > 0 {
			all = append(all, s.id)
		}
	}
	switch {
	case d.group != "" && len(all) > 0:
		return target{provider: all[0], group: d.group, name: uri}, true
	case len(same) == 1:
		return target{provider: same[0], name: uri}, true
	case len(same) == 0 && len(all) == 1:
		return target{provider: all[0], name: uri}, true
	}
	return target{}, false
}

// literal is how much of a URI template is text.
func literal(template string) (n int) {
	for template != "" {
		text, rest, _ := strings.Cut(template, "{")
		n += len(text)
		_, template, _ = strings.Cut(rest, "}")
	}
	return n
}

// matches reports whether a URI could come of a URI template (RFC 6570): each expression may be anything.
func matches(template, uri string) bool {
	text, rest, more := strings.Cut(template, "{")
	if !more {
		return uri == text
	}
	if !strings.HasPrefix(uri, text) {
		return false
	}
	uri = uri[len(text):]
	for {
		_, after, closed := strings.Cut(rest, "}")
		if !closed {
			return false
		}
		if text, rest, more = strings.Cut(after, "{"); !more {
			return strings.HasSuffix(uri, text)
		}
		i := strings.Index(uri, text)
		if i < 0 {
			return false
		}
		uri = uri[i+len(text):]
	}
}
