package fleet_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/mcptest"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// redeclare changes a definition as a reload does: the file's, as a whole.
func (r *rig) redeclare(specs map[provider.ID]provider.Spec) provider.Declaration {
	r.t.Helper()
	var d provider.Declaration
	must(r.t, r.db.Write(r.ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := r.providers.StandingIn(ctx, tx)
		if err != nil {
			return err
		}
		d, _ = provider.Declare(have, specs, false)
		return r.providers.DeclareTx(ctx, tx, d)
	}))
	return d
}

// double is a definition that plays one of mcptest, with a variable in its environment.
func (r *rig) double(mode, generation string, args ...string) provider.Spec {
	command, env := mcptest.Command(r.t, mode, args...)
	env = maps.Clone(env)
	env["MARK"], env["GENERATION"] = r.dir, generation
	return provider.Spec{Mode: provider.Subprocess, Command: command, Env: env}
}

func (r *rig) wantGeneration(id provider.ID, want string) {
	r.t.Helper()
	got, err := r.call(r.ctx, id, "dump", "{}")
	if err != nil || !strings.Contains(got, "GENERATION="+want) {
		r.t.Errorf("%s is not of generation %s: %v", id, want, err)
	}
}

func TestARenewedProviderRunsByItsNewDefinition(t *testing.T) {
	r := setup(t)
	specs := map[provider.ID]provider.Spec{"changed": r.double("dump-env", "1"), "same": r.double("dump-env", "1"), "cold": r.double("dump-env", "1")}
	r.redeclare(specs)
	r.wantGeneration("changed", "1")
	r.wantGeneration("same", "1")
	pid := r.Live("same").PID
	before := r.Live("changed").PID

	specs["changed"], specs["cold"] = r.double("dump-env", "2"), r.double("dump-env", "2")
	r.redeclare(specs)
	must(t, r.Renew(r.ctx, []provider.ID{"changed", "cold", "gone"}, false))
	r.wantGeneration("changed", "2")
	r.wantGeneration("same", "1")
	if live := r.Live("changed"); live.PID == before || live.PID == 0 {
		t.Errorf("pid %d, was %d", live.PID, before)
	}
	if r.Live("same").PID != pid {
		t.Error("what did not change was started anew")
	}
	if r.state("cold") != provider.Cold || r.Live("cold").Alive {
		t.Error("what was cold was started")
	}
}

func TestCallsOutliveARenewal(t *testing.T) {
	for name, tt := range map[string]struct {
		hurry bool
		cut   bool
	}{
		"calls in flight may end":              {hurry: false},
		"but not when there is no time for it": {hurry: true, cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := setup(t)
			specs := map[provider.ID]provider.Spec{"p": r.double("good", "1")}
			r.redeclare(specs)
			must(t, r.Start(r.ctx, "p"))
			old := r.Live("p").PID
			var wg sync.WaitGroup
			var slow error
			wg.Go(func() { _, slow = r.call(r.ctx, "p", "slow", `{"ms":300,"steps":1}`) })
			eventually(t, 10*time.Second, "the call is under way", func() bool { return r.Live("p").InFlight == 1 })
			specs["p"] = r.double("good", "2")
			r.redeclare(specs)
			must(t, r.Renew(r.ctx, []provider.ID{"p"}, tt.hurry))
			if _, err := r.call(r.ctx, "p", "add", `{"a":1,"b":2}`); err != nil {
				t.Errorf("a call that came meanwhile: %v", err)
			}
			wg.Wait()
			if (slow != nil) != tt.cut {
				t.Errorf("the call in flight: %v", slow)
			}
			if pid := r.Live("p").PID; pid == old {
				t.Error("the old process runs on")
			}
		})
	}
}

