package edge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/fault"
)

func TestARouteWithoutARuleIsShutToEverybody(t *testing.T) {
	s := setup(t)
	if w := s.send("/api/secret", "", from("127.0.0.1", s.root)); w.Code != 403 || len(s.served) != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	off := setup(t, func(o *Options) { o.Spec.Enabled = false })
	if w := off.send("/api/secret", "", from("127.0.0.1", "")); w.Code != 403 || len(off.served) != 0 {
		t.Errorf("while nobody signs in: %d %s", w.Code, w.Body)
	}
}

func TestWhoIsLetInIsKnownFromThenOn(t *testing.T) {
	s := setup(t)
	s.send(route, "math", from("127.0.0.1", s.agent))
	if len(s.served) != 1 {
		t.Fatal("an agent may read a provider")
	}
	ctx := s.served[0].Context()
	caller, _ := auth.CallerFrom(ctx)
	actor, _ := event.ActorFrom(ctx)
	if caller.Principal != "bot" || caller.Via != auth.ViaKey || actor != (event.Actor{Type: "service_account", ID: "bot"}) {
		t.Errorf("%+v %+v", caller, actor)
	}
	off := setup(t, func(o *Options) { o.Spec.Enabled = false })
	off.send(route, "math", from("127.0.0.1", "whatever"))
	if caller, _ := auth.CallerFrom(off.served[0].Context()); caller != auth.Local() {
		t.Errorf("while nobody signs in: %+v", caller)
	}
	s.send("/livez", "", from("127.0.0.1", ""))
	if actor, _ := event.ActorFrom(s.served[1].Context()); actor.ID != "anonymous" {
		t.Errorf("behind a public door: %+v", actor)
	}
}

func TestASocketAsksAgainAndSeesItsPart(t *testing.T) {
	s := setup(t)
	ctx := event.WithActor(t.Context(), event.System("test"))
	_, err := s.auth.CreateRole(ctx, auth.Role{Name: "r", Permissions: []string{"event:read", "provider:read:math", "group:read"}})
	must(t, err)
	k, raw, err := s.auth.CreateKey(ctx, auth.NewKey{Principal: "eye", Name: "n"})
	must(t, err)
	must(t, s.auth.AssignRole(ctx, "eye", "r", ""))
	c, err := s.auth.ByKey(raw)
	must(t, err)
	tkt, _, err := s.auth.IssueTicket(c)
	must(t, err)
	dial := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/ws/events?"+query, nil)
		r.Header.Set("Upgrade", "websocket")
		return s.send("/api/ws/events", "", r)
	}
	if w := dial("ticket=" + tkt); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := dial("ticket=" + tkt); w.Code != 401 {
		t.Errorf("a used ticket: %d", w.Code)
	}
	tkt, _, err = s.auth.IssueTicket(c)
	must(t, err)
	plain := httptest.NewRequest("GET", "/api/providers?ticket="+tkt, nil)
	if w := s.send("/api/providers", "", plain); w.Code != 401 {
		t.Errorf("a ticket for what is no socket: %d", w.Code)
	}
	socket := s.served[0]
	again, err := Socket(socket)
	must(t, err)
	must(t, again())
	class, see := Visible(socket)
	if class == "" {
		t.Error("somebody who sees a part shares what others see")
	}
	for stream, want := range map[string]bool{"provider:math": true, "provider:other": false, "group:g": false, "system": false, "auth:key:x": false, "strange:x": false} {
		if see(stream) != want {
			t.Errorf("%s: %v", stream, !want)
		}
	}
	must(t, s.auth.RevokeRole(ctx, "eye", "r", ""))
	if err := again(); !fault.Is(err, fault.Denied) || see("provider:math") {
		t.Errorf("after its role is gone: %v", err)
	}
	must(t, s.auth.AssignRole(ctx, "eye", "r", ""))
	must(t, again())
	must(t, s.auth.RevokeKey(ctx, k.ID, "", ""))
	if err := again(); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after its key is revoked: %v", err)
	}
	_, none := Visible(plain)
	if _, err := Socket(plain); err == nil || none("group:g") {
		t.Error("a socket that was never judged is let in")
	}
}

