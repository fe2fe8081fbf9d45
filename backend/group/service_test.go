package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestAGroupsLife(t *testing.T) {
	b := setup(t, "a", "b")
	b.with("g", "", "a", "b")
	g := b.get("g")
	if g.Strategy != RoundRobin || g.MinHealthy != 1 || g.State() != Healthy || len(g.Members) != 2 || g.Members[0].Epoch == 0 {
		t.Fatalf("%+v", g)
	}
	strategy, least, text := Sticky, 3, "new"
	must(t, b.Update(b.ctx, "g", Patch{&strategy, &least, &text}))
	if g = b.get("g"); g.Strategy != Sticky || g.MinHealthy != 3 || g.Description != "new" || g.State() != Partial || !g.UpdatedAt.After(g.CreatedAt) {
		t.Fatalf("%+v", g)
	}
	must(t, b.RemoveMember(b.ctx, "g", "a"))
	must(t, b.Delete(b.ctx, "g"))
	if _, live := b.Live("g"); live {
		t.Error("a deleted group lives on in memory")
	}
	want := []string{
		`GroupCreated {"group_id":"g","strategy":"round_robin","min_healthy":1}`,
		`GroupMemberAdded {"group_id":"g","member_id":"a","weight":1,"priority":1}`,
		`GroupMemberHealthChanged {"group_id":"g","member_id":"a","in_rotation":true,"reason":"added"}`,
		`GroupStateChanged {"group_id":"g","old_state":"inactive","new_state":"healthy","healthy_count":1,"total_count":1}`,
		`GroupMemberAdded {"group_id":"g","member_id":"b","weight":1,"priority":1}`,
		`GroupMemberHealthChanged {"group_id":"g","member_id":"b","in_rotation":true,"reason":"added"}`,
		`GroupUpdated {"group_id":"g","changes":[{"field":"description","before":"","after":"new"},{"field":"min_healthy","before":1,"after":3},{"field":"strategy","before":"round_robin","after":"sticky"}]}`,
		`GroupStateChanged {"group_id":"g","old_state":"healthy","new_state":"partial","healthy_count":2,"total_count":2}`,
		`GroupMemberRemoved {"group_id":"g","member_id":"a"}`,
		`GroupDeleted {"group_id":"g","definition":{"strategy":"sticky","min_healthy":3,"description":"new","members":[{"id":"b","weight":1,"priority":1}]}}`,
	}
	if got := b.said("g", 0); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if _, err := b.providers.Get(b.ctx, "b"); err != nil {
		t.Errorf("a member did not outlive its group: %v", err)
	}
}

// A refusal changes nothing: no row, no event, no picture.
func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	b := setup(t, "a")
	b.with("g", RoundRobin, "a")
	head := b.events.Head()
	bad, zero := Strategy("fastest"), 0
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
		typ  string
	}{
		"a taken id":                 {b.Create(b.ctx, Group{ID: "g"}), fault.Conflict, "ConflictError"},
		"an unknown strategy":        {b.Create(b.ctx, Group{ID: "h", Strategy: bad}), fault.Invalid, "ValidationError"},
		"a negative min_healthy":     {b.Create(b.ctx, Group{ID: "h", MinHealthy: -1}), fault.Invalid, "ValidationError"},
		"update of an unknown one":   {b.Update(b.ctx, "h", Patch{}), fault.Missing, "GroupNotFoundError"},
		"update to a bad strategy":   {b.Update(b.ctx, "g", Patch{Strategy: &bad}), fault.Invalid, "ValidationError"},
		"update to min_healthy 0":    {b.Update(b.ctx, "g", Patch{MinHealthy: &zero}), fault.Invalid, "ValidationError"},
		"delete of an unknown one":   {b.Delete(b.ctx, "h"), fault.Missing, "GroupNotFoundError"},
		"a member of an unknown one": {b.AddMember(b.ctx, "h", NewMember{"a", 1, 1}), fault.Missing, "GroupNotFoundError"},
		"an unknown member":          {b.AddMember(b.ctx, "g", NewMember{"nope", 1, 1}), fault.Missing, "ProviderNotFoundError"},
		"a member already":           {b.AddMember(b.ctx, "g", NewMember{"a", 1, 1}), fault.Conflict, "ConflictError"},
		"a weight of zero":           {b.AddMember(b.ctx, "g", NewMember{"a", 0, 1}), fault.Invalid, "ValidationError"},
		"no member to remove":        {b.RemoveMember(b.ctx, "g", "nope"), fault.Missing, "GroupMemberNotFoundError"},
		"rebalance of an unknown":    {b.Rebalance(b.ctx, "h"), fault.Missing, "GroupNotFoundError"},
	} {
		var f *fault.Error
		if !errors.As(c.err, &f) || f.Kind != c.kind || f.Type != c.typ {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if got := b.events.Head(); got != head {
		t.Errorf("%d events more: %q", got-head, b.said("g", head))
	}
	b.get("g")
}

// follow runs the rotation beside the test and gives a function that waits until it has seen everything.
func (b *bundle) follow() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.ctx))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			b.t.Errorf("Run: %v", err)
		}
	})
}

