package group

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"hangar/backend/provider"
)

// InFlight tells how many calls are under way at a provider, from whomever; the running fleet knows.
type InFlight func(provider.ID) int

// Balancer picks for one group. Safe for concurrent use.
type Balancer struct {
	inFlight InFlight

	mu       sync.Mutex // guards what follows
	group    Group
	strategy strategy
	own      map[provider.ID]int // begun here and not over
	recent   *window
}

// NewBalancer makes the balancer of a group.
func NewBalancer(g Group, inFlight InFlight) *Balancer {
	return &Balancer{
		inFlight: inFlight, group: g, strategy: newStrategy(g.Strategy, rand.Float64),
		own: map[provider.ID]int{}, recent: newWindow(),
	}
}

// Update takes over a changed group. What the strategy remembers ends with a change of the strategy or the weights.
func (b *Balancer) Update(g Group) {
	b.mu.Lock()
	defer b.mu.Unlock()
	same := slices.EqualFunc(b.group.Members, g.Members, func(x, y Member) bool {
		return x.ID == y.ID && x.Weight == y.Weight && x.Priority == y.Priority
	})
	if g.Strategy != b.group.Strategy || !same {
		b.strategy = newStrategy(g.Strategy, rand.Float64)
	}
	b.group = g
}

// Choice is a member to try.
type Choice struct {
	ID         provider.ID
	InRotation bool
}

// Pick says whom to try, and whom next when that fails: the rotation in the strategy's order without the members whose
// breaker is open, then those that are out of the rotation. Those come last and not never: a call to a dead provider
// starts it, and a group must not be worse off than its members.
func (b *Balancer) Pick(caller string, open func(provider.ID) bool) []Choice {
	b.mu.Lock()
	defer b.mu.Unlock()
	var in []Candidate
	var out []Member
	for _, m := range b.group.Members {
		switch {
		case open(m.ID):
		case m.InRotation:
			in = append(in, b.candidate(m))
		default:
			out = append(out, m)
		}
	}
	if len(in) > 0 {
		in = b.strategy.order(in, caller)
	}
	slices.SortStableFunc(out, func(x, y Member) int {
		return cmp.Or(cmp.Compare(x.Priority, y.Priority), strings.Compare(string(x.ID), string(y.ID)))
	})
	choices := make([]Choice, 0, len(in)+len(out))
	for _, c := range in {
		choices = append(choices, Choice{c.ID, true})
	}
	for _, m := range out {
		choices = append(choices, Choice{m.ID, false})
	}
	return choices
}

// candidate knows the calls in flight: the fleet's count lags behind our own picks, and ours knows no other callers.
func (b *Balancer) candidate(m Member) Candidate {
	c := Candidate{ID: m.ID, Weight: m.Weight, Priority: m.Priority, InFlight: b.own[m.ID]}
	if b.group.Strategy == LeastConnections {
		c.InFlight = max(c.InFlight, b.inFlight(m.ID))
	}
	return c
}

// Begin counts a call that goes to a member, until end.
func (b *Balancer) Begin(id provider.ID) (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own[id]++
	b.recent.add(id)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.own[id]--; b.own[id] == 0 {
			delete(b.own, id)
		}
	}
}

// Share is what part of the calls a member is meant to get now, and what part of the last 1,000 it got.
type Share struct {
	Wanted   float64
	Observed float64
	InFlight int // of this group's calls
}

// Shares tells the share of each member, and of how many recent calls the observed ones are.
func (b *Balancer) Shares() (shares map[provider.ID]Share, calls int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var usable []Candidate
	for _, m := range b.group.Members {
		if m.usable() {
			usable = append(usable, Candidate{ID: m.ID, Weight: m.Weight, Priority: m.Priority})
		}
	}
	want := wanted(b.group.Strategy, usable)
	shares = make(map[provider.ID]Share, len(b.group.Members))
	for _, m := range b.group.Members {
		shares[m.ID] = Share{Wanted: want[m.ID], Observed: b.recent.share(m.ID), InFlight: b.own[m.ID]}
	}
	return shares, len(b.recent.ids)
}

// windowSize is of how many calls the observed shares are: enough to tell, few enough to show a change soon.
const windowSize = 1000

// window remembers where the last calls went.
type window struct {
	ids   []provider.ID
	next  int
	count map[provider.ID]int
}

func newWindow() *window { return &window{count: map[provider.ID]int{}} }

func (w *window) add(id provider.ID) {
	w.count[id]++
	if len(w.ids) < windowSize {
		w.ids = append(w.ids, id)
		return
	}
	old := w.ids[w.next]
	if w.count[old]--; w.count[old] == 0 {
		delete(w.count, old)
	}
	w.ids[w.next] = id
	w.next = (w.next + 1) % windowSize
}

func (w *window) share(id provider.ID) float64 {
	if len(w.ids) == 0 {
		return 0
	}
	return float64(w.count[id]) / float64(len(w.ids))
}
