package operation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"hangar/backend/event"
	"hangar/backend/store"
)

type row struct {
	ID          string  `db:"id"`
	Type        string  `db:"type"`
	Status      string  `db:"status"`
	Progress    float64 `db:"progress"`
	Message     string  `db:"message"`
	Metadata    []byte  `db:"metadata"`
	Error       []byte  `db:"error"`
	Events      int     `db:"events"`
	Cancellable bool    `db:"cancellable"`
	ActorType   string  `db:"actor_type"`
	ActorID     string  `db:"actor_id"`
	StartedAt   int64   `db:"started_at"`
	EndedAt     *int64  `db:"ended_at"`
	Providers   []byte  `db:"providers"`
}

const columns = `id, type, status, progress, message, metadata, error, events, cancellable, actor_type, actor_id, started_at, ended_at, providers`

func (r row) operation() (Operation, error) {
	o := Operation{
		ID: ID(r.ID), Type: r.Type, Status: r.Status, Progress: r.Progress, Message: r.Message, Metadata: r.Metadata, Events: r.Events,
		Cancellable: r.Cancellable, Actor: event.Actor{Type: r.ActorType, ID: r.ActorID}, StartedAt: store.Time(r.StartedAt),
	}
	if err := json.Unmarshal(r.Providers, &o.Providers); err != nil {
		return o, err
	}
	if r.EndedAt != nil {
		o.EndedAt = store.Time(*r.EndedAt)
	}
	if r.Error != nil {
		o.Error = &ErrorData{}
		if err := json.Unmarshal(r.Error, o.Error); err != nil {
			return o, err
		}
	}
	return o, nil
}

func load(ctx context.Context, q store.Querier, id ID) (Operation, error) {
	var r row
	err := q.Get(ctx, &r, `SELECT `+columns+` FROM operations WHERE id = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Operation{}, Unknown(id)
	}
	if err != nil {
		return Operation{}, err
	}
	return r.operation()
}

func pick(ctx context.Context, q store.Querier, where string, args ...any) ([]Operation, error) {
	var rows []row
	if err := q.Select(ctx, &rows, `SELECT `+columns+` FROM operations `+where, args...); err != nil {
		return nil, err
	}
	found := make([]Operation, len(rows))
	for i, r := range rows {
		o, err := r.operation()
		if err != nil {
			return nil, err
		}
		found[i] = o
	}
	return found, nil
}

func count(ctx context.Context, q store.Querier, where string, args ...any) (n int, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM operations `+where, args...)
	return n, err
}

func insert(ctx context.Context, tx *store.Tx, o Operation) error {
	_, err := tx.Exec(ctx, `INSERT INTO operations (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, NULL, ?)`,
		string(o.ID), o.Type, o.Status, o.Progress, o.Message, string(o.Metadata), o.Events, o.Cancellable, o.Actor.Type, o.Actor.ID,
		store.Micros(o.StartedAt), string(describe(append([]string{}, o.Providers...))))
	return err
}

func save(ctx context.Context, tx *store.Tx, o Operation) error {
	var ended, failure any
	if o.Ended() {
		ended = store.Micros(o.EndedAt)
	}
	if o.Error != nil {
		failure = string(describe(o.Error))
	}
	_, err := tx.Exec(ctx, `UPDATE operations SET status = ?, progress = ?, message = ?, error = ?, events = ?, ended_at = ? WHERE id = ?`,
		o.Status, o.Progress, o.Message, failure, o.Events, ended, string(o.ID))
	return err
}

func remove(ctx context.Context, tx *store.Tx, id ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM operations WHERE id = ?`, string(id))
	return err
}
