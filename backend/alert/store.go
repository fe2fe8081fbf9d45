package alert

import (
	"context"
	"encoding/json"
	"fmt"

	"hangar/backend/fault"
	"hangar/backend/store"
)

type row struct {
	ID         string `db:"id"`
	Rule       string `db:"rule"`
	Subject    string `db:"subject"`
	Level      string `db:"level"`
	Message    string `db:"message"`
	EventType  string `db:"event_type"`
	Details    string `db:"details"`
	FiredAt    int64  `db:"fired_at"`
	ChangedAt  int64  `db:"changed_at"`
	ResolvedAt int64  `db:"resolved_at"`
	Count      int    `db:"count"`
	AckedAt    int64  `db:"acked_at"`
	AckedBy    string `db:"acked_by"`
	AckNote    string `db:"ack_note"`
}

const selectAlerts = `SELECT id, rule, subject, level, message, event_type, details, fired_at, changed_at, resolved_at, count, acked_at, acked_by, ack_note FROM alerts`

func (r row) alert() Alert {
	a := Alert{
		ID: r.ID, Rule: Rule(r.Rule), Subject: r.Subject, Level: Level(r.Level), Message: r.Message, EventType: r.EventType,
		Details: json.RawMessage(r.Details), FiredAt: store.Time(r.FiredAt), ChangedAt: store.Time(r.ChangedAt),
		ResolvedAt: store.Time(r.ResolvedAt), Count: r.Count,
	}
	if r.AckedAt != 0 {
		a.Acknowledged = &Acknowledged{store.Time(r.AckedAt), r.AckedBy, r.AckNote}
	}
	return a
}

func find(ctx context.Context, q store.Querier, where string, args ...any) ([]Alert, error) {
	var rows []row
	if err := q.Select(ctx, &rows, selectAlerts+" "+where, args...); err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	out := make([]Alert, len(rows))
	for i, r := range rows {
		out[i] = r.alert()
	}
	return out, nil
}

func missing(id string) error {
	return fault.Named(fault.Missing, "AlertNotFoundError", "there is no alert %q; it never was, or was forgotten", id).With("alert_id", id)
}

func load(ctx context.Context, q store.Querier, id string) (Alert, error) {
	found, err := find(ctx, q, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		err = missing(id)
	}
	if err != nil {
		return Alert{}, err
	}
	return found[0], nil
}

func (a Alert) save(ctx context.Context, tx *store.Tx) error {
	var ack Acknowledged
	if a.Acknowledged != nil {
		ack = *a.Acknowledged
	}
	_, err := tx.Exec(ctx, `INSERT INTO alerts (id, rule, subject, level, message, event_type, details, fired_at, changed_at, resolved_at, count, acked_at, acked_by, ack_note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET level = excluded.level, message = excluded.message, details = excluded.details, changed_at = excluded.changed_at,
		resolved_at = excluded.resolved_at, count = excluded.count, acked_at = excluded.acked_at, acked_by = excluded.acked_by, ack_note = excluded.ack_note`,
		a.ID, string(a.Rule), a.Subject, string(a.Level), a.Message, a.EventType, string(a.Details), store.Micros(a.FiredAt), store.Micros(a.ChangedAt),
		store.Micros(a.ResolvedAt), a.Count, store.Micros(ack.At), ack.By, ack.Note)
	if err != nil {
		return fmt.Errorf("store an alert: %w", err)
	}
	return nil
}

type silenceRow struct {
	ID      string `db:"id"`
	Rule    string `db:"rule"`
	Subject string `db:"subject"`
	Reason  string `db:"reason"`
	By      string `db:"made_by"`
	MadeAt  int64  `db:"made_at"`
	Until   int64  `db:"until"`
}

func silences(ctx context.Context, q store.Querier, after int64) ([]Silence, error) {
	var rows []silenceRow
	err := q.Select(ctx, &rows, `SELECT id, rule, subject, reason, made_by, made_at, until FROM alert_silences WHERE until > ? ORDER BY until, id`, after)
	if err != nil {
		return nil, fmt.Errorf("read the silences: %w", err)
	}
	out := make([]Silence, len(rows))
	for i, r := range rows {
		out[i] = Silence{r.ID, Rule(r.Rule), r.Subject, r.Reason, r.By, store.Time(r.MadeAt), store.Time(r.Until)}
	}
	return out, nil
}

func silenced(all []Silence, k key) bool {
	for _, s := range all {
		if s.covers(k) {
			return true
		}
	}
	return false
}
