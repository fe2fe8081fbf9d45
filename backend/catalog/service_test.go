package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

func own(name string) Entry {
	return Entry{
		Name: name, Description: "Says hello", Tags: []string{"greeting", "demo"},
		Recipe: Recipe{
			Spec:      provider.Spec{Mode: provider.Subprocess, Command: []string{"hello"}, Env: map[string]string{"TOKEN": "{token}"}},
			Variables: []Variable{{Name: "token", Secret: true, Required: true}},
		},
	}
}

func TestTheLifeOfAnEntry(t *testing.T) {
	b := setup(t)
	e, err := b.Add(b.ctx, own("My Greeter"))
	must(t, err)
	if e.ID != "my-greeter" || e.Source != Custom || e.CreatedAt.IsZero() || e.ProviderID() != "My-Greeter" {
		t.Fatalf("%+v", e)
	}
	again, err := b.Get(b.ctx, e.ID)
	must(t, err)
	if text(again) != text(e) {
		t.Errorf("stored %s, made %s", text(again), text(e))
	}
	id, err := b.Deploy(b.ctx, e.ID, Order{ProviderID: "hello", Secrets: raw(map[string]any{"token": canary})})
	must(t, err)
	p, err := b.providers.Get(b.ctx, id)
	must(t, err)
	if p.Source != provider.SourceCatalog || p.Spec.Env["TOKEN"] != canary || p.Spec.Description != "Says hello" || p.State != provider.Cold {
		t.Errorf("%+v", p)
	}
	must(t, b.Delete(b.ctx, e.ID))
	if _, err := b.Get(b.ctx, e.ID); !fault.Is(err, fault.Missing) {
		t.Errorf("a deleted entry: %v", err)
	}
	if _, err := b.providers.Get(b.ctx, id); err != nil {
		t.Errorf("a provider did not outlive its entry: %v", err)
	}
	want := []string{
		`CatalogEntryAdded {"entry_id":"my-greeter","name":"My Greeter"}`,
		`ProviderRegistered {"provider_id":"hello","source":"catalog","mode":"subprocess","definition":{"mode":"subprocess","command":["hello"],"env":{"TOKEN":"***"},"idle_ttl_s":300,"health_check_interval_s":60,"description":"Says hello","network":"none","read_only":true}}`,
		`CatalogEntryDeployed {"entry_id":"my-greeter","name":"My Greeter","provider_id":"hello"}`,
		`CatalogEntryDeleted {"entry_id":"my-greeter","name":"My Greeter"}`,
	}
	if got := b.said(0); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// A refusal changes nothing: no row, no event.
func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	b := setup(t)
	_, err := b.Add(b.ctx, own("greeter"))
	must(t, err)
	_, err = b.Import(b.ctx, []byte(pypiServer), false)
	must(t, err)
	must(t, b.providers.Create(b.ctx, "taken", provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
	head := b.events.Head()
	secret := raw(map[string]any{"token": canary})
	literal := own("other")
	literal.Recipe = Recipe{Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}, Env: map[string]string{"API_KEY": canary}}}
	deploy := func(id string, o Order) error { _, err := b.Deploy(b.ctx, id, o); return err }
	add := func(e Entry) error { _, err := b.Add(b.ctx, e); return err }
	bring := func(doc string, replace bool) error { _, err := b.Import(b.ctx, []byte(doc), replace); return err }
	both := `{"servers": [` + remoteServer + `, {"server": ` + pypiServer + `}]}`
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
		says string
	}{
		"a taken name":                     {add(own("Greeter")), fault.Conflict, "greeter"},
		"the name of one that is built in": {add(own("filesystem")), fault.Conflict, "filesystem"},
		"no entry":                         {add(Entry{}), fault.Invalid, "name"},
		"a secret for everybody to read":   {add(literal), fault.Invalid, "env.API_KEY"},
		"an import of a taken name":        {bring(pypiServer, false), fault.Conflict, "io-github-example-py"},
		"an import that fits only partly":  {bring(both, false), fault.Conflict, "io-github-example-py"},
		"deleting what is built in":        {b.Delete(b.ctx, "filesystem"), fault.Invalid, "built in"},
		"deleting an unknown one":          {b.Delete(b.ctx, "nope"), fault.Missing, "nope"},
		"deploying an unknown one":         {deploy("nope", Order{}), fault.Missing, "nope"},
		"deploying to a taken id":          {deploy("greeter", Order{ProviderID: "taken", Secrets: secret}), fault.Conflict, "taken"},
		"deploying to a bad id":            {deploy("greeter", Order{ProviderID: "a b", Secrets: secret}), fault.Invalid, "provider_id"},
		"deploying without its secret":     {deploy("greeter", Order{}), fault.Invalid, "secrets.token"},
	} {
		refused(t, c.err, c.kind, c.says)
		if strings.Contains(fmt.Sprint(c.err), canary) {
			t.Errorf("%s: the error tells a secret: %v", name, c.err)
		}
	}
	if b.events.Head() != head {
		t.Errorf("a refusal left %s", strings.Join(b.said(head), "\n"))
	}
	if _, err := b.Get(b.ctx, "com-example-analytics-remote"); !fault.Is(err, fault.Missing) {
		t.Errorf("half of an import was kept: %v", err)
	}
}

