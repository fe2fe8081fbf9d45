package discovery

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

type sourceRow struct {
	ID        string        `db:"id"`
	Type      string        `db:"type"`
	Mode      string        `db:"mode"`
	Enabled   bool          `db:"enabled"`
	Config    []byte        `db:"config"`
	Declared  []byte        `db:"declared"`
	Healthy   bool          `db:"healthy"`
	Error     string        `db:"error"`
	LastScan  sql.NullInt64 `db:"last_scan"`
	Providers int           `db:"providers"`
	CreatedAt int64         `db:"created_at"`
	UpdatedAt int64         `db:"updated_at"`
}

const selectSources = `
SELECT id, type, mode, enabled, config, declared, healthy, error, last_scan, created_at, updated_at,
       (SELECT COUNT(*) FROM discoveries d WHERE d.source_id = s.id AND d.missing_since IS NULL) AS providers
FROM discovery_sources s`

func (r sourceRow) source() (Source, error) {
	s := Source{
		ID: SourceID(r.ID), Type: Type(r.Type), Mode: Mode(r.Mode), Enabled: r.Enabled, FromFile: r.Declared != nil,
		Healthy: r.Healthy, Error: r.Error, LastScan: moment(r.LastScan), Providers: r.Providers,
		CreatedAt: store.Time(r.CreatedAt), UpdatedAt: store.Time(r.UpdatedAt),
	}
	if err := json.Unmarshal(r.Config, &s.Config); err != nil {
		return s, fmt.Errorf("stored config of discovery source %s: %w", r.ID, err)
	}
	return s, nil
}

func moment(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := store.Time(n.Int64)
	return &t
}

func noSource(id SourceID) error {
	return fault.Named(fault.Missing, "DiscoverySourceNotFoundError", "there is no discovery source %q", clean(string(id))).
		With("source_id", clean(string(id)))
}

