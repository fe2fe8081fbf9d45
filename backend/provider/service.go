package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/secret"
	"hangar/backend/store"
)

// Service is the one door to providers: each verb is one transaction of rows and events.
type Service struct {
	db    *store.DB
	log   *eventlog.Log
	vault *secret.Vault
}

// New makes the service.
func New(db *store.DB, log *eventlog.Log, options ...Option) *Service {
	s := &Service{db: db, log: log}
	for _, o := range options {
		o(s)
	}
	return s
}

// Option changes how the service works.
type Option func(*Service)

// Sealed keeps the secrets of definitions sealed; without it they stand in the store as they are.
func Sealed(vault *secret.Vault) Option { return func(s *Service) { s.vault = vault } }

// Create registers a definition; it starts nothing. A taken id is a ConflictError.
func (s *Service) Create(ctx context.Context, id ID, spec Spec, source Source) error {
	return s.write(ctx, "create provider", id, func(ctx context.Context, tx *store.Tx) error {
		return s.CreateTx(ctx, tx, id, spec, source)
	})
}

// CreateTx is Create inside a larger transaction.
func (s *Service) CreateTx(ctx context.Context, tx *store.Tx, id ID, spec Spec, source Source) error {
	spec = spec.WithDefaults()
	if err := id.Check(); err != nil {
		return err
	}
	if err := spec.Check(); err != nil {
		return err
	}
	p := Provider{ID: id, Spec: spec, Source: source, State: Cold}
	if err := s.insert(ctx, tx, p); err != nil {
		if fault.Is(err, fault.Conflict) {
			return fault.New(fault.Conflict, "a provider %q exists already; update or delete it first", string(id)).
				With("provider_id", string(id))
		}
		return err
	}
	return s.log.Append(ctx, tx, Registered{base{id}, source, spec.Mode, spec.Masked()})
}

// Update changes what may change after creation. A running child keeps its old environment until its next start.
func (s *Service) Update(ctx context.Context, id ID, patch Patch) error {
	return s.write(ctx, "update provider", id, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		spec, err := p.Spec.With(patch)
		if err != nil {
			return err
		}
		return s.replace(ctx, tx, p, spec, p.Source)
	})
}

func (s *Service) replace(ctx context.Context, tx *store.Tx, p Provider, spec Spec, source Source) error {
	if err := s.saveSpec(ctx, tx, p.ID, spec, source); err != nil {
		return err
	}
	return s.log.Append(ctx, tx, Updated{base{p.ID}, source, p.Spec.Changes(spec)})
}

// Delete removes a definition. The caller has stopped what ran.
func (s *Service) Delete(ctx context.Context, id ID) error {
	return s.write(ctx, "delete provider", id, func(ctx context.Context, tx *store.Tx) error {
		return s.DeleteTx(ctx, tx, id)
	})
}

// DeleteTx is Delete inside a larger transaction.
func (s *Service) DeleteTx(ctx context.Context, tx *store.Tx, id ID) error {
	p, err := s.load(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := remove(ctx, tx, id); err != nil {
		return err
	}
	return s.log.Append(ctx, tx, Deregistered{base{id}, p.Source, p.Spec.Masked()})
}

// Get finds one provider or answers ProviderNotFoundError.
func (s *Service) Get(ctx context.Context, id ID) (Provider, error) {
	return s.load(ctx, s.db.Read(), id)
}

// List gives all providers, by id.
func (s *Service) List(ctx context.Context) ([]Provider, error) { return s.list(ctx, s.db.Read()) }

// Snapshot gives all providers together with the position of the log at which this was so.
func (s *Service) Snapshot(ctx context.Context) (all []Provider, position int64, err error) {
	err = s.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		if position, err = s.log.HeadIn(ctx, q); err != nil {
			return err
		}
		all, err = s.list(ctx, q)
		return err
	})
	return all, position, err
}

// Catalogue gives what a provider offered in its last handshake.
func (s *Service) Catalogue(ctx context.Context, id ID) (Catalogue, error) {
	return loadCatalogue(ctx, s.db.Read(), id)
}

// Catalogues gives what each provider offered in its last handshake; one that offered nothing has no entry.
func (s *Service) Catalogues(ctx context.Context) (map[ID]Catalogue, error) {
	return loadCatalogues(ctx, s.db.Read())
}

// Tools gives every tool of every provider, as last listed.
func (s *Service) Tools(ctx context.Context) ([]Offer, error) { return loadAll(ctx, s.db.Read(), Tool) }

