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

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

func migrator(db *sqlx.DB) (*goose.Provider, error) {
	folder, dialect := "migrations/sqlite", goose.DialectSQLite3
	if isPostgres(db) {
		folder, dialect = "migrations/postgres", goose.DialectPostgres
	}
	dir, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, db.DB, dir, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
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
	if err := db.GetContext(ctx, &is, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"); err != nil {
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
	_, err := db.ExecContext(ctx, db.Rebind("INSERT INTO store_info (one, id, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING"),
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
