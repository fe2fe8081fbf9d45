package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Peek reads a store without holding it, whether a process does or not; fn sees one snapshot. A database whose schema is
// not the one that this program knows is refused: only Open migrates. Of the options it needs Dir and URL.
func Peek(ctx context.Context, o Options, fn func(ctx context.Context, q Querier) error) error {
	r, name, err := peeker(o)
	if err != nil {
		return err
	}
	defer r.db.Close()
	if err := current(ctx, r.db); err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	return (&DB{reader: r}).View(ctx, fn)
}

func peeker(o Options) (r Reader, name string, err error) {
	if o.URL != "" {
		s, err := parseServer(o.URL)
		if err != nil {
			return Reader{}, "", err
		}
		return s.reader(1), s.String(), nil
	}
	file := filepath.Join(o.Dir, "hangar.db")
	if _, err := os.Stat(file); err != nil {
		return Reader{}, "", fmt.Errorf("there is no database in %s: %w", o.Dir, err)
	}
	pool, err := openPool(readerDSN(file), 1)
	return Reader{db: pool}, file, err
}