// Deploying composes: what comes after it in a transaction can undo it.
func TestADeployIsUndoneWithItsTransaction(t *testing.T) {
	b := setup(t)
	head, boom := b.events.Head(), errors.New("boom")
	err := b.o.DB.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := b.DeployTx(ctx, tx, "demo", Order{}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) || b.events.Head() != head {
		t.Errorf("%v, and %v was said", err, b.said(head))
	}
	if _, err := b.providers.Get(b.ctx, "demo"); !fault.Is(err, fault.Missing) {
		t.Errorf("the provider stayed: %v", err)
	}
}

func TestAnImportMayReplaceAnEarlierOne(t *testing.T) {
	b := setup(t)
	first, err := b.Import(b.ctx, []byte(npmServer), false)
	must(t, err)
	second, err := b.Import(b.ctx, []byte(strings.ReplaceAll(npmServer, "1.2.0", "1.3.0")), true)
	must(t, err)
	if e := second.Entries[0]; e.ID != first.Entries[0].ID || e.Version != "1.3.0" || !e.CreatedAt.Equal(first.Entries[0].CreatedAt) {
		t.Errorf("%+v", e)
	}
	if got := b.said(0); len(got) != 2 || !strings.HasPrefix(got[1], KindUpdated) {
		t.Errorf("%v", got)
	}
}

func TestFindingEntries(t *testing.T) {
	b := setup(t)
	_, err := b.Add(b.ctx, own("zz-search"))
	must(t, err)
	for name, c := range map[string]struct {
		q     Query
		first []string // of the answer
		total int      // -1: any
	}{
		"a name comes before a tag and a description": {Query{Search: "github"}, []string{"github", "github-remote"}, -1},
		"words in any order":                          {Query{Search: "sea brave"}, []string{"brave-search"}, 1},
		"part of a word in a description":             {Query{Search: "acessibil"}, nil, 0},
		"in any case":                                 {Query{Search: "POSTGRESQL"}, []string{"postgres"}, -1},
		"a title":                                     {Query{Search: "markitdown"}, []string{"markitdown"}, 1},
		"one tag":                                     {Query{Tags: []string{"greeting"}}, []string{"zz-search"}, 1},
		"two tags are both wanted":                    {Query{Tags: []string{"search", "papers"}}, []string{"arxiv"}, 1},
		"tags that never meet":                        {Query{Tags: []string{"greeting", "papers"}}, nil, 0},
		"words and a tag":                             {Query{Search: "search", Tags: []string{"greeting"}}, []string{"zz-search"}, 1},
		"only what people made":                       {Query{Source: Custom}, []string{"zz-search"}, 1},
		"only what is built in":                       {Query{Source: Builtin, Search: "zz-search"}, nil, 0},
		"by name when nothing is searched for":        {Query{Limit: 3}, []string{"apify", "arxiv", "atlassian"}, -1},
		"the next page":                               {Query{Limit: 1, Offset: 1}, []string{"arxiv"}, -1},
		"a page beyond the end":                       {Query{Offset: 10_000}, nil, -1},
		"what LIKE would take for a wildcard":         {Query{Search: "%"}, nil, 0},
		"an underscore is one too":                    {Query{Search: "zz_search"}, nil, 0},
	} {
		found, total, err := b.Search(b.ctx, c.q)
		must(t, err)
		var names []string
		for _, e := range found {
			names = append(names, e.Name)
		}
		if c.total >= 0 && total != c.total || len(names) < len(c.first) || !slices.Equal(names[:len(c.first)], c.first) || c.total == 0 && len(names) > 0 {
			t.Errorf("%s: %v of %d, want %v of %d", name, names, total, c.first, c.total)
		}
	}
}

