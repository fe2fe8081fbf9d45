package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

func TestASourcesLife(t *testing.T) {
	b := setup(t)
	id, err := b.AddSource(b.ctx, Source{Type: Filesystem, Mode: Additive, Enabled: true, Config: Config{Path: "/srv/mcp"}})
	must(t, err)
	src := b.find(id)
	if src.ID != id || src.Type != Filesystem || src.Mode != Additive || !src.Enabled || src.Config.Path != "/srv/mcp" || !src.Healthy || src.LastScan != nil || src.FromFile {
		t.Errorf("%+v", src)
	}
	mode, off := Authoritative, false
	must(t, b.UpdateSource(b.ctx, id, SourcePatch{Mode: &mode, Enabled: &off, Config: &Config{Path: "/srv/other", TTL: 5}}))
	if src = b.find(id); src.Mode != Authoritative || src.Enabled || src.Config.Path != "/srv/other" || src.Config.TTL != 5 || !src.UpdatedAt.After(src.CreatedAt) {
		t.Errorf("%+v", src)
	}
	must(t, b.RemoveSource(b.ctx, id))
	if all, err := b.Sources(b.ctx); len(all) > 0 || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
	b.wantSaid(0, "DiscoverySourceRegistered", "DiscoverySourceUpdated", "DiscoverySourceDeregistered")
}

func TestWhatASourceMayBe(t *testing.T) {
	b := setup(t)
	b.source("taken", Docker, Additive, Config{})
	head := b.events.Head()
	for _, row := range []struct {
		name   string
		source Source
		kind   fault.Kind
		says   string
	}{
		{"an unknown type", Source{Type: "consul", Mode: Additive}, fault.Invalid, "source_type"},
		{"an unknown mode", Source{Type: Docker, Mode: "greedy"}, fault.Invalid, "mode"},
		{"a taken id", Source{ID: "taken", Type: Docker, Mode: Additive}, fault.Conflict, "taken"},
		{"an id that is no word", Source{ID: "a/b", Type: Docker, Mode: Additive}, fault.Invalid, "id"},
		{"a key of another type", Source{Type: Docker, Mode: Additive, Config: Config{Path: "/srv"}}, fault.Invalid, "config.path"},
		{"no directory", Source{Type: Filesystem, Mode: Additive}, fault.Invalid, "config.path"},
		{"a relative directory", Source{Type: Filesystem, Mode: Additive, Config: Config{Path: "srv"}}, fault.Invalid, "config.path"},
		{"a pattern that leads elsewhere", Source{Type: Filesystem, Mode: Additive, Config: Config{Path: "/srv", Patterns: []string{"../*"}}}, fault.Invalid, "config.patterns"},
		{"a pattern that is none", Source{Type: Filesystem, Mode: Additive, Config: Config{Path: "/srv", Patterns: []string{"[a"}}}, fault.Invalid, "config.patterns"},
		{"a negative time to live", Source{Type: Docker, Mode: Additive, Config: Config{TTL: -1}}, fault.Invalid, "config.ttl_s"},
		{"looks without a pause", Source{Type: Docker, Mode: Additive, Config: Config{Interval: 1}}, fault.Invalid, "config.interval_s"},
		{"no engine's address", Source{Type: Docker, Mode: Additive, Config: Config{Host: "ssh://host"}}, fault.Invalid, "config.host"},
		{"a password in an engine's address", Source{Type: Docker, Mode: Additive, Config: Config{Host: "tcp://u:p@host:2375"}}, fault.Invalid, "config.host"},
		{"nowhere to look", Source{Type: Entrypoint, Mode: Additive}, fault.Invalid, "config.directories"},
		{"a relative kubeconfig", Source{Type: Kubernetes, Mode: Additive, Config: Config{Kubeconfig: "config"}}, fault.Invalid, "config.kubeconfig"},
		{"a context of nothing", Source{Type: Kubernetes, Mode: Additive, Config: Config{Context: "x"}}, fault.Invalid, "config.context"},
		{"a selector that is none", Source{Type: Kubernetes, Mode: Additive, Config: Config{LabelSelector: "a=(b"}}, fault.Invalid, "config.label_selector"},
		{"a namespace with a path", Source{Type: Kubernetes, Mode: Additive, Config: Config{Namespaces: []string{"a/../b"}}}, fault.Invalid, "config.namespaces[0]"},
		{"resources beyond", Source{Type: Kubernetes, Mode: Additive, Config: Config{Resources: []string{"secrets"}}}, fault.Invalid, "config.resources"},
	} {
		_, err := b.AddSource(b.ctx, row.source)
		if !fault.Is(err, row.kind) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	for name, err := range map[string]error{
		"update": b.UpdateSource(b.ctx, "nope", SourcePatch{}), "remove": b.RemoveSource(b.ctx, "nope"),
		"scan": func() error { _, err := b.Scan(b.ctx, "nope"); return err }(),
	} {
		var f *fault.Error
		if !errors.As(err, &f) || f.Type != "DiscoverySourceNotFoundError" {
			t.Errorf("%s of an unknown one: %v", name, err)
		}
	}
	if got := b.said(head); len(got) > 0 {
		t.Errorf("a refusal left %q", got)
	}
}

func TestApprovingRegistersInOneTransaction(t *testing.T) {
	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{})
	r := b.look("fs", server("math", "--fast"))
	if r.Found != 1 || r.Pending != 1 || r.Registered != 0 {
		t.Errorf("%+v", r)
	}
	b.wantState("math pending")
	b.wantDefined()
	head := b.events.Head()
	e, err := b.Approve(b.ctx, "math", "")
	must(t, err)
	if e.Status != Registered {
		t.Errorf("%+v", e)
	}
	b.wantState("math registered")
	b.wantDefined("math discovery run-math --fast")
	b.wantSaid(head, "ProviderRegistered math", "ProviderApproved math")
	events, err := b.events.Read(b.ctx, head, eventlog.Filter{}, 10)
	must(t, err)
	if !events[0].At.Equal(events[1].At) || !strings.Contains(string(events[1].Data), `"approved_by":"tester"`) || events[1].Stream != "discovery:fs" {
		t.Errorf("%+v", events)
	}
	p, err := b.providers.Get(b.ctx, "math")
	must(t, err)
	if p.State != provider.Cold || p.Spec.Description != "Discovered from filesystem" {
		t.Errorf("%+v", p)
	}
	_, err = b.Approve(b.ctx, "math", "")
	refused(t, err, fault.Conflict, "registered already")
	b.look("fs", server("math", "--fast"))
	b.wantState("math registered")
}

