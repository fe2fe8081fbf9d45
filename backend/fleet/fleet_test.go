package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/provider"
)

func TestFiftyFirstCallsShareOneStart(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			got, err := r.call(r.ctx, "math", "add", fmt.Sprintf(`{"a":%d,"b":1}`, i))
			if err != nil || !strings.Contains(got, fmt.Sprint(i+1)) {
				t.Errorf("call %d: %s, %v", i, got, err)
			}
		})
	}
	all.Wait()
	if n := len(r.processes()); n != 1 {
		t.Errorf("%d processes", n)
	}
	if n := r.kinds("math", provider.KindStarted); n != 1 {
		t.Errorf("%d starts on record", n)
	}
	if p, _ := r.providers.Get(r.ctx, "math"); p.State != provider.Ready || p.Tools != 6 {
		t.Errorf("all pages of the list: %+v", p)
	}
}

func TestASharedStartSharesItsError(t *testing.T) {
	r := setup(t)
	r.add("broken", "exit-now", "7")
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = r.Start(r.ctx, "broken") })
	}
	all.Wait()
	for _, err := range errs {
		f := fault.From(err)
		if f.Kind != fault.Unavailable || !strings.Contains(f.Message, "exited with code 7") || f.Details["exit_code"] != 7 {
			t.Fatalf("%v %+v", err, f.Details)
		}
		if lines, _ := f.Details["stderr"].([]string); len(lines) == 0 {
			t.Fatal("the error does not carry the last stderr lines")
		}
	}
	p, err := r.providers.Get(r.ctx, "broken")
	must(t, err)
	if p.LastError == nil || *p.LastError.ExitCode != 7 || len(p.LastError.Stderr) == 0 {
		t.Fatalf("on record: %+v", p.LastError)
	}
}

func TestFailuresInARowDegrade(t *testing.T) {
	r := setup(t)
	r.add("broken", "exit-now")
	for i, want := range []provider.State{provider.Dead, provider.Dead, provider.Degraded, provider.Degraded} {
		if err := r.Start(r.ctx, "broken"); err == nil {
			t.Fatal("it started")
		}
		if got := r.state("broken"); got != want {
			t.Fatalf("after failure %d: %s, want %s", i+1, got, want)
		}
	}
	must(t, r.Stop(r.ctx, "broken", "user_request"))
	if got := r.state("broken"); got != provider.Cold {
		t.Fatalf("after a stop: %s", got)
	}
}

// Each hostile provider runs beside a good one: the good one must not notice, the caller gets a clear error or the
// right answer, and nothing is left behind (the rig checks that at its end).
func TestHostileProviders(t *testing.T) {
	type want struct {
		args  []string
		start string // part of the error that the start gives; empty: it starts
		call  string // part of the error that a call of echo gives; empty: it answers
	}
	for mode, w := range map[string]want{
		"good":           {},
		"flood-stderr":   {},
		"banner-stdout":  {},
		"garbage-stdout": {},
		"half-frame":     {},
		"crlf":           {},
		"batch":          {},
		"double-answer":  {},
		"server-request": {},
		"bad-schema":     {},
		"hang-init":      {start: "did not answer server/discover"},
		"hang-list":      {start: "did not answer tools/list"},
		"exit-now":       {start: "exited with code 1 before it was ready"},
		"exit-mid-call":  {call: "exited with code 3"},
		"close-stdin":    {call: "deadline"},
		"close-stdout":   {call: "closed its output"},
		"ignore-term":    {},
		"fork-hold":      {args: []string{"call"}, call: "exited"},
		"fork-daemon":    {args: []string{"hold"}},
		"wrong-id":       {call: "deadline"},
		"stop-reading":   {start: "did not answer"},
		"huge-line":      {},
		"null-id":        {call: "deadline"},
		"hang-call":      {call: "deadline"},
		"hang-ping":      {},
		"dies-after-n":   {},
		"slow-start":     {args: []string{"500"}},
		"progress-flood": {},
		"growing-tools":  {},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := setup(t, func(o *fleet.Options) { o.StartTimeout = 4 * time.Second })
			r.add("neighbour", "good")
			r.add("hostile", mode, w.args...)
			must(t, r.Start(r.ctx, "neighbour"))
			wantError(t, "start", r.Start(r.ctx, "hostile"), w.start)
			if w.start == "" {
				ctx, cancel := context.WithTimeout(r.ctx, 3*time.Second)
				defer cancel()
				got, err := r.call(ctx, "hostile", "echo", `{"message":"hello"}`)
				wantError(t, "call", err, w.call)
				if w.call == "" && !strings.Contains(got, "hello") && mode != "server-request" {
					t.Errorf("answer: %s", got)
				}
			}
			got, err := r.call(r.ctx, "neighbour", "add", `{"a":40,"b":2}`)
			if err != nil || !strings.Contains(got, "42") {
				t.Errorf("the neighbour: %s, %v", got, err)
			}
		})
	}
}

