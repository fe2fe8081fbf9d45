package group

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

// ID names a group, by the same rule as a provider's.
type ID string

// Stream is the event stream of a group.
func (id ID) Stream() string { return "group:" + string(id) }

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Check refuses an id that could not stand in a path or a metric label.
func (id ID) Check() error {
	if !idPattern.MatchString(string(id)) {
		return fault.Field("group_id", "must be 1 to 64 letters, digits, _ or -, beginning with a letter or a digit")
	}
	return nil
}

// Strategy says which member is called.
type Strategy string

// The strategies (reference/hangar.md 2.2); sticky is ours.
const (
	RoundRobin         Strategy = "round_robin"          // one after the other, weights apart
	WeightedRoundRobin Strategy = "weighted_round_robin" // nginx's smooth one
	LeastConnections   Strategy = "least_connections"    // fewest calls in flight for its weight
	Random             Strategy = "random"               // by weight
	Priority           Strategy = "priority"             // the lowest number; by weight among equals
	Sticky             Strategy = "sticky"               // a principal stays with its member; by weight over principals
)

// Strategies lists them.
func Strategies() []Strategy {
	return []Strategy{RoundRobin, WeightedRoundRobin, LeastConnections, Random, Priority, Sticky}
}

func (s Strategy) check() error {
	if slices.Contains(Strategies(), s) {
		return nil
	}
	var names []string
	for _, known := range Strategies() {
		names = append(names, string(known))
	}
	return fault.Field("strategy", "must be one of %s, not %q", strings.Join(names, ", "), string(s))
}

// State is how many members can be called.
type State string

// The states.
const (
	Inactive State = "inactive" // nobody in the rotation
	Partial  State = "partial"  // fewer than min_healthy can be called
	Healthy  State = "healthy"  // enough can
	Degraded State = "degraded" // every breaker in the rotation is open
)

// Limits of the numbers.
const (
	MinWeight, MaxWeight     = 1, 100
	MinPriority, MaxPriority = 1, 100
	MaxMinHealthy            = 1000
	maxDescription           = 1000
)

// Member is a provider in a group.
type Member struct {
	ID         provider.ID
	Weight     int
	Priority   int // the lowest number first
	InRotation bool
	Circuit    breaker.State
	// Epoch names the breaker (the microsecond it began): what an older one says does not count any more. Coming back
	// into the rotation and a rebalance begin a new one, because the failures of before say nothing about now.
	Epoch int64
}

// usable reports whether a call may go there.
func (m Member) usable() bool { return m.InRotation && m.Circuit != breaker.Open }

func (m Member) check() error {
	if m.Weight < MinWeight || m.Weight > MaxWeight {
		return fault.Field("weight", "must be between %d and %d, not %d", MinWeight, MaxWeight, m.Weight)
	}
	if m.Priority < MinPriority || m.Priority > MaxPriority {
		return fault.Field("priority", "must be between %d and %d, not %d", MinPriority, MaxPriority, m.Priority)
	}
	return nil
}

// Group is a rule and its members, by id.
type Group struct {
	ID          ID
	Strategy    Strategy
	MinHealthy  int
	Description string
	Members     []Member
	Source      provider.Source // who owns the rule and the list of members
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (g Group) check() error {
	if err := g.Strategy.check(); err != nil {
		return err
	}
	if g.MinHealthy < 1 || g.MinHealthy > MaxMinHealthy {
		return fault.Field("min_healthy", "must be between 1 and %d, not %d", MaxMinHealthy, g.MinHealthy)
	}
	if len(g.Description) > maxDescription {
		return fault.Field("description", "at most %d characters", maxDescription)
	}
	return nil
}

func (g Group) clone() Group {
	g.Members = slices.Clone(g.Members)
	return g
}

func (g Group) index(id provider.ID) int {
	return slices.IndexFunc(g.Members, func(m Member) bool { return m.ID == id })
}

func (g Group) count(is func(Member) bool) int {
	n := 0
	for _, m := range g.Members {
		if is(m) {
			n++
		}
	}
	return n
}

// Usable is how many members can be called now.
func (g Group) Usable() int { return g.count(Member.usable) }

// State is computed from the members, never stored.
func (g Group) State() State {
	switch n := g.Usable(); {
	case g.count(func(m Member) bool { return m.InRotation }) == 0:
		return Inactive
	case n == 0:
		return Degraded
	case n < g.MinHealthy:
		return Partial
	default:
		return Healthy
	}
}

// Circuit is the group's own, which only sums up: it is open when every breaker in the rotation is, so it never keeps a
// call from a member that would take it.
func (g Group) Circuit() breaker.State {
	sum := breaker.Closed
	for _, m := range g.Members {
		switch {
		case !m.InRotation:
		case m.Circuit == breaker.Closed:
			return breaker.Closed
		case m.Circuit == breaker.HalfOpen || sum == breaker.Closed:
			sum = m.Circuit
		}
	}
	return sum
}

// Available reports whether a call has somewhere to go.
func (g Group) Available() bool { return g.Usable() > 0 }

// fits decides who is in the rotation. A provider that is starting stays where it was: one that is restarted after a
// death has to prove itself first, one that starts with its first call is wanted.
func fits(p provider.Provider, was bool) bool {
	if p.Disabled != nil {
		return false
	}
	switch p.State {
	case provider.Ready, provider.Cold:
		return true
	case provider.Initializing:
		return was
	default:
		return false
	}
}

// rotate puts a member in or out of the rotation; coming back closes its breaker.
func (m *Member) rotate(in bool, epoch int64) {
	if in && !m.InRotation {
		m.Circuit, m.Epoch = breaker.Closed, epoch
	}
	m.InRotation = in
}

// Patch changes a group; nil leaves a field alone.
type Patch struct {
	Strategy    *Strategy
	MinHealthy  *int
	Description *string
}

func (g *Group) apply(p Patch) error {
	if p.Strategy != nil {
		g.Strategy = *p.Strategy
	}
	if p.MinHealthy != nil {
		g.MinHealthy = *p.MinHealthy
	}
	if p.Description != nil {
		g.Description = *p.Description
	}
	return g.check()
}
