package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"github.com/jmoiron/sqlx"
)

// Querier reads. Tx and Reader both are one, so that a function that reads need not know which it holds.
// Queries use `?` and what SQLite and PostgreSQL both understand; rows go into fields by their `db` tag. A missing row is
// sql.ErrNoRows.
//
// The rows of Query come from the connection as they are read: close them before the next query of the same Tx or View.
type Querier interface {
	Get(ctx context.Context, dest any, query string, args ...any) error
	Select(ctx context.Context, dest any, query string, args ...any) error
	Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
}

// Reader reads what is committed, each query by itself, from a pool of read-only connections.
type Reader struct {
	db   *sqlx.DB
	view *sql.TxOptions // what makes a transaction one snapshot; nil: all are
}

// Read gives the readers. Inside of Write use the Tx instead: a reader does not see what is not committed yet.
func (db *DB) Read() Reader { return db.reader }

// Get reads one row into dest.
func (r Reader) Get(ctx context.Context, dest any, query string, args ...any) error {
	return r.repeat(func() error {
		return r.db.GetContext(ctx, dest, r.db.Rebind(query), arguments(isPostgres(r.db), query, args)...)
	})
}

// Select reads all rows into the slice that dest points to.
func (r Reader) Select(ctx context.Context, dest any, query string, args ...any) error {
	return r.repeat(func() error {
		reflect.ValueOf(dest).Elem().SetZero() // what a try before this one left
		return r.db.SelectContext(ctx, dest, r.db.Rebind(query), arguments(isPostgres(r.db), query, args)...)
	})
}

// Query reads row by row. Close the rows soon: while they are open the WAL cannot shrink.
func (r Reader) Query(ctx context.Context, query string, args ...any) (rows *sqlx.Rows, err error) {
	err = r.repeat(func() (err error) {
		rows, err = r.db.QueryxContext(ctx, r.db.Rebind(query), arguments(isPostgres(r.db), query, args)...)
		return err
	})
	return rows, err
}

// repeat reads again when the connection turns out to be one that died long ago, of which the pool may hold several: a
// server was restarted, and is there.
func (r Reader) repeat(read func() error) error {
	err := read()
	for n := 0; n < serverReaders && isStale(err); n++ {
		err = read()
	}
	return translate(err)
}

// View runs fn on one snapshot: all that it reads is of the same moment. For a list together with the position of the
// log at which it was true. Keep it short, for the sake of the WAL.
func (db *DB) View(ctx context.Context, fn func(ctx context.Context, q Querier) error) error {
	var tx *sqlx.Tx
	err := db.reader.repeat(func() (err error) {
		tx, err = db.reader.db.BeginTxx(ctx, db.reader.view)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return fn(ctx, snapshot{tx})
}

type snapshot struct{ tx *sqlx.Tx }

func (s snapshot) Get(ctx context.Context, dest any, query string, args ...any) error {
	return translate(s.tx.GetContext(ctx, dest, s.tx.Rebind(query), arguments(s.tx.DriverName() == pgxName, query, args)...))
}

func (s snapshot) Select(ctx context.Context, dest any, query string, args ...any) error {
	return translate(s.tx.SelectContext(ctx, dest, s.tx.Rebind(query), arguments(s.tx.DriverName() == pgxName, query, args)...))
}

func (s snapshot) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	rows, err := s.tx.QueryxContext(ctx, s.tx.Rebind(query), arguments(s.tx.DriverName() == pgxName, query, args)...)
	return rows, translate(err)
}
