package store

import (
	"errors"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"hangar/backend/fault"
)

// translate gives a driver error its kind. Errors that speak of our own SQL (a CHECK, a type) stay as they are and
// become an internal error where they leave.
func translate(err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err // it has been here
	}
	if server, ok := translatePostgres(err); ok {
		return server
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return taken(err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return dangling(err)
	case sqlite3.SQLITE_IOERR_SHMSIZE:
		// The index of the WAL could not grow. No write has been lost, so it heals like a full disk.
		return full(err)
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return full(err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Named(fault.Unavailable, "StorageBusyError",
			"another program holds the database for longer than five seconds; close it and try again").Because(err)
	}
	return err
}

func taken(err error) error {
	return fault.New(fault.Conflict, "something with this name exists already").Because(err)
}

func dangling(err error) error {
	return fault.New(fault.Conflict, "this refers to something that does not exist, or is referred to by something else").Because(err)
}

func full(err error) error {
	return fault.New(fault.Full, "the disk that holds the data directory is full; free some space, then try again").Because(err)
}

// OfFile gives an error of writing a file beside the database its kind.
func OfFile(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return full(err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Named(fault.Unavailable, "StorageReadOnlyError",
			"the data directory cannot be written; let the user that runs Hangar write there, then try again").Because(err)
	}
	return err
}

// abortsBatch reports whether SQLite may have rolled back the whole transaction, not only the statement
// (https://sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
func abortsBatch(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// isFatal reports whether no further write can be trusted. After a failed sync the kernel may drop the pages and say
// "done" to the next sync, so trying again would lose data in silence; a damaged file only gets worse.
func isFatal(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE,
		sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA:
		return true
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return errors.Is(err, syscall.EIO)
}

func failed(err error) error {
	return fault.Named(fault.Unavailable, "StorageFailedError",
		"the database could not be written and takes no more changes; check the disk, then restart Hangar "+
			"(the last change may or may not be there)").Because(err)
}

func closed() error {
	return fault.Named(fault.Unavailable, "StorageClosedError", "Hangar is shutting down and takes no more changes")
}
