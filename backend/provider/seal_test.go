package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/reference"
	"hangar/backend/secret"
	"hangar/backend/store"
)

// sealing opens a service that seals, on a data directory, as often as one likes.
func sealing(t *testing.T, dir string) (context.Context, *provider.Service, *store.DB) {
	t.Helper()
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: dir, Log: log})
	must(t, err)
	events, err := eventlog.New(db, log)
	must(t, err)
	vault, err := secret.Open(ctx, db, dir, log)
	must(t, err)
	return ctx, provider.New(db, events, provider.Sealed(vault)), db
}

// secretive is a definition with a secret in each kind of place.
func secretive(value string) provider.Spec {
	return provider.Spec{
		Mode: provider.Remote, Endpoint: "https://mcp.example.com/mcp", Auth: &provider.Auth{Type: "bearer", BearerToken: value},
		HTTP: &provider.HTTP{Headers: map[string]string{"X-Token": value}},
	}
}

func TestSecretsOfDefinitionsAreSealedInTheStore(t *testing.T) {
	const canary, another = "canary-7f3a-in-the-clear", "canary-9c1d-in-the-clear"
	dir := t.TempDir()
	ctx, s, db := sealing(t, dir)
	made := demo()
	made.Env = map[string]string{"TOKEN": canary}
	must(t, s.Create(ctx, "made", made, provider.SourceAPI))
	must(t, s.Update(ctx, "made", provider.Patch{Env: map[string]string{"TOKEN": another, "REF": "${env:X}"}}))
	_, err := declare(ctx, s, db, map[provider.ID]provider.Spec{"filed": secretive(canary)})
	must(t, err)
	want, err := s.List(ctx)
	must(t, err)
	if want[1].Spec.Env["TOKEN"] != another || want[1].Spec.Env["REF"] != "${env:X}" || want[0].Spec.Auth.BearerToken != canary {
		t.Errorf("%+v", want)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		if bytes.Contains(text, []byte(canary)) || bytes.Contains(text, []byte(another)) {
			t.Errorf("%s holds a secret in the clear", f)
		}
	}
	var spec string
	must(t, db.Read().Get(ctx, &spec, `SELECT spec FROM providers WHERE id = 'made'`))
	if !strings.Contains(spec, `"REF":"${env:X}"`) {
		t.Errorf("a reference is sealed as well: %s", spec)
	}
	must(t, db.Close())

	ctx, s, db = sealing(t, dir)
	defer func() { must(t, db.Close()) }()
	got, err := s.List(ctx)
	must(t, err)
	if !slices.EqualFunc(got, want, func(a, b provider.Provider) bool { return len(a.Spec.Differs(b.Spec)) == 0 }) {
		t.Errorf("after a restart\n%+v\nwant\n%+v", got, want)
	}
	have, err := s.StandingIn(ctx, db.Read())
	must(t, err)
	if d, clash := provider.Declare(have, map[provider.ID]provider.Spec{"filed": secretive(canary)}, false); !d.Empty() || len(clash) > 0 {
		t.Errorf("the same file is another one: %+v %v", d, clash)
	}
}

