package store

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	makeThings(t, db)
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v %v", st.Mode(), err)
	}
	for _, name := range []string{"hangar.db", "hangar.db-wal", "hangar.db-shm", "hangar.lock"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, st.Mode())
		}
	}
}

func TestReopenKeepsDataAndIdentity(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "an odd name? #1 100%20")
	db, err := Open(t.Context(), Options{Dir: dir, Instance: "run-1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	makeThings(t, db)
	if err := db.Write(t.Context(), add("kept")); err != nil {
		t.Fatal(err)
	}
	id := db.StoreID()
	if db.Instance() != "run-1" || id == "" {
		t.Errorf("instance %q, store %q", db.Instance(), id)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if again.StoreID() != id {
		t.Errorf("store id changed from %s to %s", id, again.StoreID())
	}
	if again.Instance() == "run-1" || again.Instance() == "" {
		t.Errorf("a run without a name gets one of its own, not %q", again.Instance())
	}
	if got := names(t, again); len(got) != 1 || got[0] != "kept" {
		t.Errorf("rows: %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "hangar.db")); err != nil {
		t.Error(err)
	}
}

func TestConnectionsHaveTheirPragmas(t *testing.T) {
	db := open(t, t.TempDir())
	ctx := t.Context()
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"}
	err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for pragma, value := range want {
			var got string
			if err := tx.Get(ctx, &got, "PRAGMA "+pragma); err != nil || got != value {
				t.Errorf("%s = %q, want %q (%v)", pragma, got, value, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Read().Query(ctx, "DELETE FROM store_info RETURNING id")
	if err == nil {
		rows.Next()
		err = rows.Err()
		rows.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("a reader must not write: %v", err)
	}
}

func TestADatabaseOfANewerHangarIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first refusal must give the lock back
		_, err = Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "newer Hangar") {
			t.Fatalf("have %v", err)
		}
	}
}

func TestADatabaseGetsTheOlderMigrationsThatItMisses(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, "DROP TABLE secrets"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM goose_db_version WHERE version_id = 3")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.Read().Get(t.Context(), &n, "SELECT COUNT(*) FROM secrets"); err != nil {
		t.Error(err)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hangar.db"), []byte(strings.Repeat("not a database ", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Fatal("opened")
	}
}

func TestVersionFloor(t *testing.T) {
	for _, c := range []struct {
		text string
		old  bool
	}{{"3.51.2", true}, {"3.51.3", false}, {"3.50.9", true}, {"3.54.0", false}, {"4.0.0", false}, {"2.99.99", true}} {
		v, err := parseVersion(c.text)
		if err != nil || v.before(floor()) != c.old {
			t.Errorf("%s: before the floor = %v, want %v (%v)", c.text, v.before(floor()), c.old, err)
		}
	}
	if _, err := parseVersion("three"); err == nil {
		t.Error("a version that is none was read")
	}
}

func TestTimesSurviveTheTable(t *testing.T) {
	at := time.Date(2026, 3, 23, 10, 15, 30, 123456000, time.FixedZone("east", 3600))
	if got := Time(Micros(at)); !got.Equal(at) || got.Location() != time.UTC {
		t.Errorf("%v became %v", at, got)
	}
	if !Time(Micros(time.Time{})).IsZero() {
		t.Error("the zero time must stay zero")
	}
}
