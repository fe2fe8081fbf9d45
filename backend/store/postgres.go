package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

const (
	pgxName        = "pgx" // under which sqlx knows the `$1` bind style
	serverReaders  = 8
	connectTimeout = 5 * time.Second
	oldestServer   = 130000 // 13, as in server_version_num
)

func isPostgres(db *sqlx.DB) bool { return db.DriverName() == pgxName }

// server is a PostgreSQL database, by its URL. It never shows the password.
type server struct{ config *pgx.ConnConfig }

// parseServer reads a URL such as postgres://hangar@db.example/hangar?sslmode=verify-full.
func parseServer(url string) (server, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return server{}, errors.New("the URL of the database must begin with postgres://")
	}
	c, err := pgx.ParseConfig(url)
	if err != nil { // it may quote parts of the URL
		return server{}, errors.New("the URL of the database cannot be read; it looks like postgres://user:password@host:5432/name?sslmode=verify-full, " +
			"with what is special in the password percent-encoded")
	}
	c.ConnectTimeout = connectTimeout
	// What a standby shows can be behind, and out of order: the log is read from the primary.
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	dialer := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
		Control:         notForEver(25 * time.Second),
	}
	c.DialFunc = dialer.DialContext
	// The server must notice as well when we are gone, because our session holds a lock.
	for name, value := range map[string]string{
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
		"idle_in_transaction_session_timeout": "60000", "client_encoding": "UTF8",
	} {
		c.RuntimeParams[name] = value
	}
	return server{c}, nil
}

// String is where the database is, for people.
func (s server) String() string {
	return fmt.Sprintf("database %q on %s", s.config.Database, net.JoinHostPort(s.config.Host, fmt.Sprint(s.config.Port)))
}

// pool opens connections that carry a name in pg_stat_activity.
func (s server) pool(name string, conns int, params map[string]string) *sqlx.DB {
	c := s.config.Copy()
	c.RuntimeParams["application_name"] = name
	for k, v := range params {
		c.RuntimeParams[k] = v
	}
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return sqlx.NewDb(db, pgxName)
}

func (s server) reader(conns int) Reader {
	return Reader{
		db:   s.pool("hangar", conns, map[string]string{"default_transaction_read_only": "on"}),
		view: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	}
}

func openPostgres(ctx context.Context, o Options) (_ parts, err error) {
	s, err := parseServer(o.URL)
	if err != nil {
		return parts{}, err
	}
	name := "hangar-writer " + o.Instance
	l := &link{pool: s.pool(name, 1, nil), name: name, log: o.Log, limit: transactionLimit, patience: settleTime}
	undo := []func() error{l.pool.Close}
	defer func() {
		if err != nil {
			for _, fn := range undo {
				err = errors.Join(err, fn())
			}
			err = fmt.Errorf("open %s: %w", s, err)
		}
	}()
	c, err := l.open(ctx)
	if err != nil {
		return parts{}, err
	}
	undo = append([]func() error{func() error { c.discard(); return nil }}, undo...)
	id, err := s.prepare(ctx)
	if err != nil {
		return parts{}, err
	}
	if l.last, err = l.lastToken(ctx, c); err != nil {
		return parts{}, err
	}
	return parts{id, s.reader(serverReaders), startWriter(l.pool, c, l, o.Log)}, nil
}

// prepare checks the server and brings the schema up to date. The caller holds the lock of the writer, so that one
// process alone migrates.
func (s server) prepare(ctx context.Context) (id string, err error) {
	db := s.pool("hangar-schema", 2, nil)
	defer db.Close()
	var is struct {
		Version  int    `db:"version"`
		Encoding string `db:"encoding"`
	}
	err = db.GetContext(ctx, &is, `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`)
	switch {
	case err != nil:
		return "", err
	case is.Version < oldestServer:
		return "", fmt.Errorf("PostgreSQL %d is too old: Hangar needs %d or newer", is.Version/10000, oldestServer/10000)
	case is.Encoding != "UTF8":
		return "", fmt.Errorf("the encoding of the database is %s: make one with UTF8", is.Encoding)
	}
	if err := migrate(ctx, db); err != nil {
		return "", err
	}
	return storeID(ctx, db)
}
