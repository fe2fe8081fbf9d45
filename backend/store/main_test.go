package store

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/storetest"
)

// childMode names what a copy of this test binary does when it runs as a child process.
const childMode = "HANGAR_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode, os.Args[len(os.Args)-1]))
	}
	goleak.VerifyTestMain(storetest.Both(m))
}

// open opens SQLite.
func open(t *testing.T, dir string) *DB {
	t.Helper()
	return openWith(t, Options{Dir: dir})
}

func openWith(t *testing.T, o Options) *DB {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// newDB is an open database, of the kind that the suite runs on, with a table `things (name UNIQUE, size)`.
func newDB(t *testing.T) *DB {
	t.Helper()
	db := openWith(t, Options{Dir: t.TempDir(), URL: storetest.URL(t, "")})
	makeThings(t, db)
	return db
}

func makeThings(t *testing.T, db *DB) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE things (name TEXT UNIQUE, size INTEGER NOT NULL DEFAULT 0, at "+counter(db)+")")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// counter is the type of a column that counts rows.
func counter(db *DB) string {
	if isPostgres(db.reader.db) {
		return "SERIAL"
	}
	return "INTEGER PRIMARY KEY"
}

func add(name string) func(context.Context, *Tx) error {
	return func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO things (name) VALUES (?)", name)
		return err
	}
}

func names(t *testing.T, db *DB) []string {
	t.Helper()
	var got []string
	if err := db.Read().Select(context.Background(), &got, "SELECT name FROM things ORDER BY at"); err != nil {
		t.Fatal(err)
	}
	return got
}
