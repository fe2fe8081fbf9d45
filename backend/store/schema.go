package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

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

func migrator(db *sqlx.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.DB, dir, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// current refuses a schema that is not the newest one; it changes nothing.
func current(ctx context.Context, db *sqlx.DB) error {
	p, err := migrator(db)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	var is int64
	if err := db.GetContext(ctx, &is, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1"); err != nil {
		return fmt.Errorf("read the schema version: %w", translate(err))
	}
	if newest := sources[len(sources)-1].Version; is != newest {
		return fmt.Errorf("the database has schema version %d, this Hangar knows %d; start it once with the Hangar that you use now", is, newest)
	}
	return nil
}

// migrate runs what the database does not have yet, a lower number than its newest included: each file makes tables of its
// own package, and packages are finished in another order than they are numbered.
func migrate(ctx context.Context, db *sqlx.DB) error {
	p, err := migrator(db)
	if err != nil {
		return err
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", translate(err))
	}
	if current > newest {
		return fmt.Errorf("the database has schema version %d, this Hangar knows %d: it was used by a newer Hangar", current, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", translate(err))
	}
	return nil
}

// storeID reads the identity of the database, and makes one when there is none yet.
func storeID(ctx context.Context, db *sqlx.DB) (string, error) {
	_, err := db.ExecContext(ctx, "INSERT INTO store_info (one, id, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
		uuid.NewString(), Micros(now()))
	var id string
	if err == nil {
		err = db.GetContext(ctx, &id, "SELECT id FROM store_info")
	}
	if err != nil {
		return "", fmt.Errorf("read the identity of the database: %w", translate(err))
	}
	return id, nil
}
