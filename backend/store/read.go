package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Querier reads. Tx and Reader both are one, so that a function that reads need not know which it holds.
// Queries use `?`; rows go into fields by their `db` tag. A missing row is sql.ErrNoRows.
type Querier interface {
	Get(ctx context.Context, dest any, query string, args ...any) error
	Select(ctx context.Context, dest any, query string, args ...any) error
	Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
}

// Reader reads what is committed, each query by itself, from a pool of read-only connections.
type Reader struct{ db *sqlx.DB }

// Read gives the readers. Inside of Write use the Tx instead: a reader does not see what is not committed yet.
func (db *DB) Read() Reader { return db.reader }

// Get reads one row into dest.
func (r Reader) Get(ctx context.Context, dest any, query string, args ...any) error {
	return translate(r.db.GetContext(ctx, dest, r.db.Rebind(query), args...))
}

// Select reads all rows into the slice that dest points to.
func (r Reader) Select(ctx context.Context, dest any, query string, args ...any) error {
	return translate(r.db.SelectContext(ctx, dest, r.db.Rebind(query), args...))
}

// Query reads row by row. Close the rows soon: while they are open the WAL cannot shrink.
func (r Reader) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	rows, err := r.db.QueryxContext(ctx, r.db.Rebind(query), args...)
	return rows, translate(err)
}

// View runs fn on one snapshot: all that it reads is of the same moment. For a list together with the position of the
// log at which it was true. Keep it short, for the sake of the WAL.
func (db *DB) View(ctx context.Context, fn func(ctx context.Context, q Querier) error) error {
	tx, err := db.reader.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to read: %w", translate(err))
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return fn(ctx, snapshot{tx})
}

type snapshot struct{ tx *sqlx.Tx }

func (s snapshot) Get(ctx context.Context, dest any, query string, args ...any) error {
	return translate(s.tx.GetContext(ctx, dest, s.tx.Rebind(query), args...))
}

func (s snapshot) Select(ctx context.Context, dest any, query string, args ...any) error {
	return translate(s.tx.SelectContext(ctx, dest, s.tx.Rebind(query), args...))
}

func (s snapshot) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	rows, err := s.tx.QueryxContext(ctx, s.tx.Rebind(query), args...)
	return rows, translate(err)
}