func (b *bundle) await(what string, ok func(Group) bool) Group {
	b.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		g, live := b.Live("g")
		if live && ok(*g) {
			return b.get("g")
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("not within 5 s: %s; %+v", what, g)
		}
	}
}

func TestTheRotationFollowsTheProviders(t *testing.T) {
	b := setup(t, "a", "b")
	b.with("g", RoundRobin, "a", "b")
	must(t, b.Recover(b.ctx))
	b.follow()
	in := func(i int, want bool) func(Group) bool {
		return func(g Group) bool { return g.Members[i].InRotation == want }
	}
	head := b.events.Head()
	b.step("a", provider.Start, provider.Up)
	b.step("a", provider.Died)
	b.await("the dead one is out", in(0, false))
	b.step("a", provider.Start) // a restart has to prove itself first
	b.step("a", provider.Up)
	b.await("the living one is in", in(0, true))
	b.step("b", provider.Start, provider.GaveUp)
	b.await("the degraded one is out", in(1, false))
	b.step("b", provider.Stop)
	b.await("a cold one can be started", in(1, true))
	var got []string
	for _, line := range b.said("g", head) {
		got = append(got, strings.TrimPrefix(line, `GroupMemberHealthChanged {"group_id":"g","member_id":`))
	}
	want := []string{`"a","in_rotation":false,"reason":"dead"}`, `"a","in_rotation":true,"reason":"ready"}`, `"b","in_rotation":false,"reason":"degraded"}`, `"b","in_rotation":true,"reason":"cold"}`}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	must(t, b.providers.Delete(b.ctx, "a"))
	g := b.await("a deleted provider is no member", func(g Group) bool { return len(g.Members) == 1 })
	if g.Members[0].ID != "b" {
		t.Errorf("%+v", g)
	}
}

func TestADisabledProviderIsOut(t *testing.T) {
	b := setup(t, "a")
	b.with("g", RoundRobin, "a")
	must(t, b.Recover(b.ctx))
	b.follow()
	b.step("a", provider.Start)
	for range provider.DefaultAutoDisableAfter {
		p, err := b.providers.Get(b.ctx, "a")
		must(t, err)
		if p.State != provider.Initializing {
			_, err := b.providers.Transition(b.ctx, "a", provider.Change{Input: provider.Start, Reason: "retry"})
			must(t, err)
		}
		b.step("a", provider.StartFailed)
	}
	p, err := b.providers.Get(b.ctx, "a")
	must(t, err)
	if p.Disabled == nil {
		t.Fatalf("not disabled: %+v", p)
	}
	b.await("it is out", func(g Group) bool { return g.State() == Inactive })
	b.step("a", provider.Start, provider.Up) // a person asked
	b.await("it is back", func(g Group) bool { return g.State() == Healthy })
}

