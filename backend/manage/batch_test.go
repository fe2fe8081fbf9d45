package manage

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"hangar/backend/gateway"
	"hangar/backend/invoke"
)

func run(t *testing.T, tools *Tools, arguments string) batchResult {
	t.Helper()
	raw, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: callTools, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ StructuredContent batchResult }
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	r := out.StructuredContent
	if r.Succeeded+r.Failed+r.Cancelled != r.Total {
		t.Errorf("the counts do not add up: %+v", r)
	}
	return r
}

func TestABatchKeepsItsOrder(t *testing.T) {
	tools, f := setup(t)
	r := run(t, tools, `{"calls":[{"provider":"p1","tool":"a","arguments":{"n":9007199254740993}},{"provider":"pool","tool":"b","arguments":{}},{"provider":"p2","tool":"fail","arguments":{}},{"provider":"p2","tool":"bad","arguments":{}}]}`)
	if r.Success || r.Succeeded != 2 || r.Failed != 2 || r.BatchID == "" {
		t.Errorf("%+v", r)
	}
	if got := string(r.Results[0].Result); got != `{"content":[],"got":{"name":"a","arguments":{"n":9007199254740993}}}` {
		t.Errorf("the first: %s", got)
	}
	if r.Results[2].ErrorType != "UpstreamError" || r.Results[3].ErrorType != "ToolError" {
		t.Errorf("%+v", r.Results)
	}
	for _, c := range f.made {
		if c.Batch != r.BatchID {
			t.Errorf("a call of batch %q", c.Batch)
		}
	}
	if !slices.ContainsFunc(f.made, func(c invoke.Call) bool { return c.Provider == "member-of-pool" }) {
		t.Error("the group was not called")
	}
	if empty := run(t, tools, `{"calls":[]}`); !empty.Success || empty.Total != 0 {
		t.Errorf("nothing to do: %+v", empty)
	}
}

func TestABatchThatIsWrongCallsNothing(t *testing.T) {
	tools, f := setup(t)
	raw, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: callTools, Arguments: json.RawMessage(`{"calls":[{"provider":"p1","tool":"a","arguments":{}},{"provider":"x","tool":"","arguments":[],"timeout":-1}]}`)})
	if err != nil || len(f.made) > 0 {
		t.Fatalf("%v, %d calls", err, len(f.made))
	}
	for _, field := range []string{`"provider"`, `"tool"`, `"arguments"`, `"timeout"`, `"isError":true`} {
		if !strings.Contains(string(raw), field) {
			t.Errorf("%s lacks %s", raw, field)
		}
	}
}

func TestABatchEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, f := setup(t)
		r := run(t, tools, `{"timeout":5,"max_concurrency":1,"calls":[{"provider":"p1","tool":"a","arguments":{}},{"provider":"p1","tool":"slow","arguments":{}},{"provider":"p1","tool":"slow","arguments":{}}]}`)
		if r.Cancelled < 2 || r.Failed != 0 || r.ElapsedMS != 5000 {
			t.Errorf("%+v", r)
		}
		if f.ended != 1 { // the other one never had a place
			t.Errorf("%d calls were cancelled at their provider", f.ended)
		}
	})
}

func TestTheFirstFailureEndsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, f := setup(t)
		r := run(t, tools, `{"fail_fast":true,"calls":[{"provider":"p1","tool":"slow","arguments":{}},{"provider":"p1","tool":"fail","arguments":{}}]}`)
		if r.Failed+r.Cancelled != 2 || r.Failed != 1 || f.ended > 1 || r.ElapsedMS != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestABatchIsOnRecordWhenItIsOver(t *testing.T) {
	call := func(tool string) string { return fmt.Sprintf(`{"provider":"p1","tool":%q,"arguments":{}}`, tool) }
	for name, c := range map[string]struct {
		order string
		want  invoke.Batch
	}{
		"all succeed":             {`{"calls":[` + call("a") + `]}`, invoke.Batch{Result: invoke.BatchSuccess, Total: 1, Succeeded: 1}},
		"some do":                 {`{"calls":[` + call("a") + `,` + call("fail") + `]}`, invoke.Batch{Result: invoke.BatchPartial, Total: 2, Succeeded: 1, Failed: 1}},
		"none does":               {`{"calls":[` + call("fail") + `]}`, invoke.Batch{Result: invoke.BatchFailure, Total: 1, Failed: 1}},
		"its time is over":        {`{"timeout":1,"max_concurrency":1,"calls":[` + call("slow") + `,` + call("slow") + `]}`, invoke.Batch{Result: invoke.BatchFailure, Total: 2, Cancelled: 2, ElapsedMS: 1000, Cause: "timeout"}},
		"one is wrong: none made": {`{"calls":[` + call("") + `]}`, invoke.Batch{Result: invoke.BatchRefused, Total: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tools, f := setup(t)
				if _, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: callTools, Arguments: json.RawMessage(c.order)}); err != nil {
					t.Fatal(err)
				}
				if len(f.over) != 1 || f.over[0].ID == "" {
					t.Fatalf("%+v", f.over)
				}
				if f.over[0].ID = ""; !reflect.DeepEqual(f.over[0], c.want) {
					t.Errorf("%+v, want %+v", f.over[0], c.want)
				}
			})
		})
	}
}

