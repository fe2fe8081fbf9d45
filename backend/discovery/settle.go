package discovery

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// picture is what is known of all names: the claims to each, the strongest first, and who made its provider.
type picture struct {
	claims map[string][]Entry
	owners map[provider.ID]provider.Source
}

// claim splits the claims to a name into that of a source and those of others. A name that is new to the source gets an
// entry without a status.
func (p picture) claim(src Source, name string, now time.Time) (e Entry, rivals []Entry) {
	e = Entry{
		SourceID: src.ID, Type: src.Type, Name: name, FoundAt: now, SeenAt: now, StatusAt: now,
		rank: kinds()[src.Type].rank, sourceAt: src.CreatedAt, sourceOn: src.Enabled,
	}
	for _, c := range p.claims[name] {
		if c.SourceID == src.ID {
			e = c
		} else {
			rivals = append(rivals, c)
		}
	}
	return e, rivals
}

// sight puts what a source shows now into the entry.
func (e Entry) sight(s sighting) Entry {
	e.Candidate, e.Fingerprint, e.raw = s.Candidate, s.fingerprint, s.raw
	e.Missing, e.lost = nil, false
	return e
}

// rule puts a verdict into the entry.
func (e Entry) rule(v verdict, now time.Time) Entry {
	if e.Status != v.Status || e.Reason != v.Reason {
		e.StatusAt = now
	}
	e.Status, e.Reason, e.Evidence = v.Status, v.Reason, v.Evidence
	if v.deleted {
		e.Registered, e.RejectedFor = "", e.Fingerprint
	}
	return e
}

// same reports whether a row need not be written.
func (e Entry) same(before Entry) bool {
	return before.Status != "" && e.Status == before.Status && e.Reason == before.Reason && e.Evidence == before.Evidence &&
		bytes.Equal(e.raw, before.raw) && !before.bare && before.Missing == nil && !before.lost &&
		e.Registered == before.Registered && e.RejectedFor == before.RejectedFor
}

// settled is what settle did with one name.
type settled struct {
	entry      Entry
	changed    bool
	registered bool
	contested  bool // another source has a claim to the name too
}

// decide is settle without doing it.
func (p picture) decide(src Source, s sighting, room bool, now time.Time) (before, after Entry, v verdict, rivals []Entry) {
	before, rivals = p.claim(src, s.Name, now)
	after = before.sight(s)
	owner := p.owners[provider.ID(s.Name)]
	v = judge(after, situation{owner: owner, rivals: rivals, auto: src.Config.AutoApprove, room: room})
	after = after.rule(v, now)
	if owner != "" && owner != provider.SourceDiscovery {
		after.Registered = "" // somebody else made it anew
	}
	return before, after, v, rivals
}

// settleTx stores what a source shows under one name and does what follows from it, with the events that say so.
func (s *Service) settleTx(ctx context.Context, tx *store.Tx, src Source, seen sighting, room bool) (settled, error) {
	p, err := s.pictureOf(ctx, tx, seen.Name)
	if err != nil {
		return settled{}, err
	}
	before, after, v, rivals := p.decide(src, seen, room, tx.Now())
	out := settled{entry: after, contested: len(rivals) > 0}
	if after.same(before) && !v.register {
		return out, nil
	}
	out.changed = true
	if err := s.o.Events.Append(ctx, tx, sightings(before, after)...); err != nil {
		return out, err
	}
	if v.register {
		after, err = s.registerTx(ctx, tx, after, p, rivals, autoApprove)
		if f := fault.From(err); err != nil && f.Kind != fault.Invalid && f.Kind != fault.Conflict {
			return out, err
		} else if err != nil { // the provider's own rules say no
			after = before.sight(seen).rule(verdict{Status: Quarantined, Reason: ReasonDefinition, Evidence: clip(printable(f.Message), maxProof)}, tx.Now())
		}
		out.registered = err == nil
	}
	if after.Status == Quarantined && (before.Status != Quarantined || before.Reason != after.Reason) {
		e := QuarantinedEvent{after.base(), after.Name, after.Reason, after.Evidence}
		if err := s.o.Events.Append(ctx, tx, e); err != nil {
			return out, err
		}
	}
	if v.deleted {
		e := RejectedEvent{after.base(), after.Name, acting(ctx), ReasonDeleted, after.Fingerprint}
		if err := s.o.Events.Append(ctx, tx, e); err != nil {
			return out, err
		}
	}
	out.entry = after
	return out, s.saveEntry(ctx, tx, after)
}

