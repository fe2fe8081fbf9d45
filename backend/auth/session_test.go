package auth

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/fault"
)

func (b *bundle) signIn(raw string) (Caller, string) {
	b.t.Helper()
	c, err := b.ByKey(raw)
	must(b.t, err)
	token, _, err := b.SignIn(b.ctx, c)
	must(b.t, err)
	c, err = b.BySession(token)
	must(b.t, err)
	return c, token
}

func TestASessionLivesOnItsKey(t *testing.T) {
	b := setup(t)
	raw, k := b.has("ann", RoleViewer)
	c, token := b.signIn(raw)
	if c.Principal != "ann" || c.Via != ViaSession || c.Credential == "" || !strings.HasPrefix(token, sessionStart) {
		t.Errorf("%+v by %s", c, token)
	}
	_, err := b.BySession(token[:len(token)-1])
	wants(t, "a token cut short", err, fault.Unauthenticated)
	_, _, err = b.SignIn(b.ctx, c)
	wants(t, "a session from a session", err, fault.Denied)
	again := b.another()
	must(t, first(again.BySession(token))) // it survives a restart
	must(t, b.SignOut(b.ctx, c))
	must(t, b.SignOut(b.ctx, c)) // twice is no harm
	_, err = b.BySession(token)
	wants(t, "after signing out", err, fault.Unauthenticated)
	wants(t, "what it had opened", b.Valid(c), fault.Unauthenticated)
	c, token = b.signIn(raw)
	must(t, b.RevokeKey(b.ctx, k.ID, "", ""))
	_, err = b.BySession(token)
	wants(t, "after its key was revoked", err, fault.Unauthenticated)
	wants(t, "what it had opened", b.Valid(c), fault.Unauthenticated)
}

func TestADisabledPrincipalIsOutAtOnce(t *testing.T) {
	b := setup(t)
	raw, _ := b.has("ann", RoleViewer)
	c, token := b.signIn(raw)
	off, on := true, false
	must(t, first(b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Disabled: &off})))
	_, kerr := b.ByKey(raw)
	_, serr := b.BySession(token)
	for what, err := range map[string]error{"her key": kerr, "her session": serr, "what it had opened": b.Valid(c)} {
		wants(t, what, err, fault.Unauthenticated)
	}
	must(t, first(b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Disabled: &on})))
	must(t, b.Valid(c))
	must(t, b.DeletePrincipal(b.ctx, "ann"))
	if _, err := b.ByKey(raw); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a deleted principal's key: %v", err)
	}
}

func TestASessionEndsWhenNobodyUsesItAndInAnyCaseInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		raw, _ := b.has("ann")
		idle := b.spec.SessionIdle()
		run(t, b.Service)
		_, unused := b.signIn(raw)
		time.Sleep(idle)
		_, err := b.BySession(unused)
		wants(t, "an unused session", err, fault.Unauthenticated)
		c, used := b.signIn(raw)
		for range int(b.spec.SessionMax()/(idle/2)) - 1 {
			time.Sleep(idle / 2)
			must(t, first(b.BySession(used)))
		}
		time.Sleep(idle / 2)
		_, err = b.BySession(used)
		wants(t, "a session of old", err, fault.Unauthenticated)
		wants(t, "what it had opened", b.Valid(c), fault.Unauthenticated)
		time.Sleep(note + glance)
		synctest.Wait()
		var left int
		must(t, b.db.Read().Get(b.ctx, &left, `SELECT count(*) FROM auth_sessions`))
		if left != 0 || len(b.session.all()) != 0 {
			t.Errorf("%d rows and %d in memory of sessions that are over", left, len(b.session.all()))
		}
	})
}

func TestSessionsOfOnePrincipalAreBounded(t *testing.T) {
	b := setup(t)
	raw, _ := b.has("ann")
	_, oldest := b.signIn(raw)
	var newest string
	for range maxSessions {
		_, newest = b.signIn(raw)
	}
	must(t, first(b.BySession(newest)))
	if n := len(b.session.all()); n != maxSessions {
		t.Errorf("%d sessions", n)
	}
	_, err := b.BySession(oldest)
	wants(t, "the one that gave way", err, fault.Unauthenticated)
}

func TestATicketIsGoodOnceAndNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		raw, k := b.has("ann")
		c, err := b.ByKey(raw)
		must(t, err)
		issue := func() string {
			t.Helper()
			ticket, _, err := b.IssueTicket(c)
			must(t, err)
			return ticket
		}
		ticket := issue()
		if got, err := b.ByTicket(ticket); err != nil || got != c {
			t.Errorf("%+v, %v", got, err)
		}
		for what, ticket := range map[string]string{"a used ticket": ticket, "no ticket": "", "a key": raw} {
			_, err := b.ByTicket(ticket)
			wants(t, what, err, fault.Unauthenticated)
		}
		ticket = issue()
		time.Sleep(TicketLife)
		_, err = b.ByTicket(ticket)
		wants(t, "an old ticket", err, fault.Unauthenticated)
		for range maxTickets {
			issue()
		}
		_, _, err = b.IssueTicket(c)
		wants(t, "one ticket more than there may be", err, fault.Limited)
		time.Sleep(TicketLife)
		ticket = issue()
		if n := len(b.tickets.open); n != 1 {
			t.Errorf("%d tickets are kept", n)
		}
		must(t, b.RevokeKey(b.ctx, k.ID, "", ""))
		_, err = b.ByTicket(ticket)
		wants(t, "the ticket of a revoked key", err, fault.Unauthenticated)
	})
}

func TestTheSetUpLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		if b.Manageable() {
			t.Fatal("nobody is there, and somebody manages")
		}
		old, err := b.OfferSetup(b.ctx)
		must(t, err)
		token, err := b.OfferSetup(b.ctx)
		must(t, err)
		for what, wrong := range map[string]string{"an earlier link": old, "a guess": "set_x", "nothing": ""} {
			_, _, _, err := b.Setup(t.Context(), wrong, "ann")
			wants(t, what, err, fault.Unauthenticated)
		}
		_, _, _, err = b.Setup(t.Context(), token, "a b")
		wants(t, "a bad name", err, fault.Invalid)
		raw, session, _, err := b.Setup(t.Context(), token, "ann") // the bad name has not used it up
		must(t, err)
		c, err := b.ByKey(raw)
		must(t, err)
		must(t, first(b.BySession(session)))
		if !b.Snapshot().Can("ann", AuthUpdate, "*").Allowed || c.Kind != User || !b.Manageable() {
			t.Error("the first admin is none")
		}
		_, _, _, err = b.Setup(t.Context(), token, "eve")
		wants(t, "a used link", err, fault.Unauthenticated)
		token, err = b.OfferSetup(b.ctx)
		must(t, err)
		time.Sleep(SetupLife)
		_, _, _, err = b.Setup(t.Context(), token, "eve")
		wants(t, "an old link", err, fault.Unauthenticated)
		if _, err := b.Principal(b.ctx, "eve"); !fault.Is(err, fault.Missing) {
			t.Errorf("a refused set-up left a principal: %v", err)
		}
	})
}

func TestBootstrapLetsTheOwnerBackIn(t *testing.T) {
	b := setup(t)
	raw, k := b.has("root", RoleAdmin)
	off := true
	must(t, first(b.SavePrincipal(b.ctx, "root", PrincipalPatch{Disabled: &off})))
	must(t, b.RevokeKey(b.ctx, k.ID, "", ""))
	if b.Manageable() {
		t.Error("a disabled admin manages")
	}
	_, fresh, err := b.Bootstrap(b.ctx, NewKey{Principal: "root", Name: "bootstrap", CreatedBy: "cli"})
	must(t, err)
	c, err := b.ByKey(fresh)
	must(t, err)
	if !b.Manageable() || !b.Snapshot().Can(c.Principal, AuthUpdate, "*").Allowed {
		t.Error("the owner is still out")
	}
	_, err = b.ByKey(raw)
	wants(t, "the revoked key", err, fault.Unauthenticated)
}