// What a person approves is what a person saw.
func TestNothingIsExchangedBehindAPersonsBack(t *testing.T) {
	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{})
	b.look("fs", server("math", "--good"))
	all, err := b.Entries(b.ctx, Pending)
	must(t, err)
	seen := all[0].Fingerprint
	b.look("fs", server("math", "--evil"))
	_, err = b.Approve(b.ctx, "math", seen)
	refused(t, err, fault.Conflict, "changed since you saw it")
	b.wantDefined()
	b.look("fs", server("math", "--good"))
	_, err = b.Approve(b.ctx, "math", seen)
	must(t, err)

	// Afterwards the approved definition goes on until the new one is approved as well.
	head := b.events.Head()
	b.look("fs", server("math", "--evil"))
	b.wantState("math pending changed")
	b.wantDefined("math discovery run-math --good")
	b.wantSaid(head, "ProviderDiscoveryConfigChanged math", "DiscoveryCycleCompleted")
	_, err = b.Reject(b.ctx, "math")
	must(t, err)
	b.look("fs", server("math", "--evil"))
	b.wantState("math rejected person")
	b.wantDefined("math discovery run-math --good")
	b.look("fs", server("math", "--good"))
	b.wantState("math registered")
	b.look("fs", server("math", "--better"))
	head = b.events.Head()
	_, err = b.Approve(b.ctx, "math", "")
	must(t, err)
	b.wantDefined("math discovery run-math --better")
	b.wantSaid(head, "ProviderUpdated math", "ProviderApproved math")
}

func TestRejecting(t *testing.T) {
	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{AutoApprove: true})
	auto := func(yes bool) {
		t.Helper()
		must(t, b.UpdateSource(b.ctx, "fs", SourcePatch{Config: &Config{Path: "/nowhere", AutoApprove: yes}}))
	}
	auto(false)
	b.look("fs", server("math"))
	head := b.events.Head()
	_, err := b.Reject(b.ctx, "math")
	must(t, err)
	b.wantSaid(head, "ProviderRejected math")
	auto(true)
	b.look("fs", server("math"))
	b.wantState("math rejected person")
	b.wantDefined()
	_, err = b.Approve(b.ctx, "math", "") // a person may think better of it
	must(t, err)
	b.wantDefined("math discovery run-math")
	_, err = b.Reject(b.ctx, "math")
	refused(t, err, fault.Conflict, "delete the provider")

	// Deleting the provider is a word too, and the source does not overrule it.
	must(t, b.providers.Delete(b.ctx, "math"))
	head = b.events.Head()
	b.look("fs", server("math"))
	b.look("fs", server("math"))
	b.wantState("math rejected deleted")
	b.wantDefined()
	b.wantSaid(head, "ProviderRejected math", "DiscoveryCycleCompleted", "DiscoveryCycleCompleted")
	for _, key := range []string{"nope", "math@nope", "nope@fs", "@", "a@b@c", strings.Repeat("x", 100_000)} {
		_, err = b.Approve(b.ctx, key, "")
		refused(t, err, fault.Missing, "no source shows")
		_, err = b.Reject(b.ctx, key)
		refused(t, err, fault.Missing, "no source shows")
	}
}

