package group

import (
	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/provider"
)

// The events of this noun (reference/hangar.md 5.1).

type base struct {
	GroupID ID `json:"group_id"`
}

// Stream is the group's stream.
func (b base) Stream() string { return b.GroupID.Stream() }

// Created: a group was made.
type Created struct {
	base
	Strategy   Strategy `json:"strategy"`
	MinHealthy int      `json:"min_healthy"`
}

// Updated: its rule was changed.
type Updated struct {
	base
	Changes []event.Change `json:"changes"`
}

// Deleted: it was removed. Its members live on.
type Deleted struct {
	base
	Definition Spec `json:"definition"`
}

// MemberAdded: a provider joined the group.
type MemberAdded struct {
	base
	MemberID provider.ID `json:"member_id"`
	Weight   int         `json:"weight"`
	Priority int         `json:"priority"`
}

// MemberRemoved: a provider left the group, or was deleted.
type MemberRemoved struct {
	base
	MemberID provider.ID `json:"member_id"`
}

// MemberHealthChanged: a member joined or left the rotation.
type MemberHealthChanged struct {
	base
	MemberID   provider.ID `json:"member_id"`
	InRotation bool        `json:"in_rotation"`
	Reason     string      `json:"reason"` // added, rebalance, hangar_restarted, disabled, or the provider's new state
}

// StateChanged: every change of the group's state.
type StateChanged struct {
	base
	OldState     State `json:"old_state"`
	NewState     State `json:"new_state"`
	HealthyCount int   `json:"healthy_count"`
	TotalCount   int   `json:"total_count"`
}

// CircuitOpened: the last breaker in the rotation opened; no call goes through.
type CircuitOpened struct {
	base
	FailureCount int `json:"failure_count"` // of the breaker that opened last
}

// CircuitClosed: calls go through again.
type CircuitClosed struct{ base }

// BreakerChanged: every change of a member's breaker.
type BreakerChanged struct {
	base
	ProviderID provider.ID   `json:"provider_id"` // the member
	OldState   breaker.State `json:"old_state"`
	NewState   breaker.State `json:"new_state"`
}

// The kinds, as the seeds name them.
const (
	KindCreated             = "GroupCreated"
	KindUpdated             = "GroupUpdated"
	KindDeleted             = "GroupDeleted"
	KindMemberAdded         = "GroupMemberAdded"
	KindMemberRemoved       = "GroupMemberRemoved"
	KindMemberHealthChanged = "GroupMemberHealthChanged"
	KindStateChanged        = "GroupStateChanged"
	KindCircuitOpened       = "GroupCircuitOpened"
	KindCircuitClosed       = "GroupCircuitClosed"
	KindBreakerChanged      = "CircuitBreakerStateChanged"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{
		KindCreated, KindUpdated, KindDeleted, KindMemberAdded, KindMemberRemoved, KindMemberHealthChanged,
		KindStateChanged, KindCircuitOpened, KindCircuitClosed, KindBreakerChanged,
	}
}

// Kind methods give each event its name.

// Kind is GroupCreated.
func (Created) Kind() string { return KindCreated }

// Kind is GroupUpdated.
func (Updated) Kind() string { return KindUpdated }

// Kind is GroupDeleted.
func (Deleted) Kind() string { return KindDeleted }

// Kind is GroupMemberAdded.
func (MemberAdded) Kind() string { return KindMemberAdded }

// Kind is GroupMemberRemoved.
func (MemberRemoved) Kind() string { return KindMemberRemoved }

// Kind is GroupMemberHealthChanged.
func (MemberHealthChanged) Kind() string { return KindMemberHealthChanged }

// Kind is GroupStateChanged.
func (StateChanged) Kind() string { return KindStateChanged }

// Kind is GroupCircuitOpened.
func (CircuitOpened) Kind() string { return KindCircuitOpened }

// Kind is GroupCircuitClosed.
func (CircuitClosed) Kind() string { return KindCircuitClosed }

// Kind is CircuitBreakerStateChanged.
func (BreakerChanged) Kind() string { return KindBreakerChanged }

// consequences are the events that follow from what became of a group, members first. reason is why members moved,
// failures what a breaker counted when it opened.
func consequences(before, after Group, reason string, failures int) []event.Payload {
	var out []event.Payload
	b := base{after.ID}
	for _, m := range after.Members {
		was := Member{Circuit: breaker.Closed}
		if i := before.index(m.ID); i >= 0 {
			was = before.Members[i]
		}
		if was.InRotation != m.InRotation {
			out = append(out, MemberHealthChanged{b, m.ID, m.InRotation, reason})
		}
		if was.Circuit != m.Circuit {
			out = append(out, BreakerChanged{b, m.ID, was.Circuit, m.Circuit})
		}
	}
	switch was, is := before.Circuit(), after.Circuit(); {
	case was != breaker.Open && is == breaker.Open:
		out = append(out, CircuitOpened{b, failures})
	case was != breaker.Closed && is == breaker.Closed:
		out = append(out, CircuitClosed{b})
	}
	if was, is := before.State(), after.State(); was != is {
		out = append(out, StateChanged{b, was, is, after.Usable(), len(after.Members)})
	}
	return out
}
