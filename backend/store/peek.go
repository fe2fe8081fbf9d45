package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Peek reads a data directory without holding it, whether another process does or not; fn sees one snapshot. A database
// whose schema is not the one that this program knows is refused: only Open migrates.
func Peek(ctx context.Context, dir string, fn func(ctx context.Context, q Querier) error) error {
	file := filepath.Join(dir, "hangar.db")
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("there is no database in %s: %w", dir, err)
	}
	pool, err := openPool(readerDSN(file), 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := current(ctx, pool); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	return (&DB{reader: Reader{pool}}).View(ctx, fn)
}
