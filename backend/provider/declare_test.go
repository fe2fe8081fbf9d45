package provider_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// with is the demo with one thing changed.
func with(change func(*provider.Spec)) provider.Spec {
	s := demo().WithDefaults()
	change(&s)
	return s
}

func TestWhatADeclarationChanges(t *testing.T) {
	one := demo()
	described := with(func(s *provider.Spec) { s.Description = "x" })
	moved := with(func(s *provider.Spec) { s.Command = []string{"/bin/other"}; s.Description = "x" })
	file := func(spec, said provider.Spec) provider.Standing {
		return provider.Standing{Spec: spec.WithDefaults(), Source: provider.SourceFile, Declared: &said}
	}
	of := func(source provider.Source, spec provider.Spec) provider.Standing {
		return provider.Standing{Spec: spec.WithDefaults(), Source: source}
	}
	for name, tt := range map[string]struct {
		is        *provider.Standing // of provider "p"; nil: there is none
		says      *provider.Spec     // nil: the file does not name it
		keepEdits bool
		want      string
	}{
		"a new definition is added":                                    {nil, &one, false, "add"},
		"what the file said last time stays":                           {ptr(file(one, one)), &one, false, "keep"},
		"another description needs no restart":                         {ptr(file(one, one)), &described, false, "change [description]"},
		"another command does":                                         {ptr(file(one, one)), &moved, false, "change [command description] restarts"},
		"what the file forgets goes":                                   {ptr(file(one, one)), nil, false, "remove"},
		"an edit of a person is taken back by a reload":                {ptr(file(described, one)), &one, false, "change [description]"},
		"and survives a start":                                         {ptr(file(described, one)), &one, true, "keep"},
		"until the file says something else":                           {ptr(file(described, one)), &moved, true, "change [command] restarts"},
		"an edit that the file caught up with is none":                 {ptr(file(described, one)), &described, true, "keep"},
		"what was made through REST and is not in the file stays":      {ptr(of(provider.SourceAPI, one)), nil, false, ""},
		"what was made through REST is not the file's":                 {ptr(of(provider.SourceAPI, one)), &described, false, "conflict"},
		"nor what was deployed from the catalog":                       {ptr(of(provider.SourceCatalog, one)), &described, false, "conflict"},
		"the same definition can become the file's":                    {ptr(of(provider.SourceAPI, one)), &one, false, "change []"},
		"what was merely discovered gives way":                         {ptr(of(provider.SourceDiscovery, one)), &moved, false, "change [command description] restarts"},
		"what was discovered and is not in the file stays":             {ptr(of(provider.SourceDiscovery, one)), nil, false, ""},
		"an absent list is an empty one, an absent value the default":  {ptr(file(one, one)), ptr(with(func(s *provider.Spec) { s.Volumes, s.Resources = []string{}, &provider.Resources{} })), false, "keep"},
		"another value in a map is a change":                           {ptr(file(one, one)), ptr(with(func(s *provider.Spec) { s.Env = map[string]string{"A": "1"} })), false, "change [env] restarts"},
		"a mode that follows from the rest is the one that it follows": {ptr(file(one, one)), ptr(with(func(s *provider.Spec) { s.Mode = "" })), false, "keep"},
	} {
		t.Run(name, func(t *testing.T) {
			have, says := map[provider.ID]provider.Standing{}, map[provider.ID]provider.Spec{}
			if tt.is != nil {
				have["p"] = *tt.is
			}
			if tt.says != nil {
				says["p"] = *tt.says
			}
			d, conflicts := provider.Declare(have, says, tt.keepEdits)
			if got := worded(d, conflicts); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if empty := slices.Contains([]string{"keep", "conflict", ""}, tt.want); d.Empty() != empty {
				t.Errorf("empty: %v", d.Empty())
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func worded(d provider.Declaration, conflicts []provider.ID) string {
	var out []string
	for word, ids := range map[string][]provider.ID{"add": d.Add, "remove": d.Remove, "keep": d.Keep, "conflict": conflicts} {
		if len(ids) > 0 {
			out = append(out, word)
		}
	}
	for _, c := range d.Change {
		s := fmt.Sprintf("change %v", c.Fields)
		if c.Restarts {
			s += " restarts"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// declare is what the app does, in one transaction.
func declare(ctx context.Context, s *provider.Service, db *store.DB, file map[provider.ID]provider.Spec) (provider.Declaration, error) {
	var d provider.Declaration
	return d, db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := s.StandingIn(ctx, tx)
		if err != nil {
			return err
		}
		var conflicts []provider.ID
		if d, conflicts = provider.Declare(have, file, false); len(conflicts) > 0 {
			return provider.Conflict(conflicts[0], have[conflicts[0]].Source)
		}
		return s.DeclareTx(ctx, tx, d)
	})
}

func TestADeclarationIsCarriedOutWholeOrNotAtAll(t *testing.T) {
	ctx, s, log, db := setupStore(t)
	one, two := demo(), with(func(s *provider.Spec) { s.Description = "two" })
	d, err := declare(ctx, s, db, map[provider.ID]provider.Spec{"one": one, "two": two})
	if err != nil || len(d.Add) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	must(t, s.Update(ctx, "two", provider.Patch{Description: ptr("mine")}))
	two.Description = "two again"
	if d, err = declare(ctx, s, db, map[provider.ID]provider.Spec{"two": two, "three": one}); err != nil || len(d.Change)+len(d.Remove)+len(d.Add) != 3 {
		t.Fatalf("%+v, %v", d, err)
	}
	have, err := s.StandingIn(ctx, db.Read())
	must(t, err)
	if got := slices.Sorted(maps.Keys(have)); !slices.Equal(got, []provider.ID{"three", "two"}) || have["two"].Spec.Description != "two again" ||
		have["two"].Declared.Description != "two again" || have["two"].Source != provider.SourceFile {
		t.Fatalf("%v %+v", got, have["two"])
	}
	before := log.Head()
	if d, err = declare(ctx, s, db, map[provider.ID]provider.Spec{"two": two, "three": one}); err != nil || !d.Empty() || log.Head() != before {
		t.Fatalf("the same file again changed something: %+v, %v", d, err)
	}

	must(t, s.Create(ctx, "rest", demo(), provider.SourceAPI))
	before = log.Head()
	bad := with(func(s *provider.Spec) { s.IdleTTL = -1 })
	for name, file := range map[string]map[provider.ID]provider.Spec{
		"a conflict":              {"rest": two},
		"a new one that is wrong": {"alpha": one, "bad": bad, "two": two},
		"a change that is wrong":  {"alpha": one, "two": bad},
	} {
		if _, err := declare(ctx, s, db, file); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if after, err := s.StandingIn(ctx, db.Read()); err != nil || len(after) != 3 || log.Head() != before {
		t.Fatalf("half a file was applied: %+v, %v", after, err)
	}
	if _, err := declare(ctx, s, db, map[provider.ID]provider.Spec{"rest": two}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("the file took what REST owns: %v", err)
	}
	found, err := log.Read(ctx, 0, eventlog.Filter{Streams: []string{provider.ID("one").Stream()}}, 10)
	if err != nil || len(found) != 2 || found[1].Kind != provider.KindDeregistered {
		t.Fatalf("%v, %v", found, err)
	}
}
