package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// Service keeps the alerts.
type Service struct {
	db     *store.DB
	events *eventlog.Log
}

// New makes it.
func New(db *store.DB, events *eventlog.Log) *Service { return &Service{db, events} }

// Settle makes the alerts what the conditions say.
func (s *Service) Settle(ctx context.Context, conditions []Condition) error {
	firing, err := find(ctx, s.db.Read(), "WHERE resolved_at = 0")
	if err != nil {
		return err
	}
	if settled(firing, conditions, time.Now()) { // nearly always
		return nil
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return s.settleTx(ctx, tx, conditions) })
	if err != nil {
		return fmt.Errorf("settle the alerts: %w", err)
	}
	return nil
}

// settled says whether nothing is to be done.
func settled(firing []Alert, conditions []Condition, now time.Time) bool {
	known := map[key]Level{}
	for _, a := range firing {
		known[key{a.Rule, a.Subject}] = a.Level
		if a.Rule == Drift && !a.lasts(now) {
			return false
		}
	}
	for _, c := range conditions {
		level, there := known[c.key()]
		if !c.Open && (!there || c.Rule != Drift && level != c.Level) {
			return false
		}
		delete(known, c.key())
	}
	for k := range known {
		if k.rule != Drift {
			return false
		}
	}
	return true
}

// lasts says whether the alert of a moment is still of interest.
func (a Alert) lasts(now time.Time) bool {
	return a.Acknowledged == nil && now.Before(a.ChangedAt.Add(driftLife))
}

func (s *Service) settleTx(ctx context.Context, tx *store.Tx, conditions []Condition) error {
	quiet, err := silences(ctx, tx, store.Micros(tx.Now()))
	if err != nil {
		return err
	}
	firing, err := find(ctx, tx, "WHERE resolved_at = 0")
	if err != nil {
		return err
	}
	old := map[key]Alert{}
	for _, a := range firing {
		old[key{a.Rule, a.Subject}] = a
	}
	for _, c := range conditions {
		a, there := old[c.key()]
		delete(old, c.key())
		switch {
		case c.Open:
		case !there:
			err = s.fireTx(ctx, tx, c, quiet)
		case a.Level != c.Level:
			err = s.changeTx(ctx, tx, a, c, quiet)
		}
		if err != nil {
			return err
		}
	}
	for _, a := range firing { // in their order, for the log
		if _, gone := old[key{a.Rule, a.Subject}]; !gone || a.Rule == Drift && a.lasts(tx.Now()) {
			continue
		}
		if err := s.resolveTx(ctx, tx, a); err != nil {
			return err
		}
	}
	return prune(ctx, tx)
}

// Moment tells of something that happened and has no state of its own.
func (s *Service) Moment(ctx context.Context, c Condition) error {
	err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		quiet, err := silences(ctx, tx, store.Micros(tx.Now()))
		if err != nil {
			return err
		}
		firing, err := find(ctx, tx, "WHERE resolved_at = 0 AND rule = ? AND subject = ?", string(c.Rule), c.Subject)
		if err != nil {
			return err
		}
		if len(firing) > 0 {
			firing[0].Count++
			firing[0].Acknowledged = nil // of what was before
			return s.changeTx(ctx, tx, firing[0], c, quiet)
		}
		return s.fireTx(ctx, tx, c, quiet)
	})
	if err != nil {
		return fmt.Errorf("tell of %s: %w", c.Rule, err)
	}
	return nil
}

func (s *Service) fireTx(ctx context.Context, tx *store.Tx, c Condition, quiet []Silence) error {
	again, err := find(ctx, tx, "WHERE rule = ? AND subject = ? AND resolved_at >= ? ORDER BY resolved_at DESC LIMIT 1",
		string(c.Rule), c.Subject, store.Micros(tx.Now().Add(-sameAgain)))
	if err != nil {
		return err
	}
	if len(again) > 0 {
		a := again[0]
		a.ResolvedAt = time.Time{}
		a.Count++
		return s.changeTx(ctx, tx, a, c, quiet)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an alert's id: %w", err)
	}
	return s.changeTx(ctx, tx, Alert{ID: id.String(), Rule: c.Rule, Subject: c.Subject, FiredAt: tx.Now(), Count: 1}, c, quiet)
}

