package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

type stand struct {
	*Watch
	t      *testing.T
	ctx    context.Context
	events *eventlog.Log
	db     *store.DB
}

func setup(t *testing.T) *stand {
	t.Helper()
	ctx, quiet := event.WithActor(context.WithoutCancel(t.Context()), event.System("test")), slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // a test may have closed it
	events, err := eventlog.New(db, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return &stand{NewWatch(Options{DB: db, Events: events, Log: quiet}), t, ctx, events, db}
}

// said is what is on record: who, and how often.
func (s *stand) said() (out []string) {
	s.t.Helper()
	list, err := s.events.Read(s.ctx, 0, eventlog.Filter{}, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list {
		var r Refused
		if err := json.Unmarshal(e.Data, &r); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s x%d", e.Kind, r.Principal, r.Times))
	}
	return out
}

func denied(who string) Refusal {
	return Refusal{What: KindAccessDenied, Principal: who, Address: "192.0.2.1", Door: "POST /api/providers", Reason: "no", ErrorType: "AccessDeniedError"}
}

func (s *stand) want(want ...string) {
	s.t.Helper()
	if got := s.said(); fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("on record: %q, want %q", got, want)
	}
}

// The first refusal is on record at once, the thousand after it are one record with their number.
func TestKnockingIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setup(t)
		ctx, end := context.WithCancel(s.ctx)
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		s.Tell(denied("a"))
		time.Sleep(time.Second)
		s.want("AccessDenied a x1")
		for range 1000 {
			s.Tell(denied("a"))
		}
		time.Sleep(10 * time.Second)
		s.want("AccessDenied a x1")
		s.Tell(denied("b"))
		time.Sleep(2 * time.Minute)
		s.want("AccessDenied a x1", "AccessDenied b x1", "AccessDenied a x1000")
		time.Sleep(5 * time.Minute)
		if n := s.Pending(); n != 0 {
			t.Errorf("%d sorts are remembered for ever", n)
		}
		s.Tell(denied("a"))
		end()
		<-done // what is left is written
		s.want("AccessDenied a x1", "AccessDenied b x1", "AccessDenied a x1000", "AccessDenied a x1")
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestStrangersFillNoMemory(t *testing.T) {
	s := setup(t)
	for i := range 10 * maxSorts {
		s.Tell(denied(fmt.Sprint("p", i)))
	}
	if n := s.Pending(); n > maxSorts+1 {
		t.Errorf("%d sorts", n)
	}
	s.write(s.ctx, false)
	said := s.said()
	if len(said) != maxSorts+1 || said[0] != fmt.Sprintf("AccessDenied many x%d", 9*maxSorts) {
		t.Errorf("%d records, the first %q", len(said), said[0])
	}
}

// What cannot be written is not lost: it is told when it can.
func TestWhatCannotBeWrittenIsCountedOn(t *testing.T) {
	s := setup(t)
	gone, cancel := context.WithCancel(s.ctx)
	cancel()
	s.Tell(denied("a"))
	s.Tell(denied("a"))
	s.write(gone, false)
	s.want()
	s.Tell(denied("a"))
	s.write(s.ctx, true)
	s.want("AccessDenied a x3")
}

func TestEveryClassHasItsWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct{ kind, data, want string }{
		"a refusal":     {KindAccessDenied, `{"principal_id":"bot","door":"POST /x","reason":"no"}`, "access_denied medium bot was denied POST /x: no"},
		"a tool":        {KindAccessDenied, `{"principal_id":"bot","door":"tools/call","resource":"math/add","reason":"denied"}`, "unauthorized_tool medium bot was denied tools/call: denied"},
		"an address":    {KindAddressBlocked, `{"resource":"math","address":"169.254.169.254","reason":"it is link-local"}`, "provider_start_blocked high math was kept from 169.254.169.254: it is link-local"},
		"a new role":    {"RoleAssigned", `{"principal_id":"bot","role_name":"admin"}`, "config_change low bot has the role admin"},
		"nothing of it": {"ProviderStarted", `{}`, ""},
	} {
		s, ok := Secure(event.Envelope{ID: "1", Kind: tt.kind, At: at, Data: json.RawMessage(tt.data)})
		got := ""
		if ok {
			got = s.EventType + " " + s.Severity + " " + s.Message
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	for _, k := range Kinds() {
		if _, ok := Secure(event.Envelope{Kind: k, Data: json.RawMessage(`{}`)}); !ok {
			t.Errorf("%s says nothing to security people", k)
		}
	}
}
