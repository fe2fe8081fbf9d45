package group

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

// members reads a short picture: c closed, o open, h half-open, - out of the rotation.
func members(picture string) []Member {
	var out []Member
	for i, r := range picture {
		m := Member{ID: provider.ID(rune('a' + i)), Weight: 1, Priority: 1, InRotation: true, Circuit: breaker.Closed}
		switch r {
		case 'o':
			m.Circuit = breaker.Open
		case 'h':
			m.Circuit = breaker.HalfOpen
		case '-':
			m.InRotation = false
		}
		out = append(out, m)
	}
	return out
}

func TestWhatAGroupIs(t *testing.T) {
	for name, c := range map[string]struct {
		picture string
		min     int
		state   State
		circuit breaker.State
		usable  int
	}{
		"no members":                         {"", 1, Inactive, breaker.Closed, 0},
		"nobody in the rotation":             {"--", 1, Inactive, breaker.Closed, 0},
		"one of one":                         {"c", 1, Healthy, breaker.Closed, 1},
		"fewer than wanted":                  {"cc-", 3, Partial, breaker.Closed, 2},
		"as many as wanted":                  {"ccc", 3, Healthy, breaker.Closed, 3},
		"one breaker open is no veto":        {"oc", 1, Healthy, breaker.Closed, 1},
		"one breaker open, but both needed":  {"oc", 2, Partial, breaker.Closed, 1},
		"every breaker open":                 {"oo", 1, Degraded, breaker.Open, 0},
		"open, and the other one out":        {"o-", 1, Degraded, breaker.Open, 0},
		"one is tried again":                 {"oh", 1, Healthy, breaker.HalfOpen, 1},
		"half-open beside closed":            {"hc", 1, Healthy, breaker.Closed, 2},
		"half-open first, open after it":     {"ho", 1, Healthy, breaker.HalfOpen, 1},
		"out of the rotation says nothing":   {"-c", 1, Healthy, breaker.Closed, 1},
		"all half-open, more of them wanted": {"hh", 3, Partial, breaker.HalfOpen, 2},
	} {
		g := Group{MinHealthy: c.min, Members: members(c.picture)}
		if g.State() != c.state || g.Circuit() != c.circuit || g.Usable() != c.usable || g.Available() != (c.usable > 0) {
			t.Errorf("%s: %s, %s, %d", name, g.State(), g.Circuit(), g.Usable())
		}
	}
}