func TestAListenerWithOneDoor(t *testing.T) {
	s := setup(t)
	for key, want := range map[string]int{s.root: 200, s.agent: 403, "": 401} {
		w := httptest.NewRecorder()
		s.For("WS /api/ws/events")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, from("127.0.0.1", key))
		if w.Code != want {
			t.Errorf("%d, want %d", w.Code, want)
		}
	}
}

func TestWhatIsServedIsCancelledWhenItMayNotAnyMore(t *testing.T) {
	s := setup(t)
	ctx, done := s.enter(context.Background(), Pass{gate: s.Gate, Caller: auth.Caller{Principal: "bot", Via: auth.ViaKey, Credential: "gone"}, door: auth.Door{Permission: auth.ToolsList, Scope: auth.Some}})
	other, doneToo := s.enter(context.Background(), Pass{gate: s.Gate, Caller: auth.Local(), door: auth.Door{Permission: auth.ToolsList, Scope: auth.Some}})
	s.Recheck()
	if !fault.Is(context.Cause(ctx), fault.Unauthenticated) || other.Err() != nil {
		t.Errorf("%v, %v", context.Cause(ctx), other.Err())
	}
	done()
	doneToo()
	if len(s.open.all) != 0 {
		t.Error("what is over is kept")
	}
}

// Whoever guesses is locked out, remembers nothing of us, and locks out nobody else.
func TestTenThousandBadKeys(t *testing.T) {
	s := setup(t, func(o *Options) { o.Spec.RateLimit.AnonymousPerSecond = -1 })
	bad := func(i int) string { return fmt.Sprintf("mcp_%043d", i) }
	codes := map[int]int{}
	for i := range 10_000 {
		codes[s.send(route, "math", from("203.0.113.7", bad(i))).Code]++
	}
	if codes[401] != attempts || codes[429] != 10_000-attempts {
		t.Errorf("%v", codes)
	}
	if w := s.send(route, "math", from("203.0.113.7", s.root)); w.Code != 429 {
		t.Errorf("the right key from an address that guessed: %d", w.Code)
	}
	if w := s.send(route, "math", from("203.0.113.8", s.root)); w.Code != 200 {
		t.Errorf("the right key from elsewhere: %d", w.Code)
	}
	for i := range 10_000 { // each from an address of its own, each at a key of its own
		s.send(route, "math", from(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}).String(), fmt.Sprintf("mcp_%07dx%035d", i, i)))
	}
	for name, n := range map[string]int{
		"addresses": len(s.lockouts.addresses.byName), "in order": s.lockouts.addresses.order.Len(), "keys": len(s.lockouts.prefixes.byName), "in their order": s.lockouts.prefixes.order.Len(),
	} {
		if n > maxTraces {
			t.Errorf("%d %s are remembered", n, name)
		}
	}
}

