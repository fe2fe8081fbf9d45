package store

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childMode names what a copy of this test binary does when it runs as a child process.
const childMode = "HANGAR_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode, os.Args[len(os.Args)-1]))
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
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

// newDB is an open database with a table `things (name UNIQUE, size)`.
func newDB(t *testing.T) *DB {
	t.Helper()
	db := open(t, t.TempDir())
	makeThings(t, db)
	return db
}

func makeThings(t *testing.T, db *DB) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE things (name TEXT UNIQUE, size INTEGER NOT NULL DEFAULT 0) STRICT")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
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
	if err := db.Read().Select(context.Background(), &got, "SELECT name FROM things ORDER BY rowid"); err != nil {
		t.Fatal(err)
	}
	return got
}