// changeTx gives an alert what a condition says of it.
func (s *Service) changeTx(ctx context.Context, tx *store.Tx, a Alert, c Condition, quiet []Silence) error {
	details, err := json.Marshal(c.Details)
	if err != nil {
		return fmt.Errorf("write the details of %s: %w", c.Rule, err)
	}
	if c.Details == nil {
		details = []byte("{}")
	}
	a.Level, a.Message, a.EventType, a.Details, a.ChangedAt = c.Level, c.Message, c.EventType, details, tx.Now()
	if err := a.save(ctx, tx); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, Fired{a.about(), a.Message, a.Count, silenced(quiet, c.key())})
}

func (s *Service) resolveTx(ctx context.Context, tx *store.Tx, a Alert) error {
	a.ResolvedAt = tx.Now()
	if err := a.save(ctx, tx); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, Resolved{a.about(), a.ResolvedAt.Sub(a.FiredAt).Seconds()})
}

func (a Alert) about() about {
	return about{AlertID: a.ID, Rule: a.Rule, Subject: a.Subject, ProviderID: a.Provider(), Level: a.Level}
}

func prune(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM alerts WHERE resolved_at > 0 AND id NOT IN (SELECT id FROM alerts WHERE resolved_at > 0 ORDER BY resolved_at DESC LIMIT ?)`, kept)
	return err
}

// Acknowledge says that somebody is at it. Doing so again replaces the note. may says which subjects they may know of; nil: all.
func (s *Service) Acknowledge(ctx context.Context, id, note string, may func(subject string) bool) (a Alert, err error) {
	if len(note) > maxText {
		return Alert{}, fault.Field("note", "must have at most %d bytes", maxText)
	}
	actor, _ := event.ActorFrom(ctx)
	err = s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if a, err = load(ctx, tx, id); err != nil {
			return err
		}
		if may != nil && !may(a.Subject) {
			return missing(id)
		}
		if !a.Firing() {
			return fault.New(fault.Conflict, "the alert is resolved: there is nothing to acknowledge").With("alert_id", id)
		}
		a.Acknowledged = &Acknowledged{tx.Now(), actor.ID, note}
		if err := a.save(ctx, tx); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, AcknowledgedEvent{a.about(), note})
	})
	if err != nil {
		return Alert{}, fmt.Errorf("acknowledge alert %s: %w", id, err)
	}
	return a, nil
}

// EndAcknowledgement takes it back: nobody is at it. may is that of Acknowledge.
func (s *Service) EndAcknowledgement(ctx context.Context, id string, may func(subject string) bool) (a Alert, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if a, err = load(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case may != nil && !may(a.Subject):
			return missing(id)
		case !a.Firing():
			return fault.New(fault.Conflict, "the alert is resolved: whether somebody is at it is history").With("alert_id", id)
		case a.Acknowledged == nil:
			return fault.New(fault.Conflict, "nobody has acknowledged the alert").With("alert_id", id)
		}
		a.Acknowledged = nil
		if err := a.save(ctx, tx); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, AcknowledgementEnded{a.about()})
	})
	if err != nil {
		return Alert{}, fmt.Errorf("take the acknowledgement of alert %s back: %w", id, err)
	}
	return a, nil
}

const maxText = 1000

// Silence keeps quiet about a rule, a subject, or both together, for a time.
func (s *Service) Silence(ctx context.Context, n Silence, long time.Duration) (Silence, error) {
	switch {
	case n.Rule == "" && n.Subject == "":
		return Silence{}, fault.Field("rule", "is missing, and so is subject: a silence must be of something")
	case n.Rule != "" && !slices.Contains(Rules(), n.Rule):
		return Silence{}, fault.Field("rule", "%q is none; there are %s", n.Rule, strings.Join(ruleNames(), ", "))
	case len(n.Subject) > maxText:
		return Silence{}, fault.Field("subject", "must have at most %d bytes", maxText)
	case len(n.Reason) > maxText:
		return Silence{}, fault.Field("reason", "must have at most %d bytes", maxText)
	case long < time.Minute || long > 30*24*time.Hour:
		return Silence{}, fault.Field("minutes", "must be between 1 and 43200, thirty days")
	}
	actor, _ := event.ActorFrom(ctx)
	n.ID, n.By = uuid.NewString(), actor.ID
	err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n.MadeAt, n.Until = tx.Now(), tx.Now().Add(long)
		if _, err := tx.Exec(ctx, `DELETE FROM alert_silences WHERE until <= ?`, store.Micros(tx.Now())); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO alert_silences (id, rule, subject, reason, made_by, made_at, until) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			n.ID, string(n.Rule), n.Subject, n.Reason, n.By, store.Micros(n.MadeAt), store.Micros(n.Until))
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, SilencedEvent{SilenceID: n.ID, Rule: n.Rule, Subject: n.Subject, Reason: n.Reason, Until: n.Until.Format(time.RFC3339)})
	})
	if err != nil {
		return Silence{}, fmt.Errorf("silence %s %s: %w", n.Rule, n.Subject, err)
	}
	return n, nil
}

func ruleNames() []string {
	var out []string
	for _, r := range Rules() {
		out = append(out, string(r))
	}
	return out
}

// EndSilence takes a silence back.
func (s *Service) EndSilence(ctx context.Context, id string) error {
	err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		gone, err := tx.Exec(ctx, `DELETE FROM alert_silences WHERE id = ? AND until > ?`, id, store.Micros(tx.Now()))
		if err != nil {
			return err
		}
		if n, err := gone.RowsAffected(); err != nil || n == 0 {
			if err == nil {
				err = fault.Named(fault.Missing, "SilenceNotFoundError", "there is no silence %q; it never was, or its time is over", id).With("silence_id", id)
			}
			return err
		}
		return s.events.Append(ctx, tx, SilenceEnded{SilenceID: id})
	})
	if err != nil {
		return fmt.Errorf("end silence %s: %w", id, err)
	}
	return nil
}

// Silences lists those of now.
func (s *Service) Silences(ctx context.Context) ([]Silence, error) {
	return silences(ctx, s.db.Read(), time.Now().UnixMicro())
}

// Filter says which alerts; an empty field means all.
type Filter struct {
	Level Level
	State string // firing, resolved
	Rule  Rule
	Limit int

	May func(subject string) bool // what may be shown; nil: all
}

// List gives alerts, those that fire first, each part newest first, and how many match.
func (s *Service) List(ctx context.Context, f Filter) (found []Alert, total int, err error) {
	where, args := "WHERE 1 = 1", []any{}
	add := func(condition string, arg ...any) { where, args = where+" AND "+condition, append(args, arg...) }
	if f.Level != "" {
		add("level = ?", string(f.Level))
	}
	if f.Rule != "" {
		add("rule = ?", string(f.Rule))
	}
	switch f.State {
	case "firing":
		add("resolved_at = 0")
	case "resolved":
		add("resolved_at > 0")
	}
	err = s.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		if err := q.Get(ctx, &total, "SELECT COUNT(*) FROM alerts "+where, args...); err != nil {
			return fmt.Errorf("count the alerts: %w", err)
		}
		limit := f.Limit
		if f.May != nil {
			limit = total // few more than a thousand are kept
		}
		quiet, err := silences(ctx, q, time.Now().UnixMicro())
		if err != nil {
			return err
		}
		found, err = find(ctx, q, where+" ORDER BY resolved_at > 0, fired_at DESC, id DESC LIMIT ?", append(args, limit)...)
		if f.May != nil {
			found = slices.DeleteFunc(found, func(a Alert) bool { return !f.May(a.Subject) })
			total = len(found)
			found = found[:min(total, f.Limit)]
		}
		for i, a := range found {
			found[i].Silenced = silenced(quiet, key{a.Rule, a.Subject})
		}
		return err
	})
	return found, total, err
}

// Firing counts the alerts that fire, by level.
func (s *Service) Firing(ctx context.Context) (map[Level]int, error) {
	var rows []struct {
		Level string `db:"level"`
		N     int    `db:"n"`
	}
	if err := s.db.Read().Select(ctx, &rows, `SELECT level, COUNT(*) AS n FROM alerts WHERE resolved_at = 0 GROUP BY level`); err != nil {
		return nil, fmt.Errorf("count the alerts: %w", err)
	}
	out := map[Level]int{}
	for _, r := range rows {
		out[Level(r.Level)] = r.N
	}
	return out, nil
}
