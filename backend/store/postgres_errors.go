package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"hangar/backend/fault"
)

// isServerError reports whether a PostgreSQL server refused a statement. It then takes no other one until the
// transaction, or the savepoint, is rolled back.
func isServerError(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e)
}

// translatePostgres gives an error of PostgreSQL, or of the way to it, its kind; not ok: it is neither.
func translatePostgres(err error) (_ error, ok bool) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return translateState(e, err), true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, false // the caller's own
	}
	if isNetwork(err) {
		return unreachable(err), true
	}
	return nil, false
}

// translateState knows the classes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
func translateState(e *pgconn.PgError, err error) error {
	switch e.Code {
	case "23505":
		return taken(err)
	case "23503":
		return dangling(err)
	case "53100":
		return fault.New(fault.Full, "the disk of the database server is full; free some space there, then try again").Because(err)
	case "22021", "22P05":
		return fault.New(fault.Invalid, "a text holds a NUL character or is no UTF-8, which PostgreSQL does not store").Because(err)
	case "40001", "40P01", "55P03":
		return busy("another program holds rows of the database; close it and try again").Because(err)
	}
	if endsSession(e.Code) {
		return unreachable(err)
	}
	return err
}

// endsSession: the server goes down, comes up, has no connection to spare, or is not the primary any more.
func endsSession(code string) bool {
	switch code {
	case "25006", "25P03", "53300", "53200", "57P01", "57P02", "57P03", "57P05":
		return true
	}
	return strings.HasPrefix(code, "08")
}

func isNetwork(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed)
}

// isStale reports whether a connection was found dead that was once alive, other than one that could not be made.
func isStale(err error) bool {
	var e *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil || errors.As(err, &connect) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &e):
		return strings.HasPrefix(e.Code, "57P")
	}
	return isNetwork(err)
}

func busy(message string) *fault.Error {
	return fault.Named(fault.Unavailable, "StorageBusyError", "%s", message)
}

func soon(f *fault.Error) *fault.Error {
	f.RetryAfter = time.Second
	return f
}

func unreachable(err error) error {
	return soon(fault.Named(fault.Unavailable, "StorageUnreachableError",
		"the database server cannot be reached, and nothing was changed; Hangar goes on trying, so try again in a moment").Because(err))
}

func unsettled(err error) error {
	return soon(fault.Named(fault.Unavailable, "StorageOutcomeUnknownError",
		"the connection to the database broke while the change was committed, so it may be stored or not; look before trying again").Because(err))
}

func replaced() error {
	return fault.Named(fault.Unavailable, "StorageReplacedError",
		"the database is not as this process left it: another Hangar wrote to it, or a standby without the last changes took its "+
			"place; no more changes are taken, restart Hangar to go on with what is there")
}