func loadSource(ctx context.Context, q store.Querier, id SourceID) (Source, error) {
	var r sourceRow
	err := q.Get(ctx, &r, selectSources+` WHERE id = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Source{}, noSource(id)
	}
	if err != nil {
		return Source{}, err
	}
	return r.source()
}

func listSources(ctx context.Context, q store.Querier) ([]Source, error) {
	var rows []sourceRow
	if err := q.Select(ctx, &rows, selectSources+` ORDER BY created_at, id`); err != nil {
		return nil, err
	}
	out := make([]Source, 0, len(rows))
	for _, r := range rows {
		s, err := r.source()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func insertSource(ctx context.Context, tx *store.Tx, s Source) error {
	config, err := json.Marshal(s.Config)
	if err != nil {
		return err
	}
	now := store.Micros(tx.Now())
	return exec(ctx, tx, `INSERT INTO discovery_sources (id, type, mode, enabled, config, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(s.ID), string(s.Type), string(s.Mode), s.Enabled, string(config), now, now)
}

func saveSource(ctx context.Context, tx *store.Tx, s Source) error {
	config, err := json.Marshal(s.Config)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE discovery_sources SET type = ?, mode = ?, enabled = ?, config = ?, updated_at = ? WHERE id = ?`,
		string(s.Type), string(s.Mode), s.Enabled, string(config), store.Micros(tx.Now()), string(s.ID))
}

type entryRow struct {
	SourceID     string        `db:"source_id"`
	Type         string        `db:"type"`
	SourceAt     int64         `db:"source_at"`
	SourceOn     bool          `db:"source_on"`
	SourceConfig []byte        `db:"source_config"`
	SourceScan   sql.NullInt64 `db:"source_scan"`
	Name         string        `db:"name"`
	Candidate    []byte        `db:"candidate"`
	Fingerprint  string        `db:"fingerprint"`
	Status       string        `db:"status"`
	Reason       string        `db:"reason"`
	Evidence     string        `db:"evidence"`
	Registered   string        `db:"registered"`
	RejectedFor  string        `db:"rejected_for"`
	RegisteredAt sql.NullInt64 `db:"registered_at"`
	FoundAt      int64         `db:"found_at"`
	StatusAt     int64         `db:"status_at"`
	SeenAt       sql.NullInt64 `db:"seen_at"`
	MissingSince sql.NullInt64 `db:"missing_since"`
	Lost         bool          `db:"lost"`
}

const selectEntries = `
SELECT d.source_id, s.type, s.created_at AS source_at, s.enabled AS source_on, s.config AS source_config, s.last_scan AS source_scan, d.name,
       d.candidate, d.fingerprint, d.status, d.reason, d.evidence, d.registered, d.rejected_for, d.registered_at, d.found_at, d.status_at,
       d.seen_at, d.missing_since, d.lost
FROM discoveries d JOIN discovery_sources s ON s.id = d.source_id`

// stored is a candidate as it is kept: the secrets of its definition are sealed to its source and name.
type stored struct {
	Candidate
	Spec json.RawMessage `json:"spec"`
}

// sealedTo is what a definition that was found is sealed to. No provider has such an id, so what was found cannot be read as
// a provider's.
func sealedTo(source SourceID, name string) provider.ID {
	return provider.ID("found:" + string(source) + "/" + name)
}

// seal gives the candidate as it is stored.
func (s *Service) seal(e Entry) ([]byte, error) {
	spec, err := e.Candidate.Spec.Seal(sealedTo(e.SourceID, e.Name), s.o.Vault)
	if err != nil {
		return nil, err
	}
	return json.Marshal(stored{e.Candidate, spec})
}

// unseal reads a candidate as seal wrote it, or as it was written when nothing was sealed; bare says that it is to be written
// anew, because of what stands in it in the clear.
func (s *Service) unseal(source SourceID, name string, text []byte) (c Candidate, bare bool, err error) {
	var kept stored
	if err := json.Unmarshal(text, &kept); err != nil {
		return c, false, err
	}
	c = kept.Candidate
	if s.o.Vault != nil {
		var as provider.Spec
		if err := json.Unmarshal(kept.Spec, &as); err != nil {
			return c, false, err
		}
		bare = as.Bare()
	}
	c.Spec, err = provider.Unseal(sealedTo(source, name), kept.Spec, s.o.Vault)
	return c, bare, err
}

func (s *Service) entry(r entryRow) (Entry, error) {
	e := Entry{
		SourceID: SourceID(r.SourceID), Type: Type(r.Type), Name: r.Name, Fingerprint: r.Fingerprint,
		Status: Status(r.Status), Reason: Reason(r.Reason), Evidence: r.Evidence, Registered: r.Registered, RejectedFor: r.RejectedFor,
		FoundAt: store.Time(r.FoundAt), StatusAt: store.Time(r.StatusAt), Missing: moment(r.MissingSince),
		lost: r.Lost, rank: kinds()[Type(r.Type)].rank, sourceAt: store.Time(r.SourceAt), sourceOn: r.SourceOn,
	}
	if r.RegisteredAt.Valid {
		e.registeredAt = store.Time(r.RegisteredAt.Int64)
	}
	switch {
	case r.SeenAt.Valid:
		e.SeenAt = store.Time(r.SeenAt.Int64)
	case r.SourceScan.Valid:
		e.SeenAt = store.Time(r.SourceScan.Int64)
	default:
		e.SeenAt = e.FoundAt
	}
	var err error
	if e.Candidate, e.bare, err = s.unseal(e.SourceID, e.Name, r.Candidate); err == nil {
		e.raw, err = json.Marshal(e.Candidate)
	}
	if err != nil {
		return e, fmt.Errorf("stored discovery %q of source %s: %w", r.Name, r.SourceID, err)
	}
	var c Config
	if err := json.Unmarshal(r.SourceConfig, &c); err != nil {
		return e, fmt.Errorf("stored config of discovery source %s: %w", r.SourceID, err)
	}
	e.TTL = seconds(e.Candidate.TTL, int(c.ttl()/time.Second))
	return e, nil
}

// entries reads entries, those of the strongest sources first within a name.
func (s *Service) entries(ctx context.Context, q store.Querier, where string, args ...any) ([]Entry, error) {
	var rows []entryRow
	if err := q.Select(ctx, &rows, selectEntries+` `+where, args...); err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(rows))
	for _, r := range rows {
		e, err := s.entry(r)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		if stronger(a, b) {
			return -1
		}
		return 1
	})
	return out, nil
}

func (s *Service) saveEntry(ctx context.Context, tx *store.Tx, e Entry) error {
	candidate, err := s.seal(e)
	if err != nil {
		return err
	}
	var seen, missing, registered any
	if e.Missing != nil {
		seen, missing = store.Micros(e.SeenAt), store.Micros(*e.Missing)
	}
	if !e.registeredAt.IsZero() {
		registered = store.Micros(e.registeredAt)
	}
	return exec(ctx, tx, `
INSERT INTO discoveries (source_id, name, candidate, fingerprint, status, reason, evidence, registered, rejected_for, registered_at,
    found_at, status_at, seen_at, missing_since, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source_id, name) DO UPDATE SET candidate = excluded.candidate, fingerprint = excluded.fingerprint, status = excluded.status,
    reason = excluded.reason, evidence = excluded.evidence, registered = excluded.registered, rejected_for = excluded.rejected_for,
    registered_at = excluded.registered_at, found_at = excluded.found_at, status_at = excluded.status_at, seen_at = excluded.seen_at,
    missing_since = excluded.missing_since, lost = excluded.lost`,
		string(e.SourceID), e.Name, string(candidate), e.Fingerprint, string(e.Status), string(e.Reason), e.Evidence, e.Registered, e.RejectedFor,
		registered, store.Micros(e.FoundAt), store.Micros(e.StatusAt), seen, missing, e.lost)
}

func removeEntry(ctx context.Context, tx *store.Tx, e Entry) error {
	return exec(ctx, tx, `DELETE FROM discoveries WHERE source_id = ? AND name = ?`, string(e.SourceID), e.Name)
}

func exec(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}
