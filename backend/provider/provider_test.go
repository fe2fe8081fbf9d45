package provider_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

func TestNextIsTheWholeLifecycle(t *testing.T) {
	type row = map[provider.Input]provider.State
	want := map[provider.State]row{
		provider.Cold:         {provider.Start: provider.Initializing, provider.Stop: provider.Cold, provider.Lost: provider.Cold},
		provider.Initializing: {provider.Up: provider.Ready, provider.StartFailed: provider.Dead, provider.GaveUp: provider.Degraded, provider.Stop: provider.Cold, provider.Lost: provider.Cold},
		provider.Ready:        {provider.Unhealthy: provider.Degraded, provider.Died: provider.Dead, provider.Stop: provider.Cold, provider.Lost: provider.Cold},
		provider.Degraded:     {provider.Start: provider.Initializing, provider.Stop: provider.Cold, provider.Lost: provider.Degraded},
		provider.Dead:         {provider.Start: provider.Initializing, provider.Stop: provider.Cold, provider.Lost: provider.Dead},
	}
	for _, from := range provider.States() {
		for _, in := range provider.Inputs() {
			got, err := provider.Next(from, in)
			to, legal := want[from][in]
			if legal && (err != nil || got != to) {
				t.Errorf("%s + %s: got %s, %v, want %s", from, in, got, err, to)
			}
			var refused *provider.TransitionError
			if !legal && (!errors.As(err, &refused) || got != from) {
				t.Errorf("%s + %s: got %s, %v, want a refusal", from, in, got, err)
			}
		}
	}
}

func TestABadSpecIsRefusedByField(t *testing.T) {
	long := strings.Repeat("x", 40_000)
	for field, change := range map[string]func(*provider.Spec){
		"mode":                    func(s *provider.Spec) { s.Mode = "group" },
		"command":                 func(s *provider.Spec) { s.Command = nil },
		"image":                   func(s *provider.Spec) { s.Mode = provider.Docker },
		"endpoint":                func(s *provider.Spec) { s.Mode, s.Endpoint = provider.Remote, "ftp://x" },
		"idle_ttl_s":              func(s *provider.Spec) { s.IdleTTL = -1 },
		"health_check_interval_s": func(s *provider.Spec) { s.HealthCheckInterval = 4 },
		"env.A":                   func(s *provider.Spec) { s.Env = map[string]string{"A": long} },
		"env":                     func(s *provider.Spec) { s.Env = map[string]string{"A=B": "x"} },
		"env.HANGAR_X":            func(s *provider.Spec) { s.Env = map[string]string{"HANGAR_X": "x"} },
		"description":             func(s *provider.Spec) { s.Description = long },
	} {
		s := demo().WithDefaults()
		change(&s)
		err := s.Check()
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: got %v", field, err)
		}
	}
	for _, id := range []provider.ID{"", "-a", "a b", "a/b", "ä", provider.ID(strings.Repeat("a", 65))} {
		if err := id.Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("id %q: got %v", id, err)
		}
	}
}

func TestAMaskedValueKeepsWhatIsStored(t *testing.T) {
	s := demo().WithDefaults()
	s.Env = map[string]string{"TOKEN": "secret", "OLD": "x"}
	got, err := s.With(provider.Patch{Env: map[string]string{"TOKEN": provider.Masked, "NEW": "y"}})
	if err != nil || got.Env["TOKEN"] != "secret" || got.Env["NEW"] != "y" || len(got.Env) != 2 {
		t.Fatalf("%v, %v", got.Env, err)
	}
	if _, err := s.With(provider.Patch{Env: map[string]string{"OTHER": provider.Masked}}); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a mask over nothing: %v", err)
	}
}

