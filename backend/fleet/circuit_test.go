package fleet_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

func TestABreakerRestsAProviderThatDiesUnderItsCalls(t *testing.T) {
	r := setup(t, func(o *fleet.Options) {
		o.Breaker = breaker.Rules{FailureThreshold: 2, ResetTimeout: 300 * time.Millisecond, Probes: 1}
	})
	r.define("dies", "exit-mid-call", func(s *provider.Spec) { s.AutoDisableAfter = 100 })
	for range 2 {
		eventually(t, 5*time.Second, "it runs", func() bool {
			return r.state("dies") == provider.Ready || r.state("dies") == provider.Cold
		})
		if _, err := r.call(r.ctx, "dies", "echo", `{"message":"x"}`); fault.From(err).Kind != fault.Unavailable {
			t.Fatalf("%v", err)
		}
	}
	_, err := r.call(r.ctx, "dies", "echo", `{"message":"x"}`)
	if f := fault.From(err); f.Type != "CircuitOpenError" || f.RetryAfter == 0 {
		t.Fatalf("an open breaker let a call through: %v", err)
	}
	eventually(t, 3*time.Second, "half open, by the clock alone", func() bool {
		p, err := r.providers.Get(r.ctx, "dies")
		return err == nil && p.Circuit == breaker.HalfOpen
	})
	eventually(t, 8*time.Second, "it runs again", func() bool { return r.state("dies") == provider.Ready })
	probe, err := r.Lease(r.ctx, "dies")
	must(t, err)
	_, err = probe.Request(r.ctx, mcp.Exchange{Method: "ping"})
	must(t, err)
	probe.Release()
	eventually(t, 3*time.Second, "closed", func() bool {
		p, err := r.providers.Get(r.ctx, "dies")
		return err == nil && p.Circuit == breaker.Closed
	})
	if n := r.kinds("dies", provider.KindCircuit); n != 3 {
		t.Errorf("%d turns on record, want open, half-open, closed", n)
	}
}

func TestADeathUnderManyCallsIsOneFailure(t *testing.T) {
	r := setup(t, func(o *fleet.Options) {
		o.Breaker = breaker.Rules{FailureThreshold: 3, ResetTimeout: time.Minute, Probes: 1}
	})
	r.define("dies", "on-request", func(s *provider.Spec) { s.AutoDisableAfter = 100 })
	must(t, r.Start(r.ctx, "dies"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := r.call(r.ctx, "dies", "echo", `{"message":"wait:60000"}`); fault.From(err).Kind != fault.Unavailable {
				t.Errorf("a call that the provider died under: %v", err)
			}
		})
	}
	eventually(t, 10*time.Second, "all are in it", func() bool {
		got, err := r.call(r.ctx, "dies", "count", `{}`)
		var counts struct {
			StructuredContent map[string]int
		}
		return err == nil && json.Unmarshal([]byte(got), &counts) == nil && counts.StructuredContent["tools/call"] > 8
	})
	if _, err := r.call(r.ctx, "dies", "echo", `{"message":"die:3"}`); err == nil {
		t.Error("it lives")
	}
	all.Wait()
	if got, err := r.call(r.ctx, "dies", "echo", `{"message":"hello"}`); err != nil {
		t.Errorf("the call after one death: %s %v", got, err)
	}
}

func TestCallersMistakesNeverOpenABreaker(t *testing.T) {
	r := setup(t, func(o *fleet.Options) {
		o.Breaker = breaker.Rules{FailureThreshold: 1, ResetTimeout: time.Minute, Probes: 1}
	})
	r.add("math", "good")
	must(t, r.Start(r.ctx, "math"))
	for name, c := range map[string]struct{ tool, arguments string }{
		"an unknown tool": {"no-such-tool", `{}`}, "a tool that fails": {"fail", `{}`}, "bad arguments": {"add", `{"a":"x"}`},
	} {
		// Whatever it answers, it answers.
		_, _ = r.call(r.ctx, "math", c.tool, c.arguments)
		if p, err := r.providers.Get(r.ctx, "math"); err != nil || p.Circuit != breaker.Closed {
			t.Errorf("%s: %s, %v", name, p.Circuit, err)
		}
	}
	hurried, cancel := context.WithTimeout(r.ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := r.call(hurried, "math", "slow", `{"ms":5000,"steps":1}`); err == nil {
		t.Error("it was quick")
	}
	if _, err := r.call(r.ctx, "math", "add", `{"a":1,"b":2}`); err != nil {
		t.Errorf("after a caller without patience: %v", err)
	}
}