func TestWhoIsInTheRotation(t *testing.T) {
	disabled := &provider.Disabled{Reason: "x", Cycles: 5, At: time.Now()}
	for name, c := range map[string]struct {
		p   provider.Provider
		was bool
		in  bool
	}{
		"ready":                            {provider.Provider{State: provider.Ready}, false, true},
		"cold can be started":              {provider.Provider{State: provider.Cold}, false, true},
		"starting for its first call":      {provider.Provider{State: provider.Initializing}, true, true},
		"restarted after a death":          {provider.Provider{State: provider.Initializing}, false, false},
		"degraded":                         {provider.Provider{State: provider.Degraded}, true, false},
		"dead":                             {provider.Provider{State: provider.Dead}, true, false},
		"disabled, whatever its state":     {provider.Provider{State: provider.Cold, Disabled: disabled}, true, false},
		"ready with failures behind it is": {provider.Provider{State: provider.Ready, Failures: 2}, true, true},
	} {
		if got := fits(c.p, c.was); got != c.in {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatFollowsFromAChange(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing":                {"cc", "cc", nil},
		"the first member":       {"", "c", []string{"GroupMemberHealthChanged a true why", "GroupStateChanged inactive healthy 1/1"}},
		"a member that is out":   {"c", "c-", nil},
		"one leaves":             {"cc", "c-", []string{"GroupMemberHealthChanged b false why"}},
		"the last one leaves":    {"c", "-", []string{"GroupMemberHealthChanged a false why", "GroupStateChanged healthy inactive 0/1"}},
		"one breaker opens":      {"cc", "oc", []string{"CircuitBreakerStateChanged a closed open"}},
		"the last breaker opens": {"oc", "oo", []string{"CircuitBreakerStateChanged b closed open", "GroupCircuitOpened 7", "GroupStateChanged healthy degraded 0/2"}},
		"one is tried again":     {"oo", "oh", []string{"CircuitBreakerStateChanged b open half_open", "GroupStateChanged degraded healthy 1/2"}},
		"the trial fails":        {"oh", "oo", []string{"CircuitBreakerStateChanged b half_open open", "GroupCircuitOpened 7", "GroupStateChanged healthy degraded 0/2"}},
		"the trial succeeds":     {"oh", "oc", []string{"CircuitBreakerStateChanged b half_open closed", "GroupCircuitClosed"}},
		"a removed member":       {"cc", "c", nil},
	} {
		before, after := Group{ID: "g", MinHealthy: 1, Members: members(c.before)}, Group{ID: "g", MinHealthy: 1, Members: members(c.after)}
		var got []string
		for _, e := range consequences(before, after, "why", 7) {
			got = append(got, short(e))
			if e.Stream() != "group:g" {
				t.Errorf("%s: stream %s", name, e.Stream())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func short(e event.Payload) string {
	switch e := e.(type) {
	case MemberHealthChanged:
		return fmt.Sprintf("%s %s %v %s", e.Kind(), e.MemberID, e.InRotation, e.Reason)
	case BreakerChanged:
		return fmt.Sprintf("%s %s %s %s", e.Kind(), e.ProviderID, e.OldState, e.NewState)
	case StateChanged:
		return fmt.Sprintf("%s %s %s %d/%d", e.Kind(), e.OldState, e.NewState, e.HealthyCount, e.TotalCount)
	case CircuitOpened:
		return fmt.Sprintf("%s %d", e.Kind(), e.FailureCount)
	default:
		return e.Kind()
	}
}

func TestEveryEventHasItsKindAndFields(t *testing.T) {
	b := base{"g"}
	fields := []struct {
		event event.Payload
		want  string
	}{
		{Created{b, RoundRobin, 1}, `{"group_id":"g","strategy":"round_robin","min_healthy":1}`},
		{Updated{b, []event.Change{{Field: "min_healthy", Before: 1, After: 2}}}, `{"group_id":"g","changes":[{"field":"min_healthy","before":1,"after":2}]}`},
		{Deleted{b, Spec{Strategy: Random, MinHealthy: 1, Members: []MemberSpec{}}}, `{"group_id":"g","definition":{"strategy":"random","min_healthy":1,"members":[]}}`},
		{MemberAdded{b, "p", 1, 2}, `{"group_id":"g","member_id":"p","weight":1,"priority":2}`},
		{MemberRemoved{b, "p"}, `{"group_id":"g","member_id":"p"}`},
		{MemberHealthChanged{b, "p", true, "ready"}, `{"group_id":"g","member_id":"p","in_rotation":true,"reason":"ready"}`},
		{StateChanged{b, Inactive, Healthy, 1, 2}, `{"group_id":"g","old_state":"inactive","new_state":"healthy","healthy_count":1,"total_count":2}`},
		{CircuitOpened{b, 3}, `{"group_id":"g","failure_count":3}`},
		{CircuitClosed{b}, `{"group_id":"g"}`},
		{BreakerChanged{b, "p", breaker.Closed, breaker.Open}, `{"group_id":"g","provider_id":"p","old_state":"closed","new_state":"open"}`},
	}
	if len(fields) != len(Kinds()) {
		t.Errorf("%d events, %d kinds", len(fields), len(Kinds()))
	}
	for _, f := range fields {
		data, err := json.Marshal(f.event)
		if err != nil || string(data) != f.want || !slices.Contains(Kinds(), f.event.Kind()) {
			t.Errorf("%s: %s %v", f.event.Kind(), data, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	good := Group{ID: "g", Strategy: RoundRobin, MinHealthy: 1}
	for name, c := range map[string]struct {
		err   error
		field string
	}{
		"a bad id":               {ID("a b").Check(), "group_id"},
		"no id":                  {ID("").Check(), "group_id"},
		"an unknown strategy":    {Group{ID: "g", Strategy: "fastest", MinHealthy: 1}.check(), "strategy"},
		"min_healthy of zero":    {Group{ID: "g", Strategy: Random}.check(), "min_healthy"},
		"a negative min_healthy": {Group{ID: "g", Strategy: Random, MinHealthy: -1}.check(), "min_healthy"},
		"a long description":     {Group{ID: "g", Strategy: Random, MinHealthy: 1, Description: strings.Repeat("x", 1001)}.check(), "description"},
		"a weight of zero":       {Member{Weight: 0, Priority: 1}.check(), "weight"},
		"too heavy":              {Member{Weight: 101, Priority: 1}.check(), "weight"},
		"a priority of zero":     {Member{Weight: 1}.check(), "priority"},
		"too low a priority":     {Member{Weight: 1, Priority: 101}.check(), "priority"},
		"good":                   {good.check(), ""},
		"a good member":          {Member{Weight: 100, Priority: 100}.check(), ""},
	} {
		if c.field == "" != (c.err == nil) {
			t.Errorf("%s: %v", name, c.err)
			continue
		}
		if c.err != nil && (!fault.Is(c.err, fault.Invalid) || !strings.HasPrefix(c.err.Error(), c.field+":")) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}