// Change is an input of Next with what is to be remembered of it.
type Change struct {
	Input  Input
	Reason string     // why, for the event
	Err    *LastError // on StartFailed, GaveUp, Unhealthy, Died
	Meta   *Meta      // on Up
	Tools  Catalogue  // on Up: what the handshake listed
	Idle   *Idle      // on Stop by idleness
	Waits  bool       // on a failure: it is not at fault but waits for a person, so it does not count
	Asked  bool       // on Start and Stop: a person asked or mended the definition, so old failures do not count any more
	Jitter float64    // on a failure: 0 to 1, moves the next restart
}

// Idle is how long nobody called.
type Idle struct {
	For      time.Duration
	LastUsed time.Time
}

// Transition applies an input: the pure rule, the row, the events, in one transaction. It returns the new picture.
func (s *Service) Transition(ctx context.Context, id ID, c Change) (p Provider, err error) {
	err = s.write(ctx, "change state of provider", id, func(ctx context.Context, tx *store.Tx) error {
		if p, err = s.load(ctx, tx, id); err != nil {
			return err
		}
		old := p.State
		if c.Input == Start && p.Disabled != nil && !c.Asked {
			return p.refusal()
		}
		if p.State, err = Next(old, c.Input); err != nil {
			return fault.New(fault.Conflict, "%s", err).Because(err)
		}
		before := p.Disabled
		if p.State == old && (before == nil || !c.Asked) {
			return nil
		}
		events := []event.Payload{}
		if c.Idle != nil {
			events = append(events, IdleDetected{base{id}, c.Idle.For.Seconds(), unix(c.Idle.LastUsed)})
		}
		changed := p.State != old
		if changed {
			events = append(events, StateChanged{base{id}, old, p.State, c.Reason})
		}
		p = p.remember(c, tx.Now())
		if before != nil && p.Disabled == nil {
			events = append(events, Enabled{base{id}})
		}
		if c.Input == Up {
			p.Tools = len(c.Tools.Of(Tool))
			if err := s.keep(ctx, tx, id, c.Tools); err != nil {
				return err
			}
		}
		if err := saveState(ctx, tx, p); err != nil {
			return err
		}
		if changed {
			events = append(events, p.consequences(c)...)
		}
		return s.log.Append(ctx, tx, events...)
	})
	return p, err
}

// remember folds what came with a change into the picture.
func (p Provider) remember(c Change, now time.Time) Provider {
	switch c.Input {
	case Start:
		p.RetryAt = nil
		if c.Asked {
			p.Cycles, p.Disabled = 0, nil
		}
	case Up:
		p.Failures, p.LastError = 0, nil
		if c.Meta != nil {
			p.Meta = *c.Meta
		}
	case StartFailed, GaveUp, Died:
		p.LastError = c.Err
		if !c.Waits {
			p.Failures++
			p = p.failed(now, c.Jitter, c.Reason)
		}
	case Unhealthy:
		p.LastError = c.Err
		p = p.failed(now, c.Jitter, c.Reason)
	case Stop:
		p.Failures, p.LastError, p.Cycles, p.RetryAt = 0, nil, 0, nil
		if c.Asked {
			p.Disabled = nil
		}
	}
	return p
}

// refusal is what a call of a disabled provider gets.
func (p Provider) refusal() error {
	return fault.Named(fault.Unavailable, "ProviderDisabledError",
		"provider %q was disabled after %d failures in a row (%s); start it to try again", string(p.ID), p.Disabled.Cycles, p.Disabled.Reason).
		With("provider_id", string(p.ID)).With("failure_cycles", p.Disabled.Cycles)
}

// Settle forgets the failures of a provider that has run well for GoodAfter.
func (s *Service) Settle(ctx context.Context, id ID) error {
	return s.write(ctx, "settle provider", id, func(ctx context.Context, tx *store.Tx) error {
		return exec(ctx, tx, `UPDATE providers SET cycles = 0 WHERE id = ?`, string(id))
	})
}

// consequences are the events that a change has beside ProviderStateChanged.
func (p Provider) consequences(c Change) []event.Payload {
	switch c.Input {
	case Up:
		return []event.Payload{Started{base{p.ID}, p.Spec.Mode, p.Tools, p.Meta.StartupDurationMS}}
	case Stop, Lost:
		return []event.Payload{Stopped{base{p.ID}, c.Reason}}
	case StartFailed, Died:
		return p.disabling()
	case Unhealthy, GaveUp:
		return append([]event.Payload{DegradedEvent{base{p.ID}, p.Failures, p.Stats.Failed, c.Reason}}, p.disabling()...)
	}
	return nil
}

