package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

var (
	errJSONRPC  = mcp.Errorf(mcp.CodeInvalidParams, "no")
	errDied     = fault.New(fault.Unavailable, "it died")
	errStopped  = fault.Named(fault.Unavailable, "ProviderStoppedError", "stopped")
	errBusy     = fault.Named(fault.Unavailable, "ProviderBusyError", "full")
	errDisabled = fault.Named(fault.Unavailable, "ProviderDisabledError", "disabled")
	errStarting = fault.Named(fault.Unavailable, "ProviderStartingError", "starting")
	errDown     = fault.Named(fault.Unavailable, "ShuttingDownError", "down")
	errGone     = fault.Named(fault.Unavailable, "RequestCancelledError", "given up")
	errLate     = fault.Named(fault.Timeout, "ToolTimeoutError", "late")
	errNoTool   = fault.Named(fault.Missing, "ToolNotFoundError", "no tool")
	errInvalid  = fault.Field("name", "wrong")
	errNonsense = fault.New(fault.Upstream, "nonsense")
	errFull     = fault.New(fault.Full, "disk full")
)

// Only the transport counts against a member, and only what cannot have happened, or may happen twice, is made elsewhere.
func TestTheRuleOfFailover(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		sent bool
		want verdict
	}{
		"a result, isError or not":      {nil, true, verdict{stop, breaker.Good, false}},
		"a JSON-RPC error":              {errJSONRPC, true, verdict{stop, breaker.Good, false}},
		"could not be started":          {errDied, false, verdict{again, breaker.Bad, false}},
		"died under the call":           {errDied, true, verdict{ifRepeatable, breaker.Bad, false}},
		"answered with nonsense":        {errNonsense, true, verdict{ifRepeatable, breaker.Bad, false}},
		"stopped by a person, before":   {errStopped, false, verdict{again, breaker.Neutral, false}},
		"stopped by a person, under it": {errStopped, true, verdict{ifRepeatable, breaker.Neutral, false}},
		"disabled":                      {errDisabled, false, verdict{again, breaker.Neutral, false}},
		"no place in time":              {errBusy, false, verdict{again, breaker.Neutral, false}},
		"too slow":                      {errLate, true, verdict{stop, breaker.Bad, true}},
		"is only starting":              {errStarting, false, verdict{again, breaker.Neutral, false}},
		"does not have the tool":        {errNoTool, false, verdict{again, breaker.Neutral, false}},
		"a mistake of the caller":       {errInvalid, false, verdict{stop, breaker.Neutral, false}},
		"the caller gave up":            {errGone, true, verdict{stop, breaker.Neutral, false}},
		"we shut down":                  {errDown, false, verdict{stop, breaker.Neutral, false}},
		"our disk is full":              {errFull, false, verdict{stop, breaker.Neutral, false}},
		"our own mistake":               {errors.New("a bug"), true, verdict{stop, breaker.Neutral, false}},
	} {
		if got := judge(c.err, c.sent); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// fleetDouble is three providers that do what the test says.
type fleetDouble struct {
	mu    sync.Mutex
	does  map[provider.ID]func(ctx context.Context) (json.RawMessage, error)
	start map[provider.ID]error
	calls []provider.ID // that reached a provider
	tool  string        // annotations of the one tool, add
}

type doubleSession struct {
	f  *fleetDouble
	id provider.ID
}

func (s doubleSession) Tool(name string) (repeatable, ok bool) { return false, name == "add" }
func (s doubleSession) Limit() int                             { return 0 }
func (s doubleSession) Waited() bool                           { return false }
func (s doubleSession) Release()                               {}
func (s doubleSession) Request(ctx context.Context, _ mcp.Exchange) (json.RawMessage, error) {
	s.f.mu.Lock()
	s.f.calls = append(s.f.calls, s.id)
	do := s.f.does[s.id]
	s.f.mu.Unlock()
	if do == nil {
		return json.RawMessage(`{"content":[]}`), nil
	}
	return do(ctx)
}

// errHangs makes a start that never ends.
var errHangs = errors.New("hangs")

func (f *fleetDouble) lease(ctx context.Context, id provider.ID) (Session, error) {
	f.mu.Lock()
	err := f.start[id]
	f.mu.Unlock()
	if errors.Is(err, errHangs) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	return doubleSession{f, id}, nil
}

func (f *fleetDouble) set(id provider.ID, start error, do func(context.Context) (json.RawMessage, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start[id], f.does[id] = start, do
}

// took gives who was called since it was last asked.
func (f *fleetDouble) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, id := range f.calls {
		b.WriteString(string(id))
	}
	f.calls = nil
	return b.String()
}

func fails(err error) func(context.Context) (json.RawMessage, error) {
	return func(context.Context) (json.RawMessage, error) { return nil, err }
}

// nowhere takes the records of many callers at once.
type nowhere struct{}

func (nowhere) Record(context.Context, event.Payload) error { return nil }

type unsentError struct{ error }

func (unsentError) Unsent() bool { return true }

type stand struct {
	*Groups
	t      *testing.T
	ctx    context.Context
	fleet  *fleetDouble
	events *eventlog.Log
	denied map[provider.ID]bool
}

func (s *stand) permit(_ context.Context, id provider.ID, _ string) error {
	if s.denied[id] {
		return fault.Named(fault.Denied, "ToolAccessDeniedError", "not %s", id)
	}
	return nil
}

const repeats = `"annotations":{"idempotentHint":true},`

// setup makes a group g of a, b and c, called in turns.
func setup(t *testing.T, rules breaker.Rules) *stand {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	quiet := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	events, err := eventlog.New(db, quiet)
	must(t, err)
	providers := provider.New(db, events)
	groups := group.New(db, events, providers, quiet)
	must(t, groups.Create(ctx, group.Group{ID: "g"}))
	for _, id := range []provider.ID{"a", "b", "c"} {
		must(t, providers.Create(ctx, id, provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
		must(t, groups.AddMember(ctx, "g", group.NewMember{ID: id, Weight: 1, Priority: 1}))
	}
	s := &stand{t: t, ctx: ctx, events: events}
	f := &fleetDouble{does: map[provider.ID]func(context.Context) (json.RawMessage, error){}, start: map[provider.ID]error{}, tool: repeats}
	g := NewGroups(GroupOptions{
		Calls:         New(Options{Permit: s.permit, Lease: f.lease, Record: nowhere{}, Timeout: time.Minute, Log: quiet}),
		StartPatience: 50 * time.Millisecond,
		Groups:        groups, InFlight: func(provider.ID) int { return 0 }, Log: quiet, Rules: rules,
		Catalogue: func(context.Context, provider.ID) (provider.Catalogue, error) {
			return provider.Catalogue{{Kind: provider.Tool, Name: "add", Raw: json.RawMessage(`{` + f.tool + `"name":"add"}`)}}, nil
		},
	})
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- g.Run(running) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	s.Groups, s.fleet = g, f
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stand) call() error {
	_, err := s.Call(s.ctx, "g", Call{Tool: "add"})
	return err
}

// Whom the strategy would pick does not decide whether a call is allowed.
func TestMembersThatTheCallerMayNotCallAreLeftOut(t *testing.T) {
	s := setup(t, breaker.DefaultRules())
	s.denied = map[provider.ID]bool{"a": true, "c": true}
	for range 3 {
		must(t, s.call())
	}
	if got := s.fleet.took(); got != "bbb" {
		t.Errorf("went to %s", got)
	}
	s.denied["b"] = true
	if err := s.call(); fault.From(err).Type != "ToolAccessDeniedError" || s.fleet.took() != "" {
		t.Errorf("%v", err)
	}
}

func TestCallsGoAround(t *testing.T) {
	s := setup(t, breaker.DefaultRules())
	for range 6 {
		must(t, s.call())
	}
	if got := s.fleet.took(); got != "abcabc" {
		t.Errorf("%s", got)
	}
	view, calls := s.View("g")
	if calls != 6 || view["a"].Observed != 2.0/6 || view["a"].Wanted != 1.0/3 || view["a"].InFlight != 0 {
		t.Errorf("%d %+v", calls, view)
	}
	strategy := group.Priority
	must(t, s.Groups.Groups.Update(s.ctx, "g", group.Patch{Strategy: &strategy}))
	must(t, s.Groups.Groups.RemoveMember(s.ctx, "g", "a"))
	must(t, s.Groups.Groups.RemoveMember(s.ctx, "g", "c"))
	must(t, s.call())
	if got := s.fleet.took(); got != "b" {
		t.Errorf("the change did not reach the live balancer: %s", got)
	}
}

func TestFailover(t *testing.T) {
	for name, c := range map[string]struct {
		start error
		does  error
		tool  string
		took  string // who saw the call
		typ   string // of the error; "" for a result
	}{
		"a member that cannot be started":         {errDied, nil, "", "b", ""},
		"a member that is full":                   {errBusy, nil, "", "b", ""},
		"the connection failed before":            {nil, unsentError{errDied}, "", "ab", ""},
		"died under a tool that may run twice":    {nil, errDied, repeats, "ab", ""},
		"died under a tool that only reads":       {nil, errDied, `"annotations":{"readOnlyHint":true},`, "ab", ""},
		"died under a tool that does something":   {nil, errDied, "", "a", "ProviderUnavailableError"},
		"died under one that says it does":        {nil, errDied, `"annotations":{"idempotentHint":false},`, "a", "ProviderUnavailableError"},
		"a JSON-RPC error is an answer":           {nil, errJSONRPC, repeats, "a", "rpc"},
		"a stop under a tool that does something": {nil, errStopped, "", "a", "ProviderStoppedError"},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, breaker.DefaultRules())
			s.fleet.tool = c.tool
			var do func(context.Context) (json.RawMessage, error)
			if c.does != nil {
				do = fails(c.does)
			}
			s.fleet.set("a", c.start, do)
			err := s.call()
			var answered *mcp.Error
			typ := ""
			switch {
			case errors.As(err, &answered):
				typ = "rpc"
			case err != nil:
				typ = fault.From(err).Type
			}
			if got := s.fleet.took(); got != c.took || typ != c.typ {
				t.Errorf("%s saw it, error %v", got, err)
			}
		})
	}
}

