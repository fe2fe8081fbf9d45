package discovery

import (
	"context"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Approve registers what was found under a key, in one transaction. A fingerprint, when given, is that of the definition
// which the person saw: another one is a ConflictError, so that nothing can be exchanged behind a person's back.
func (s *Service) Approve(ctx context.Context, key, fingerprint string) (e Entry, err error) {
	err = s.write(ctx, "approve", clean(key), func(ctx context.Context, tx *store.Tx) error {
		e, err = s.approveTx(ctx, tx, key, fingerprint)
		return err
	})
	return e, err
}

func (s *Service) approveTx(ctx context.Context, tx *store.Tx, key, fingerprint string) (Entry, error) {
	e, err := s.pick(ctx, tx, key)
	if err != nil {
		return e, err
	}
	switch {
	case e.Status == Registered:
		return e, refuse(e, "%q is registered already", e.Name)
	case e.Candidate.Problem != nil:
		return e, refuse(e, "%q cannot be approved: %s; mend it at %s and scan the source", e.Name, e.Candidate.Problem.Evidence, e.Candidate.Origin)
	case e.Missing != nil:
		return e, refuse(e, "%q was not there any more when its source was last looked at", e.Name)
	case fingerprint != "" && fingerprint != e.Fingerprint:
		return e, refuse(e, "the definition of %q has changed since you saw it; look at it again", e.Name)
	}
	p, err := s.pictureOf(ctx, tx, e.Name)
	if err != nil {
		return e, err
	}
	if owner := p.owners[provider.ID(e.Name)]; owner != "" && owner != provider.SourceDiscovery {
		return e, refuse(e, "%s; delete or rename it first", foreign(e.Name, owner))
	}
	rivals := slices.DeleteFunc(slices.Clone(p.claims[e.Name]), func(r Entry) bool { return r.SourceID == e.SourceID })
	if e, err = s.registerTx(ctx, tx, e, p, rivals, acting(ctx)); err != nil {
		return e, err
	}
	tx.AfterCommit(s.lookAgain)
	return e, s.saveEntry(ctx, tx, e)
}

// Reject remembers that a person does not want what was found under a key. Another definition is asked about again.
func (s *Service) Reject(ctx context.Context, key string) (e Entry, err error) {
	err = s.write(ctx, "reject", clean(key), func(ctx context.Context, tx *store.Tx) error {
		e, err = s.rejectTx(ctx, tx, key)
		return err
	})
	return e, err
}

func (s *Service) rejectTx(ctx context.Context, tx *store.Tx, key string) (Entry, error) {
	e, err := s.pick(ctx, tx, key)
	if err != nil {
		return e, err
	}
	switch e.Status {
	case Registered:
		return e, refuse(e, "%q is registered; delete the provider, and it will not come back by itself", e.Name)
	case Rejected:
		return e, nil
	}
	e = e.rule(verdict{Status: Rejected, Reason: ReasonPerson}, tx.Now())
	e.RejectedFor = e.Fingerprint
	if err := s.saveEntry(ctx, tx, e); err != nil {
		return e, err
	}
	tx.AfterCommit(s.lookAgain)
	return e, s.o.Events.Append(ctx, tx, RejectedEvent{e.base(), e.Name, acting(ctx), ReasonPerson, e.Fingerprint})
}

func refuse(e Entry, format string, args ...any) error {
	return fault.New(fault.Conflict, format, args...).
		With("provider", e.Name).With("source_id", string(e.SourceID)).With("reason", string(e.Reason)).With("fingerprint", e.Fingerprint)
}

// pick finds what a key means: a name, or name@source.
func (s *Service) pick(ctx context.Context, q store.Querier, key string) (Entry, error) {
	found, err := s.entries(ctx, q, "WHERE d.name = ?", key)
	if err != nil {
		return Entry{}, err
	}
	if at := strings.LastIndexByte(key, '@'); len(found) == 0 && at > 0 {
		if found, err = s.entries(ctx, q, "WHERE d.name = ? AND d.source_id = ?", key[:at], key[at+1:]); err != nil {
			return Entry{}, err
		}
	}
	if len(found) == 0 {
		return Entry{}, fault.Named(fault.Missing, "DiscoveredProviderNotFoundError", "no source shows a provider %q", clean(key)).
			With("provider", clean(key))
	}
	return first(found), nil
}

// first is the claim to a name that a person most likely means: one that waits, before one that does not.
func first(of []Entry) Entry {
	for _, status := range []Status{Pending, Quarantined, Rejected} {
		if i := slices.IndexFunc(of, func(e Entry) bool { return e.Status == status }); i >= 0 {
			return of[i]
		}
	}
	return of[0]
}
