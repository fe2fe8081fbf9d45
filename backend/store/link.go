package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

const (
	writerLock       = 0x68616e676172   // "hangar": the advisory lock of who writes to the database
	openPatience     = 10 * time.Second // a killed process's session may need a moment to end
	lockPatience     = 2 * time.Second  // our own was told to end
	transactionLimit = 30 * time.Second // a server that is silent for longer counts as lost
	settleTime       = 10 * time.Second // how long callers wait to learn what became of a commit that was cut
	reconnectPause   = 250 * time.Millisecond
)

// link keeps the writer connected to a PostgreSQL server. Used by the writer goroutine alone, once that runs.
//
// Two things make its answers definite. The session that writes holds an advisory lock, so that there is one writer; who
// has the lock knows that the session before is over. And each transaction leaves a token of its own in store_commit: when
// the connection breaks during a COMMIT, the token says after the next connection whether it was stored.
type link struct {
	pool     *sqlx.DB
	name     string // of its sessions, unique to this run
	log      *slog.Logger
	limit    time.Duration
	patience time.Duration

	last    string // the token of the last transaction that is known to be stored
	unsure  *unsure
	tried   time.Time // when a connection was last refused
	problem error     // why
}

// unsure is a batch whose COMMIT was cut.
type unsure struct {
	token  string
	stored bool
	batch  []*job // whose callers have given up waiting; nil: they wait still
}

// open makes the first connection.
func (l *link) open(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout+2*openPatience)
	defer cancel()
	return l.connect(ctx, openPatience)
}

// connect opens a session and gives it the lock.
func (l *link) connect(ctx context.Context, patience time.Duration) (*conn, error) {
	c, err := l.pool.Connx(ctx)
	if err != nil {
		return nil, err
	}
	out := newConn(c)
	out.pg = true
	if err := l.take(ctx, out, patience); err != nil {
		out.discard()
		return nil, err
	}
	return out, nil
}

func (l *link) take(ctx context.Context, c *conn, patience time.Duration) error {
	// A session of ours that the server believes to be alive would keep the lock.
	_, err := c.c.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = $1 AND pid <> pg_backend_pid() AND datname = current_database()`, l.name)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for {
		var free bool
		if err := c.c.GetContext(ctx, &free, `SELECT pg_try_advisory_lock($1)`, writerLock); err != nil {
			return err
		}
		if free {
			break
		}
		if time.Now().After(deadline) {
			return busy("another Hangar uses the database" + l.holder(ctx, c) + "; stop it, or give this one a database of its own")
		}
		time.Sleep(20 * time.Millisecond)
	}
	// An acknowledged change must survive a crash of the server, whatever its default is.
	_, err = c.c.ExecContext(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// holder says what is known of who has the lock.
func (l *link) holder(ctx context.Context, c *conn) string {
	var from struct {
		Addr  string `db:"addr"`
		Since string `db:"since"`
	}
	err := c.c.GetContext(ctx, &from, `SELECT COALESCE(host(a.client_addr), 'this machine') AS addr, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI') AS since
		FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
		WHERE k.locktype = 'advisory' AND k.granted AND ((k.classid::bigint << 32) | k.objid::bigint) = $1
		AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())`, writerLock)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (from %s, since %s)", from.Addr, from.Since)
}

func (l *link) lastToken(ctx context.Context, c *conn) (token string, err error) {
	err = c.c.GetContext(ctx, &token, `SELECT token FROM store_commit`)
	return token, err
}

// begin starts a transaction that leaves its token.
func (l *link) begin(ctx context.Context, c *conn) (token string, err error) {
	token = uuid.NewString()
	c.marked, c.due = false, false
	return token, c.control(ctx, `BEGIN; UPDATE store_commit SET token = '`+token+`'`)
}

// ready gives the writer a connection when it has none, and settles what the last one left open.
func (w *writer) ready() error {
	l := w.link
	if w.conn != nil && w.conn.open() {
		return nil
	}
	w.drop()
	if l.problem != nil && time.Since(l.tried) < reconnectPause {
		return l.problem
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout+2*lockPatience)
	defer cancel()
	c, err := l.connect(ctx, lockPatience)
	var last string
	if err == nil {
		if last, err = l.lastToken(ctx, c); err != nil {
			c.discard()
		}
	}
	l.problem, l.tried = nil, time.Now()
	if err != nil {
		l.problem = unreachable(err)
		return l.problem
	}
	w.conn = c
	return w.settle(last)
}

func (w *writer) drop() {
	if w.conn != nil {
		w.conn.discard()
		w.conn = nil
	}
}

// settle judges by the token that is stored what became of the last COMMIT.
func (w *writer) settle(last string) error {
	l, u := w.link, w.link.unsure
	switch {
	case u != nil && last == u.token:
		l.last, l.unsure, u.stored = last, nil, true
		if u.batch != nil {
			l.log.Info("changes whose commit was cut are stored after all")
		}
		for _, j := range u.batch {
			w.runAfter(j)
		}
	case last == l.last:
		l.unsure = nil
		if u != nil && u.batch != nil {
			l.log.Info("changes whose commit was cut are not stored")
		}
	default:
		err := replaced()
		w.broken.Store(&err)
		l.log.Error("the database cannot be written; no more changes are taken", "error", err)
		return err
	}
	return nil
}

// resolve learns what became of a batch whose COMMIT was cut by cause, within the patience of its callers.
func (w *writer) resolve(token string, batch []*job, cause error) error {
	l, u := w.link, &unsure{token: token}
	l.unsure = u
	for deadline := time.Now().Add(l.patience); ; {
		err := w.ready()
		switch {
		case u.stored:
			return nil
		case l.unsure == nil:
			return unreachable(cause)
		case w.broken.Load() != nil:
			return err
		case time.Now().After(deadline):
			u.batch = make([]*job, 0, len(batch)) // not nil: they have been answered
			for _, j := range batch {
				if j.err == nil {
					u.batch = append(u.batch, j)
				}
			}
			return unsettled(cause)
		}
		time.Sleep(reconnectPause)
	}
}

// open reports whether nobody has noticed yet that the connection is gone.
func (c *conn) open() bool {
	alive := false
	err := c.c.Raw(func(d any) error {
		pg, ok := d.(*stdlib.Conn)
		alive = ok && !pg.Conn().IsClosed()
		return nil
	})
	return err == nil && alive
}

// inTransaction reports whether the transaction is there, and whole.
func (c *conn) inTransaction() bool {
	if !c.pg {
		return true
	}
	whole := false
	err := c.c.Raw(func(d any) error {
		pg, ok := d.(*stdlib.Conn)
		whole = ok && pg.Conn().PgConn().TxStatus() == 'T'
		return nil
	})
	return err == nil && whole
}

// lost reports whether an error is that of a connection that is no more.
func (c *conn) lost(err error) bool {
	if !c.pg || err == nil {
		return false
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || !c.open()
}

// discard closes the connection for good; what becomes of it on the other side is seen by the next one.
func (c *conn) discard() {
	clear(c.stmts)
	_ = c.c.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.c.Close()
}
