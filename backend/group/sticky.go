package group

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"hangar/backend/provider"
)

// sticky keeps a caller with one member: weighted rendezvous hashing (Thaler and Ravishankar, 1998). When a member leaves,
// only its own callers move, each to the next of its order; when it comes back, they return. It depends on the names
// alone, so it holds over restarts.
type sticky struct{}

func (sticky) order(c []Candidate, caller string) []Candidate {
	score := make(map[provider.ID]float64, len(c))
	for _, x := range c {
		score[x.ID] = -float64(x.Weight) / math.Log(fraction(caller, x.ID))
	}
	out := slices.Clone(c)
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(score[b.ID], score[a.ID]) })
	return out
}

// fraction is a number strictly between 0 and 1 that belongs to a pair of names.
func fraction(caller string, id provider.ID) float64 {
	sum := sha256.Sum256([]byte(caller + "\x00" + string(id)))
	return (float64(binary.BigEndian.Uint64(sum[:])>>11) + 0.5) / (1 << 53)
}
