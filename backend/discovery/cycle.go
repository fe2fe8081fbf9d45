package discovery

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

const (
	chunk     = 50               // names that share a transaction: other writers must not wait long
	busyWait  = 5 * time.Second  // until a provider that is being called is looked at again
	rateWait  = 10 * time.Second // until the budget of a minute is looked at again
	window    = time.Minute      // of the rate limit
	scanLimit = 20 * time.Second // for one look at a source
)

// Report is what a look at a source found and did.
type Report struct {
	Found        int // names that the source shows
	Pending      int // of them
	Quarantined  int // of them
	Registered   int // in this look
	Deregistered int // in this look
	LeftOut      int // too many to be kept
	Took         time.Duration
	Names        []Named

	changed   bool
	contested bool
	next      time.Duration // look again at the latest
}

// Named is a name in a report.
type Named struct {
	Name   string
	Status Status
	Reason Reason
}

// summary is the result of an operation.
func (r Report) summary() any {
	return struct {
		Found        int `json:"providers_found"`
		Pending      int `json:"pending"`
		Quarantined  int `json:"quarantined"`
		Registered   int `json:"registered"`
		Deregistered int `json:"deregistered"`
	}{r.Found, r.Pending, r.Quarantined, r.Registered, r.Deregistered}
}

// cycle looks at a source once and settles all that it shows, and all that it does not show any more.
func (s *Service) cycle(ctx context.Context, src Source, f finder, loud bool) (Report, error) {
	begun := time.Now()
	patience, cancel := context.WithTimeout(ctx, scanLimit)
	found, err := f.Scan(patience)
	cancel()
	if err != nil {
		return Report{}, s.unhealthy(ctx, src, err)
	}
	r, err := s.absorb(ctx, src, found)
	if err != nil {
		return r, err
	}
	r.Took = time.Since(begun)
	return r, s.completed(ctx, src, r, loud || r.changed)
}

func (s *Service) absorb(ctx context.Context, src Source, found []Candidate) (Report, error) {
	p, err := s.pictureOfAll(ctx)
	if err != nil {
		return Report{}, err
	}
	own := map[string]Entry{}
	for name, claims := range p.claims {
		if i := slices.IndexFunc(claims, func(e Entry) bool { return e.SourceID == src.ID }); i >= 0 {
			own[name] = claims[i]
		}
	}
	seen, err := unite(src.Type, found, own)
	if err != nil {
		return Report{}, err
	}
	r := Report{Found: len(seen), next: src.Config.interval()}
	if seen, r.LeftOut, err = within(seen, src.Config.maxProviders(), own); err != nil {
		return r, err
	}
	if err := s.settleAll(ctx, src, p, seen, &r); err != nil {
		return r, err
	}
	for _, one := range seen {
		delete(own, one.Name)
	}
	return r, s.missing(ctx, src, own, &r)
}

