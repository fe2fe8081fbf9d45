package auth

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

func TestAKeyIsShownOnceAndOpensUntilItIsRevoked(t *testing.T) {
	b := setup(t)
	k, raw, err := b.CreateKey(b.ctx, NewKey{Principal: "bot", Name: "ci", CreatedBy: "me"})
	must(t, err)
	if len(raw) != 47 || !strings.HasPrefix(raw, k.Prefix) || len(k.Prefix) != KeyPrefix || k.ID == "" {
		t.Fatalf("%q of %+v", raw, k)
	}
	c, err := b.ByKey(raw)
	must(t, err)
	if c != (Caller{"bot", ServiceAccount, ViaKey, k.ID}) {
		t.Errorf("%+v", c)
	}
	for _, wrong := range []string{"", "mcp_", raw[:46], raw + "x", "MCP_" + raw[4:], raw[:46] + "_", strings.Repeat("m", 1<<16)} {
		if _, err := b.ByKey(wrong); !errors.Is(err, ErrUnknownKey) || !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%.60q: %v", wrong, err)
		}
	}
	must(t, b.RevokeKey(b.ctx, k.ID, "me", "leaked"))
	must(t, b.RevokeKey(b.ctx, k.ID, "me", "again")) // changes nothing
	if _, err := b.ByKey(raw); !fault.Is(err, fault.Unauthenticated) || errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("after the revocation: %v", err)
	}
	wants(t, "what the key had opened", b.Valid(c), fault.Unauthenticated)
	keys, err := b.Keys(b.ctx, "bot")
	must(t, err)
	if len(keys) != 1 || keys[0].Reason != "leaked" || keys[0].RevokedAt.IsZero() || keys[0].Active(time.Now()) || keys[0].UsedAt.IsZero() {
		t.Errorf("%+v", keys)
	}
	var kinds []string
	for _, e := range b.said(0) {
		kinds = append(kinds, e.Kind)
		if bytes.Contains(e.Data, []byte(raw[KeyPrefix:])) {
			t.Errorf("the key is in the log: %s", e.Data)
		}
		if !slices.Contains(Kinds(), e.Kind) {
			t.Errorf("%s is not among the kinds", e.Kind)
		}
	}
	if !slices.Equal(kinds, []string{KindPrincipalCreated, KindKeyCreated, KindKeyRevoked}) {
		t.Errorf("%v", kinds)
	}
	wants(t, "an unknown key", b.RevokeKey(b.ctx, "nope", "", ""), fault.Missing)
	_, err = b.Keys(b.ctx, "nobody")
	wants(t, "keys of nobody", err, fault.Missing)
}