// sightings are the events of what a source shows, whatever becomes of it.
func sightings(before, after Entry) []event.Payload {
	fresh := before.Status == "" || before.lost || before.Status == Quarantined && after.Status == Pending && before.Fingerprint == after.Fingerprint
	switch {
	case fresh:
		return []event.Payload{Discovered{after.base(), after.Name, after.Candidate.Spec.Mode, after.Fingerprint}}
	case before.Fingerprint != after.Fingerprint:
		return []event.Payload{ConfigChanged{after.base(), after.Name, before.Fingerprint, after.Fingerprint}}
	}
	return nil
}

// pictureOf is the picture of one name, as a transaction sees it.
func (s *Service) pictureOf(ctx context.Context, tx *store.Tx, name string) (picture, error) {
	claims, err := s.entries(ctx, tx, "WHERE d.name = ?", name)
	if err != nil {
		return picture{}, err
	}
	p := picture{claims: map[string][]Entry{name: claims}, owners: map[provider.ID]provider.Source{}}
	made, err := s.o.Providers.GetTx(ctx, tx, provider.ID(name))
	if err == nil {
		p.owners[made.ID] = made.Source
	} else if !fault.Is(err, fault.Missing) {
		return picture{}, err
	}
	return p, nil
}

// pictureOfAll is the picture of every name, as committed.
func (s *Service) pictureOfAll(ctx context.Context) (picture, error) {
	p := picture{claims: map[string][]Entry{}}
	err := s.o.DB.View(ctx, func(ctx context.Context, q store.Querier) (err error) {
		all, err := s.entries(ctx, q, "")
		if err != nil {
			return err
		}
		for _, e := range all {
			p.claims[e.Name] = append(p.claims[e.Name], e)
		}
		p.owners, err = s.o.Providers.OwnersIn(ctx, q)
		return err
	})
	return p, err
}

const autoApprove = "auto_approve"

// registerTx makes the provider of an entry, or gives it this definition. Whoever had the name by a claim loses it.
func (s *Service) registerTx(ctx context.Context, tx *store.Tx, e Entry, p picture, rivals []Entry, by string) (Entry, error) {
	id := provider.ID(e.Name)
	var err error
	if p.owners[id] == "" {
		err = s.o.Providers.CreateTx(ctx, tx, id, e.Candidate.Spec, provider.SourceDiscovery)
	} else {
		err = s.o.Providers.ReplaceTx(ctx, tx, id, e.Candidate.Spec, provider.SourceDiscovery)
		tx.AfterCommit(func() { s.restart(id) })
	}
	if err != nil {
		return e, err
	}
	for _, r := range rivals {
		if r.Registered == "" {
			continue
		}
		if err := s.loseTx(ctx, tx, r, e, by); err != nil {
			return e, err
		}
	}
	e = e.rule(verdict{Status: Registered}, tx.Now())
	e.Registered, e.RejectedFor = e.Fingerprint, ""
	if by == autoApprove {
		e.registeredAt = tx.Now()
	}
	return e, s.o.Events.Append(ctx, tx, Approved{e.base(), e.Name, by, e.Fingerprint})
}

// loseTx takes a name from the entry that held it.
func (s *Service) loseTx(ctx context.Context, tx *store.Tx, loser, winner Entry, by string) error {
	loser.Registered = ""
	v := verdict{Status: Quarantined, Reason: ReasonConflict, Evidence: outranked(loser.Name, winner)}
	var said event.Payload = QuarantinedEvent{loser.base(), loser.Name, v.Reason, v.Evidence}
	if by != autoApprove { // a person prefers the other one, so this one must not take the name back by itself
		v.Status, v.Evidence = Rejected, fmt.Sprintf("source %s (%s) was preferred", winner.SourceID, winner.Type)
		loser.RejectedFor = loser.Fingerprint
		said = RejectedEvent{loser.base(), loser.Name, by, v.Reason, loser.Fingerprint}
	}
	if err := s.saveEntry(ctx, tx, loser.rule(v, tx.Now())); err != nil {
		return err
	}
	return s.o.Events.Append(ctx, tx, said)
}