func wantError(t *testing.T, what string, err error, part string) {
	t.Helper()
	if part == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("%s: got %v, want an error with %q", what, err, part)
	}
}

func TestWhatIsWronglyWrittenToStdoutStandsAmongTheLogLines(t *testing.T) {
	r := setup(t)
	r.add("banner", "banner-stdout")
	must(t, r.Start(r.ctx, "banner"))
	lines, _ := r.Ring("banner").Tail(0, 100)
	var found int
	for _, l := range lines {
		if strings.HasPrefix(l.Text, "[hangar] on stdout, where only messages of MCP belong") {
			found++
		}
	}
	if found == 0 || found > 10 {
		t.Errorf("%d of %d lines tell of it", found, len(lines))
	}
}

func TestAnOversizedAnswerFailsItsCallOnly(t *testing.T) {
	r := setup(t)
	r.add("huge", "huge-line", fmt.Sprint(40<<20))
	_, err := r.call(r.ctx, "huge", "add", `{"a":1,"b":2}`)
	wantError(t, "call", err, "larger than the limit")
	got, err := r.call(r.ctx, "huge", "echo", `{"message":"still here"}`)
	if err != nil || !strings.Contains(got, "still here") {
		t.Fatalf("%s, %v", got, err)
	}
}

func TestDeathWakesEveryCallWithTheReason(t *testing.T) {
	r := setup(t)
	r.add("dies", "exit-mid-call")
	must(t, r.Start(r.ctx, "dies"))
	waiting := make(chan error, 10)
	for range cap(waiting) - 1 {
		go func() { _, err := r.call(r.ctx, "dies", "slow", `{"ms":60000}`); waiting <- err }()
	}
	go func() { _, err := r.call(r.ctx, "dies", "echo", `{"message":"x"}`); waiting <- err }()
	for range cap(waiting) {
		f := fault.From(<-waiting)
		// A call that came after the death met a start of the next process; that one dies under it as well.
		lines, _ := f.Details["stderr"].([]string)
		if f.Kind != fault.Unavailable || len(lines) == 0 {
			t.Errorf("%v %v", f, f.Details)
		}
	}
	if n := r.kinds("dies", provider.KindStateChanged); n < 3 {
		t.Errorf("%d changes of state on record", n)
	}
}

func TestAStopDrainsThenTellsWhy(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
	short, long := make(chan error, 1), make(chan error, 1)
	go func() { _, err := r.call(r.ctx, "math", "slow", `{"ms":200,"steps":2}`); short <- err }()
	go func() { _, err := r.call(r.ctx, "math", "slow", `{"ms":60000,"steps":2}`); long <- err }()
	eventually(t, time.Second, "both calls run", func() bool { return r.Live("math").InFlight == 2 })
	must(t, r.Stop(r.ctx, "math", "maintenance"))
	if err := <-short; err != nil {
		t.Errorf("a call that could finish: %v", err)
	}
	wantError(t, "a call that could not", <-long, "stopped (maintenance)")
	if got := r.state("math"); got != provider.Cold {
		t.Errorf("state %s", got)
	}
	r.nothingLeft()
}

func TestAStopEndsAStart(t *testing.T) {
	r := setup(t)
	r.add("hangs", "hang-init")
	started := make(chan error, 1)
	go func() { started <- r.Start(r.ctx, "hangs") }()
	eventually(t, 2*time.Second, "it is starting", func() bool { return r.state("hangs") == provider.Initializing })
	must(t, r.Stop(r.ctx, "hangs", "user_request"))
	wantError(t, "the start", <-started, "stopped while it was starting")
	if got := r.state("hangs"); got != provider.Cold {
		t.Errorf("state %s", got)
	}
	r.nothingLeft()
}

func TestACallWaitsForAStopAndStartsAnew(t *testing.T) {
	r := setup(t)
	r.add("math", "ignore-term")
	must(t, r.Start(r.ctx, "math"))
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(r.ctx, "math", "user_request") }()
	eventually(t, time.Second, "it is stopping", func() bool { return r.Live("math").Stopping })
	if _, err := r.call(r.ctx, "math", "add", `{"a":1,"b":2}`); err != nil {
		t.Error(err)
	}
	must(t, <-stopped)
	if n := r.kinds("math", provider.KindStarted); n != 2 {
		t.Errorf("%d starts", n)
	}
}

