package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// Options is what Open needs.
type Options struct {
	Dir      string       // the data directory, made when absent (0700); locked, whichever database it is
	URL      string       // of a PostgreSQL database; empty: SQLite in the data directory
	Instance string       // identity of this run, for the lock file; empty means a new one
	Log      *slog.Logger // required
}

// DB is the open database.
type DB struct {
	id     string
	log    *slog.Logger
	lock   *lockFile
	reader Reader
	writer *writer
}

// parts are what the two kinds of databases open in their own way.
type parts struct {
	id     string
	reader Reader
	writer *writer
}

// Open locks the directory, brings the database to the newest schema and starts the writer. A directory that another
// process holds gives a *LockedError.
func Open(ctx context.Context, o Options) (*DB, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("data directory %q: %w", o.Dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if o.Instance == "" {
		o.Instance = uuid.NewString()
	}
	lock, err := lockDir(dir, Holder{PID: os.Getpid(), Instance: o.Instance, Since: now()})
	if err != nil {
		return nil, err
	}
	p, err := openParts(ctx, dir, o)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return &DB{id: p.id, log: o.Log, lock: lock, reader: p.reader, writer: p.writer}, nil
}

func openParts(ctx context.Context, dir string, o Options) (parts, error) {
	if o.URL == "" {
		return openSQLite(ctx, dir, o.Log)
	}
	return openPostgres(ctx, o)
}

// Close lets the queued writes finish, closes the database and releases the directory. Writes that come later fail.
func (db *DB) Close() error {
	return errors.Join(db.writer.close(), db.reader.db.Close(), db.lock.release())
}

// StoreID is the identity of this database, made when it was created.
func (db *DB) StoreID() string { return db.id }

// Instance is the identity of this run, as in the lock file.
func (db *DB) Instance() string { return db.lock.holder.Instance }

// SetHolder writes into the lock file where this process can be reached, so that a second one can find it.
// Call it from one goroutine.
func (db *DB) SetHolder(url string) error {
	db.lock.holder.URL = url
	return db.lock.write()
}
