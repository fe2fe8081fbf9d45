package group

import (
	"slices"
	"strings"

	"hangar/backend/provider"
)

// roundRobin goes around by id. It remembers a name and not an index, so that nobody is passed over when another member
// comes or goes.
type roundRobin struct{ last provider.ID }

func (r *roundRobin) order(c []Candidate, _ string) []Candidate {
	at := max(0, slices.IndexFunc(c, func(x Candidate) bool { return strings.Compare(string(x.ID), string(r.last)) > 0 }))
	r.last = c[at].ID
	return slices.Concat(c[at:], c[:at])
}
