package group

import (
	"cmp"
	"math"
	"slices"

	"hangar/backend/provider"
)

// weightedRandom draws without putting back: each candidate waits a random time that is shorter the more it weighs, and
// the first to be ready is picked (Efraimidis and Spirakis, 2006).
type weightedRandom struct{ random func() float64 }

func (w *weightedRandom) order(c []Candidate, _ string) []Candidate {
	wait := make(map[provider.ID]float64, len(c))
	for _, x := range c {
		wait[x.ID] = -math.Log(1-w.random()) / float64(x.Weight)
	}
	out := slices.Clone(c)
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(wait[a.ID], wait[b.ID]) })
	return out
}
