package auth

import "strings"

// MaySee reports whether the events of a stream may be shown: to who may read events, and the thing that they are about.
// A stream is named kind:id; one of a kind that no role can speak of is shown to admins alone.
func (r *Rights) MaySee(stream string) bool {
	if r.all != "" {
		return true
	}
	kind, id, _ := strings.Cut(stream, ":")
	switch kind {
	case "provider":
		return r.Can(EventsRead, id).Allowed && r.Can(ProvidersRead, id).Allowed
	case "group":
		return r.Can(EventsRead, "*").Allowed && r.Can(GroupsRead, id).Allowed
	case "auth": // keys, roles, sessions: about nobody in particular
		id = "*"
	}
	return r.Can(EventsRead, "*").Allowed && r.Can(Permission(kind+":read"), id).Allowed
}
