package gateway

import (
	"context"
	"encoding/json"
	"sync"

	"hangar/backend/auth"
	"hangar/backend/group"
)

// maxGlimpses bounds the lists that are kept, one set for each door and each picture of what somebody may use.
const maxGlimpses = 512

// glimpse is what a caller sees at a door. Lists are made when they are first asked for, and encoded once.
type glimpse struct {
	door      door
	names     *naming
	may       func(provider, thing string) bool // nil: everything
	pageItems int
	own       []json.RawMessage // tools of Hangar itself

	lists        [things]listOnce
	instructions func() string
}

type listOnce struct {
	once sync.Once
	made *listing
}

// glimpses keeps them. Rights and views never change, so what was made of two of them holds as long as they do.
type glimpses struct {
	mu   sync.Mutex
	of   *view // those of an earlier one are of no use any more
	made map[seen]*glimpse
}

type seen struct {
	rights *auth.Rights // nil: who may use everything, whoever it is
	own    *auth.Rights // as rights, for the tools of Hangar itself
	door   door
	group  *group.Group
}

// shown is what the caller sees at a door.
func (g *Gateway) shown(ctx context.Context, d door) *glimpse {
	return g.seenBy(g.shelves.current.Load(), g.opts.Access.Rights(ctx), d)
}

func (g *Gateway) seenBy(v *view, rights *auth.Rights, d door) *glimpse {
	key := seen{rights: rights, door: d, group: g.groupOf(d)}
	var may func(provider, thing string) bool
	if rights.AllTools() {
		key.rights = nil
	} else {
		may = rights.MayUse
	}
	var own []json.RawMessage
	if d.aggregate() && g.opts.Own != nil {
		key.own = rights
		own = g.opts.Own.Tools(rights, d.search)
	}
	if found, ok := g.parts.get(v, key); ok {
		return found
	}
	made := &glimpse{door: d, names: v.names(d, key.group), may: may, pageItems: g.opts.PageTools, own: own}
	made.instructions = sync.OnceValue(made.gather)
	g.parts.put(v, key, made)
	return made
}

// groupOf is the group behind a door as it is now, nil where there is none.
func (g *Gateway) groupOf(d door) *group.Group {
	if d.group == "" || g.opts.Groups == nil {
		return nil
	}
	found, _ := g.opts.Groups.Live(d.group)
	return found
}

func (p *glimpses) get(v *view, key seen) (*glimpse, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.made[key]
	return found, ok && p.of == v
}

func (p *glimpses) put(v *view, key seen, made *glimpse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != v || len(p.made) >= maxGlimpses { // whoever lists again makes theirs anew
		p.of, p.made = v, map[seen]*glimpse{}
	}
	p.made[key] = made
}

// list is what the caller sees of one sort.
func (s *glimpse) list(t thing) *listing {
	l := &s.lists[t]
	l.once.Do(func() {
		var raws []json.RawMessage
		if t == tools {
			raws = append(raws, s.own...)
		}
		if !s.door.search || t != tools {
			for i := range s.names.offers[t] {
				if o := &s.names.offers[t][i]; s.sees(t, o) {
					raws = append(raws, o.item())
				}
			}
		}
		l.made = newListing(sortOf(t).list, raws, s.pageItems)
	})
	return l.made
}

// sees reports whether something is there for the caller: what one may not use, one does not see.
func (s *glimpse) sees(t thing, o *offer) bool {
	if s.may == nil {
		return true
	}
	what := sortOf(t).rights + o.name
	if o.group == "" {
		return s.may(string(o.provider), what)
	}
	for _, id := range o.members {
		if s.may(string(id), what) {
			return true
		}
	}
	return false
}

// gather is what a model is told up front: of the providers that the caller may use anything of.
func (s *glimpse) gather() string {
	used := s.names.shelves
	if s.may != nil {
		used = nil
		for _, shelf := range s.names.shelves {
			if s.uses(shelf) {
				used = append(used, shelf)
			}
		}
	}
	switch {
	case s.door.provider == "":
	case len(used) == 1:
		return used[0].instructions
	default:
		return ""
	}
	return gather(used)
}

func (s *glimpse) uses(shelf *shelf) bool {
	for t := range things {
		for i := range s.names.offers[t] {
			if o := &s.names.offers[t][i]; o.provider == shelf.id && s.sees(t, o) {
				return true
			}
		}
	}
	return false
}
