package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlxName is the name under which sqlx knows the `?` bind style; the driver itself is called "sqlite".
const sqlxName = "sqlite3"

const readers = 4

func openSQLite(ctx context.Context, dir string, log *slog.Logger) (_ parts, err error) {
	file := filepath.Join(dir, "hangar.db")
	if err := private(file); err != nil {
		return parts{}, err
	}
	w, err := openPool(writerDSN(file), 1)
	if err != nil {
		return parts{}, err
	}
	undo := []func() error{w.Close}
	defer func() {
		if err != nil {
			for _, fn := range undo {
				err = errors.Join(err, fn())
			}
		}
	}()
	if err := prepare(ctx, w); err != nil {
		return parts{}, fmt.Errorf("open %s: %w", file, err)
	}
	id, err := storeID(ctx, w)
	if err != nil {
		return parts{}, err
	}
	// The names of the new files must survive a power cut too, and SQLite does not sync the directory for its own file.
	if err := syncDir(dir); err != nil {
		return parts{}, err
	}
	r, err := openPool(readerDSN(file), readers)
	if err != nil {
		return parts{}, err
	}
	undo = append(undo, r.Close)
	c, err := w.Connx(ctx)
	if err != nil {
		return parts{}, fmt.Errorf("open the writing connection: %w", translate(err))
	}
	return parts{id, Reader{db: r}, startWriter(w, newConn(c), nil, log)}, nil
}

// floor is the oldest SQLite that we trust: up to 3.51.2 a checkpoint and a write at the same moment could corrupt
// the database (the WAL-reset race, https://sqlite.org/wal.html).
func floor() version { return version{3, 51, 3} }

type version [3]int

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

func (v version) before(w version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

func parseVersion(s string) (v version, err error) {
	if _, err := fmt.Sscanf(s, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return version{}, fmt.Errorf("SQLite version %q: %w", s, err)
	}
	return v, nil
}

// prepare checks the library and the file, then brings the schema up to date.
func prepare(ctx context.Context, db *sqlx.DB) error {
	var text, mode string
	if err := db.GetContext(ctx, &text, "SELECT sqlite_version()"); err != nil {
		return translate(err)
	}
	v, err := parseVersion(text)
	if err != nil {
		return err
	}
	if v.before(floor()) {
		return fmt.Errorf("SQLite %s is too old: Hangar needs %s or newer", v, floor())
	}
	if err := db.GetContext(ctx, &mode, "PRAGMA journal_mode"); err != nil {
		return translate(err)
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not support write-ahead logging (journal_mode is %q); use a local disk", mode)
	}
	return migrate(ctx, db)
}

// private makes the database file before SQLite does, and readable by its owner only; the WAL and the index beside it
// inherit the mode.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	defer f.Close()
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("make the database file private: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync the data directory: %w", err)
	}
	return nil
}

// The pragmas are in the DSN because they belong to a connection, and a pool may open another one.
// synchronous=FULL: an acknowledged commit survives a power cut. journal_size_limit: the WAL shrinks again after a
// burst. The writer takes its lock by BEGIN IMMEDIATE, so it can never fail to upgrade one.
func writerDSN(file string) string {
	return dsn(file, "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"journal_size_limit(67108864)")
}

func readerDSN(file string) string {
	return dsn(file, "busy_timeout(5000)", "query_only(1)", "foreign_keys(1)")
}

func dsn(file string, pragmas ...string) string {
	path := url.URL{Path: file}
	// Opaque, because a URL would take the first part of a relative path for a host.
	u := url.URL{Scheme: "file", Opaque: path.EscapedPath(), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

func openPool(dsn string, conns int) (*sqlx.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns) // reopening would parse the schema anew
	return sqlx.NewDb(db, sqlxName), nil
}
