package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTheTraceOfACall(t *testing.T) {
	id := parent[3:35]
	for name, c := range map[string]struct{ params, want string }{
		"none":                              {`{"name":"add"}`, ""},
		"in _meta":                          {`{"name":"add","_meta":{"traceparent":"` + parent + `"}}`, id},
		"only in the arguments":             {`{"name":"add","arguments":{"traceparent":"` + parent + `"}}`, ""},
		"not a string":                      {`{"_meta":{"traceparent":7}}`, ""},
		"too short":                         {`{"_meta":{"traceparent":"00-4bf92f3577b34da6"}}`, ""},
		"not hexadecimal":                   {`{"_meta":{"traceparent":"` + strings.Replace(parent, "4b", "zz", 1) + `"}}`, ""},
		"upper case, which is not allowed":  {`{"_meta":{"traceparent":"` + strings.ToUpper(parent) + `"}}`, ""},
		"all zeros, which is not allowed":   {`{"_meta":{"traceparent":"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}}`, ""},
		"a later version with more members": {`{"_meta":{"traceparent":"cc` + parent[2:] + `-what-the-future-brings"}}`, id},
	} {
		if got := traceOf(json.RawMessage(c.params)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// factsOf is what a record says.
func factsOf(t *testing.T, p event.Payload) provider.Call {
	t.Helper()
	c, ok, err := provider.CallOf(event.Envelope{Kind: p.Kind(), Payload: p})
	if err != nil || !ok {
		t.Fatalf("%s is no record of a call: %v", p.Kind(), err)
	}
	return c
}

func TestARecordSaysWhereTheTimeWent(t *testing.T) {
	work := func(d time.Duration) func(context.Context) (json.RawMessage, error) {
		return func(context.Context) (json.RawMessage, error) {
			time.Sleep(d)
			return json.RawMessage(`{"content":[],"isError":true}`), nil
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var kept []provider.Call
		starts := 0
		s := New(Options{
			Permit: func(context.Context, provider.ID, string) error { return nil },
			Lease: func(context.Context, provider.ID) (Session, error) {
				mu.Lock()
				first := starts == 0
				starts++
				mu.Unlock()
				if first {
					time.Sleep(300 * time.Millisecond)
				}
				return &session{answer: work(200 * time.Millisecond), limit: 1, waited: first}, nil
			},
			Record: recorder(func(p event.Payload) {
				mu.Lock()
				defer mu.Unlock()
				kept = append(kept, factsOf(t, p))
			}),
			Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
		})
		params := json.RawMessage(`{"name":"add","_meta":{"traceparent":"` + parent + `"}}`)
		call := Call{Provider: "math", Tool: "add", Params: params, Via: provider.ViaMCP, Batch: "b1"}
		var all sync.WaitGroup
		all.Go(func() { _, _ = s.Call(t.Context(), call) }) // waits for the start
		time.Sleep(400 * time.Millisecond)
		all.Go(func() { _, _ = s.Call(t.Context(), call) }) // waits for its place
		all.Wait()
		if len(kept) != 2 {
			t.Fatalf("%d records", len(kept))
		}
		for i, want := range []provider.CallFacts{
			{DurationMS: 500, ColdStartMS: 300, ExecuteMS: 200},
			{DurationMS: 300, QueueMS: 100, ExecuteMS: 200},
		} {
			got := kept[i]
			want.ToolName, want.CorrelationID, want.RequestSizeBytes, want.Via = "add", got.CorrelationID, len(params), provider.ViaMCP
			want.BatchID, want.TraceID = "b1", parent[3:35]
			if got.CallFacts != want || got.Outcome != provider.CallToolError || got.ErrorType != provider.ToolErrorType {
				t.Errorf("call %d: %+v", i, got)
			}
		}
	})
}

// failing takes no record.
type failing struct{}

func (failing) Record(context.Context, event.Payload) error { return errors.New("the disk is full") }

func TestWhatCannotBeRecordedIsAnsweredUnlessRecordsAreStrict(t *testing.T) {
	for strict, want := range map[bool]string{false: "", true: "CallNotRecordedError"} {
		sent := 0
		s := New(Options{
			Permit: func(context.Context, provider.ID, string) error { return nil },
			Lease: func(context.Context, provider.ID) (Session, error) {
				return &session{answer: func(context.Context) (json.RawMessage, error) { sent++; return json.RawMessage(`{"content":[]}`), nil }}, nil
			},
			Record: failing{}, Strict: strict, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
		})
		result, err := s.Call(t.Context(), Call{Provider: "math", Tool: "add", Params: json.RawMessage(`{"name":"add"}`)})
		var f *fault.Error
		if errors.As(err, &f); (want == "") != (err == nil) || want != "" && (f == nil || f.Type != want || result != nil) {
			t.Errorf("strict %v: %s, %v", strict, result, err)
		}
		if sent != 1 || judge(err, true).next != stop {
			t.Errorf("strict %v: sent %d times, and another member is asked: %v", strict, sent, judge(err, true))
		}
	}
}

type recorder func(event.Payload)

func (r recorder) Record(_ context.Context, p event.Payload) error { r(p); return nil }

func TestTheIDOfACallIsARandomUUID(t *testing.T) {
	seen := map[uuid.UUID]bool{}
	for range 100 {
		id := newID()
		if id.Version() != 4 || id.Variant() != uuid.RFC4122 || seen[id] {
			t.Fatalf("%s: version %d, variant %s", id, id.Version(), id.Variant())
		}
		seen[id] = true
	}
}