func TestWhatCannotBeUsedIsQuarantinedWithItsEvidence(t *testing.T) {
	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{AutoApprove: true})
	evil := server("../x")
	r := b.look("fs", evil, bad("broken", "/srv/broken.yaml", ReasonDefinition, "line 3: unknown field \"imgae\""), server("fine"))
	if r.Quarantined != 2 || r.Registered != 1 {
		t.Errorf("%+v", r)
	}
	b.wantState("../x quarantined invalid_name", "broken quarantined invalid_definition", "fine registered")
	b.wantDefined("fine discovery run-fine")
	_, err := b.Approve(b.ctx, "../x", "")
	refused(t, err, fault.Conflict, "cannot be approved")
	_, err = b.Approve(b.ctx, "broken", "")
	refused(t, err, fault.Conflict, "imgae")
	head := b.events.Head()
	b.look("fs", evil, server("broken"), server("fine")) // mended
	b.wantState("../x quarantined invalid_name", "broken registered", "fine registered")
	b.wantSaid(head, "ProviderDiscoveryConfigChanged broken", "ProviderRegistered broken", "ProviderApproved broken", "DiscoveryCycleCompleted")
	must(t, b.o.DB.Health())
}

func TestTwoSourcesOneName(t *testing.T) {
	b := setup(t)
	b.source("ep", Entrypoint, Additive, Config{})
	b.source("fs", Filesystem, Additive, Config{})
	b.source("dk", Docker, Additive, Config{})
	b.look("ep", server("x", "ep"))
	b.look("fs", server("x", "fs"))
	b.wantState("x pending", "x@ep pending")
	b.look("ep", server("x", "ep"))
	b.wantState("x pending", "x@ep quarantined conflict")

	// A person may prefer the weaker one; then it has the name.
	_, err := b.Approve(b.ctx, "x@ep", "")
	must(t, err)
	b.wantDefined("x discovery run-x ep")
	b.look("fs", server("x", "fs"))
	b.look("ep", server("x", "ep"))
	b.wantState("x pending replaces", "x@ep registered")
	head := b.events.Head()
	_, err = b.Approve(b.ctx, "x", "")
	must(t, err)
	b.wantSaid(head, "ProviderUpdated x", "ProviderRejected x", "ProviderApproved x")
	b.wantDefined("x discovery run-x fs")
	b.look("ep", server("x", "ep"))
	b.wantState("x@fs registered", "x rejected conflict") // the plain name is what still can be decided

	// A stronger source that approves by itself takes the name over, and says so.
	must(t, b.UpdateSource(b.ctx, "dk", SourcePatch{Config: &Config{AutoApprove: true}}))
	head = b.events.Head()
	b.look("dk", server("x", "dk"))
	b.wantDefined("x discovery run-x dk")
	b.wantSaid(head, "ProviderDiscovered x", "ProviderUpdated x", "ProviderQuarantined x", "ProviderApproved x", "DiscoveryCycleCompleted")
	b.look("fs", server("x", "fs"))
	b.wantState("x@dk registered", "x quarantined conflict", "x@ep rejected conflict")
}

func TestADefinitionOfSomebodyElseIsNeverTouched(t *testing.T) {
	b := setup(t)
	b.source("dk", Docker, Authoritative, Config{AutoApprove: true, TTL: 1})
	spec := provider.Spec{Mode: provider.Subprocess, Command: []string{"mine"}}
	must(t, b.providers.Create(b.ctx, "math", spec, provider.SourceAPI))
	b.look("dk", server("math"), server("later"))
	b.wantState("later registered", "math quarantined conflict")
	b.wantDefined("later discovery run-later", "math api mine")
	_, err := b.Approve(b.ctx, "math", "")
	refused(t, err, fault.Conflict, "by a person")

	// The configuration file takes a name that was only discovered, and keeps it.
	must(t, b.file(map[provider.ID]provider.Spec{"later": spec}))
	b.look("dk", server("math"), server("later"))
	b.wantState("later quarantined conflict", "math quarantined conflict")
	b.wantDefined("later file mine", "math api mine")
	_, err = b.Approve(b.ctx, "later", "")
	refused(t, err, fault.Conflict, "configuration file")
	must(t, b.providers.Delete(b.ctx, "math"))
	b.look("dk", server("math"), server("later"))
	b.wantState("later quarantined conflict", "math registered")
}