func TestWhenNobodyIsLeft(t *testing.T) {
	s := setup(t, breaker.DefaultRules())
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, errDied, nil)
	}
	f := fault.From(s.call())
	tried, _ := f.Details["tried"].([]failed)
	if f.Type != "GroupUnavailableError" || f.Kind != fault.Unavailable || len(tried) != 3 || f.RetryAfter == 0 || !strings.Contains(f.Message, "it died") {
		t.Errorf("%+v", f)
	}
	if _, err := s.Call(s.ctx, "g", Call{Tool: "nope"}); fault.From(err).Type != "GroupUnavailableError" {
		t.Errorf("nobody could be asked for the tool: %v", err)
	}
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, nil)
	}
	if _, err := s.Call(s.ctx, "g", Call{Tool: "nope"}); fault.From(err).Type != "ToolNotFoundError" || !fault.Is(err, fault.Missing) {
		t.Errorf("an unknown tool: %v", err)
	}
	if _, err := s.Call(s.ctx, "h", Call{Tool: "add"}); fault.From(err).Type != "GroupNotFoundError" {
		t.Errorf("an unknown group: %v", err)
	}
	must(t, s.Groups.Groups.Create(s.ctx, group.Group{ID: "empty"}))
	if _, err := s.Call(s.ctx, "empty", Call{Tool: "add"}); !strings.Contains(fmt.Sprint(err), "no members") {
		t.Errorf("an empty group: %v", err)
	}
	must(t, s.Groups.Groups.Delete(s.ctx, "g"))
	if err := s.call(); fault.From(err).Type != "GroupNotFoundError" {
		t.Errorf("a deleted group: %v", err)
	}
}

