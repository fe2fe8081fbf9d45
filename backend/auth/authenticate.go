package auth

import (
	"errors"
	"time"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// ErrUnknownKey is what is wrong with a key that never was: somebody guesses, or mistyped.
var ErrUnknownKey = errors.New("no such key")

// ByKey is who holds a key. Errors are AuthenticationErrors; one of a key that never was is ErrUnknownKey besides.
func (s *Service) ByKey(raw string) (Caller, error) {
	var h *held
	if looksLikeKey(raw) {
		h = s.keys.find(raw)
	}
	if h == nil {
		return Caller{}, fault.New(fault.Unauthenticated, "this is no key of this server").Because(ErrUnknownKey)
	}
	c, err := s.opens(h, ViaKey)
	if err != nil {
		return Caller{}, err
	}
	h.used.Store(store.Micros(time.Now()))
	return c, nil
}

// BySession is who is signed in by a token.
func (s *Service) BySession(token string) (Caller, error) {
	h := s.session.find(token)
	if h == nil {
		return Caller{}, missingSession()
	}
	c, err := s.opens(h, ViaSession)
	if err != nil {
		return Caller{}, err
	}
	h.used.Store(store.Micros(time.Now()))
	return c, nil
}

// Valid asks whether a caller's credential still opens anything: for what stays open long after it was let in. It does
// not count as use.
func (s *Service) Valid(c Caller) error {
	if s.stale.Load() {
		return cannotTell()
	}
	var h *held
	switch c.Via {
	case ViaLocal:
		return nil
	case ViaKey:
		h = s.keys.get(c.Credential)
	case ViaSession:
		h = s.session.get(c.Credential)
	}
	if h == nil {
		return fault.New(fault.Unauthenticated, "what you signed in with is no more")
	}
	_, err := s.opens(h, c.Via)
	return err
}

// opens is the rule of when a credential opens, and for whom.
func (s *Service) opens(h *held, via Via) (Caller, error) {
	now := time.Now()
	p, exists := s.Snapshot().principals[h.principal]
	switch {
	case s.stale.Load():
		return Caller{}, cannotTell()
	case h.revoked:
		return Caller{}, fault.New(fault.Unauthenticated, "this key was revoked")
	case via == ViaSession && s.over(h, now):
		return Caller{}, missingSession()
	case h.expired(now):
		return Caller{}, fault.New(fault.Unauthenticated, "this key expired on %s", store.Time(h.expires).Format(time.RFC3339))
	case !exists || p.Disabled:
		return Caller{}, fault.New(fault.Unauthenticated, "principal %q is disabled", h.principal)
	}
	if via == ViaSession { // it lives on its key
		k := s.keys.get(h.key)
		if k == nil || k.revoked || k.expired(now) {
			return Caller{}, missingSession()
		}
	}
	return Caller{Principal: p.ID, Kind: p.Kind, Via: via, Credential: h.id}, nil
}

func cannotTell() error {
	f := fault.Named(fault.Unavailable, "AccessRulesUnavailableError", "who may do what cannot be read at the moment; try again in a moment")
	f.RetryAfter = rest
	return f
}
