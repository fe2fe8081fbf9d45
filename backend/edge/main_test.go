package edge

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// stand is a gate before one route, /api/providers/{provider_id}, with an agent's and an admin's key.
type stand struct {
	refused []audit.Refusal
	*Gate
	t           testing.TB
	auth        *auth.Service
	agent, root string
	served      []*http.Request
}

func setup(t testing.TB, change ...func(*Options)) *stand {
	t.Helper()
	ctx, quiet := event.WithActor(t.Context(), event.System("test")), slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	events, err := eventlog.New(db, quiet)
	must(t, err)
	s := &stand{t: t}
	s.auth, err = auth.New(ctx, auth.Options{DB: db, Events: events, Log: quiet})
	must(t, err)
	_, s.agent, err = s.auth.CreateKey(ctx, auth.NewKey{Principal: "bot", Name: "n"})
	must(t, err)
	must(t, s.auth.AssignRole(ctx, "bot", auth.RoleAgent, ""))
	_, s.root, err = s.auth.Bootstrap(ctx, auth.NewKey{Principal: "root", Name: "n"})
	must(t, err)
	o := Options{
		Auth: s.auth, Spec: auth.Spec{Enabled: true}, BasePath: "/", StoreID: "abc-def", Log: quiet, LocalKey: "loc_secret",
		Refused: func(n audit.Refusal) { s.refused = append(s.refused, n) }, RequestID: func(context.Context) string { return "rq" },
		WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(fault.From(err).Kind.Status())
			_, _ = w.Write([]byte(fault.From(err).Message)) // a recorder takes everything
		},
		Pages: Pages{
			Login: func(w http.ResponseWriter, _ *http.Request, status int, p LoginPage) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(p.Token + "\n" + p.Error)) // a recorder takes everything
			},
		},
	}
	for _, c := range change {
		c(&o)
	}
	s.Gate = New(o)
	return s
}

// send sends a request through the gate to a route.
func (s *stand) send(pattern, provider string, r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	find := func(*http.Request) (string, func(string) string) {
		return pattern, func(name string) string {
			if name == "provider_id" {
				return provider
			}
			return ""
		}
	}
	w := httptest.NewRecorder()
	s.Admit(find)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { s.served = append(s.served, r) })).ServeHTTP(w, r)
	return w
}

// from makes a request of an address with a key.
func from(addr, key string) *http.Request {
	r := httptest.NewRequest("GET", "/api/providers/math", nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(addr), 1234).String()
	if key != "" {
		r.Header.Set("X-API-Key", key)
	}
	return r
}

const route = "/api/providers/{provider_id}"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