// file makes the definitions of the configuration file what it says now.
func (b *bundle) file(says map[provider.ID]provider.Spec) error {
	return b.o.DB.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := b.providers.StandingIn(ctx, tx)
		if err != nil {
			return err
		}
		d, _ := provider.Declare(have, says, true)
		return b.providers.DeclareTx(ctx, tx, d)
	})
}

// declare makes the sources what the file says at a start.
func (b *bundle) declare(says Spec) (d Declaration, clash []SourceID, err error) {
	err = b.o.DB.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := b.StandingIn(ctx, tx)
		if err != nil {
			return err
		}
		if d, clash = Declare(have, says, true); len(clash) > 0 {
			return nil
		}
		return b.DeclareTx(ctx, tx, d)
	})
	d.specs = nil
	return d, clash, err
}

func TestDeclaredSources(t *testing.T) {
	b := setup(t)
	no := false
	spec := Spec{Sources: []SourceSpec{{Type: Docker}, {ID: "local", Type: Filesystem, Mode: Authoritative, Enabled: &no, Config: Config{Path: "/srv"}}}}
	d, _, err := b.declare(spec)
	must(t, err)
	if !reflect.DeepEqual(d, Declaration{Add: []SourceID{"docker", "local"}}) {
		t.Errorf("%+v", d)
	}
	if src := b.find("docker"); !src.FromFile || !src.Enabled || src.Mode != Additive {
		t.Errorf("%+v", src)
	}
	if src := b.find("local"); src.Enabled || src.Mode != Authoritative {
		t.Errorf("%+v", src)
	}
	yes := true
	must(t, b.UpdateSource(b.ctx, "local", SourcePatch{Enabled: &yes})) // an override survives the same file
	head := b.events.Head()
	d, _, err = b.declare(spec)
	if err != nil || !d.Empty() || b.events.Head() != head || !b.find("local").Enabled {
		t.Errorf("%+v, %v", d, err)
	}
	spec.Sources[1].Config.TTL = 7
	b.source("rest", Docker, Additive, Config{})
	d, _, err = b.declare(Spec{Sources: spec.Sources[1:]})
	must(t, err)
	if !reflect.DeepEqual(d, Declaration{Change: []SourceID{"local"}, Remove: []SourceID{"docker"}}) || b.find("local").Config.TTL != 7 {
		t.Errorf("%+v", d)
	}
	b.find("rest")
	head = b.events.Head()
	if _, clash, err := b.declare(Spec{Sources: []SourceSpec{{ID: "rest", Type: Docker, Config: Config{TTL: 8}}}}); err != nil || !slices.Equal(clash, []SourceID{"rest"}) {
		t.Errorf("the file took what REST owns: %v, %v", clash, err)
	}
	if b.events.Head() != head {
		t.Error("a refused file changed something")
	}
	d, _, err = b.declare(Spec{Sources: []SourceSpec{{ID: "rest", Type: Docker}, spec.Sources[1]}}) // the same already
	if err != nil || !slices.Equal(d.Change, []SourceID{"rest"}) || !b.find("rest").FromFile {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestSectionOfTheFile(t *testing.T) {
	for says, s := range map[string]Spec{
		"sources[0].type":       {Sources: []SourceSpec{{Type: "nope"}}},
		"sources[0].config.ttl": {Sources: []SourceSpec{{Type: Docker, Config: Config{TTL: -1}}}},
		"sources[0].id":         {Sources: []SourceSpec{{ID: "-", Type: Docker}}},
		"sources[1].id":         {Sources: []SourceSpec{{Type: Docker}, {Type: Docker}}},
	} {
		refused(t, s.Check(), fault.Invalid, says)
	}
}

func TestNoSecretInEventsOrErrors(t *testing.T) {
	const canary = "sk-canary-7f3a"
	b := setup(t)
	b.source("fs", Filesystem, Additive, Config{})
	hot := server("hot")
	hot.Spec.Env = map[string]string{"KEY": canary}
	far := Candidate{Name: "far", Origin: "x", Spec: provider.Spec{
		Mode: provider.Remote, Endpoint: "http://127.0.0.1:1/", Auth: &provider.Auth{Type: "bearer", BearerToken: canary},
		HTTP: &provider.HTTP{Headers: map[string]string{"X-Key": canary}},
	}}
	b.look("fs", hot, far)
	_, err := b.Approve(b.ctx, "far", "")
	_, err2 := b.Approve(b.ctx, "hot", "wrong")
	events, rerr := b.events.Read(b.ctx, 0, eventlog.Filter{}, 1000)
	must(t, rerr)
	text, merr := json.Marshal(events)
	must(t, merr)
	for _, s := range []string{string(text), fmt.Sprint(err), fmt.Sprint(err2)} {
		if strings.Contains(s, canary) {
			t.Errorf("it stands in %s", s)
		}
	}
}
