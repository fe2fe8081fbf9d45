package fresh

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"hangar/backend/store"
	"hangar/backend/storetest"
)

// name is that of the store's file in its directory.
const name = "hangar.db"

// made is the file of a store that was never used.
var made = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "hangar-fresh-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := store.Open(context.Background(), store.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	// Each copy makes an identity of its own when it is opened.
	err = db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM store_info")
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, name))
})

// Dir is a directory of the test's own to open a store in.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	Into(t, dir)
	return dir
}

// Into makes a directory one to open a store in, unless there is one in it.
func Into(t testing.TB, dir string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if _, err := os.Lstat(file); err == nil || storetest.Postgres() {
		return
	}
	content, err := made()
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