// settleAll settles what has changed, some names per transaction.
func (s *Service) settleAll(ctx context.Context, src Source, p picture, seen []sighting, r *Report) error {
	room, now := budget(src, p, time.Now()), time.Now()
	var due []sighting
	for _, one := range seen {
		before, after, v, _ := p.decide(src, one, room > 0, now)
		if after.same(before) && !v.register {
			r.count(after)
			continue
		}
		due = append(due, one)
	}
	for some := range slices.Chunk(due, chunk) {
		var done []settled
		err := s.write(ctx, "settle what was found in source", string(src.ID), func(ctx context.Context, tx *store.Tx) error {
			if _, err := loadSource(ctx, tx, src.ID); err != nil {
				return err // removed meanwhile
			}
			for _, one := range some {
				d, err := s.settleTx(ctx, tx, src, one, room > 0)
				if err != nil {
					return fmt.Errorf("%q: %w", one.Name, err)
				}
				if d.registered {
					room--
				}
				done = append(done, d)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, d := range done {
			r.add(d)
		}
	}
	return nil
}

// budget is how many the source may still register by itself in this minute.
func budget(src Source, p picture, now time.Time) int {
	n := src.Config.maxPerMinute()
	for _, claims := range p.claims {
		for _, e := range claims {
			if e.SourceID == src.ID && now.Sub(e.registeredAt) < window {
				n--
			}
		}
	}
	return n
}

func (r *Report) add(d settled) {
	r.count(d.entry)
	r.changed = r.changed || d.changed
	r.contested = r.contested || d.changed && d.contested
	if d.registered {
		r.Registered++
	}
}

func (r *Report) count(e Entry) {
	switch e.Status {
	case Pending:
		r.Pending++
	case Quarantined:
		r.Quarantined++
	}
	if e.Reason == ReasonRate {
		r.next = min(r.next, rateWait)
	}
	r.Names = append(r.Names, Named{e.Name, e.Status, e.Reason})
}

// completed writes down that a source could be looked at.
func (s *Service) completed(ctx context.Context, src Source, r Report, loud bool) error {
	return s.write(ctx, "complete a cycle of source", string(src.ID), func(ctx context.Context, tx *store.Tx) error {
		was, err := loadSource(ctx, tx, src.ID)
		if err != nil {
			return err
		}
		note := ""
		if r.LeftOut > 0 {
			note = fmt.Sprintf("%d names more than twice max_providers were left out", r.LeftOut)
		}
		err = exec(ctx, tx, `UPDATE discovery_sources SET healthy = 1, error = ?, last_scan = ? WHERE id = ?`, note, store.Micros(tx.Now()), string(src.ID))
		if err != nil {
			return err
		}
		var said []event.Payload
		if !was.Healthy {
			said = append(said, SourceHealthChanged{base: base{src.ID, src.Type}, IsHealthy: true})
		}
		if loud {
			said = append(said, CycleCompleted{
				base{src.ID, src.Type}, r.Found, r.Pending, r.Quarantined, r.Registered, r.Deregistered, 0, r.Took.Milliseconds(),
			})
		}
		return s.o.Events.Append(ctx, tx, said...)
	})
}

// unhealthy writes down that a source cannot be looked at, and gives the error to whoever asked for the look. What it showed
// before is left as it is: who cannot be asked has not said that anything is gone.
func (s *Service) unhealthy(ctx context.Context, src Source, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	why := clip(printable(cause.Error()), maxProof)
	err := s.write(ctx, "note a failure of source", string(src.ID), func(ctx context.Context, tx *store.Tx) error {
		was, err := loadSource(ctx, tx, src.ID)
		if err != nil || !was.Healthy && was.Error == why {
			return err
		}
		if err := exec(ctx, tx, `UPDATE discovery_sources SET healthy = 0, error = ? WHERE id = ?`, why, string(src.ID)); err != nil {
			return err
		}
		from := base{src.ID, src.Type}
		return s.o.Events.Append(ctx, tx, SourceHealthChanged{from, false, why}, CycleCompleted{base: from, ErrorCount: 1})
	})
	if err != nil {
		return err
	}
	return fault.Named(fault.Unavailable, "DiscoverySourceUnavailableError", "source %s (%s) could not be looked at: %s", src.ID, src.Type, why).
		With("source_id", string(src.ID)).Because(cause)
}

// missing looks after what a source knew and does not show now.
func (s *Service) missing(ctx context.Context, src Source, absent map[string]Entry, r *Report) error {
	now := time.Now()
	for some := range slices.Chunk(slices.Sorted(maps.Keys(absent)), chunk) {
		var over []Entry
		err := s.write(ctx, "note what is missing in source", string(src.ID), func(ctx context.Context, tx *store.Tx) error {
			for _, name := range some {
				e := absent[name]
				switch {
				case e.Missing == nil: // the first look without it
					if err := exec(ctx, tx, `UPDATE discoveries SET seen_at = ?, missing_since = ? WHERE source_id = ? AND name = ?`,
						store.Micros(e.SeenAt), store.Micros(tx.Now()), string(src.ID), name); err != nil {
						return err
					}
					r.changed = true
					r.next = min(r.next, e.TTL)
				case !e.Expired(now):
					r.next = min(r.next, e.TTL-now.Sub(*e.Missing))
				case !e.lost:
					over = append(over, e)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range over {
			if err := s.giveUp(ctx, src, e, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUp ends an entry whose time to live is over. Only an authoritative source takes its provider along, and only when
// nobody calls it.
func (s *Service) giveUp(ctx context.Context, src Source, e Entry, r *Report) error {
	takes := src.Mode == Authoritative && e.Registered != ""
	if takes {
		made, err := s.o.Providers.Get(ctx, provider.ID(e.Name))
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		takes = err == nil && made.Source == provider.SourceDiscovery
	}
	drop := func(ctx context.Context) error {
		return s.write(ctx, "give up", e.Name, func(ctx context.Context, tx *store.Tx) error {
			return s.giveUpTx(ctx, tx, e, takes, r)
		})
	}
	if !takes {
		return drop(ctx)
	}
	removed, err := s.o.Fleet.RemoveIdle(ctx, provider.ID(e.Name), drop)
	if err == nil && !removed {
		r.next = min(r.next, busyWait)
	}
	return err
}

func (s *Service) giveUpTx(ctx context.Context, tx *store.Tx, e Entry, takes bool, r *Report) error {
	lost := Lost{e.base(), e.Name, "forgotten"}
	now, err := s.entries(ctx, tx, "WHERE d.source_id = ? AND d.name = ?", string(e.SourceID), e.Name)
	if err != nil || len(now) == 0 { // its source was removed meanwhile
		return err
	}
	switch {
	case takes:
		made, err := s.o.Providers.GetTx(ctx, tx, provider.ID(e.Name))
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if err == nil && made.Source == provider.SourceDiscovery {
			if err := s.o.Providers.DeleteTx(ctx, tx, made.ID); err != nil {
				return err
			}
			lost.Reason = "deregistered"
			r.Deregistered++
		}
	case e.Registered != "" || e.Status == Rejected: // a provider that stays, or a person's word
		lost.Reason = "kept"
		if err := exec(ctx, tx, `UPDATE discoveries SET lost = 1 WHERE source_id = ? AND name = ?`, string(e.SourceID), e.Name); err != nil {
			return err
		}
	}
	if lost.Reason != "kept" {
		if err := removeEntry(ctx, tx, e); err != nil {
			return err
		}
	}
	r.changed, r.contested = true, true
	return s.o.Events.Append(ctx, tx, lost)
}
