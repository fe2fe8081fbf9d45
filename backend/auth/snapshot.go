package auth

import (
	"maps"
	"slices"
	"sync"
)

// Snapshot is the whole picture at one moment: who there is, which roles, which policies. It never changes; what one
// principal may do is compiled when first asked for.
type Snapshot struct {
	principals map[string]Principal
	roles      map[string]Role
	policies   map[string]*layer // by subject
	compiled   *sync.Map         // principal -> *Rights
}

// NewSnapshot makes a picture of principals and custom roles by name, and policies; the built-in roles are added. It keeps
// the maps.
func NewSnapshot(principals map[string]Principal, roles map[string]Role, policies []Policy) *Snapshot {
	s := &Snapshot{principals: principals, roles: roles, policies: layersOf(policies), compiled: &sync.Map{}}
	for _, r := range Builtin() {
		s.roles[r.Name] = r
	}
	return s
}

func layersOf(policies []Policy) map[string]*layer {
	layers := map[string]*layer{}
	for _, p := range policies {
		l := layers[p.Subject]
		if l == nil {
			l = &layer{subject: p.Subject}
			layers[p.Subject] = l
		}
		if p.Effect == Allow {
			l.allow.add(p.Provider, p.Tool, &p)
		} else { // what we do not know yet is no permission
			l.deny.add(p.Provider, p.Tool, &p)
		}
	}
	return layers
}

// with is the snapshot with some principals or roles replaced; nil removes. The rest is shared.
func (s *Snapshot) with(principals map[string]*Principal, roles map[string]*Role) *Snapshot {
	next := &Snapshot{s.principals, s.roles, s.policies, &sync.Map{}}
	if len(principals) > 0 {
		next.principals = replaced(s.principals, principals)
	}
	if len(roles) > 0 {
		next.roles = replaced(s.roles, roles)
	}
	return next
}

func replaced[V any](old map[string]V, changes map[string]*V) map[string]V {
	next := maps.Clone(old)
	for key, v := range changes {
		if v == nil {
			delete(next, key)
		} else {
			next[key] = *v
		}
	}
	return next
}

// withPolicies is the snapshot with other policies.
func (s *Snapshot) withPolicies(all []Policy) *Snapshot {
	return &Snapshot{s.principals, s.roles, layersOf(all), &sync.Map{}}
}

// Can decides whether a principal may do something to a thing. It depends on the snapshot and its arguments alone.
func (s *Snapshot) Can(principal string, p Permission, thing string) Decision {
	return s.Rights(principal).Can(p, thing)
}

// Rights is what a principal may do; one that does not exist may do nothing.
func (s *Snapshot) Rights(principal string) *Rights {
	if r, ok := s.compiled.Load(principal); ok {
		return r.(*Rights)
	}
	r := s.compile(principal)
	if r.state != unknown { // names that anybody can make up would fill the memory
		s.compiled.Store(principal, r)
	}
	return r
}

func (s *Snapshot) compile(id string) *Rights {
	p, ok := s.find(id)
	switch {
	case !ok:
		return newRights(id, unknown, nil, nil)
	case p.Disabled:
		return newRights(id, disabled, nil, nil)
	}
	names := slices.Clone(p.Roles)
	subjects := []string{Everyone, id}
	for _, g := range p.Groups {
		if group, ok := s.principals[g]; ok && !group.Disabled {
			subjects = append(subjects, g)
			names = append(names, group.Roles...)
		}
	}
	slices.Sort(names)
	var roles []Role
	for _, name := range slices.Compact(names) {
		if r, ok := s.roles[name]; ok {
			roles = append(roles, r)
			subjects = append(subjects, rolePrefix+name)
		}
	}
	var layers []layer
	for _, subject := range subjects {
		if l := s.policies[subject]; l != nil {
			layers = append(layers, *l)
		}
	}
	return newRights(id, active, roles, layers)
}

func (s *Snapshot) find(id string) (Principal, bool) {
	if id == LocalID {
		return Principal{ID: LocalID, Kind: User, Roles: []string{RoleAdmin}}, true
	}
	p, ok := s.principals[id]
	return p, ok
}
