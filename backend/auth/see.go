package auth

import (
	"context"
	"slices"
	"strings"
)

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
	case "operation": // without knowing which providers it is about
		return r.MaySeeWork(p, Work{})
	case "auth": // keys, roles, sessions: about nobody in particular
		id = "*"
	}
	return r.Can(p, "*").Allowed && r.Can(Permission(kind+":read"), id).Allowed
}

// Work is an operation as far as it matters for who may see it.
type Work struct {
	Principal string   // who began it; "" for Hangar itself
	Providers []string // that it is about; none: its reports may name any
}

// MaySeeWork is MaySeeBy for an operation of which that is known.
func (r *Rights) MaySeeWork(p Permission, w Work) bool {
	return r.Can(p, "*").Allowed && r.Can(OperationsRead, "*").Allowed && r.Concerns(w)
}

// Concerns reports whether an operation is somebody's business, who may use operations at all: from whom no provider is
// hidden, who began it, and who may read every provider that it is about.
func (r *Rights) Concerns(w Work) bool {
	if !r.limited() || w.Principal != "" && w.Principal == r.principal {
		return true
	}
	hidden := func(id string) bool { return !r.Can(ProvidersRead, id).Allowed }
	return len(w.Providers) > 0 && !slices.ContainsFunc(w.Providers, hidden)
}

// Sees is MaySeeBy with what is known of the work that a stream is of.
func (s *Service) Sees(r *Rights, p Permission, stream string) bool {
	if w, ok := s.work(stream); ok {
		return r.MaySeeWork(p, w)
	}
	return r.MaySeeBy(p, stream)
}

// Concerns is Rights.Concerns of the caller, for the operation of a stream. One that is not known may be about any provider.
func (s *Service) Concerns(ctx context.Context, stream string) bool {
	w, _ := s.work(stream)
	return s.Rights(ctx).Concerns(w)
}

func (s *Service) work(stream string) (Work, bool) {
	if s.workOf == nil {
		return Work{}, false
	}
	return s.workOf(stream)
}

// limited reports that somebody may read some providers, and not all.
func (r *Rights) limited() bool {
	return !r.Can(ProvidersRead, "*").Allowed && r.Some(ProvidersRead).Allowed
}
