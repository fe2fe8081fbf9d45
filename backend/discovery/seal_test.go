package discovery

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/provider"
	"hangar/backend/secret"
	"hangar/backend/store"
)

// sealed opens a vault on the data directory of the test's store.
func sealed(dir *string) func(*testing.T, *Options) {
	return func(t *testing.T, o *Options) {
		t.Helper()
		*dir = t.TempDir()
		var err error
		o.Vault, err = secret.Open(t.Context(), o.DB, *dir, slog.New(slog.DiscardHandler))
		must(t, err)
	}
}

func secretive(name, value string) Candidate {
	c := server(name)
	c.Spec.Env = map[string]string{"TOKEN": value, "EMPTY": ""}
	return c
}

// kept is the text of a candidate in the store.
func (b *bundle) kept(name string) (text string) {
	b.t.Helper()
	must(b.t, b.o.DB.Read().Get(b.ctx, &text, `SELECT candidate FROM discoveries WHERE name = ?`, name))
	return text
}

func TestWhatWasFoundIsSealedUntilSomebodyApprovesIt(t *testing.T) {
	const canary = "canary-41d7-in-the-clear"
	var dir string
	b := setup(t, func(o *Options) { sealed(&dir)(t, o) })
	b.source("files", Filesystem, Additive, Config{})
	far := Candidate{Name: "far", Origin: "at far", Spec: provider.Spec{
		Mode: provider.Remote, Endpoint: "https://mcp.example.com/mcp", Auth: &provider.Auth{Type: "bearer", BearerToken: canary},
		HTTP: &provider.HTTP{Headers: map[string]string{"X-Token": canary}},
	}}
	b.look("files", secretive("near", canary), far)
	b.wantState("far pending", "near pending")
	for _, name := range []string{"near", "far"} {
		if text := b.kept(name); strings.Contains(text, canary) || !strings.Contains(text, "${sealed:") {
			t.Errorf("%s is kept as %s", name, text)
		}
	}
	all, err := b.Entries(b.ctx, "")
	must(t, err)
	if all[0].Candidate.Spec.Auth.BearerToken != canary || all[0].Candidate.Spec.HTTP.Headers["X-Token"] != canary || all[1].Candidate.Spec.Env["TOKEN"] != canary {
		t.Errorf("what is sealed does not open: %+v", all)
	}

	head := b.events.Head()
	text := b.kept("near")
	b.look("files", secretive("near", canary), far)
	if b.kept("near") != text {
		t.Error("a second look at the same thing writes it anew")
	}
	b.wantSaid(head, "DiscoveryCycleCompleted")
	b.look("files", secretive("near", canary+"2"), far)
	if b.kept("near") == text {
		t.Error("another secret is not seen")
	}
	_, err = b.Approve(b.ctx, "near", "")
	must(t, err)
	made, err := b.providers.Get(b.ctx, "near")
	must(t, err)
	if made.Spec.Env["TOKEN"] != canary+"2" {
		t.Errorf("approved as %+v", made.Spec.Env)
	}
}

// A Hangar that did not seal yet wrote some rows. They are read, and sealed at the next look.
func TestWhatWasStoredInTheClearIsReadAndThenSealed(t *testing.T) {
	const canary = "canary-8c02-in-the-clear"
	b := setup(t)
	b.source("files", Filesystem, Additive, Config{})
	b.look("files", secretive("near", canary), server("plain"))
	if !strings.Contains(b.kept("near"), canary) {
		t.Fatal("without a vault nothing is sealed, or this test shows nothing")
	}
	plain := b.kept("plain")
	var dir string
	sealed(&dir)(t, &b.o)
	all, err := b.Entries(b.ctx, Pending)
	must(t, err)
	if all[0].Candidate.Spec.Env["TOKEN"] != canary {
		t.Errorf("%+v", all[0].Candidate)
	}
	b.look("files", secretive("near", canary), server("plain"))
	if strings.Contains(b.kept("near"), canary) || b.kept("plain") != plain {
		t.Errorf("kept as %s, %s", b.kept("near"), b.kept("plain"))
	}
	b.wantState("near pending", "plain pending")
}

// Whoever lost the key has lost what was sealed with it, until the source is looked at: it still shows the secret.
func TestALostKeyIsMendedByTheNextLook(t *testing.T) {
	const canary = "canary-77aa-in-the-clear"
	var dir string
	b := setup(t, func(o *Options) { sealed(&dir)(t, o) })
	b.source("files", Filesystem, Additive, Config{})
	b.look("files", secretive("near", canary))
	must(t, os.Remove(filepath.Join(dir, secret.KeyFile)))
	sealed(&dir)(t, &b.o)
	_, err := b.Approve(b.ctx, "near", "")
	if err == nil || !strings.Contains(err.Error(), "cannot be opened") {
		t.Errorf("approved with a secret that nobody can read: %v", err)
	}
	b.look("files", secretive("near", canary))
	_, err = b.Approve(b.ctx, "near", "")
	must(t, err)
	made, err := b.providers.Get(b.ctx, "near")
	must(t, err)
	if made.Spec.Env["TOKEN"] != canary {
		t.Errorf("%+v", made.Spec.Env)
	}
}

// A row that is copied to another name does not open there: whoever may write the store learns nothing by having it approved.
func TestWhatIsSealedOpensNowhereElse(t *testing.T) {
	var dir string
	b := setup(t, func(o *Options) { sealed(&dir)(t, o) })
	b.source("files", Filesystem, Additive, Config{})
	b.look("files", secretive("near", "canary"), server("thief"))
	must(t, b.o.DB.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return exec(ctx, tx, `UPDATE discoveries SET candidate = ? WHERE name = 'thief'`, b.kept("near"))
	}))
	c, _, err := b.unseal("files", "thief", []byte(b.kept("thief")))
	must(t, err)
	if !strings.HasPrefix(c.Spec.Env["TOKEN"], "${sealed:") {
		t.Errorf("%+v", c.Spec.Env)
	}
	if bytes.Contains([]byte(b.kept("thief")), []byte("canary")) {
		t.Error("it is kept in the clear")
	}
}