// disabling is the event of a failure that disabled the provider.
func (p Provider) disabling() []event.Payload {
	if p.Disabled == nil {
		return nil
	}
	return []event.Payload{AutoDisabled{base{p.ID}, p.Disabled.Reason, p.Disabled.Cycles}}
}

// keep stores a catalogue when it differs from the stored one, and says how.
func (s *Service) keep(ctx context.Context, tx *store.Tx, id ID, c Catalogue) error {
	c = c.sorted()
	before, err := loadCatalogue(ctx, tx, id)
	if err != nil || same(before, c) {
		return err
	}
	if err := saveCatalogue(ctx, tx, id, c); err != nil {
		return err
	}
	return s.log.Append(ctx, tx, changes(id, before, c)...)
}

// SaveCatalogue stores what a provider offers now (after a list_changed, say).
func (s *Service) SaveCatalogue(ctx context.Context, id ID, c Catalogue) error {
	return s.write(ctx, "save catalogue of provider", id, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.load(ctx, tx, id); err != nil {
			return err
		}
		return s.keep(ctx, tx, id, c)
	})
}

// Probe is the outcome of one health check.
type Probe struct {
	Took time.Duration
	Err  error // nil: passed
}

// RecordProbe stores the outcome and returns the consecutive failures.
func (s *Service) RecordProbe(ctx context.Context, id ID, probe Probe) (failures int, err error) {
	err = s.write(ctx, "record probe of provider", id, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		ms := float64(probe.Took.Microseconds()) / 1000
		var e event.Payload = HealthPassed{base{id}, ms}
		failures = 0
		if probe.Err != nil {
			failures = p.Failures + 1
			e = HealthFailed{base{id}, ms, failures, probe.Err.Error()}
		}
		if err := exec(ctx, tx, `UPDATE providers SET failures = ? WHERE id = ?`, failures, string(id)); err != nil {
			return err
		}
		return s.log.Append(ctx, tx, e)
	})
	return failures, err
}

// Probes gives the last outcomes, oldest first.
func (s *Service) Probes(ctx context.Context, id ID, limit int) ([]event.Envelope, error) {
	return s.log.Before(ctx, 0, eventlog.Filter{Streams: []string{id.Stream()}, Kinds: []string{KindHealthPassed, KindHealthFailed}}, limit)
}

type tally struct{ calls, failed, last, good, bad int64 }

// CountCalls adds a batch of call records to the counters; eventlog runs it in the transaction that appends them. Calls
// of a provider that was deleted meanwhile are counted for the departed.
func (s *Service) CountCalls(ctx context.Context, tx *store.Tx, batch []event.Envelope) error {
	sums := map[ID]*tally{}
	for _, e := range batch {
		ok := e.Kind == KindCallCompleted
		if !ok && e.Kind != KindCallFailed {
			continue
		}
		id := ID(strings.TrimPrefix(e.Stream, ID("").Stream()))
		t := sums[id]
		if t == nil {
			t = &tally{}
			sums[id] = t
		}
		t.add(store.Micros(e.At), ok)
	}
	for id, t := range sums {
		if known, err := exists(ctx, tx, id); err != nil {
			return err
		} else if !known {
			id = ""
		}
		if err := count(ctx, tx, id, *t); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) add(at int64, ok bool) {
	t.calls++
	t.last = max(t.last, at)
	if ok {
		t.good = max(t.good, at)
		return
	}
	t.failed++
	t.bad = max(t.bad, at)
}

// Totals are the counters over all providers, those that are gone included.
func (s *Service) Totals(ctx context.Context) (calls, failed int64, err error) {
	var row struct {
		Calls  int64 `db:"calls"`
		Failed int64 `db:"failed"`
	}
	err = s.db.Read().Get(ctx, &row, `SELECT COALESCE(SUM(calls), 0) AS calls, COALESCE(SUM(failed), 0) AS failed FROM provider_stats`)
	return row.Calls, row.Failed, err
}

func (s *Service) write(ctx context.Context, what string, id ID, fn func(context.Context, *store.Tx) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s %s: %w", what, id, err)
	}
	return nil
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