// Whoever copies the data directory has no key.
func TestNoSecretIsOnTheDisk(t *testing.T) {
	b := setup(t)
	raw, _ := b.has("p", RoleViewer)
	c, err := b.ByKey(raw)
	must(t, err)
	session, _, err := b.SignIn(b.ctx, c)
	must(t, err)
	link, err := b.OfferSetup(b.ctx)
	must(t, err)
	files, err := filepath.Glob(filepath.Join(b.dir, "*"))
	must(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		for _, secret := range []string{raw, session, link} {
			if bytes.Contains(text, []byte(secret[KeyPrefix:])) {
				t.Errorf("%s holds a secret", f)
			}
		}
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	b := setup(t)
	b.custom("mine", "provider:read")
	b.has("p")
	head := b.events.Head()
	past := time.Now().Add(-time.Hour)
	for what, c := range map[string]struct {
		do   func() error
		want fault.Kind
	}{
		"a key without a name": {func() error { _, _, err := b.CreateKey(b.ctx, NewKey{Principal: "x"}); return err }, fault.Invalid},
		"a key that has expired": {func() error {
			_, _, err := b.CreateKey(b.ctx, NewKey{Principal: "x", Name: "n", ExpiresAt: past})
			return err
		}, fault.Invalid},
		"a key of a group":           {func() error { _, _, err := b.CreateKey(b.ctx, NewKey{Principal: "group:x", Name: "n"}); return err }, fault.Invalid},
		"a key of nobody":            {func() error { _, _, err := b.CreateKey(b.ctx, NewKey{Name: "n"}); return err }, fault.Invalid},
		"a key of the machine":       {func() error { _, _, err := b.CreateKey(b.ctx, NewKey{Principal: LocalID, Name: "n"}); return err }, fault.Conflict},
		"a key of a bad name":        {func() error { _, _, err := b.CreateKey(b.ctx, NewKey{Principal: "a b", Name: "n"}); return err }, fault.Invalid},
		"a role named admin":         {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "admin"}); return err }, fault.Conflict},
		"a role named Admin":         {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "Admin"}); return err }, fault.Conflict},
		"a role named builtin":       {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "builtin"}); return err }, fault.Conflict},
		"a role with agent's alias":  {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "service-account"}); return err }, fault.Conflict},
		"a role with a taken name":   {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "mine"}); return err }, fault.Conflict},
		"a role with a bad name":     {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "a b"}); return err }, fault.Invalid},
		"a role with nonsense":       {func() error { _, err := b.CreateRole(b.ctx, Role{Name: "x", Permissions: []string{"a"}}); return err }, fault.Invalid},
		"changing a built-in role":   {func() error { _, err := b.UpdateRole(b.ctx, "viewer", RolePatch{}); return err }, fault.Conflict},
		"deleting a built-in role":   {func() error { return b.DeleteRole(b.ctx, "viewer") }, fault.Conflict},
		"changing no role":           {func() error { _, err := b.UpdateRole(b.ctx, "nope", RolePatch{}); return err }, fault.Missing},
		"deleting no role":           {func() error { return b.DeleteRole(b.ctx, "nope") }, fault.Missing},
		"assigning no role":          {func() error { return b.AssignRole(b.ctx, "p", "nope", "") }, fault.Missing},
		"taking a role one has not":  {func() error { return b.RevokeRole(b.ctx, "p", "viewer", "") }, fault.Missing},
		"taking a role from nobody":  {func() error { return b.RevokeRole(b.ctx, "nobody", "viewer", "") }, fault.Missing},
		"a role for the machine":     {func() error { return b.AssignRole(b.ctx, LocalID, "viewer", "") }, fault.Conflict},
		"deleting nobody":            {func() error { return b.DeletePrincipal(b.ctx, "nobody") }, fault.Missing},
		"a principal that is a role": {func() error { _, err := b.SavePrincipal(b.ctx, "role:x", PrincipalPatch{}); return err }, fault.Conflict},
		"a policy without effect":    {func() error { return b.SetPolicy(b.ctx, Policy{Provider: "a", Tool: "b", Subject: "p"}) }, fault.Invalid},
		"a policy of nobody":         {func() error { return b.SetPolicy(b.ctx, Policy{Provider: "a", Tool: "b", Effect: Deny}) }, fault.Invalid},
		"a policy of a bad pattern":  {func() error { return b.SetPolicy(b.ctx, Policy{Provider: "[", Tool: "b", Subject: "p", Effect: Deny}) }, fault.Invalid},
		"rotating no key":            {func() error { _, _, _, err := b.RotateKey(b.ctx, "nope", Rotation{}); return err }, fault.Missing},
		"a rotation without end": {func() error {
			_, _, _, err := b.RotateKey(b.ctx, "nope", Rotation{Grace: 365 * 24 * time.Hour})
			return err
		}, fault.Invalid},
		"explaining nobody":       {func() error { _, err := b.Explain(b.ctx, "a", "b", "nobody"); return err }, fault.Missing},
		"a set-up without a link": {func() error { _, _, _, err := b.Setup(b.ctx, "set_guess", "me"); return err }, fault.Unauthenticated},
	} {
		wants(t, what, c.do(), c.want)
	}
	if got := b.events.Head(); got != head {
		t.Errorf("refusals left %d events: %+v", got-head, b.said(head))
	}
	if all, err := b.Principals(b.ctx); err != nil || len(all) != 1 {
		t.Errorf("refusals left principals: %+v, %v", all, err)
	}
}

