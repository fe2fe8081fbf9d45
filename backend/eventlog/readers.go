package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hangar/backend/store"
)

// Reached is how far a reader has come that stores it with SaveReached; 0 when it never did.
func (l *Log) Reached(ctx context.Context, reader string) (int64, error) {
	var position int64
	err := l.db.Read().Get(ctx, &position, `SELECT position FROM log_readers WHERE name = ?`, reader)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read how far %s has come: %w", reader, err)
	}
	return position, nil
}

// SaveReached stores how far a reader has come, in the transaction of what it made of the events. From its first call on
// nothing that the reader has not reached is removed from the log.
func (l *Log) SaveReached(ctx context.Context, tx *store.Tx, reader string, position int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO log_readers (name, position) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position`, reader, position)
	if err != nil {
		return fmt.Errorf("store how far %s has come: %w", reader, err)
	}
	return nil
}