func TestLockOuts(t *testing.T) {
	bad := func(i int) string { return fmt.Sprintf("mcp_%043d", i) }
	for name, c := range map[string]struct {
		guesses func(s *stand) // what was sent before
		request func(s *stand) *http.Request
		want    int
	}{
		"the same wrong key again and again is no guess": {
			func(s *stand) {
				for range 100 {
					s.send(route, "m", from("203.0.113.7", bad(1)))
				}
			}, func(*stand) *http.Request { return from("203.0.113.7", bad(1)) }, 401},
		"nobody is locked out of their own machine": {
			func(s *stand) {
				for i := range 100 {
					s.send(route, "m", from("127.0.0.1", bad(i)))
				}
			}, func(s *stand) *http.Request { return from("127.0.0.1", s.root) }, 200},
		"but a wrong key is, there too": {
			func(s *stand) {
				for i := range 100 {
					s.send(route, "m", from("127.0.0.1", bad(i)))
				}
			}, func(*stand) *http.Request { return from("127.0.0.1", bad(1)) }, 429},
		"no guessing at a key keeps its owner out": {
			func(s *stand) {
				for i := range 100 {
					s.send(route, "m", from(fmt.Sprintf("203.0.113.%d", i), s.root[:auth.KeyPrefix]+fmt.Sprintf("%035d", i)))
				}
			}, func(s *stand) *http.Request { return from("192.0.2.1", s.root) }, 200},
		"but the guesses end, wherever they come from": {
			func(s *stand) {
				for i := range 100 {
					s.send(route, "m", from(fmt.Sprintf("203.0.113.%d", i), s.root[:auth.KeyPrefix]+fmt.Sprintf("%035d", i)))
				}
			}, func(s *stand) *http.Request {
				return from("192.0.2.1", s.root[:auth.KeyPrefix]+strings.Repeat("z", 35))
			}, 429},
		"an address of IPv6 is its whole network": {
			func(s *stand) {
				for i := range 100 {
					s.send(route, "m", from(fmt.Sprintf("2001:db8::%x", i+1), bad(i)))
				}
			}, func(s *stand) *http.Request { return from("2001:db8::ffff", s.root) }, 429},
		"a made-up X-Forwarded-For moves no blame": {
			func(s *stand) {
				for i := range 100 {
					r := from("203.0.113.7", bad(i))
					r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))
					s.send(route, "m", r)
				}
			}, func(s *stand) *http.Request { return from("203.0.113.7", s.root) }, 429},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t)
			c.guesses(s)
			if w := s.send(route, "m", c.request(s)); w.Code != c.want {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestALockEndsAndComesBackLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, addr := newLockouts(), netip.MustParseAddr("203.0.113.7")
		guess := func(round int) (wait time.Duration) {
			for i := range attempts + 1 {
				wait, _ = l.wrong(addr, fmt.Sprintf("%d wrong key %d", i, round), time.Now())
			}
			return wait
		}
		for round, want := range []time.Duration{5, 10, 20, 40, 60, 60} {
			if got := guess(round); got != want*time.Minute {
				t.Errorf("round %d: %s", round, got)
			}
			time.Sleep(want*time.Minute - time.Second)
			if l.address(addr, time.Now()) == 0 {
				t.Error("it ends early")
			}
			time.Sleep(time.Second)
			if wait := l.address(addr, time.Now()); wait != 0 {
				t.Errorf("it does not end: %s", wait)
			}
		}
		time.Sleep(forget + time.Second)
		if got := guess(99); got != lockFirst {
			t.Errorf("after a day: %s", got)
		}
		for i := range 100 {
			l.wrong(netip.MustParseAddr("192.0.2.1"), fmt.Sprintf("%d slowly", i), time.Now())
			time.Sleep(10 * time.Second)
		}
		if wait := l.address(netip.MustParseAddr("192.0.2.1"), time.Now()); wait != 0 {
			t.Errorf("who tries slowly is locked: %s", wait)
		}
	})
}