func TestRolesAndGroups(t *testing.T) {
	b := setup(t)
	b.custom("reader", "providers:read")
	may := func(id string, p Permission) bool { return b.Snapshot().Can(id, p, "*").Allowed }
	must(t, b.AssignRole(b.ctx, "ann", "reader", "me"))
	must(t, b.AssignRole(b.ctx, "ann", "reader", "me")) // she has it
	if !may("ann", ProvidersRead) || may("ann", GroupsRead) {
		t.Error("the role does not hold at once")
	}
	changed := []string{"group:read"}
	_, err := b.UpdateRole(b.ctx, "reader", RolePatch{Permissions: &changed})
	must(t, err)
	if may("ann", ProvidersRead) || !may("ann", GroupsRead) {
		t.Error("the changed role does not hold at once")
	}
	text := "only words"
	r, err := b.UpdateRole(b.ctx, "reader", RolePatch{Description: &text})
	if must(t, err); !slices.Equal(r.Permissions, changed) {
		t.Errorf("a partial update dropped the permissions: %+v", r)
	}
	groups := []string{"ops"}
	p, err := b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Groups: &groups})
	must(t, err)
	if p.Kind != User || !slices.Equal(p.Groups, []string{"group:ops"}) || !slices.Equal(p.Roles, []string{"reader"}) {
		t.Errorf("%+v", p)
	}
	must(t, b.AssignRole(b.ctx, "group:ops", "service-account", ""))
	if !may("ann", ToolsInvoke) {
		t.Error("the role of her group does not reach her")
	}
	must(t, b.RevokeRole(b.ctx, "group:ops", "agent", ""))
	if may("ann", ToolsInvoke) {
		t.Error("the role of her group stays")
	}
	b.policy("x", "y", "role:reader", Deny)
	must(t, b.DeleteRole(b.ctx, "reader"))
	if may("ann", GroupsRead) {
		t.Error("a deleted role still holds")
	}
	if rules, err := b.Policies(b.ctx, "x", "y"); err != nil || len(rules) != 0 {
		t.Errorf("the role's policy outlives it: %+v, %v", rules, err)
	}
	must(t, b.AssignRole(b.ctx, "group:ops", "viewer", ""))
	must(t, b.DeletePrincipal(b.ctx, "group:ops"))
	if p, err = b.Principal(b.ctx, "ann"); err != nil || len(p.Groups) != 0 || may("ann", ProvidersRead) {
		t.Errorf("a deleted group still holds: %+v, %v", p, err)
	}
	kind := Group
	_, err = b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Kind: &kind})
	wants(t, "a person as a group", err, fault.Invalid)
	_, err = b.SavePrincipal(b.ctx, "group:x", PrincipalPatch{Groups: &groups})
	wants(t, "a group in a group", err, fault.Invalid)
}

func TestPoliciesHoldAtOnceAndSurviveARestart(t *testing.T) {
	b := setup(t)
	b.has("bot", RoleAgent)
	ctx := b.as("bot")
	must(t, b.Permit(ctx, "math", "add"))
	b.policy("math", "*", "bot", Deny)
	wants(t, "a denied tool", b.Permit(ctx, "math", "add"), fault.Denied)
	again := b.another()
	wants(t, "a denied tool after a restart", again.Permit(ctx, "math", "add"), fault.Denied)
	b.policy("math", "*", "bot", Allow) // in place of the deny
	must(t, b.Permit(ctx, "math", "add"))
	b.policy("math", "add", "role:agent", Deny)
	b.policy("*", "a?d", Everyone, Deny)
	b.policy("physics", "add", "bot", Deny)
	rules, err := b.Policies(b.ctx, "math", "add")
	if must(t, err); len(rules) != 3 {
		t.Errorf("%+v", rules)
	}
	for _, c := range []struct {
		provider, tool, subject string
		want                    int
	}{{"math", "add", "nobody", 0}, {"math", "add", "", 1}, {"*", "a?d", Everyone, 1}, {"*", "a?d", "", 0}} {
		if n, err := b.ClearPolicies(b.ctx, c.provider, c.tool, c.subject); err != nil || n != c.want {
			t.Errorf("%+v: %d, %v", c, n, err)
		}
	}
	must(t, b.Permit(ctx, "math", "add"))
	wants(t, "nobody's call", b.Permit(t.Context(), "math", "add"), fault.Denied)
	verdicts, err := b.Explain(b.ctx, "physics", "add", "")
	must(t, err)
	if len(verdicts) != 1 || verdicts[0].Principal.ID != "bot" || verdicts[0].Allowed || verdicts[0].Policy == nil {
		t.Errorf("%+v", verdicts)
	}
}

