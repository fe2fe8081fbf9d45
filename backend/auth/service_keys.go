package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
)

// NewKey is a key that is to be.
type NewKey struct {
	Principal string
	Kind      Kind // of a principal that does not exist yet; default ServiceAccount
	Name      string
	CreatedBy string    // as claimed
	ExpiresAt time.Time // zero: never
}

// CreateKey makes a key, and its principal if need be. The key itself is given here and never again. Nobody can make a
// key for a principal that may do more than they may.
func (s *Service) CreateKey(ctx context.Context, n NewKey) (k Key, raw string, err error) {
	err = s.write(ctx, "create a key", func(ctx context.Context, tx *store.Tx) error {
		k, raw, err = s.createKeyTx(ctx, tx, n)
		return err
	})
	return k, raw, err
}

func (s *Service) createKeyTx(ctx context.Context, tx *store.Tx, n NewKey) (Key, string, error) {
	if n.Kind == "" {
		n.Kind = ServiceAccount
	}
	if err := n.check(tx.Now()); err != nil {
		return Key{}, "", err
	}
	p, err := s.principalTx(ctx, tx, n.Principal, n.Kind)
	if err != nil {
		return Key{}, "", err
	}
	if err := s.mayBecome(ctx, tx, p); err != nil {
		return Key{}, "", err
	}
	var count int
	err = tx.Get(ctx, &count, `SELECT count(*) FROM auth_keys WHERE principal_id = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)`,
		p.ID, store.Micros(tx.Now()))
	if err != nil {
		return Key{}, "", err
	}
	if count >= maxKeys {
		return Key{}, "", fault.New(fault.Conflict, "principal %q has %d keys already; revoke one first", p.ID, count).With("principal_id", p.ID)
	}
	raw := newSecret(keyStart)
	k := Key{
		ID: newID(), Principal: p.ID, Name: n.Name, Prefix: raw[:KeyPrefix], CreatedBy: n.CreatedBy,
		CreatedAt: tx.Now(), ExpiresAt: n.ExpiresAt.UTC().Truncate(time.Microsecond),
	}
	hash := digest(raw)
	err = exec(ctx, tx, `INSERT INTO auth_keys (id, principal_id, name, prefix, hash, created_by, created_at, expires_at, revoked_at,
	revoked_by, reason, replaced_by, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', '', 0)`,
		k.ID, k.Principal, k.Name, k.Prefix, hash[:], k.CreatedBy, store.Micros(k.CreatedAt), micros(k.ExpiresAt))
	if err != nil {
		return Key{}, "", err
	}
	return k, raw, s.events.Append(ctx, tx, KeyCreated{k.ID, k.Principal, k.Name, unix(k.ExpiresAt), k.CreatedBy})
}

func (n NewKey) check(now time.Time) error {
	if n.Name == "" || len(n.Name) > 200 {
		return fault.Field("name", "must have 1 to 200 characters")
	}
	if strings.HasPrefix(n.Principal, groupPrefix) {
		return fault.Field("principal_id", "a group of principals does not sign in; make keys for its members")
	}
	if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
		return fault.Field("expires_at", "must be in the future")
	}
	if n.Kind != User && n.Kind != ServiceAccount {
		return fault.Field("principal_type", "must be user or service_account")
	}
	return checkPrincipal("principal_id", n.Principal)
}

// micros is store.Micros, but keeps a zero time zero after a change of zone.
func micros(t time.Time) int64 {
	if t.Year() <= 1 {
		return 0
	}
	return store.Micros(t)
}