// A member that hangs in its start costs a moment, not the call; the last one to try gets all the time that is left.
func TestAStartThatHangsIsNotWaitedFor(t *testing.T) {
	s := setup(t, breaker.Rules{FailureThreshold: 1, ResetTimeout: time.Hour, Probes: 1})
	s.fleet.set("a", errHangs, nil)
	s.fleet.set("b", errHangs, nil)
	for range 3 {
		begun := time.Now()
		must(t, s.call())
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("a call took %s", took)
		}
	}
	if got := s.fleet.took(); got != "ccc" {
		t.Errorf("%s", got)
	}
	s.fleet.set("c", errHangs, nil)
	begun := time.Now()
	_, err := s.Call(s.ctx, "g", Call{Tool: "add", Timeout: 300 * time.Millisecond})
	if fault.From(err).Type != "ToolTimeoutError" || time.Since(begun) < 250*time.Millisecond {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	if g, _ := s.Groups.Groups.Live("g"); g.Circuit() != breaker.Closed {
		t.Error("a start that is slow opened a breaker")
	}
}

// eventually waits for what Run stores beside the calls.
func (s *stand) eventually(what string, ok func(*group.Group) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if g, live := s.Groups.Groups.Live("g"); live && ok(g) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not within 5 s: %s", what)
		}
	}
}

