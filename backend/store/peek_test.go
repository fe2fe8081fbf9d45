package store

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
)

func TestPeekReadsWhetherSomebodyHoldsTheDirectoryOrNot(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	peek := func() (id string, err error) {
		return id, Peek(ctx, Options{Dir: dir}, func(ctx context.Context, q Querier) error { return q.Get(ctx, &id, "SELECT id FROM store_info") })
	}
	if _, err := peek(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("of nothing: %v", err)
	}
	db, err := Open(ctx, Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := peek(); err != nil || id != db.StoreID() {
		t.Errorf("while it is held: %q, %v", id, err)
	}
	err = Peek(ctx, Options{Dir: dir}, func(ctx context.Context, q Querier) error {
		var n int
		return q.Get(ctx, &n, "UPDATE log_head SET head = 99 RETURNING head")
	})
	if err == nil {
		t.Error("it can be written to")
	}
	if err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := peek(); err == nil || !strings.Contains(err.Error(), "schema version 9999") {
		t.Errorf("of another Hangar: %v", err)
	}
}