func unix(t time.Time) *int64 {
	if micros(t) == 0 {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}

// RevokeKey ends a key for good, and what it had opened. Revoking it again changes nothing.
func (s *Service) RevokeKey(ctx context.Context, id, by, reason string) error {
	return s.write(ctx, "revoke key "+clip(id), func(ctx context.Context, tx *store.Tx) error {
		row, err := key(ctx, tx, id)
		if err != nil || row.RevokedAt != 0 {
			return err
		}
		err = exec(ctx, tx, `UPDATE auth_keys SET revoked_at = ?, revoked_by = ?, reason = ? WHERE id = ?`, store.Micros(tx.Now()), by, reason, id)
		if err != nil {
			return err
		}
		before := row.key()
		after := before
		after.RevokedAt, after.Reason = tx.Now(), reason
		return s.events.Append(ctx, tx, KeyRevoked{id, row.Principal, by, reason, before.changes(after)})
	})
}

// Rotation says how a key is replaced.
type Rotation struct {
	Grace     time.Duration // for how long the old key goes on to open
	ExpiresAt time.Time     // of the new key; zero: as the old one's was
	By        string        // as claimed
}

const maxGrace = 30 * 24 * time.Hour

// RotateKey makes a key that takes the place of another one; for a while both open.
func (s *Service) RotateKey(ctx context.Context, id string, r Rotation) (k Key, raw string, until time.Time, err error) {
	if r.Grace < 0 || r.Grace > maxGrace {
		return k, "", until, fault.Field("grace_period_s", "must be between 0 and %d seconds", int(maxGrace.Seconds()))
	}
	err = s.write(ctx, "rotate key "+clip(id), func(ctx context.Context, tx *store.Tx) error {
		old, err := key(ctx, tx, id)
		if err != nil {
			return err
		}
		if !old.key().Active(tx.Now()) || old.ReplacedBy != "" {
			return fault.New(fault.Conflict, "key %q was rotated already, has expired or is revoked; create a new one", id).With("key_id", id)
		}
		expires := r.ExpiresAt
		if expires.IsZero() {
			expires = store.Time(old.ExpiresAt)
		}
		if k, raw, err = s.createKeyTx(ctx, tx, NewKey{Principal: old.Principal, Name: old.Name, CreatedBy: r.By, ExpiresAt: expires}); err != nil {
			return err
		}
		until = tx.Now().Add(r.Grace)
		if ends := store.Time(old.ExpiresAt); !ends.IsZero() && ends.Before(until) {
			until = ends
		}
		if err := exec(ctx, tx, `UPDATE auth_keys SET expires_at = ?, replaced_by = ? WHERE id = ?`, store.Micros(until), k.ID, id); err != nil {
			return err
		}
		before := old.key()
		after := before
		after.ExpiresAt, after.ReplacedBy = until, k.ID
		return s.events.Append(ctx, tx, KeyRotated{id, old.Principal, k.ID, tx.Now().Unix(), until.Unix(), r.By, before.changes(after)})
	})
	return k, raw, until, err
}

// Keys lists the keys of a principal, the newest first; revoked ones are among them.
func (s *Service) Keys(ctx context.Context, id string) ([]Key, error) {
	if _, err := principal(ctx, s.db.Read(), id); err != nil {
		return nil, err
	}
	keys, err := keysOf(ctx, s.db.Read(), id)
	for i, k := range keys {
		if h := s.keys.get(k.ID); h != nil { // not written down yet
			keys[i].UsedAt = store.Time(max(h.used.Load(), micros(k.UsedAt)))
		}
	}
	return keys, err
}

// mayBecome refuses, with an AccessDeniedError, who acts for a principal that may do more than they may. What Hangar does
// by itself is not asked.
func (s *Service) mayBecome(ctx context.Context, q store.Querier, p Principal) error {
	names := slices.Clone(p.Roles)
	for _, g := range p.Groups {
		group, err := principal(ctx, q, g)
		if err != nil {
			return err
		}
		names = append(names, group.Roles...)
	}
	for _, name := range names {
		r, err := anyRole(ctx, q, name)
		if fault.Is(err, fault.Missing) {
			continue
		}
		if err == nil {
			err = s.mayGive(ctx, r.grants())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayGive refuses who would give away what they do not have.
func (s *Service) mayGive(ctx context.Context, grants []Grant) error {
	if _, ok := CallerFrom(ctx); !ok {
		if actor, _ := event.ActorFrom(ctx); actor.Type == "system" {
			return nil
		}
	}
	if g, more := s.Rights(ctx).Exceeds(grants); more {
		return fault.New(fault.Denied, "you cannot give %s, because you do not have it yourself", g.String()).With("permission", g.String())
	}
	return nil
}
