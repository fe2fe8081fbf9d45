package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// Tx is the transaction that a closure of Write works in. It is good until the closure returns.
type Tx struct {
	now   time.Time
	conn  *conn
	after []func()
	rows  []*sqlx.Rows
	over  bool
	abort error // an error after which the whole transaction may be lost
	spoil error // an error after which PostgreSQL takes no statement until the closure is taken back
}

var errNoServer = errors.New("Row is for a PostgreSQL server")

var errTxOver = errors.New("the transaction is over: a Tx must not be used after its closure returned")

// Now is the time of this transaction; every row and event in it agrees on it.
func (tx *Tx) Now() time.Time { return tx.now }

// Server reports whether the database is a PostgreSQL server: for a statement that SQLite does not have.
func (tx *Tx) Server() bool { return tx.conn.pg }

// AfterCommit has fn called when the changes are on the disk, in commit order and before Write returns; never after a
// rollback. It runs on the writer, so it must be quick and must not write.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Exec changes rows. A duplicate of a unique value is a fault.Conflict.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := tx.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := st.ExecContext(ctx, arguments(tx.conn.pg, query, args)...)
	return res, tx.seen(err)
}

// Get reads one row into dest; also for a change with RETURNING.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	st, err := tx.stmt(ctx, query)
	if err != nil {
		return err
	}
	return tx.seen(st.GetContext(ctx, dest, arguments(tx.conn.pg, query, args)...))
}

// Row reads one row of a server into dest, and makes the closure's savepoint in the same message.
func (tx *Tx) Row(ctx context.Context, query string, args []any, dest ...any) error {
	if tx.over {
		return errTxOver
	}
	marks := tx.conn.marks()
	err := tx.conn.c.Raw(func(d any) error {
		pg, ok := d.(*stdlib.Conn)
		if !ok {
			return errNoServer
		}
		var b pgx.Batch
		for _, m := range marks {
			b.Queue(m)
		}
		b.Queue(tx.conn.c.Rebind(query), arguments(true, query, args)...)
		answers := pg.Conn().SendBatch(ctx, &b)
		for range marks {
			if _, err := answers.Exec(); err != nil {
				tx.abort = err
				return errors.Join(err, answers.Close())
			}
		}
		return errors.Join(answers.QueryRow().Scan(dest...), answers.Close())
	})
	return tx.seen(err)
}

// Select reads all rows into the slice that dest points to.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	st, err := tx.stmt(ctx, query)
	if err != nil {
		return err
	}
	return tx.seen(st.SelectContext(ctx, dest, arguments(tx.conn.pg, query, args)...))
}

// Query reads row by row. The rows are good until the closure returns.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	if err := tx.begun(ctx); err != nil {
		return nil, err
	}
	rows, err := tx.conn.c.QueryxContext(ctx, tx.conn.c.Rebind(query), arguments(tx.conn.pg, query, args)...)
	if err != nil {
		return nil, tx.seen(err)
	}
	tx.rows = append(tx.rows, rows)
	return rows, nil
}

// end closes what the closure left open: rows that stay open would hold the connection for ever.
func (tx *Tx) end() {
	tx.over = true
	for _, rows := range tx.rows {
		_ = rows.Close() // its error was the closure's to see, by rows.Err
	}
}

func (tx *Tx) stmt(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if err := tx.begun(ctx); err != nil {
		return nil, err
	}
	st, err := tx.conn.prepare(ctx, query)
	return st, tx.seen(err)
}

// begun has the savepoint of the closure made before its first statement.
func (tx *Tx) begun(ctx context.Context) error {
	if tx.over {
		return errTxOver
	}
	err := tx.conn.mark(ctx)
	if err != nil && tx.abort == nil {
		tx.abort = err
	}
	return tx.seen(err)
}

// seen remembers an error that the closure may swallow but the batch must not.
func (tx *Tx) seen(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case tx.abort == nil && (abortsBatch(err) || tx.conn.lost(err)):
		tx.abort = err
	case tx.spoil == nil && isServerError(err):
		tx.spoil = translate(err)
	}
	return translate(err)
}
