package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// The number of statements that the writer keeps prepared. The queries of the program are fixed texts and fewer than
// this; the limit is for those with a list of varying length.
const maxStatements = 256

// conn is the writer's only connection, with its prepared statements. Used by the writer goroutine alone.
type conn struct {
	c     *sqlx.Conn
	stmts map[string]*sqlx.Stmt
	pg    bool

	marked bool // the transaction has a savepoint
	due    bool // the closure at hand has none yet; its first statement brings it
}

func newConn(c *sqlx.Conn) *conn { return &conn{c: c, stmts: map[string]*sqlx.Stmt{}} }

func (c *conn) prepare(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if st, ok := c.stmts[query]; ok {
		return st, nil
	}
	st, err := c.c.PreparexContext(ctx, c.c.Rebind(query))
	if err != nil {
		return nil, err
	}
	c.stmts[query] = st
	return st, nil
}

// control runs BEGIN and its like. PostgreSQL takes several in one message, but not prepared.
func (c *conn) control(ctx context.Context, query string) (err error) {
	if c.pg {
		_, err = c.c.ExecContext(ctx, query)
	} else {
		var st *sqlx.Stmt
		if st, err = c.prepare(ctx, query); err == nil {
			_, err = st.ExecContext(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}

// mark makes the savepoint that is due.
func (c *conn) mark(ctx context.Context) error {
	if !c.due {
		return nil
	}
	return c.control(ctx, strings.Join(c.marks(), "; "))
}

// marks is what makes the savepoint, when one is due. The one of the closure before is in its way.
func (c *conn) marks() (statements []string) {
	if c.due && c.marked {
		statements = append(statements, "RELEASE SAVEPOINT closure")
	}
	if c.due {
		statements = append(statements, "SAVEPOINT closure")
		c.due, c.marked = false, true
	}
	return statements
}

// trim keeps the number of statements bounded. Called between closures: a statement in use must not be closed.
func (c *conn) trim() {
	if len(c.stmts) > maxStatements {
		c.forget()
	}
}

// forget closes the prepared statements, all at once: it is rare, and which one is used next cannot be known.
func (c *conn) forget() {
	for _, st := range c.stmts {
		st.Close() //nolint:errcheck // repeats the error of the statement's last run
	}
	clear(c.stmts)
}
