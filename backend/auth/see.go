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
	case "group":
		return r.Can(p, "*").Allowed && r.Can(GroupsRead, id).Allowed
	case "auth": // keys, roles, sessions: about nobody in particular
		id = "*"
	}
	return r.Can(p, "*").Allowed && r.Can(Permission(kind+":read"), id).Allowed
}
