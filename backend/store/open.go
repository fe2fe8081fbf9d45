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

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlxName is the name under which sqlx knows the `?` bind style; the driver itself is called "sqlite".
const sqlxName = "sqlite3"

const readers = 4

// Options is what Open needs.
type Options struct {
	Dir      string       // the data directory, made when absent (0700)
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

// Open locks the directory, brings the database to the newest schema and starts the writer. A directory that another
// process holds gives a *LockedError.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
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
	undo := []func() error{lock.release}
	defer func() {
		if err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				err = errors.Join(err, undo[i]())
			}
		}
	}()

	file := filepath.Join(dir, "hangar.db")
	if err := private(file); err != nil {
		return nil, err
	}
	w, err := openPool(writerDSN(file), 1)
	if err != nil {
		return nil, err
	}
	undo = append(undo, w.Close)
	if err := prepare(ctx, w); err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	id, err := storeID(ctx, w)
	if err != nil {
		return nil, err
	}
	// The names of the new files must survive a power cut too, and SQLite does not sync the directory for its own file.
	if err := syncDir(dir); err != nil {
		return nil, err
	}
	r, err := openPool(readerDSN(file), readers)
	if err != nil {
		return nil, err
	}
	undo = append(undo, r.Close)
	db := &DB{id: id, log: o.Log, lock: lock, reader: Reader{r}}
	db.writer, err = startWriter(ctx, w, o.Log)
	if err != nil {
		return nil, err
	}
	return db, nil
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
	u := url.URL{Scheme: "file", Path: file, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
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