func TestIdlenessStopsButNeverUnderACall(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	one := 1
	must(t, r.providers.Update(r.ctx, "math", provider.Patch{IdleTTL: &one}))
	if _, err := r.call(r.ctx, "math", "slow", `{"ms":2500,"steps":2}`); err != nil {
		t.Fatalf("a call longer than the idle time: %v", err)
	}
	if got := r.state("math"); got != provider.Ready {
		t.Fatalf("right after the call: %s", got)
	}
	eventually(t, 5*time.Second, "it is stopped for idleness", func() bool { return r.state("math") == provider.Cold })
	if r.kinds("math", provider.KindIdleDetected) != 1 {
		t.Error("no ProviderIdleDetected")
	}
}

func TestUnansweredProbesDegrade(t *testing.T) {
	r := setup(t)
	r.define("deaf", "hang-ping", func(s *provider.Spec) { s.HealthCheckInterval, s.MaxConsecutiveFailures = 5, 1 })
	must(t, r.Start(r.ctx, "deaf"))
	eventually(t, 10*time.Second, "it is degraded", func() bool { return r.state("deaf") == provider.Degraded })
	if r.kinds("deaf", provider.KindHealthFailed) != 1 || r.kinds("deaf", provider.KindDegraded) != 1 {
		t.Error("the failed check or the degradation is not on record")
	}
	if _, err := r.call(r.ctx, "deaf", "add", `{"a":1,"b":2}`); err != nil {
		t.Errorf("the next call brings it back: %v", err)
	}
}

func TestChangedListsAreTakenOver(t *testing.T) {
	r := setup(t)
	r.add("grows", "growing-tools")
	must(t, r.Start(r.ctx, "grows"))
	before, err := r.providers.Get(r.ctx, "grows")
	must(t, err)
	if _, err := r.call(r.ctx, "grows", "echo", `{"message":"x"}`); err != nil {
		t.Fatal(err)
	}
	eventually(t, 3*time.Second, "the new tool is stored", func() bool {
		p, err := r.providers.Get(r.ctx, "grows")
		return err == nil && p.Tools > before.Tools
	})
}

func TestRemoveStopsAndForgets(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
	must(t, r.Remove(r.ctx, "math"))
	r.nothingLeft()
	if err := r.Start(r.ctx, "math"); !fault.Is(err, fault.Missing) {
		t.Errorf("a removed provider: %v", err)
	}
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
}

func TestTheLinesOfADeletedProviderAreForgotten(t *testing.T) {
	for name, wanted := range map[string]bool{"one that was started": true, "one that nobody ever wanted": false} {
		t.Run(name, func(t *testing.T) {
			r := setup(t)
			r.add("math", "good")
			if wanted {
				must(t, r.Start(r.ctx, "math"))
			}
			r.Ring("math").Append(time.Now(), "a line")
			must(t, r.providers.Delete(r.ctx, "math"))
			eventually(t, 10*time.Second, "the lines are forgotten", func() bool {
				lines, _ := r.Ring("math").Tail(0, 0)
				return len(lines) == 0
			})
		})
	}
}

func TestRecoverForgetsWhatAnEarlierRunHadRunning(t *testing.T) {
	r := setup(t)
	r.add("ran", "good")
	r.add("dead", "exit-now")
	_, err := r.providers.Transition(r.ctx, "ran", provider.Change{Input: provider.Start})
	must(t, err)
	if err := r.Start(r.ctx, "dead"); err == nil {
		t.Fatal("it started")
	}
	must(t, r.Recover(r.ctx))
	if r.state("ran") != provider.Cold || r.state("dead") != provider.Dead {
		t.Errorf("ran %s, dead %s", r.state("ran"), r.state("dead"))
	}
}

func TestACancelledCallerGoesAtOnce(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan error, 1)
	go func() { _, err := r.call(ctx, "math", "slow", `{"ms":60000,"steps":2}`); done <- err }()
	eventually(t, time.Second, "the call runs", func() bool { return r.Live("math").InFlight == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	eventually(t, time.Second, "the lease is back", func() bool { return r.Live("math").InFlight == 0 })
}

func TestNothingStartsAfterClose(t *testing.T) {
	r := setup(t)
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
	r.Close(r.ctx)
	wantError(t, "a start", r.Start(r.ctx, "math"), "shutting down")
	if got := r.state("math"); got != provider.Cold {
		t.Errorf("state %s", got)
	}
}