func TestCreateIsOnceAndLeavesAnEvent(t *testing.T) {
	ctx, s, log := setup(t)
	if err := s.Create(ctx, "math", demo(), provider.SourceAPI); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(ctx, "math", demo(), provider.SourceAPI); !fault.Is(err, fault.Conflict) {
		t.Fatalf("twice: %v", err)
	}
	if err := s.Create(ctx, "bad", provider.Spec{Mode: provider.Subprocess}, provider.SourceAPI); !fault.Is(err, fault.Invalid) {
		t.Fatalf("without a command: %v", err)
	}
	wantKinds(t, log, provider.KindRegistered)
	p, err := s.Get(ctx, "math")
	if err != nil || p.State != provider.Cold || p.Spec.IdleTTL != 300 || p.Source != provider.SourceAPI {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := s.Get(ctx, "nope"); !fault.Is(err, fault.Missing) {
		t.Fatalf("missing: %v", err)
	}
}

func TestALifeLeavesEveryChangeOnRecord(t *testing.T) {
	ctx, s, log := setup(t)
	must(t, s.Create(ctx, "math", demo(), provider.SourceAPI))
	tools := provider.Catalogue{
		{Kind: provider.Tool, Name: "b", Raw: json.RawMessage(`{"name":"b","x":9007199254740993}`)},
		{Kind: provider.Tool, Name: "a", Raw: json.RawMessage(`{"name":"a"}`)},
	}
	step := func(c provider.Change) provider.Provider {
		t.Helper()
		p, err := s.Transition(ctx, "math", c)
		must(t, err)
		return p
	}
	step(provider.Change{Input: provider.Start, Reason: "start"})
	if p := step(provider.Change{Input: provider.Up, Tools: tools, Meta: &provider.Meta{ProtocolVersion: "2025-11-25"}}); p.Tools != 2 {
		t.Fatalf("%+v", p)
	}
	exit := 3
	p := step(provider.Change{Input: provider.Died, Err: &provider.LastError{Message: "exited", ExitCode: &exit}})
	if p.State != provider.Dead || p.Failures != 1 || *p.LastError.ExitCode != 3 {
		t.Fatalf("%+v", p)
	}
	step(provider.Change{Input: provider.Stop, Reason: "user_request"})
	step(provider.Change{Input: provider.Stop, Reason: "user_request"}) // no change, no event
	wantKinds(t, log, provider.KindRegistered,
		provider.KindStateChanged, // cold -> initializing
		provider.KindToolsChanged, provider.KindStateChanged, provider.KindStarted,
		provider.KindStateChanged,                       // ready -> dead
		provider.KindStateChanged, provider.KindStopped, // dead -> cold
	)
	if _, err := s.Transition(ctx, "math", provider.Change{Input: provider.Up}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("cold cannot come up: %v", err)
	}
	got, err := s.Catalogue(ctx, "math")
	if err != nil || len(got) != 2 || got[0].Name != "b" || string(got[0].Raw) != string(tools[0].Raw) {
		t.Fatalf("a stop must not clear the catalogue: %s, %v", got, err)
	}
}

func TestCataloguesAreThoseOfAllProviders(t *testing.T) {
	ctx, s, _ := setup(t)
	item := func(kind provider.ItemKind, name string) provider.Item {
		return provider.Item{Kind: kind, Name: name, Raw: json.RawMessage(`{"name":"` + name + `"}`)}
	}
	for id, has := range map[provider.ID]provider.Catalogue{
		"math": {item(provider.Tool, "sub"), item(provider.Tool, "add"), item(provider.Prompt, "explain")}, "web": {item(provider.Tool, "add")}, "idle": {},
	} {
		must(t, s.Create(ctx, id, demo(), provider.SourceAPI))
		must(t, s.SaveCatalogue(ctx, id, has))
	}
	all, err := s.Catalogues(ctx)
	must(t, err)
	if len(all) != 2 {
		t.Errorf("%d providers offer something: %v", len(all), all)
	}
	for _, id := range []provider.ID{"math", "web", "idle"} {
		want, err := s.Catalogue(ctx, id)
		must(t, err)
		if !slices.EqualFunc(all[id], want, func(a, b provider.Item) bool {
			return a.Kind == b.Kind && a.Name == b.Name && string(a.Raw) == string(b.Raw)
		}) {
			t.Errorf("%s: %v, want %v", id, all[id], want)
		}
	}
}

func TestProbesCountInARow(t *testing.T) {
	ctx, s, _ := setup(t)
	must(t, s.Create(ctx, "math", demo(), provider.SourceAPI))
	for i, want := range []int{1, 2, 0, 1} {
		var err error
		if want > 0 {
			err = errors.New("no answer")
		}
		got, rerr := s.RecordProbe(ctx, "math", provider.Probe{Took: time.Millisecond, Err: err})
		if rerr != nil || got != want {
			t.Fatalf("probe %d: %d failures, %v, want %d", i, got, rerr, want)
		}
	}
	probes, err := s.Probes(ctx, "math", 3)
	if err != nil || len(probes) != 3 || probes[2].Kind != provider.KindHealthFailed {
		t.Fatalf("%v, %v", probes, err)
	}
}

func TestTotalsNeverFall(t *testing.T) {
	ctx, s, log := setup(t)
	log.OnRecord(s.CountCalls)
	run(t, log)
	must(t, s.Create(ctx, "math", demo(), provider.SourceAPI))
	must(t, log.Record(ctx, provider.NewCallCompleted("math", provider.CallCompleted{CallFacts: provider.CallFacts{ToolName: "add"}})))
	must(t, log.Record(ctx, provider.NewCallFailed("math", provider.CallFailed{CallFacts: provider.CallFacts{ToolName: "add"}})))
	must(t, log.Flush(ctx))
	p, err := s.Get(ctx, "math")
	must(t, err)
	if p.Stats.Calls != 2 || p.Stats.Failed != 1 || p.Stats.LastCallAt == nil || p.Stats.SuccessRate() != 0.5 {
		t.Fatalf("%+v", p.Stats)
	}
	must(t, s.Delete(ctx, "math"))
	must(t, log.Record(ctx, provider.NewCallCompleted("math", provider.CallCompleted{CallFacts: provider.CallFacts{ToolName: "late"}})))
	must(t, log.Flush(ctx))
	calls, failed, err := s.Totals(ctx)
	if err != nil || calls != 3 || failed != 1 {
		t.Fatalf("%d, %d, %v", calls, failed, err)
	}
}

func TestStatusSaysWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		p             provider.Provider
		stopping      bool
		level, action string
	}{
		"never started":    {provider.Provider{State: provider.Cold}, false, "off", "start"},
		"ready":            {provider.Provider{State: provider.Ready, Tools: 1}, false, "ok", ""},
		"ready but shaky":  {provider.Provider{State: provider.Ready, Failures: 1}, false, "warn", "logs"},
		"stopping":         {provider.Provider{State: provider.Ready}, true, "busy", ""},
		"died":             {provider.Provider{State: provider.Dead, LastError: &provider.LastError{Type: "ProviderDiedError"}}, false, "error", "logs"},
		"command missing":  {provider.Provider{State: provider.Dead, LastError: &provider.LastError{Type: "ProviderStartError"}}, false, "error", "edit"},
		"wants a person":   {provider.Provider{State: provider.Dead, LastError: &provider.LastError{Type: provider.NeedsSignIn}}, false, "warn", "start"},
		"disabled":         {provider.Provider{State: provider.Dead, Disabled: &provider.Disabled{Cycles: 5}}, false, "error", "start"},
		"failed too often": {provider.Provider{State: provider.Degraded, Failures: 3}, false, "warn", "logs"},
	} {
		if got := tc.p.Status(tc.stopping); got.Level != tc.level || got.Action != tc.action || got.Summary == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func wantKinds(t *testing.T, log *eventlog.Log, want ...string) {
	t.Helper()
	events, err := log.Read(t.Context(), 0, eventlog.Filter{}, 100)
	must(t, err)
	var got []string
	for _, e := range events {
		got = append(got, e.Kind)
		if e.Actor.ID != "tester" {
			t.Errorf("%s: caused by %+v", e.Kind, e.Actor)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("events\n got %v\nwant %v", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs the recorder for the length of the test.
func run(t *testing.T, log *eventlog.Log) {
	t.Helper()
	done := make(chan struct{})
	ctx, stop := testContext(t)
	go func() { defer close(done); _ = log.Run(ctx) }() // it ends with ctx
	t.Cleanup(func() { stop(); <-done })
}
