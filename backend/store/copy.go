package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// Facts are what a copy of a database says of itself.
type Facts struct {
	StoreID string `json:"store_id" db:"store_id"`
	Schema  int64  `json:"schema" db:"schema"`
	Head    int64  `json:"head" db:"head"` // the log's
}

// Copy writes a whole, consistent copy of the database of a data directory into a new file, whether somebody holds the
// directory or not; who writes meanwhile is not held up, and is not in the copy.
func Copy(ctx context.Context, dir, to string) error {
	file := filepath.Join(dir, "hangar.db")
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("there is no database in %s: %w", dir, err)
	}
	if err := private(to); err != nil { // SQLite takes an empty file for none
		return err
	}
	pool, err := openPool(dsn(file, "busy_timeout(5000)", "foreign_keys(1)"), 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copy the database: %w", translate(err))
	}
	return nil
}

// Verify reads a copy from end to end and refuses one that is damaged, or of a newer Hangar.
func Verify(ctx context.Context, file string) (f Facts, err error) {
	pool, err := openPool(readerDSN(file), 1)
	if err != nil {
		return f, err
	}
	defer pool.Close()
	if err := sound(ctx, pool); err != nil {
		return f, fmt.Errorf("check the copy of the database: %w", err)
	}
	err = pool.GetContext(ctx, &f, `SELECT (SELECT id FROM store_info) AS store_id, (SELECT head FROM log_head) AS head,
		(SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1) AS schema`)
	if err != nil {
		return f, fmt.Errorf("read the copy of the database: %w", translate(err))
	}
	p, err := migrator(pool)
	if err != nil {
		return f, err
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; f.Schema > newest {
		return f, fmt.Errorf("the copy has schema version %d, this Hangar knows %d: it is of a newer Hangar", f.Schema, newest)
	}
	return f, nil
}

func sound(ctx context.Context, db *sqlx.DB) error {
	var said []string
	if err := db.SelectContext(ctx, &said, "PRAGMA integrity_check(1)"); err != nil {
		return translate(err)
	}
	if len(said) != 1 || said[0] != "ok" {
		return fmt.Errorf("it is damaged: %v", said)
	}
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	if rows.Next() {
		return errors.New("it is damaged: rows refer to rows that are not there")
	}
	return rows.Err()
}

// Replace puts a verified copy in the place of a data directory's database, with an identity of its own: positions that
// clients remember mean nothing there. What was there before stays beside it, in the file that is returned, or "". A
// directory that somebody holds gives a *LockedError.
func Replace(ctx context.Context, dir, with string) (aside string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(dir, Holder{PID: os.Getpid(), Instance: uuid.NewString(), Since: now()})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	if err := rename(ctx, with); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "hangar.db")
	if _, err := os.Stat(file); err == nil {
		aside = fmt.Sprintf("%s.before-%s", file, time.Now().UTC().Format("20060102T150405.000000"))
		// The WAL first: beside another database it would be taken for that one's.
		for _, part := range []string{"-wal", "-shm", ""} {
			if err := os.Rename(file+part, aside+part); err != nil && !(part != "" && errors.Is(err, os.ErrNotExist)) {
				return "", fmt.Errorf("put the old database aside: %w", err)
			}
		}
	}
	if err := os.Rename(with, file); err != nil {
		return aside, fmt.Errorf("put the database in its place: %w", err)
	}
	return aside, syncDir(dir)
}

// rename gives a copy a new identity, and leaves no WAL beside it.
func rename(ctx context.Context, file string) error {
	pool, err := openPool(dsn(file, "synchronous(FULL)", "journal_mode(DELETE)"), 1)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, "UPDATE store_info SET id = ?", uuid.NewString())
	return errors.Join(translate(err), pool.Close())
}
