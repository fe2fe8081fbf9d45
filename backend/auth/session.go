package auth

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

const (
	sessionStart = "ses_"
	maxSessions  = 50 // of one principal; the longest unused one gives way
)

func missingSession() error {
	return fault.New(fault.Unauthenticated, "this session is over; sign in again")
}

// session finds a session by id.
func session(ctx context.Context, q store.Querier, id string) (sessionRow, error) {
	var r sessionRow
	err := q.Get(ctx, &r, selectSessions+` WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.Missing, "there is no session %q", clip(id))
	}
	return r, err
}

// SignIn opens a dashboard session for the holder of a key. The token is given here and never again.
func (s *Service) SignIn(ctx context.Context, c Caller) (token string, expires time.Time, err error) {
	if c.Via != ViaKey {
		return "", expires, fault.New(fault.Denied, "a session is opened with a key")
	}
	err = s.write(As(ctx, c), "sign in", func(ctx context.Context, tx *store.Tx) error {
		token, expires, err = s.signInTx(ctx, tx, c)
		return err
	})
	return token, expires, err
}

func (s *Service) signInTx(ctx context.Context, tx *store.Tx, c Caller) (token string, expires time.Time, err error) {
	var crowd []string
	err = tx.Select(ctx, &crowd, `SELECT id FROM auth_sessions WHERE principal_id = ? ORDER BY used_at DESC, id`, c.Principal)
	if err != nil {
		return "", expires, err
	}
	for _, id := range crowd[min(len(crowd), maxSessions-1):] {
		if err := s.endTx(ctx, tx, id, "too many sessions"); err != nil {
			return "", expires, err
		}
	}
	id := newID()
	token, expires = newSecret(sessionStart), tx.Now().Add(s.spec.SessionMax())
	hash := digest(token)
	err = exec(ctx, tx, `INSERT INTO auth_sessions (id, hash, principal_id, key_id, created_at, expires_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, hash[:], c.Principal, c.Credential, store.Micros(tx.Now()), store.Micros(expires), store.Micros(tx.Now()))
	if err != nil {
		return "", expires, err
	}
	return token, expires, s.events.Append(ctx, tx, SessionStarted{id, c.Principal, c.Credential})
}

// SignOut ends the caller's session, and what it had opened.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	return s.write(As(ctx, c), "sign out", func(ctx context.Context, tx *store.Tx) error {
		return s.endTx(ctx, tx, c.Credential, "signed out")
	})
}

func (s *Service) endTx(ctx context.Context, tx *store.Tx, id, reason string) error {
	r, err := session(ctx, tx, id)
	if fault.Is(err, fault.Missing) {
		return nil // somebody was faster
	}
	if err == nil {
		err = exec(ctx, tx, `DELETE FROM auth_sessions WHERE id = ?`, id)
	}
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, SessionEnded{id, r.Principal, reason})
}

// settle writes down when credentials were last used, and ends the sessions that have expired.
func (s *Service) settle(ctx context.Context) error {
	keys, sessions, now := unwritten(s.keys), unwritten(s.session), time.Now()
	s.keys.expire(now)
	var over []string
	for _, h := range s.session.all() {
		if s.over(h, now) {
			over = append(over, h.id)
		}
	}
	if len(keys)+len(sessions)+len(over) == 0 {
		return nil
	}
	return s.write(event.WithActor(ctx, event.System("auth")), "write down what was used", func(ctx context.Context, tx *store.Tx) error {
		for id, at := range keys {
			if err := exec(ctx, tx, `UPDATE auth_keys SET used_at = ? WHERE id = ?`, at, id); err != nil {
				return err
			}
		}
		for id, at := range sessions {
			if err := exec(ctx, tx, `UPDATE auth_sessions SET used_at = ? WHERE id = ?`, at, id); err != nil {
				return err
			}
		}
		for _, id := range over {
			if err := s.endTx(ctx, tx, id, "expired"); err != nil {
				return err
			}
		}
		return nil
	})
}

// unwritten gives what was used since it was last written down, by id, and takes it for written.
func unwritten(ring *keyring) map[string]int64 {
	ring.mu.Lock()
	defer ring.mu.Unlock()
	used := map[string]int64{}
	for id, h := range ring.byID {
		if at := h.used.Load(); at > h.written {
			used[id], h.written = at, at
		}
	}
	return used
}

// over reports a session that has expired: it is too old, or nobody used it for too long.
func (s *Service) over(h *held, now time.Time) bool {
	return h.expired(now) || now.Sub(store.Time(h.used.Load())) >= s.spec.SessionIdle()
}
