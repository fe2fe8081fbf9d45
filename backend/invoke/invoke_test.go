package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
	"hangar/backend/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// session answers as the test says.
type session struct {
	answer   func(ctx context.Context) (json.RawMessage, error)
	released int
	limit    int
	waited   bool
}

func (s *session) Tool(name string) (repeatable, ok bool) { return false, name == "add" }
func (s *session) Release()                               { s.released++ }
func (s *session) Waited() bool                           { return s.waited }
func (s *session) Limit() int                             { return s.limit }
func (s *session) Request(ctx context.Context, _ mcp.Exchange) (json.RawMessage, error) {
	return s.answer(ctx)
}

type records []event.Payload

func (r *records) Record(_ context.Context, p event.Payload) error {
	*r = append(*r, p)
	return nil
}

func call(ctx context.Context, t *testing.T, s *session, c Call) (event.Payload, error) {
	t.Helper()
	var kept records
	service := New(Options{
		Permit: func(context.Context, provider.ID, string) error { return nil },
		Lease:  func(context.Context, provider.ID) (Session, error) { return s, nil },
		Record: &kept, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
	})
	_, err := service.Call(ctx, c)
	if s.released != 1 || len(kept) != 1 {
		t.Fatalf("released %d times, %d records", s.released, len(kept))
	}
	return kept[0], err
}

func TestWhatComesBackAndWhatIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		tool     string
		answer   func(context.Context) (json.RawMessage, error)
		kind     fault.Kind // of the error; Broken stands for none
		typeName string
		record   string
		part     string // of the record
	}{
		"a result":           {"add", say(`{"content":[]}`, nil), fault.Broken, "", provider.KindCallCompleted, `"is_error":false`},
		"a tool that failed": {"add", say(`{"content":[],"isError":true}`, nil), fault.Broken, "", provider.KindCallCompleted, `"is_error":true`},
		"an unknown tool":    {"nope", say(`{}`, nil), fault.Missing, "ToolNotFoundError", provider.KindCallFailed, "ToolNotFoundError"},
		"a dead provider": {"add", say("", fault.New(fault.Unavailable, "exited with code 3")), fault.Unavailable, "ProviderUnavailableError",
			provider.KindCallFailed, "exited with code 3"},
		"nonsense": {"add", say("", errors.New("its result is not an object")), fault.Upstream, "UpstreamError", provider.KindCallFailed, "UpstreamError"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, err := call(t.Context(), t, &session{answer: c.answer}, Call{Provider: "math", Tool: c.tool})
			if c.typeName == "" != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if f := fault.From(err); err != nil && (f.Kind != c.kind || f.Type != c.typeName) {
				t.Errorf("%d %s: %v", f.Kind, f.Type, err)
			}
			body, _ := json.Marshal(kept) // a payload marshals
			if kept.Kind() != c.record || kept.Stream() != "provider:math" || !strings.Contains(string(body), c.part) {
				t.Errorf("%s %s", kept.Kind(), body)
			}
		})
	}
}

func say(result string, err error) func(context.Context) (json.RawMessage, error) {
	return func(context.Context) (json.RawMessage, error) { return json.RawMessage(result), err }
}

func TestAProvidersErrorIsHandedOnAsItIs(t *testing.T) {
	theirs := mcp.ParseError(json.RawMessage(`{"code":-32602,"message":"no","data":{"x":1}}`))
	kept, err := call(t.Context(), t, &session{answer: say("", theirs)}, Call{Provider: "math", Tool: "add"})
	var got *mcp.Error
	if !errors.As(err, &got) || got != theirs || kept.Kind() != provider.KindCallFailed {
		t.Fatalf("%v", err)
	}
}

func TestADeadlineAndACancellationAreToldApart(t *testing.T) {
	hang := func(ctx context.Context) (json.RawMessage, error) { <-ctx.Done(); return nil, context.Cause(ctx) }
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := call(t.Context(), t, &session{answer: hang}, Call{Provider: "math", Tool: "add", Timeout: time.Minute})
		if f := fault.From(err); f.Type != "ToolTimeoutError" || time.Since(begun) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		kept, err := call(ctx, t, &session{answer: hang}, Call{Provider: "math", Tool: "add"})
		if f := fault.From(err); f.Type != "RequestCancelledError" {
			t.Errorf("%v", err)
		}
		if kept.Kind() != provider.KindCallFailed {
			t.Errorf("the record of a cancelled call: %s", kept.Kind())
		}
	})
}
