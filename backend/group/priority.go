package group

import (
	"cmp"
	"slices"
)

// byPriority picks among those with the lowest number, smoothly by weight; the others are for when all of them fail.
type byPriority struct{ top *smooth }

func (p *byPriority) order(c []Candidate, caller string) []Candidate {
	out := slices.Clone(c)
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight))
	})
	equal := 1
	for equal < len(out) && out[equal].Priority == out[0].Priority {
		equal++
	}
	return append(p.top.order(out[:equal], caller), out[equal:]...)
}