func TestAMendedDefinitionMayTryAgain(t *testing.T) {
	r := setup(t)
	bad := r.double("exit-now", "1")
	bad.MaxConsecutiveFailures, bad.AutoDisableAfter = 1, 1
	r.redeclare(map[provider.ID]provider.Spec{"p": bad})
	if err := r.Start(r.ctx, "p"); err == nil {
		t.Fatal("it started")
	}
	if p, err := r.providers.Get(r.ctx, "p"); err != nil || p.Disabled == nil {
		t.Fatalf("%+v, %v", p, err)
	}
	must(t, r.Stop(r.ctx, "p", "test")) // cold, and disabled all the same
	r.redeclare(map[provider.ID]provider.Spec{"p": r.double("dump-env", "2")})
	must(t, r.Renew(r.ctx, []provider.ID{"p"}, false))
	if p, err := r.providers.Get(r.ctx, "p"); err != nil || p.Disabled != nil || p.State != provider.Cold {
		t.Fatalf("%+v, %v", p, err)
	}
	if n := r.kinds("p", provider.KindEnabled); n != 1 {
		t.Errorf("%d times enabled", n)
	}
	r.wantGeneration("p", "2")
}

func TestWhoeverWaitsForAStartGetsTheNewDefinition(t *testing.T) {
	r := setup(t)
	r.redeclare(map[provider.ID]provider.Spec{"p": r.double("hang-init", "1")})
	waiting := make(chan error, 1)
	go func() { waiting <- r.Start(r.ctx, "p") }()
	eventually(t, 10*time.Second, "it is starting", func() bool { return r.state("p") == provider.Initializing })
	r.redeclare(map[provider.ID]provider.Spec{"p": r.double("dump-env", "2")})
	must(t, r.Renew(r.ctx, []provider.ID{"p"}, false))
	if err := <-waiting; err != nil {
		t.Errorf("%v", err)
	}
	r.wantGeneration("p", "2")
}

func TestWhatIsNotDefinedAnyMoreEnds(t *testing.T) {
	r := setup(t)
	specs := map[provider.ID]provider.Spec{"p": r.double("dump-env", "1")}
	r.redeclare(specs)
	r.wantGeneration("p", "1")
	d := r.redeclare(map[provider.ID]provider.Spec{})
	r.Dismiss(d.Remove, false)
	eventually(t, 10*time.Second, "its process is gone", func() bool { return len(r.processes()) == 0 })
	// Defined again at once: what is told of the old one does not touch the new one.
	specs["p"] = r.double("dump-env", "2")
	r.redeclare(specs)
	eventually(t, 10*time.Second, "it can be called", func() bool { _, err := r.call(r.ctx, "p", "dump", "{}"); return err == nil })
	r.wantGeneration("p", "2")
}

func TestWhatIsToBeWarmIsStarted(t *testing.T) {
	r := setup(t)
	warm := r.double("dump-env", "1")
	warm.Prewarm = true
	r.redeclare(map[provider.ID]provider.Spec{"warm": warm, "cold": r.double("dump-env", "1")})
	must(t, r.Warm(r.ctx, []provider.ID{"warm", "cold", "gone"}))
	eventually(t, 10*time.Second, "it is ready", func() bool { return r.state("warm") == provider.Ready })
	if r.state("cold") != provider.Cold {
		t.Error("what was to stay cold was started")
	}
}

func TestAStartReadsTheSecretsThatADefinitionRefersTo(t *testing.T) {
	t.Setenv("RENEW_TEST_TOKEN", "s3cret")
	r := setup(t)
	spec := r.double("dump-env", "1")
	spec.Env["TOKEN"] = "${env:RENEW_TEST_TOKEN}"
	r.redeclare(map[provider.ID]provider.Spec{"p": spec})
	if got, err := r.call(r.ctx, "p", "dump", "{}"); err != nil || !strings.Contains(got, "TOKEN=s3cret") {
		t.Errorf("%v", err)
	}
	if p, err := r.providers.Get(r.ctx, "p"); err != nil || p.Spec.Env["TOKEN"] != "${env:RENEW_TEST_TOKEN}" {
		t.Errorf("the stored definition: %v, %v", p.Spec.Env["TOKEN"], err)
	}
	spec.Env = maps.Clone(spec.Env)
	spec.Env["TOKEN"] = "${env:RENEW_TEST_NOBODY}"
	r.redeclare(map[provider.ID]provider.Spec{"q": spec})
	if err := r.Start(r.ctx, "q"); err == nil || !strings.Contains(err.Error(), "env.TOKEN: ${env:RENEW_TEST_NOBODY}: the variable is not set") {
		t.Errorf("%v", err)
	}
}
