package eventlog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/store"
)

const insertEvent = `INSERT INTO events (position, id, stream, version, kind, at, actor_type, actor_id, origin, data)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// appendOne is place and insertEvent in one statement. A message to a server and back costs as much as what it carries out,
// and SQLite, which has no messages, has no such statement.
const appendOne = `WITH head AS (UPDATE log_head SET head = head + 1 RETURNING head),
	stream AS (INSERT INTO streams (stream, version) VALUES (?, 1)
		ON CONFLICT (stream) DO UPDATE SET version = streams.version + 1 RETURNING version)
	INSERT INTO events (position, id, stream, version, kind, at, actor_type, actor_id, origin, data)
	SELECT head.head, ?, ?, stream.version, ?, ?, ?, ?, ?, ? FROM head, stream RETURNING position, version`

// Append writes events in the transaction of the change that they tell of. They are announced when it has committed.
func (l *Log) Append(ctx context.Context, tx *store.Tx, ps ...event.Payload) error {
	if len(ps) == 0 {
		return nil
	}
	drafts := make([]draft, len(ps))
	for i, p := range ps {
		d, err := newDraft(ctx, p)
		if err != nil {
			return err
		}
		drafts[i] = d
	}
	if len(drafts) == 1 && tx.Server() {
		return l.appendOne(ctx, tx, drafts[0])
	}
	batch, err := l.place(ctx, tx, drafts)
	if err != nil {
		return err
	}
	for _, e := range batch {
		if _, err := tx.Exec(ctx, insertEvent, e.Position, e.ID, e.Stream, e.Version, e.Kind, store.Micros(e.At),
			e.Actor.Type, e.Actor.ID, origin(e.Origin), string(e.Data)); err != nil {
			return fmt.Errorf("append %s: %w", e.Kind, err)
		}
	}
	return nil
}

func (l *Log) appendOne(ctx context.Context, tx *store.Tx, d draft) error {
	e, err := l.envelope(tx, d)
	if err != nil {
		return err
	}
	err = tx.Row(ctx, appendOne, []any{
		e.Stream, e.ID, e.Stream, e.Kind, store.Micros(e.At), e.Actor.Type, e.Actor.ID, origin(e.Origin), string(e.Data),
	}, &e.Position, &e.Version)
	if err != nil {
		return fmt.Errorf("append %s: %w", e.Kind, err)
	}
	tx.AfterCommit(func() { l.live.publish([]event.Envelope{e}) })
	return nil
}

// envelope is the event, without its place in the log.
func (l *Log) envelope(tx *store.Tx, d draft) (event.Envelope, error) {
	id, err := uuid.NewV7FromReader(l.random) // ordered in time, so that the unique index grows at its end
	if err != nil {
		return event.Envelope{}, fmt.Errorf("make an event id: %w", err)
	}
	if d.at == 0 {
		d.at = store.Micros(tx.Now())
	}
	return event.Envelope{
		ID: id.String(), Stream: d.stream, Kind: d.kind, At: store.Time(d.at), Actor: d.actor, Origin: d.origin, Data: d.data, Payload: d.payload,
	}, nil
}

func newDraft(ctx context.Context, p event.Payload) (draft, error) {
	d, err := newBare(ctx, p)
	if a, itself := p.(event.Appender); itself {
		d.data = a.AppendJSON(nil)
	}
	return d, err
}

// newBare leaves the data of an event that writes itself to its caller.
func newBare(ctx context.Context, p event.Payload) (draft, error) {
	actor, ok := event.ActorFrom(ctx)
	if !ok {
		return draft{}, fmt.Errorf("append %s: %w", p.Kind(), ErrNoActor)
	}
	d := draft{stream: p.Stream(), kind: p.Kind(), actor: actor, origin: event.OriginFrom(ctx), payload: p}
	if _, itself := p.(event.Appender); itself {
		return d, nil
	}
	var err error
	if d.data, err = json.Marshal(p); err != nil {
		return draft{}, fmt.Errorf("append %s: %w", p.Kind(), err)
	}
	if len(d.data) == 0 || d.data[0] != '{' {
		return draft{}, fmt.Errorf("append %s: the payload must be a JSON object", p.Kind())
	}
	return d, nil
}

// place gives the drafts their positions and versions: one bump of the head, one bump per distinct stream. They are
// announced when the transaction has committed.
func (l *Log) place(ctx context.Context, tx *store.Tx, drafts []draft) ([]event.Envelope, error) {
	n := int64(len(drafts))
	var head int64
	if err := tx.Get(ctx, &head, "UPDATE log_head SET head = head + ? RETURNING head", n); err != nil {
		return nil, fmt.Errorf("take positions in the log: %w", err)
	}
	next, err := versions(ctx, tx, drafts)
	if err != nil {
		return nil, err
	}
	batch := make([]event.Envelope, len(drafts))
	for i, d := range drafts {
		if batch[i], err = l.envelope(tx, d); err != nil {
			return nil, err
		}
		batch[i].Position, batch[i].Version = head-n+int64(i)+1, next[d.stream]
		next[d.stream]++
	}
	tx.AfterCommit(func() { l.live.publish(batch) })
	return batch, nil
}

// versions takes as many versions of each stream as it has drafts, and returns the first of them.
func versions(ctx context.Context, tx *store.Tx, drafts []draft) (map[string]int64, error) {
	count := make(map[string]int64, 1)
	for _, d := range drafts {
		count[d.stream]++
	}
	for stream, n := range count {
		var last int64
		err := tx.Get(ctx, &last, `INSERT INTO streams (stream, version) VALUES (?, ?)
			ON CONFLICT (stream) DO UPDATE SET version = streams.version + excluded.version RETURNING version`, stream, n)
		if err != nil {
			return nil, fmt.Errorf("take versions of %s: %w", stream, err)
		}
		count[stream] = last - n + 1
	}
	return count, nil
}
