package eventlog

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"hangar/backend/event"
	"hangar/backend/store"
)

// ErrTruncated says that the log does not hold the events after a position any more (or that the position is of
// another database): the reader needs a new snapshot.
var ErrTruncated = errors.New("the log does not reach back that far")

// ErrNoActor says that nobody is named as the cause of a change (event.WithActor).
var ErrNoActor = errors.New("an event needs an actor in the context")

// Log is the log of one database. There is one Log per store.DB.
type Log struct {
	db     *store.DB
	log    *slog.Logger
	live   *ring
	rec    *recorder
	random *bufio.Reader // of the system, many bytes at a time; of the store's writer
	// The kinds of events that were ever recorded, and so may be in batches.
	packed kindSet
}

// New opens the log of a database.
func New(db *store.DB, log *slog.Logger) (*Log, error) {
	ctx := context.Background()
	head, err := headOf(ctx, db.Read())
	if err != nil {
		return nil, err
	}
	l := &Log{db: db, log: log, live: newRing(head), rec: newRecorder(), random: bufio.NewReader(rand.Reader)}
	var last int64
	err = db.Read().Get(ctx, &last, `SELECT COALESCE(MAX(position), 0) FROM (SELECT MAX(position) AS position FROM events
		UNION ALL SELECT MAX(last) FROM event_batches) AS ends`)
	if err == nil {
		err = l.packed.load(ctx, db.Read())
	}
	if err != nil {
		return nil, fmt.Errorf("read the end of the log: %w", err)
	}
	if last > head {
		return nil, fmt.Errorf("the log is damaged: it holds position %d but its head says %d", last, head)
	}
	return l, nil
}

// Head is the position of the last event that was announced; 0 for an empty log.
func (l *Log) Head() int64 { return l.live.last() }

// HeadIn is the head as a transaction or snapshot sees it: the position that belongs to what it reads.
func (l *Log) HeadIn(ctx context.Context, q store.Querier) (int64, error) { return headOf(ctx, q) }

func headOf(ctx context.Context, q store.Querier) (int64, error) {
	var head int64
	if err := q.Get(ctx, &head, "SELECT head FROM log_head"); err != nil {
		return 0, fmt.Errorf("read the head of the log: %w", err)
	}
	return head, nil
}

// Oldest is the position of the oldest event that is still there; 0 when there is none.
func (l *Log) Oldest(ctx context.Context) (int64, error) {
	var oldest sql.NullInt64
	if err := l.db.Read().Get(ctx, &oldest, "SELECT "+oldestPosition); err != nil {
		return 0, fmt.Errorf("read the start of the log: %w", err)
	}
	return oldest.Int64, nil
}

// oldestPosition is NULL when the log holds nothing. The batches are in order, so the first one has the oldest.
const oldestPosition = `(SELECT MIN(position) FROM (SELECT MIN(position) AS position FROM events
	UNION ALL SELECT first FROM event_batches WHERE last = (SELECT MIN(last) FROM event_batches)) AS ends)`

// Check is nil when a reader can go on after a position, and ErrTruncated when it cannot: the events after it are gone,
// or it lies beyond the head, which means that the database was replaced by an older one.
func (l *Log) Check(ctx context.Context, after int64) error {
	return l.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		var row struct {
			Head   int64 `db:"head"`
			Oldest int64 `db:"oldest"`
		}
		err := q.Get(ctx, &row, "SELECT head, COALESCE("+oldestPosition+", head + 1) AS oldest FROM log_head")
		if err != nil {
			return fmt.Errorf("read the ends of the log: %w", err)
		}
		if after > row.Head || after < row.Oldest-1 {
			return fmt.Errorf("position %d, log from %d to %d: %w", after, row.Oldest, row.Head, ErrTruncated)
		}
		return nil
	})
}

// draft is an event that has no position yet.
type draft struct {
	stream, kind string
	at           int64 // 0 = the time of the transaction
	actor        event.Actor
	origin       event.Origin
	data         []byte
	payload      event.Payload
}