// A delegate who may manage access cannot make themselves, or others, more than they are.
func TestNobodyRisesAboveThemselves(t *testing.T) {
	b := setup(t)
	b.custom("clerk", "auth:*", "provider:read")
	b.has("clerk", "clerk")
	_, root := b.has("root", RoleAdmin)
	ctx := b.as("clerk")
	must(t, b.AssignRole(b.ctx, "group:admins", RoleAdmin, ""))
	admins := []string{"admins"}
	more := []string{"provider:exec"}
	less := []string{"provider:read:math"}
	for what, err := range map[string]error{
		"a key for an admin":  second(b.CreateKey(ctx, NewKey{Principal: "root", Name: "mine"})),
		"an admin's key anew": fourth(b.RotateKey(ctx, root.ID, Rotation{})),
		"the admin role":      b.AssignRole(ctx, "clerk", RoleAdmin, ""),
		"the viewer role":     b.AssignRole(ctx, "clerk", RoleViewer, ""), // it may see more than a clerk
		"a role with more":    first(b.CreateRole(ctx, Role{Name: "more", Permissions: more})),
		"a wider role":        first(b.UpdateRole(ctx, "clerk", RolePatch{Permissions: &more})),
		"the group of admins": first(b.SavePrincipal(ctx, "clerk", PrincipalPatch{Groups: &admins})),
		"a change of an admin": func() error {
			off := true
			return first(b.SavePrincipal(ctx, "root", PrincipalPatch{Disabled: &off}))
		}(),
	} {
		wants(t, what, err, fault.Denied)
	}
	must(t, first(b.CreateRole(ctx, Role{Name: "less", Permissions: less})))
	must(t, b.AssignRole(ctx, "new", "less", ""))
	must(t, second(b.CreateKey(ctx, NewKey{Principal: "new", Name: "n"})))
	anonymous := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "x"})
	wants(t, "a role from nobody in particular", b.AssignRole(anonymous, "x", "less", ""), fault.Denied)
}

func first[A any](_ A, err error) error                { return err }
func second[A, B any](_ A, _ B, err error) error       { return err }
func fourth[A, B, C any](_ A, _ B, _ C, e error) error { return e }

func TestAKeyHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		_, raw, err := b.CreateKey(b.ctx, NewKey{Principal: "p", Name: "n", ExpiresAt: time.Now().Add(time.Hour)})
		must(t, err)
		c, err := b.ByKey(raw)
		must(t, err)
		time.Sleep(time.Hour - time.Second)
		must(t, b.Valid(c))
		time.Sleep(time.Second)
		wants(t, "what an expired key had opened", b.Valid(c), fault.Unauthenticated)
		_, err = b.ByKey(raw)
		wants(t, "an expired key", err, fault.Unauthenticated)
	})
}

func TestARotatedKeyOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		old, k := b.has("p", RoleAdmin)
		next, raw, until, err := b.RotateKey(b.ctx, k.ID, Rotation{Grace: time.Hour, By: "me"})
		must(t, err)
		if next.ID == k.ID || !until.Equal(time.Now().Add(time.Hour)) || next.Name != k.Name || !next.ExpiresAt.IsZero() {
			t.Errorf("%+v until %s", next, until)
		}
		must(t, first(b.ByKey(old)))
		must(t, first(b.ByKey(raw)))
		_, _, _, err = b.RotateKey(b.ctx, k.ID, Rotation{})
		wants(t, "rotating it twice", err, fault.Conflict)
		time.Sleep(time.Hour)
		_, err = b.ByKey(old)
		wants(t, "the old key after the grace", err, fault.Unauthenticated)
		must(t, first(b.ByKey(raw)))
		_, _, _, err = b.RotateKey(b.ctx, next.ID, Rotation{})
		must(t, err)
		_, err = b.ByKey(raw)
		wants(t, "the old key without grace", err, fault.Unauthenticated)
	})
}

// Keys are made and revoked for ever; what is kept in memory of those that open nothing has an end.
func TestOldSpentKeysAreForgotten(t *testing.T) {
	ring, now := newKeyring(), time.Now()
	id := func(i int) string { return fmt.Sprintf("%04d", i) }
	for i := range 2 * maxSpent {
		h := &held{id: id(i), hash: digest(id(i))}
		ring.put(h)
		if i%2 == 0 {
			ring.put(&held{id: id(i), hash: digest(id(i)), revoked: true})
		} else {
			h.expires = store.Micros(now)
		}
		ring.expire(now)
	}
	ring.put(&held{id: "alive", hash: digest("alive"), expires: store.Micros(now.Add(time.Hour))})
	ring.expire(now)
	if len(ring.byID) != maxSpent+1 || len(ring.byHash) != maxSpent+1 || len(ring.spent) != maxSpent {
		t.Errorf("%d by id, %d by hash, %d spent", len(ring.byID), len(ring.byHash), len(ring.spent))
	}
	if ring.find("alive") == nil || ring.find(id(maxSpent-1)) != nil {
		t.Error("the wrong ones were forgotten")
	}
	if h := ring.find(id(2*maxSpent - 2)); h == nil || !h.revoked {
		t.Error("of the last ones it is not known any more that they were revoked")
	}
}

