package secret

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

func database(t *testing.T) (*store.DB, string) {
	t.Helper()
	dir := t.TempDir()
	fresh.Into(t, dir)
	db, err := store.Open(t.Context(), store.Options{Dir: dir, URL: storetest.URL(t, dir), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db, dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func vault(t *testing.T, db *store.DB, dir string) (*Vault, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	v, err := Open(t.Context(), db, dir, slog.New(slog.NewTextHandler(log, nil)))
	must(t, err)
	return v, log
}

func TestWhatIsPutComesBackAndIsNotInTheFile(t *testing.T) {
	db, dir := database(t)
	v, _ := vault(t, db, dir)
	const token = "correct horse battery staple"
	must(t, v.Put(t.Context(), "oauth", "a", []byte("another horse entirely")))
	must(t, v.Put(t.Context(), "oauth", "a", []byte(token)))
	must(t, v.Put(t.Context(), "oauth", "empty", nil))
	if got, err := v.Get(t.Context(), "oauth", "a"); err != nil || string(got) != token {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := v.Get(t.Context(), "oauth", "empty"); err != nil || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	again, _ := vault(t, db, dir) // the keys are read from the file
	if got, err := again.Get(t.Context(), "oauth", "a"); err != nil || string(got) != token {
		t.Errorf("%q, %v", got, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		if bytes.Contains(text, []byte(token)) || bytes.Contains(text, []byte("another horse entirely")) {
			t.Errorf("%s holds a secret in the clear", f)
		}
	}
	must(t, v.Delete(t.Context(), "oauth", "a"))
	must(t, v.Delete(t.Context(), "oauth", "a"))
	if _, err := v.Get(t.Context(), "oauth", "a"); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
	if err := v.Put(t.Context(), "oauth", "", nil); err == nil {
		t.Error("a secret without a name")
	}
}

func TestASealHoldsToItsPlace(t *testing.T) {
	db, dir := database(t)
	v, _ := vault(t, db, dir)
	must(t, v.Put(t.Context(), "ab", "c", []byte("x")))
	move := func(query string, args ...any) {
		must(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, query, args...)
			return err
		}))
	}
	move(`UPDATE secrets SET scope = 'a', name = 'bc'`)
	if _, err := v.Get(t.Context(), "a", "bc"); !errors.Is(err, ErrUnreadable) {
		t.Errorf("moved: %v", err)
	}
	sealed := v.seal("a", "b", []byte("value"))
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := v.open("a", "b", broken); !errors.Is(err, ErrUnreadable) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := v.open("a", "b", sealed[:i]); !errors.Is(err, ErrUnreadable) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	if bytes.Equal(sealed, v.seal("a", "b", []byte("value"))) {
		t.Error("the same value is sealed the same way twice")
	}
}

func TestTheKeyFile(t *testing.T) {
	db, dir := database(t)
	v, log := vault(t, db, dir)
	must(t, v.Put(t.Context(), "s", "old", []byte("x")))
	path := filepath.Join(dir, KeyFile)
	at, err := os.Stat(path)
	must(t, err)
	if at.Mode().Perm() != 0o600 || log.Len() > 0 {
		t.Errorf("mode %o, log %s", at.Mode().Perm(), log)
	}
	first, err := os.ReadFile(path)
	must(t, err)

	// A new key on top: it seals, the old one still opens.
	must(t, os.Remove(path))
	changed, log := vault(t, db, dir)
	if !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("nobody was told that the key is lost: %s", log)
	}
	if _, err := changed.Get(t.Context(), "s", "old"); !errors.Is(err, ErrUnreadable) {
		t.Errorf("%v", err)
	}
	second, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte("# changed today\n"+string(second)+string(first)), 0o600))
	both, _ := vault(t, db, dir)
	must(t, both.Put(t.Context(), "s", "new", []byte("y")))
	for name, want := range map[string]string{"old": "x", "new": "y"} {
		if got, err := both.Get(t.Context(), "s", name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := v.Get(t.Context(), "s", "new"); !errors.Is(err, ErrUnreadable) {
		t.Error("the first line does not seal")
	}

	for text, why := range map[string]string{"": "holds no key", "# nothing\n": "holds no key", "c2hvcnQ=\n": "line 1: a key is 32 bytes", "\n!\n": "line 2"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := Open(t.Context(), db, dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", text, err)
		}
	}
	must(t, os.WriteFile(path, first, 0o600))
	must(t, os.Chmod(path, 0o640))
	if _, err := Open(t.Context(), db, dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a key that the group may read: %v", err)
	}
}

func TestWhatIsKeptElsewhereHoldsToItsPlaceToo(t *testing.T) {
	db, dir := database(t)
	v, _ := vault(t, db, dir)
	sealed := v.Seal("backup", "env.TOKEN", []byte("x"))
	if got, err := v.Unseal("backup", "env.TOKEN", sealed); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"env.OTHER", ""} {
		if _, err := v.Unseal("backup", name, sealed); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := v.Unseal("backup", "env.TOKEN", nil); !errors.Is(err, ErrUnreadable) {
		t.Errorf("%v", err)
	}
}
