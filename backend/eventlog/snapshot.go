package eventlog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/store"
)

// Snapshot is what the events of a stream come to, up to a version.
type Snapshot struct {
	Stream   string
	Version  int64
	Position int64 // of the log when it was taken
	At       time.Time
	State    json.RawMessage
}

// ErrNoSnapshot says that a stream has none.
var ErrNoSnapshot = errors.New("the stream has no snapshot")

type snapshotRow struct {
	Stream   string `db:"stream"`
	Version  int64  `db:"version"`
	Position int64  `db:"position"`
	At       int64  `db:"at"`
	State    string `db:"state"`
}

// Snapshot reads the newest snapshot of a stream.
func (l *Log) Snapshot(ctx context.Context, stream string) (Snapshot, error) {
	var r snapshotRow
	err := l.db.Read().Get(ctx, &r, `SELECT stream, version, position, at, state FROM snapshots WHERE stream = ?`, stream)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSnapshot
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("read the snapshot of %s: %w", stream, err)
	}
	return Snapshot{r.Stream, r.Version, r.Position, store.Time(r.At), json.RawMessage(r.State)}, nil
}

// SaveSnapshot stores the state of a stream as the transaction sees it.
func (l *Log) SaveSnapshot(ctx context.Context, tx *store.Tx, stream string, state any) error {
	text, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("write the snapshot of %s: %w", stream, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO snapshots (stream, version, position, at, state)
		SELECT stream, version, (SELECT head FROM log_head), ?, ? FROM streams WHERE stream = ?
		ON CONFLICT (stream) DO UPDATE SET version = excluded.version, position = excluded.position, at = excluded.at, state = excluded.state`,
		store.Micros(tx.Now()), string(text), stream)
	if err != nil {
		return fmt.Errorf("store the snapshot of %s: %w", stream, err)
	}
	return nil
}

// Behind lists streams of a class ("provider:...") that have got at least so many events since their snapshot.
func (l *Log) Behind(ctx context.Context, class string, events int64) (streams []string, err error) {
	err = l.db.Read().Select(ctx, &streams, `SELECT s.stream FROM streams s LEFT JOIN snapshots n ON n.stream = s.stream
		WHERE s.stream > ? AND s.stream < ? AND s.version - COALESCE(n.version, 0) >= ? ORDER BY s.stream`, class+":", class+";", events)
	if err != nil {
		return nil, fmt.Errorf("read which streams need a snapshot: %w", err)
	}
	return streams, nil
}