func TestWithoutItsKeyASecretIsRefusedAndNotLost(t *testing.T) {
	dir := t.TempDir()
	ctx, s, db := sealing(t, dir)
	spec := demo()
	spec.Env = map[string]string{"TOKEN": "s3cret"}
	must(t, s.Create(ctx, "a", spec, provider.SourceAPI))
	must(t, db.Close())
	key := filepath.Join(dir, secret.KeyFile)
	must(t, os.Rename(key, key+".away"))

	ctx, s, db = sealing(t, dir) // makes a key of its own
	p, err := s.Get(ctx, "a")
	must(t, err)
	if _, err := p.Resolved(reference.Source{}); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), secret.KeyFile) {
		t.Errorf("%v", err)
	}
	if masked := p.Spec.Masked().Env["TOKEN"]; masked != provider.Masked {
		t.Errorf("shown as %q", masked)
	}
	text := "told"
	if err := s.Update(ctx, "a", provider.Patch{Description: &text}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "env.TOKEN") {
		t.Errorf("a definition with an unreadable secret was saved anew: %v", err)
	}
	must(t, s.Update(ctx, "a", provider.Patch{Description: &text, Env: map[string]string{}}))
	must(t, s.Create(ctx, "b", spec, provider.SourceAPI))
	must(t, db.Close())
	must(t, os.Rename(key, key+".new"))
	must(t, os.Rename(key+".away", key))

	ctx, s, db = sealing(t, dir)
	defer func() { must(t, db.Close()) }()
	b, err := s.Get(ctx, "b")
	must(t, err)
	if b.Spec.Env["TOKEN"] == "s3cret" {
		t.Error("another key opened it")
	}
	both, err := os.ReadFile(key + ".new")
	must(t, err)
	old, err := os.ReadFile(key)
	must(t, err)
	must(t, os.WriteFile(key, append(both, old...), 0o600))
	vault, err := secret.Open(ctx, db, dir, slog.New(slog.DiscardHandler))
	must(t, err)
	events, err := eventlog.New(db, slog.New(slog.DiscardHandler))
	must(t, err)
	if b, err = provider.New(db, events, provider.Sealed(vault)).Get(ctx, "b"); err != nil || b.Spec.Env["TOKEN"] != "s3cret" {
		t.Errorf("with both keys: %v, %v", b.Spec.Env, err)
	}
}

// The record says what a change made of what, and of a secret only that it was touched.
func TestTheRecordOfAChange(t *testing.T) {
	ctx, s, log := setup(t)
	spec := demo()
	spec.Env = map[string]string{"TOKEN": "s3cret"}
	must(t, s.Create(ctx, "a", spec, provider.SourceAPI))
	ttl := 7
	must(t, s.Update(ctx, "a", provider.Patch{IdleTTL: &ttl, Env: map[string]string{"TOKEN": "0ther"}}))
	must(t, s.Delete(ctx, "a"))
	events, err := log.Read(ctx, 0, eventlog.Filter{}, 10)
	must(t, err)
	want := []string{
		`"definition":{"mode":"subprocess","command":["/bin/demo"],"env":{"TOKEN":"***"}`,
		`"changes":[{"field":"env","before":{"TOKEN":"***"},"after":{"TOKEN":"***"}},{"field":"idle_ttl_s","before":300,"after":7}]`,
		`"definition":{"mode":"subprocess","command":["/bin/demo"],"env":{"TOKEN":"***"},"idle_ttl_s":7`,
	}
	if len(events) != len(want) {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if !strings.Contains(string(e.Data), want[i]) {
			t.Errorf("%s: %s", e.Kind, e.Data)
		}
	}
}

// A sealed value belongs to its provider and its field: copied elsewhere it does not open.
func TestASealedValueOpensNowhereElse(t *testing.T) {
	ctx, s, db := sealing(t, t.TempDir())
	defer func() { must(t, db.Close()) }()
	spec := demo()
	spec.Env = map[string]string{"TOKEN": "s3cret"}
	must(t, s.Create(ctx, "a", spec, provider.SourceAPI))
	must(t, s.Create(ctx, "b", demo(), provider.SourceAPI))
	var stored string
	must(t, db.Read().Get(ctx, &stored, `SELECT spec FROM providers WHERE id = 'a'`))
	moved := strings.Replace(stored, `"TOKEN"`, `"OTHER"`, 1)
	for id, text := range map[string]string{"b": stored, "a": moved} {
		must(t, db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE providers SET spec = ? WHERE id = ?`, text, id)
			return err
		}))
		p, err := s.Get(ctx, provider.ID(id))
		must(t, err)
		if values := slices.Collect(maps.Values(p.Spec.Env)); len(values) != 1 || values[0] == "s3cret" {
			t.Errorf("%s: %s", id, fmt.Sprint(p.Spec.Env))
		}
	}
	sealed := demo()
	sealed.Env = map[string]string{"X": "${sealed:AAAA}"}
	if err := s.Create(ctx, "c", sealed, provider.SourceAPI); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "env.X") {
		t.Errorf("somebody's own sealed text: %v", err)
	}
}
