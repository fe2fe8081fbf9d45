package auth

import "strings"

// MaySee reports whether the events of a stream may be shown: to who may read events, and the thing that they are about.
func (r *Rights) MaySee(stream string) bool { return r.MaySeeBy(EventsRead, stream) }

// MaySeeBy is MaySee at a door that asks for p. A stream is named kind:id; one of a kind that no role can speak of is shown
// to admins alone.
func (r *Rights) MaySeeBy(p Permission, stream string) bool {
	if r.all != "" {
		return true
	}
	kind, id, _ := strings.Cut(stream, ":")
	switch kind {
	case "provider":
		return r.Can(p, id).Allowed && r.Can(ProvidersRead, id).Allowed
	case "group": // its events name its members
		return r.Can(p, "*").Allowed && r.Can(GroupsRead, id).Allowed && (p != EventsRead || !r.limited())
	case "operation": // its reports may name any provider
		return r.Opens(Door{p, Fleet, ""}).Allowed && r.Opens(Door{OperationsRead, Fleet, ""}).Allowed
	case "auth": // keys, roles, sessions: about nobody in particular
		id = "*"
	}
	return r.Can(p, "*").Allowed && r.Can(Permission(kind+":read"), id).Allowed
}

// limited reports that somebody may read some providers, and not all.
func (r *Rights) limited() bool {
	return !r.Can(ProvidersRead, "*").Allowed && r.Some(ProvidersRead).Allowed
}