func TestABreakersChangesAreStored(t *testing.T) {
	b := setup(t, "a", "b")
	b.with("g", RoundRobin, "a", "b")
	set := func(m int, to breaker.State) {
		g := b.get("g")
		must(t, b.SetBreaker(b.ctx, "g", BreakerChange{g.Members[m].ID, g.Members[m].Epoch, to, 10}))
	}
	head := b.events.Head()
	set(0, breaker.Open)
	set(1, breaker.Open)
	if g := b.get("g"); g.State() != Degraded || g.Circuit() != breaker.Open {
		t.Fatalf("%s %s", g.State(), g.Circuit())
	}
	old := b.get("g").Members[0].Epoch
	must(t, b.Rebalance(b.ctx, "g"))
	if g := b.get("g"); g.State() != Healthy || g.Circuit() != breaker.Closed || g.Members[0].Epoch == old {
		t.Fatalf("%+v", g)
	}
	must(t, b.SetBreaker(b.ctx, "g", BreakerChange{"a", old, breaker.Open, 10})) // of the breaker before: too late
	if g := b.get("g"); g.Members[0].Circuit != breaker.Closed {
		t.Fatalf("an old breaker was listened to: %+v", g)
	}
	var kinds []string
	for _, line := range b.said("g", head) {
		kind, _, _ := strings.Cut(line, " ")
		kinds = append(kinds, kind)
	}
	want := []string{
		KindBreakerChanged, KindBreakerChanged, KindCircuitOpened, KindStateChanged,
		KindBreakerChanged, KindBreakerChanged, KindCircuitClosed, KindStateChanged,
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q", kinds)
	}
}

func TestComingBackClosesTheBreaker(t *testing.T) {
	b := setup(t, "a")
	b.with("g", RoundRobin, "a")
	must(t, b.Recover(b.ctx))
	b.follow()
	b.step("a", provider.Start, provider.Up)
	g := b.get("g")
	must(t, b.SetBreaker(b.ctx, "g", BreakerChange{"a", g.Members[0].Epoch, breaker.Open, 10}))
	b.step("a", provider.Died)
	b.await("it is out", func(g Group) bool { return !g.Members[0].InRotation })
	b.step("a", provider.Start, provider.Up)
	b.await("it is back, with a new breaker", func(n Group) bool {
		m := n.Members[0]
		return m.InRotation && m.Circuit == breaker.Closed && m.Epoch > g.Members[0].Epoch
	})
}

func TestARestartPutsTheBooksRight(t *testing.T) {
	b := setup(t, "a", "b", "gone")
	b.with("g", Random, "a", "b", "gone")
	must(t, b.SetBreaker(b.ctx, "g", BreakerChange{"a", b.get("g").Members[0].Epoch, breaker.Open, 10}))
	b.step("b", provider.Start, provider.StartFailed)
	must(t, b.providers.Delete(b.ctx, "gone"))
	second := New(b.db, b.events, b.providers, b.log) // as after a restart: nothing was followed
	must(t, second.Recover(event.WithActor(b.ctx, event.System("app"))))
	g, ok := second.Live("g")
	if !ok || len(g.Members) != 2 || g.Members[0].Circuit != breaker.Closed || !g.Members[0].InRotation || g.Members[1].InRotation {
		t.Fatalf("%+v", g)
	}
}

// Verbs from many sides at once leave memory and store alike.
func TestManyVerbsAtOnce(t *testing.T) {
	var ids []provider.ID
	for i := range 8 {
		ids = append(ids, provider.ID(fmt.Sprint("p", i)))
	}
	b := setup(t, ids...)
	b.with("g", RoundRobin)
	must(t, b.Recover(b.ctx))
	b.follow()
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			for range 4 {
				if err := b.AddMember(b.ctx, "g", NewMember{id, 1, 1}); err != nil {
					t.Error(err)
				}
				b.step(id, provider.Start, provider.Up, provider.Died, provider.Stop)
				if err := b.RemoveMember(b.ctx, "g", id); err != nil {
					t.Error(err)
				}
			}
			if err := b.AddMember(b.ctx, "g", NewMember{id, 1, 1}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	g := b.await("all are in", func(g Group) bool { return g.Usable() == len(ids) })
	if len(g.Members) != len(ids) {
		t.Errorf("%+v", g)
	}
}