func TestWhoSendsARequest(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody in between", "203.0.113.7", nil, "203.0.113.7"},
		{"a stranger speaks for nobody", "203.0.113.7", []string{"192.0.2.1"}, "203.0.113.7"},
		{"this machine neither, unless it is listed", "127.0.0.1", []string{"192.0.2.1"}, "127.0.0.1"},
		{"a trusted proxy does", "10.0.0.1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"what its client made up stands before", "10.0.0.1", []string{"1.1.1.1, 192.0.2.1"}, "192.0.2.1"},
		{"also in a line of its own", "10.0.0.1", []string{"1.1.1.1", "192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "10.0.0.1", []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		{"nothing but proxies", "10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"nonsense", "10.0.0.1", []string{"192.0.2.1, unknown"}, "10.0.0.1"},
		{"a proxy that says nothing", "10.0.0.1", nil, "10.0.0.1"},
		{"IPv4 in IPv6's clothes", "::ffff:10.0.0.1", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
	} {
		s := &Gate{o: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
		r := from(c.peer, "")
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := s.Address(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCookiesOverTLSHaveNamesThatNobodyElseCanSet(t *testing.T) {
	s := &Gate{o: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, PublicURL: "https://ops.example/x/"}}
	for _, c := range []struct {
		peer, proto, host string
		want              bool
	}{
		{"203.0.113.7", "https", "", false}, {"10.0.0.1", "https", "", true}, {"10.0.0.1", "http", "ops.example", false},
		{"203.0.113.7", "", "ops.example", true}, {"203.0.113.7", "", "127.0.0.1:8000", false},
	} {
		r := from(c.peer, "")
		r.Host = c.host
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		if got := s.secure(r); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for base, want := range map[string]string{"/": "__Host-hangar_session_abc", "/ops/": "__Secure-hangar_session_abc"} {
		k := newCookies("abc-def", base)
		w := httptest.NewRecorder()
		k.set(w, "token", time.Now().Add(time.Hour), true)
		got := w.Result().Cookies()[0]
		if got.Name != want || got.Path != base || !got.Secure || !got.HttpOnly || got.SameSite != http.SameSiteStrictMode {
			t.Errorf("%+v", got)
		}
		plain := from("127.0.0.1", "")
		plain.AddCookie(&http.Cookie{Name: k.name(false), Value: "tossed"})
		if k.session(plain, true) != "" {
			t.Error("a cookie that plain HTTP could set is taken over TLS")
		}
	}
}

func TestWhereSigningInLeadsTo(t *testing.T) {
	for text, want := range map[string]string{
		"": "/ops/", "/ops/docs?a=b#c": "/ops/docs?a=b#c", "/": "/ops/", "/other": "/ops/", "//evil.example/ops/": "/ops/", "https://evil.example/ops/": "/ops/",
		"/ops/\\evil": "/ops/", "javascript:alert(1)": "/ops/", "/ops//evil.example": "/ops//evil.example", "/\t/evil.example": "/ops/", "/ops/%": "/ops/",
	} {
		g := &Gate{o: Options{BasePath: "/ops/"}}
		if got := g.next(text); got != want {
			t.Errorf("%q leads to %q", text, got)
		}
	}
	root := &Gate{o: Options{BasePath: "/"}}
	for _, evil := range []string{"//evil.example", "///evil.example", "/\\evil.example", "http:evil.example"} {
		if got := root.next(evil); got != "/" {
			t.Errorf("%q leads to %q", evil, got)
		}
	}
}

func TestLimitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuckets(10, 20)
		for i := range 20 {
			if err := b.take("a"); err != nil {
				t.Fatalf("request %d: %v", i, err)
			}
		}
		f := fault.From(b.take("a"))
		if f.Kind != fault.Limited || f.RetryAfter != 100*time.Millisecond || b.take("b") != nil {
			t.Errorf("%v after %s", f, f.RetryAfter)
		}
		time.Sleep(100 * time.Millisecond)
		if b.take("a") != nil || b.take("a") == nil {
			t.Error("it does not fill up as it should")
		}
		for i := range 2 * maxLimited {
			_ = b.take(fmt.Sprint(i)) // the first of each
		}
		if len(b.byName) > maxLimited || b.order.Len() > maxLimited {
			t.Errorf("%d names are kept", len(b.byName))
		}
		if newBuckets(-1, 0).take("a") != nil {
			t.Error("no limit is one")
		}
	})
}

// What the gate costs a request, beside the router's own work.
func BenchmarkGate(b *testing.B) {
	for name, enabled := range map[string]bool{"nobody signs in": false, "by key": true} {
		b.Run(name, func(b *testing.B) {
			s := setup(b, func(o *Options) { o.Spec.Enabled = enabled; o.Spec.RateLimit.PerSecond = -1 })
			find := func(*http.Request) (string, func(string) string) {
				return route, func(string) string { return "math" }
			}
			h := s.Admit(find)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			r, w := from("127.0.0.1", s.agent), httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
			if w.Code != 200 {
				b.Fatal(w.Code)
			}
		})
	}
}