func TestABreakerOpensIsTriedAgainAndCloses(t *testing.T) {
	s := setup(t, breaker.Rules{FailureThreshold: 2, ResetTimeout: 100 * time.Millisecond, Probes: 1})
	s.fleet.set("a", nil, fails(errDied))
	for range 6 { // a b c in turns, so a fails twice
		must(t, s.call())
	}
	s.eventually("open", func(g *group.Group) bool { return g.Members[0].Circuit == breaker.Open && g.State() == group.Healthy })
	s.fleet.took()
	must(t, s.call())
	must(t, s.call())
	if got := s.fleet.took(); strings.Contains(got, "a") {
		t.Errorf("an open breaker lets calls through: %s", got)
	}
	s.fleet.set("a", nil, nil)
	s.eventually("half-open, though nobody calls", func(g *group.Group) bool { return g.Members[0].Circuit == breaker.HalfOpen })
	for range 3 {
		must(t, s.call())
	}
	s.eventually("closed", func(g *group.Group) bool { return g.Members[0].Circuit == breaker.Closed })
	stored, err := s.events.Read(s.ctx, 0, eventlog.Filter{Kinds: []string{group.KindBreakerChanged}}, 10)
	must(t, err)
	var got []string
	for _, e := range stored {
		from, _ := mcp.GetString(e.Data, "old_state")
		to, _ := mcp.GetString(e.Data, "new_state")
		got = append(got, from+">"+to)
	}
	if want := []string{"closed>open", "open>half_open", "half_open>closed"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestARebalanceClosesTheLiveBreakers(t *testing.T) {
	s := setup(t, breaker.Rules{FailureThreshold: 1, ResetTimeout: time.Hour, Probes: 1})
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, errDied, nil)
	}
	if s.call() == nil {
		t.Fatal("a result from nowhere")
	}
	s.eventually("all open", func(g *group.Group) bool { return g.State() == group.Degraded && g.Circuit() == breaker.Open })
	if f := fault.From(s.call()); !strings.Contains(f.Message, "circuit breaker of every member") {
		t.Errorf("%v", f)
	}
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, nil)
	}
	must(t, s.Groups.Groups.Rebalance(s.ctx, "g"))
	must(t, s.call())
}

// What the caller did must not open a breaker: mistakes, errors of the tool, cancellations, deadlines of its own.
func TestWhatDoesNotCount(t *testing.T) {
	s := setup(t, breaker.Rules{FailureThreshold: 1, ResetTimeout: time.Hour, Probes: 1})
	hang := func(ctx context.Context) (json.RawMessage, error) { <-ctx.Done(); return nil, context.Cause(ctx) }
	isError := func(context.Context) (json.RawMessage, error) { return json.RawMessage(`{"isError":true}`), nil }
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, isError)
	}
	must(t, s.call())
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, fails(errJSONRPC))
	}
	_ = s.call()
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, hang)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := s.Call(ctx, "g", Call{Tool: "add"}); fault.From(err).Type != "RequestCancelledError" {
		t.Errorf("%v", err)
	}
	if _, err := s.Call(s.ctx, "g", Call{Tool: "add", Timeout: 10 * time.Millisecond}); fault.From(err).Type != "ToolTimeoutError" {
		t.Errorf("%v", err)
	}
	for _, id := range []provider.ID{"a", "b", "c"} {
		s.fleet.set(id, nil, nil)
	}
	s.fleet.took()
	for range 3 {
		must(t, s.call())
	}
	if got := s.fleet.took(); len(got) != 3 || strings.Count(got, "a")*strings.Count(got, "b")*strings.Count(got, "c") != 1 {
		t.Errorf("somebody is left out: %s", got)
	}
}

// Many callers while a member fails and the group changes under them: no race, no deadlock, no lost call.
func TestManyCallersUnderChange(t *testing.T) {
	s := setup(t, breaker.Rules{FailureThreshold: 3, ResetTimeout: time.Millisecond, Probes: 1})
	stop := make(chan struct{})
	var noise, callers sync.WaitGroup
	noise.Go(func() {
		strategies := group.Strategies()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			const id = provider.ID("a") // one: a call that met two of them one after the other would rightly be lost
			s.fleet.set(id, nil, fails(errDied))
			strategy := strategies[i%len(strategies)]
			if err := s.Groups.Groups.Update(s.ctx, "g", group.Patch{Strategy: &strategy}); err != nil {
				t.Error(err)
			}
			s.View("g")
			s.fleet.set(id, nil, nil)
			if i%5 == 0 {
				if err := s.Groups.Groups.Rebalance(s.ctx, "g"); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 16 {
		callers.Go(func() {
			for range 100 {
				if err := s.call(); err != nil {
					t.Errorf("lost: %v", err)
				}
			}
		})
	}
	callers.Wait()
	close(stop)
	noise.Wait()
}
