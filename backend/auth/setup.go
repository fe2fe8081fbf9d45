package auth

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

const (
	setupStart = "set_"
	// SetupLife is how long a set-up link waits to be used.
	SetupLife = 10 * time.Minute
)

// Manageable reports whether somebody can sign in who may manage access.
func (s *Service) Manageable() bool {
	snap, now := s.Snapshot(), time.Now()
	for _, h := range s.keys.all() {
		if !h.revoked && !h.expired(now) && snap.Can(h.principal, AuthUpdate, "*").Allowed {
			return true
		}
	}
	return false
}

// OfferSetup makes the token of a set-up link; an earlier one is good no more.
func (s *Service) OfferSetup(ctx context.Context) (token string, err error) {
	token = newSecret(setupStart)
	hash := digest(token)
	return token, s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return exec(ctx, tx, `INSERT INTO auth_setup (one, hash, expires_at) VALUES (1, ?, ?)
ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`, hash[:], store.Micros(tx.Now().Add(SetupLife)))
	})
}

// Setup makes the first admin, for who holds the token of the set-up link: a principal, a key, a session, all at once. The
// token is used up by it.
func (s *Service) Setup(ctx context.Context, token, id string) (raw, session string, expires time.Time, err error) {
	ctx = event.WithActor(ctx, event.System("setup"))
	err = s.write(ctx, "set up", func(ctx context.Context, tx *store.Tx) error {
		if err := takeSetup(ctx, tx, token); err != nil {
			return err
		}
		k, key, err := s.adminTx(ctx, tx, NewKey{Principal: id, Kind: User, Name: "setup", CreatedBy: "setup"})
		if err != nil {
			return err
		}
		raw = key
		session, expires, err = s.signInTx(ctx, tx, Caller{Principal: k.Principal, Kind: User, Via: ViaKey, Credential: k.ID})
		return err
	})
	return raw, session, expires, err
}

func takeSetup(ctx context.Context, tx *store.Tx, token string) error {
	var row struct {
		Hash      []byte `db:"hash"`
		ExpiresAt int64  `db:"expires_at"`
	}
	err := tx.Get(ctx, &row, `SELECT hash, expires_at FROM auth_setup`)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	hash := digest(token)
	if err != nil || subtle.ConstantTimeCompare(row.Hash, hash[:]) != 1 || row.ExpiresAt <= store.Micros(tx.Now()) {
		return fault.New(fault.Unauthenticated, "this set-up link was used already, has expired or never was; restart Hangar for a new one, "+
			"or stop it and run `hangar keys create --bootstrap`")
	}
	return exec(ctx, tx, `DELETE FROM auth_setup`)
}

// Bootstrap makes an admin's key without asking anybody: for whoever holds the data directory itself.
func (s *Service) Bootstrap(ctx context.Context, n NewKey) (k Key, raw string, err error) {
	n.Kind = User
	err = s.write(ctx, "make an admin's key", func(ctx context.Context, tx *store.Tx) error {
		k, raw, err = s.adminTx(ctx, tx, n)
		return err
	})
	return k, raw, err
}

// adminTx makes a key for an admin, who comes to be one with it. One who was disabled is enabled.
func (s *Service) adminTx(ctx context.Context, tx *store.Tx, n NewKey) (Key, string, error) {
	p, err := s.principalTx(ctx, tx, n.Principal, n.Kind)
	if err != nil {
		return Key{}, "", err
	}
	if p.Disabled {
		before := p.clone()
		p.Disabled, p.UpdatedAt = false, tx.Now()
		if err := savePrincipal(ctx, tx, p); err != nil {
			return Key{}, "", err
		}
		if err := s.events.Append(ctx, tx, saved(p, &before)); err != nil {
			return Key{}, "", err
		}
	}
	k, raw, err := s.createKeyTx(ctx, tx, n)
	if err == nil {
		err = s.assignTx(ctx, tx, n.Principal, RoleAdmin, n.CreatedBy)
	}
	return k, raw, err
}
