package group

import (
	"cmp"
	"slices"

	"hangar/backend/provider"
)

// smooth is nginx's smooth weighted round robin: everyone earns its weight each time, the richest is picked and pays what
// all earned. Weights 5, 1, 1 give a a b a c a a, never five in a row and then the others.
type smooth struct{ earned map[provider.ID]int }

func newSmooth() *smooth { return &smooth{earned: map[provider.ID]int{}} }

func (s *smooth) order(c []Candidate, _ string) []Candidate {
	total := 0
	for _, x := range c {
		s.earned[x.ID] += x.Weight
		total += x.Weight
	}
	out := slices.Clone(c)
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(s.earned[b.ID], s.earned[a.ID]) })
	s.earned[out[0].ID] -= total
	return out
}