// A tool that its provider is known not to have, and numbers out of range.
func TestABatchKnowsTheTools(t *testing.T) {
	tools, f := setup(t, offer("p1", "a", "", "{}"))
	raw, err := tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: callTools, Arguments: json.RawMessage(`{"calls":[{"provider":"p1","tool":"b","arguments":{}},{"provider":"p1","tool":"a","arguments":{},"timeout":0}]}`)})
	if err != nil || len(f.made) > 0 || !strings.Contains(string(raw), `"index":0,"field":"tool"`) || !strings.Contains(string(raw), `"index":1,"field":"timeout"`) {
		t.Errorf("%v: %s", err, raw)
	}
	many := strings.TrimSuffix(strings.Repeat(`{"provider":"p1","tool":"a","arguments":{}},`, 101), ",")
	raw, err = tools.Call(as(t.Context(), "ada"), gateway.OwnCall{Name: callTools, Arguments: json.RawMessage(`{"calls":[` + many + `]}`)})
	if err != nil || len(f.made) > 0 || !strings.Contains(string(raw), `"index":-1`) {
		t.Errorf("%v: %s", err, raw)
	}
	if r := run(t, tools, `{"max_concurrency":0,"timeout":-5,"max_attempts":99,"calls":[{"provider":"p2","tool":"unlisted","arguments":{}}]}`); !r.Success {
		t.Errorf("out of range, and not brought into it: %+v", r)
	}
}

// A call is made again where that cannot do a thing twice: it never got there, or the tool says that twice is as good as once.
func TestACallIsMadeAgainOnlyWhereThatIsSafe(t *testing.T) {
	safe := offer("p1", "safe", "", "{}")
	safe.Raw = json.RawMessage(`{"name":"safe","annotations":{"idempotentHint":true}}`)
	unsafe := offer("p1", "lost", "", "{}")
	unsent, failing, bad := offer("p1", "flaky", "", "{}"), offer("p1", "fail", "", "{}"), offer("p1", "bad", "", "{}")
	for name, c := range map[string]struct {
		tool     string
		attempts int
		made     int
		success  bool
	}{
		"it never got there":                       {"flaky", 5, 3, true},
		"it may run twice":                         {"safe", 5, 3, true},
		"it may have run, and twice is not once":   {"lost", 5, 1, false},
		"nobody asked for it":                      {"flaky", 1, 1, false},
		"the attempts are used up":                 {"flaky", 2, 2, false},
		"the tool answered that it failed":         {"bad", 5, 1, false},
		"it fails every time before it gets there": {"fail", 3, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tools, f := setup(t, safe, unsafe, unsent, failing, bad)
				r := run(t, tools, fmt.Sprintf(`{"max_attempts":%d,"calls":[{"provider":"p1","tool":%q,"arguments":{}}]}`, c.attempts, c.tool))
				if len(f.made) != c.made || r.Success != c.success {
					t.Errorf("made %d times: %+v", len(f.made), r)
				}
				meta := r.Results[0].Retries
				if (meta != nil) != (c.made > 1) || meta != nil && (meta.Attempts != c.made || len(meta.Retries) != c.made-1) {
					t.Errorf("%+v", meta)
				}
				if meta != nil && (meta.Retries[0].DelayMS < 750 || meta.Retries[0].DelayMS > 1250) {
					t.Errorf("the first pause was %v ms", meta.Retries[0].DelayMS)
				}
			})
		})
	}
}

// What a call may take bounds all its attempts together, pauses included.
func TestTheTimeOfACallBoundsItsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, f := setup(t)
		r := run(t, tools, `{"max_attempts":10,"calls":[{"provider":"p1","tool":"fail","arguments":{},"timeout":5}]}`)
		if r.ElapsedMS > 5000 || len(f.made) < 2 || len(f.made) > 4 {
			t.Errorf("%d attempts in %v ms", len(f.made), r.ElapsedMS)
		}
		for _, c := range f.made {
			if c.Timeout <= 0 || c.Timeout > seconds(5) {
				t.Errorf("an attempt was given %v", c.Timeout)
			}
		}
		if r = run(t, tools, `{"timeout":3,"max_attempts":10,"calls":[{"provider":"p2","tool":"fail","arguments":{}}]}`); r.Cancelled != 1 || r.ElapsedMS != 3000 {
			t.Errorf("the batch ends during a pause: %+v", r)
		}
	})
}

// A call that came to its end is reported with its result, though the batch was over meanwhile; one that had no place says so.
func TestWhatRanIsNotReportedAsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, _ := setup(t)
		r := run(t, tools, `{"fail_fast":true,"max_concurrency":2,"calls":[{"provider":"p1","tool":"deaf","arguments":{}},{"provider":"p1","tool":"fail","arguments":{}},{"provider":"p1","tool":"deaf","arguments":{}}]}`)
		ran := 0
		for _, o := range r.Results {
			if o.Success {
				ran++
			}
		}
		if r.Failed != 1 || r.Succeeded != ran || r.Succeeded+r.Cancelled != 2 {
			t.Errorf("%+v", r)
		}
		r = run(t, tools, `{"timeout":1,"max_concurrency":1,"calls":[{"provider":"p1","tool":"slow","arguments":{}},{"provider":"p1","tool":"slow","arguments":{}}]}`)
		kinds := []string{r.Results[0].ErrorType, r.Results[1].ErrorType}
		slices.Sort(kinds)
		if !slices.Equal(kinds, []string{"CancellationError", "TimeoutError"}) || r.ElapsedMS != 1000 {
			t.Errorf("%+v", r)
		}
	})
}
