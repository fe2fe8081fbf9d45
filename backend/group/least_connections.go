package group

import (
	"cmp"
	"slices"
)

// leastConnections picks who has the fewest calls in flight for its weight; among equals it is smooth.
type leastConnections struct{ tie *smooth }

func (l *leastConnections) order(c []Candidate, caller string) []Candidate {
	out := slices.Clone(c)
	slices.SortStableFunc(out, byLoad)
	equal := 1
	for equal < len(out) && byLoad(out[equal], out[0]) == 0 {
		equal++
	}
	return append(l.tie.order(out[:equal], caller), out[equal:]...)
}

// byLoad compares InFlight/Weight without dividing.
func byLoad(a, b Candidate) int { return cmp.Compare(a.InFlight*b.Weight, b.InFlight*a.Weight) }