func TestTheMirrorIsACache(t *testing.T) {
	b := setup(t)
	const registry = "https://registry.example.com"
	page := func(names ...string) Page {
		var p Page
		for _, n := range names {
			e := own(n)
			e.Variant = "npm"
			p.Entries = append(p.Entries, e)
		}
		return p
	}
	names := func() string {
		found, _, err := b.Search(b.ctx, Query{Source: Registry})
		must(t, err)
		var out []string
		for _, e := range found {
			out = append(out, e.Name)
		}
		return strings.Join(out, " ")
	}
	refresh := func(full bool, pages ...Page) {
		t.Helper()
		m, err := b.BeginRefresh(b.ctx)
		must(t, err)
		for _, p := range pages {
			must(t, b.Keep(b.ctx, m.Generation, p))
		}
		_, err = b.EndRefresh(b.ctx, m.Generation, time.Now(), full, 1)
		must(t, err)
	}
	must(t, b.UseRegistry(b.ctx, registry))
	refresh(true, page("a.a/one", "a.a/two"), page("a.a/three"))
	if names() != "a.a/one a.a/three a.a/two" {
		t.Fatal(names())
	}
	refresh(false, Page{Entries: page("a.a/four").Entries, Gone: []string{"a.a/two"}})
	if names() != "a.a/four a.a/one a.a/three" {
		t.Error("after an increment:", names())
	}
	// A refresh that breaks off leaves what is there.
	m, err := b.BeginRefresh(b.ctx)
	must(t, err)
	must(t, b.Keep(b.ctx, m.Generation, page("a.a/five")))
	must(t, b.FailRefresh(b.ctx, errors.New("no route")))
	if names() != "a.a/five a.a/four a.a/one a.a/three" {
		t.Error("after a failure:", names())
	}
	if m, err = b.Mirror(b.ctx); err != nil || m.Error != "no route" || m.FailedAt == nil || m.FullAt == nil || m.Entries != 4 || m.Registry != registry {
		t.Errorf("%+v, %v", m, err)
	}
	refresh(true, page("a.a/one"))
	if names() != "a.a/one" {
		t.Error("after a complete one:", names())
	}
	if m, err = b.Mirror(b.ctx); err != nil || m.Error != "" || m.FailedAt != nil {
		t.Errorf("%+v, %v", m, err)
	}
	refused(t, b.Delete(b.ctx, mirroredID(page("a.a/one").Entries[0])), fault.Invalid, "registry")
	if got := b.said(0); len(got) != 3 || got[0] != `CatalogMirrored {"registry":"https://registry.example.com","full":true,"kept":1,"removed":0,"total":3}` {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	must(t, b.UseRegistry(b.ctx, registry))
	if names() != "a.a/one" {
		t.Error("the same registry again:", names())
	}
	must(t, b.UseRegistry(b.ctx, ""))
	if m, err = b.Mirror(b.ctx); names() != "" || err != nil || m.Registry != "" {
		t.Errorf("without a registry: %s, %+v, %v", names(), m, err)
	}
}

// A name that somebody here took first cannot be taken over by what a registry says.
func TestTheMirrorTakesNothingOver(t *testing.T) {
	b := setup(t)
	mirrored := own("a.a/one")
	e, err := b.Add(b.ctx, own(mirroredID(mirrored)))
	must(t, err)
	if e.ID != mirroredID(mirrored) {
		t.Fatal(e.ID)
	}
	must(t, b.UseRegistry(b.ctx, "https://registry.example.com"))
	m, err := b.BeginRefresh(b.ctx)
	must(t, err)
	must(t, b.Keep(b.ctx, m.Generation, Page{Entries: []Entry{mirrored}}))
	if got, err := b.Get(b.ctx, e.ID); err != nil || got.Source != Custom || got.Name != e.Name {
		t.Errorf("%+v, %v", got, err)
	}
}
