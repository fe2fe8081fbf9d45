package provider

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// record is a row of providers joined with its counters.
type record struct {
	ID        string        `db:"id"`
	Spec      []byte        `db:"spec"`
	Source    string        `db:"source"`
	State     string        `db:"state"`
	Failures  int           `db:"failures"`
	LastError []byte        `db:"last_error"`
	Meta      []byte        `db:"meta"`
	Tools     int           `db:"tools"`
	CreatedAt int64         `db:"created_at"`
	UpdatedAt int64         `db:"updated_at"`
	Cycles    int           `db:"cycles"`
	RetryAt   sql.NullInt64 `db:"retry_at"`
	Disabled  []byte        `db:"disabled"`
	Circuit   string        `db:"circuit_state"`
	Calls     int64         `db:"calls"`
	Failed    int64         `db:"failed"`
	LastCall  sql.NullInt64 `db:"last_call_at"`
	LastGood  sql.NullInt64 `db:"last_success_at"`
	LastBad   sql.NullInt64 `db:"last_failure_at"`
}

const selectProviders = `
SELECT p.id, p.spec, p.source, p.state, p.failures, p.last_error, p.meta, p.tools, p.created_at, p.updated_at, p.cycles, p.retry_at, p.disabled, p.circuit_state,
       COALESCE(s.calls, 0) AS calls, COALESCE(s.failed, 0) AS failed, s.last_call_at, s.last_success_at, s.last_failure_at
FROM providers p LEFT JOIN provider_stats s ON s.provider_id = p.id`

func (s *Service) provider(r record) (Provider, error) {
	p := Provider{
		ID: ID(r.ID), Source: Source(r.Source), State: State(r.State), Failures: r.Failures, Tools: r.Tools,
		CreatedAt: store.Time(r.CreatedAt), UpdatedAt: store.Time(r.UpdatedAt), Cycles: r.Cycles, RetryAt: moment(r.RetryAt), Circuit: breaker.State(r.Circuit),
		Stats: Stats{
			Calls: r.Calls, Failed: r.Failed,
			LastCallAt: moment(r.LastCall), LastSuccessAt: moment(r.LastGood), LastFailureAt: moment(r.LastBad),
		},
	}
	spec, err := Unseal(p.ID, r.Spec, s.vault)
	if err != nil {
		return p, fmt.Errorf("stored spec of provider %s: %w", r.ID, err)
	}
	p.Spec = spec.WithDefaults()
	if err := json.Unmarshal(r.Meta, &p.Meta); err != nil {
		return p, fmt.Errorf("stored meta of provider %s: %w", r.ID, err)
	}
	if len(r.LastError) > 0 {
		if err := json.Unmarshal(r.LastError, &p.LastError); err != nil {
			return p, fmt.Errorf("stored error of provider %s: %w", r.ID, err)
		}
	}
	if len(r.Disabled) > 0 {
		if err := json.Unmarshal(r.Disabled, &p.Disabled); err != nil {
			return p, fmt.Errorf("stored reason for disabling provider %s: %w", r.ID, err)
		}
	}
	return p, nil
}

func moment(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := store.Time(n.Int64)
	return &t
}

func missing(id ID) error {
	return fault.Named(fault.Missing, "ProviderNotFoundError", "there is no provider %q", string(id)).
		With("provider_id", string(id))
}

func (s *Service) load(ctx context.Context, q store.Querier, id ID) (Provider, error) {
	var r record
	err := q.Get(ctx, &r, selectProviders+` WHERE p.id = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Provider{}, missing(id)
	}
	if err != nil {
		return Provider{}, err
	}
	return s.provider(r)
}

func exists(ctx context.Context, q store.Querier, id ID) (known bool, err error) {
	err = q.Get(ctx, &known, `SELECT EXISTS (SELECT 1 FROM providers WHERE id = ?)`, string(id))
	return known, err
}

func (s *Service) list(ctx context.Context, q store.Querier) ([]Provider, error) {
	var rows []record
	if err := q.Select(ctx, &rows, selectProviders+` ORDER BY p.id`); err != nil {
		return nil, err
	}
	out := make([]Provider, 0, len(rows))
	for _, r := range rows {
		p, err := s.provider(r)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) insert(ctx context.Context, tx *store.Tx, p Provider) error {
	spec, err := p.Spec.Seal(p.ID, s.vault)
	if err != nil {
		return err
	}
	now := store.Micros(tx.Now())
	return exec(ctx, tx, `INSERT INTO providers (id, mode, spec, source, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(p.ID), string(p.Spec.Mode), string(spec), string(p.Source), string(p.State), now, now)
}

func (s *Service) saveSpec(ctx context.Context, tx *store.Tx, id ID, is Spec, source Source) error {
	spec, err := is.Seal(id, s.vault)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE providers SET mode = ?, spec = ?, source = ?, updated_at = ? WHERE id = ?`,
		string(is.Mode), string(spec), string(source), store.Micros(tx.Now()), string(id))
}

func saveState(ctx context.Context, tx *store.Tx, p Provider) error {
	meta, err := json.Marshal(p.Meta)
	if err != nil {
		return err
	}
	last, err := optional(p.LastError)
	if err != nil {
		return err
	}
	disabled, err := optional(p.Disabled)
	if err != nil {
		return err
	}
	var retry any
	if p.RetryAt != nil {
		retry = store.Micros(*p.RetryAt)
	}
	return exec(ctx, tx, `UPDATE providers SET state = ?, failures = ?, last_error = ?, meta = ?, cycles = ?, retry_at = ?, disabled = ? WHERE id = ?`,
		string(p.State), p.Failures, last, string(meta), p.Cycles, retry, disabled, string(p.ID))
}

// optional is a value as JSON, or NULL.
func optional[T any](v *T) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// remove deletes a definition; its counters move to the row of the departed, so that totals never fall.
func remove(ctx context.Context, tx *store.Tx, id ID) error {
	for _, q := range []string{
		`INSERT INTO provider_stats (provider_id, calls, failed) SELECT '', calls, failed FROM provider_stats WHERE provider_id = ?
		 ON CONFLICT (provider_id) DO UPDATE SET calls = provider_stats.calls + excluded.calls, failed = provider_stats.failed + excluded.failed`,
		`DELETE FROM provider_stats WHERE provider_id = ?`,
		`DELETE FROM providers WHERE id = ?`,
	} {
		if err := exec(ctx, tx, q, string(id)); err != nil {
			return err
		}
	}
	return nil
}

// count adds the calls of one provider to its counters.
func count(ctx context.Context, tx *store.Tx, id ID, n tally) error {
	return exec(ctx, tx, `
INSERT INTO provider_stats (provider_id, calls, failed, last_call_at, last_success_at, last_failure_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (provider_id) DO UPDATE SET calls = provider_stats.calls + excluded.calls, failed = provider_stats.failed + excluded.failed,
    last_call_at = excluded.last_call_at,
    last_success_at = COALESCE(excluded.last_success_at, provider_stats.last_success_at),
    last_failure_at = COALESCE(excluded.last_failure_at, provider_stats.last_failure_at)`,
		string(id), n.calls, n.failed, n.last, nullable(n.good), nullable(n.bad))
}

func exec(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}

func nullable(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