// Sockets are told of nothing that comes after the answer to a revocation: they are asked about before it.
func TestWhatIsToldAtOnceIsToldBeforeTheAnswer(t *testing.T) {
	b := setup(t)
	raw, _ := b.has("p", RoleViewer)
	c, err := b.ByKey(raw)
	must(t, err)
	valid := true
	b.AtOnce(func() { valid = b.Valid(c) == nil && b.Snapshot().Can("p", ProvidersRead, "*").Allowed })
	must(t, b.RevokeRole(b.ctx, "p", RoleViewer, ""))
	if valid {
		t.Error("the answer came before anybody was told")
	}
}

// What one process revokes, another one that follows the log refuses and tells of.
func TestARevocationReachesEveryProcess(t *testing.T) {
	b := setup(t)
	raw, k := b.has("p", RoleViewer)
	other := b.another()
	told := make(chan struct{}, 100)
	other.OnChange(func() { told <- struct{}{} })
	run(t, other)
	<-told // it runs
	c, err := other.ByKey(raw)
	must(t, err)
	reaches := func(what string, is func() bool) {
		t.Helper()
		for limit := time.After(10 * time.Second); !is(); {
			select {
			case <-told:
			case <-limit:
				t.Fatalf("%s does not reach the other process", what)
			}
		}
	}
	must(t, b.RevokeRole(b.ctx, "p", RoleViewer, ""))
	reaches("a role", func() bool { return !other.Snapshot().Can("p", ProvidersRead, "*").Allowed })
	b.custom("c", "provider:read")
	must(t, b.AssignRole(b.ctx, "p", "c", ""))
	reaches("a custom role", func() bool { return other.Snapshot().Can("p", ProvidersRead, "*").Allowed })
	b.policy("*", "*", "p", Deny)
	reaches("a policy", func() bool { return !other.Snapshot().Rights("p").AllTools() && len(other.Snapshot().policies) == 1 })
	must(t, b.RevokeKey(b.ctx, k.ID, "", ""))
	reaches("a revocation", func() bool { return other.Valid(c) != nil })
	raw, _ = b.has("q")
	reaches("a new key", func() bool { _, err := other.ByKey(raw); return err == nil })
	must(t, b.DeletePrincipal(b.ctx, "q"))
	reaches("a deletion", func() bool { _, err := other.ByKey(raw); return errors.Is(err, ErrUnknownKey) })
}

// While it cannot be told who may do what, nobody may do anything.
func TestWhatCannotBeDecidedIsRefused(t *testing.T) {
	b := setup(t)
	raw, _ := b.has("p", RoleAgent)
	c, err := b.ByKey(raw)
	must(t, err)
	b.shut()
	if err := b.sync(b.ctx); err != nil {
		t.Fatalf("nothing has happened, so nothing has to be read: %v", err)
	}
	b.mu.Lock()
	b.tail = b.events.Tail(-100) // the log is asked for what it cannot give
	b.mu.Unlock()
	if err := b.sync(b.ctx); err == nil {
		t.Fatal("a store that is closed was read")
	}
	_, err = b.ByKey(raw)
	wants(t, "a right key", err, fault.Unavailable)
	wants(t, "what it had opened", b.Valid(c), fault.Unavailable)
	wants(t, "a call", b.Permit(As(b.ctx, c), "math", "add"), fault.Unavailable)
}

func TestWhenAKeyWasUsedIsWrittenInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		raw, k := b.has("p")
		stored := func() time.Time {
			r, err := key(b.ctx, b.db.Read(), k.ID)
			must(t, err)
			return r.key().UsedAt
		}
		run(t, b.Service)
		time.Sleep(time.Second)
		must(t, first(b.ByKey(raw)))
		used := time.Now().UTC().Truncate(time.Microsecond)
		if synctest.Wait(); !stored().IsZero() {
			t.Error("a use costs a write")
		}
		time.Sleep(note)
		if synctest.Wait(); !stored().Equal(used) {
			t.Errorf("%s is stored, used at %s", stored(), used)
		}
		head := b.events.Head()
		time.Sleep(10 * note)
		if synctest.Wait(); b.events.Head() != head {
			t.Error("rest makes events")
		}
	})
}
