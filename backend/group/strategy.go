package group

import (
	"cmp"
	"slices"

	"hangar/backend/provider"
)

// Candidate is a member that may be called now.
type Candidate struct {
	ID       provider.ID
	Weight   int
	Priority int
	InFlight int // calls under way there, from whomever
}

// strategy puts candidates, which come by id and at least one, in the order in which to try them: the first is the pick,
// the rest is for when it fails. What a strategy remembers is only to be fair; one goroutine uses it at a time.
type strategy interface {
	order(c []Candidate, caller string) []Candidate
}

// newStrategy makes one; random gives numbers from 0 up to, but not, 1.
func newStrategy(s Strategy, random func() float64) strategy {
	switch s {
	case WeightedRoundRobin:
		return newSmooth()
	case LeastConnections:
		return &leastConnections{tie: newSmooth()}
	case Random:
		return &weightedRandom{random}
	case Priority:
		return &byPriority{top: newSmooth()}
	case Sticky:
		return sticky{}
	default:
		return &roundRobin{}
	}
}

// wanted is the share of the calls that a strategy means each candidate to get over time; together they are 1.
func wanted(s Strategy, c []Candidate) map[provider.ID]float64 {
	shares := map[provider.ID]float64{}
	if len(c) == 0 {
		return shares
	}
	if s == Priority {
		top := slices.MinFunc(c, func(a, b Candidate) int { return cmp.Compare(a.Priority, b.Priority) }).Priority
		c = slices.DeleteFunc(slices.Clone(c), func(x Candidate) bool { return x.Priority != top })
	}
	total := 0
	for _, x := range c {
		total += share(s, x)
	}
	for _, x := range c {
		shares[x.ID] = float64(share(s, x)) / float64(total)
	}
	return shares
}

func share(s Strategy, c Candidate) int {
	if s == RoundRobin {
		return 1
	}
	return c.Weight
}
