package group

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// listed makes members with weight and priority 1; "a:5" has the weight 5.
func listed(list ...string) []MemberSpec {
	var out []MemberSpec
	for _, text := range list {
		m := MemberSpec{Weight: 1, Priority: 1}
		name, weight, _ := strings.Cut(text, ":")
		m.ID = provider.ID(name)
		_, _ = fmt.Sscan(weight, &m.Weight)
		out = append(out, m)
	}
	return out
}

func TestWhatADeclarationOfGroupsChanges(t *testing.T) {
	one, heavy, sticky := Spec{Members: listed("a", "b")}, Spec{Members: listed("a:5", "b")}, Spec{Strategy: Sticky, Members: listed("a", "b")}
	for name, tt := range map[string]struct {
		is        *Standing
		says      *Spec
		keepEdits bool
		want      string
	}{
		"a new group is added":                           {nil, &one, false, "add"},
		"the same stays, defaults and order apart":       {&Standing{one, provider.SourceFile, &one}, &Spec{Strategy: RoundRobin, Members: listed("b", "a")}, false, "keep"},
		"another weight is a change":                     {&Standing{one, provider.SourceFile, &one}, &heavy, false, "change [members]"},
		"another strategy is one":                        {&Standing{one, provider.SourceFile, &one}, &sticky, false, "change [strategy]"},
		"what the file forgets goes":                     {&Standing{one, provider.SourceFile, &one}, nil, false, "remove"},
		"an edit of a person is taken back by a reload":  {&Standing{sticky, provider.SourceFile, &one}, &one, false, "change [strategy]"},
		"and survives a start":                           {&Standing{sticky, provider.SourceFile, &one}, &one, true, "keep"},
		"a group of REST that is not in the file stays":  {&Standing{one, provider.SourceAPI, nil}, nil, false, ""},
		"a group of REST is not the file's":              {&Standing{one, provider.SourceAPI, nil}, &heavy, false, "conflict"},
		"unless it is the same: then it can become so":   {&Standing{one, provider.SourceAPI, nil}, &one, false, "change []"},
		"a member that left is a change for the reload":  {&Standing{Spec{Members: listed("a")}, provider.SourceFile, &one}, &one, false, "change [members]"},
		"without members it is a group all the same":     {nil, &Spec{}, false, "add"},
		"descriptions and minima count as well as other": {&Standing{one, provider.SourceFile, &one}, &Spec{Members: listed("a", "b"), MinHealthy: 2, Description: "x"}, false, "change [description min_healthy]"},
	} {
		t.Run(name, func(t *testing.T) {
			have, says := map[ID]Standing{}, map[ID]Spec{}
			if tt.is != nil {
				have["g"] = *tt.is
			}
			if tt.says != nil {
				says["g"] = *tt.says
			}
			d, conflicts := Declare(have, says, tt.keepEdits)
			var got []string
			for word, ids := range map[string][]ID{"add": d.Add, "remove": d.Remove, "keep": d.Keep, "conflict": conflicts} {
				if len(ids) > 0 {
					got = append(got, word)
				}
			}
			for _, c := range d.Change {
				got = append(got, fmt.Sprintf("change %v", c.Fields))
			}
			if strings.Join(got, " ") != tt.want || d.Empty() != slices.Contains([]string{"keep", "conflict", ""}, tt.want) {
				t.Errorf("got %q, empty %v, want %q", got, d.Empty(), tt.want)
			}
		})
	}
}

func TestASpecThatCannotBe(t *testing.T) {
	for says, spec := range map[string]Spec{
		"strategy: must be one of":           {Strategy: "fastest"},
		"min_healthy: must be between":       {MinHealthy: -1},
		"members[1].weight: must be between": {Members: listed("a", "b:101")},
		`members[1].id: "a" is a member`:     {Members: listed("a", "a")},
		"members[0]: has no id":              {Members: listed("")},
	} {
		if err := spec.WithDefaults().Check(); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}

// declare is what the app does, in one transaction.
func (b *bundle) declare(file map[ID]Spec) error {
	return b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := b.StandingIn(ctx, tx)
		if err != nil {
			return err
		}
		d, conflicts := Declare(have, file, false)
		if len(conflicts) > 0 {
			return Conflict(conflicts[0])
		}
		return b.DeclareTx(ctx, tx, d)
	})
}

func TestADeclaredGroupBecomesWhatTheFileSays(t *testing.T) {
	b := setup(t, "a", "b", "c")
	must(t, b.declare(map[ID]Spec{"g": {Strategy: Priority, Members: listed("a", "b:3")}}))
	g := b.get("g")
	if g.Source != provider.SourceFile || g.Strategy != Priority || len(g.Members) != 2 || g.Members[1].Weight != 3 || !g.Members[0].InRotation {
		t.Fatalf("%+v", g)
	}
	want := []string{KindCreated, KindMemberAdded, KindMemberAdded, KindMemberHealthChanged, KindMemberHealthChanged, KindStateChanged}
	if said := b.said("g", 0); !slices.EqualFunc(said, want, strings.HasPrefix) {
		t.Errorf("said %v", said)
	}
	must(t, b.SetBreaker(b.ctx, "g", BreakerChange{Member: "a", Epoch: g.Members[0].Epoch, To: breaker.Open, Failures: 9}))

	before := b.events.Head()
	must(t, b.declare(map[ID]Spec{"g": {Strategy: Random, Members: listed("c", "a:2")}}))
	g = b.get("g")
	if g.Strategy != Random || len(g.Members) != 2 || g.Members[0].Weight != 2 || g.Members[1].ID != "c" {
		t.Fatalf("%+v", g)
	}
	if g.Members[0].Circuit != breaker.Open {
		t.Error("a member that stays lost its breaker")
	}
	want = []string{KindMemberRemoved, KindMemberAdded, KindUpdated, KindMemberHealthChanged}
	if said := b.said("g", before); len(said) < 4 || !slices.EqualFunc(said[:4], want, strings.HasPrefix) {
		t.Errorf("said %v", said)
	}

	before = b.events.Head()
	must(t, b.declare(map[ID]Spec{"g": {Strategy: Random, Members: listed("c", "a:2")}}))
	if b.events.Head() != before {
		t.Errorf("the same again: %v", b.said("g", before))
	}
	must(t, b.declare(map[ID]Spec{}))
	if _, ok := b.Live("g"); ok {
		t.Error("it is still there")
	}
}

func TestADeclarationOfGroupsIsAllOrNothing(t *testing.T) {
	b := setup(t, "a")
	b.with("rest", RoundRobin, "a")
	before := b.events.Head()
	for name, file := range map[string]map[ID]Spec{
		"a member that does not exist": {"alpha": {Members: listed("a")}, "g": {Members: listed("gone")}},
		"a group of REST":              {"alpha": {Members: listed("a")}, "rest": {Strategy: Sticky}},
		"a name that cannot be":        {"alpha": {}, "no/name": {}},
	} {
		if err := b.declare(file); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, ok := b.Live("alpha"); ok || b.events.Head() != before {
		t.Error("half a file was applied")
	}
	must(t, b.declare(map[ID]Spec{"rest": {Members: listed("a")}}))
	if g := b.get("rest"); g.Source != provider.SourceFile {
		t.Errorf("the same group did not become the file's: %+v", g)
	}
}
