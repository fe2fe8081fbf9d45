package auth

import (
	"context"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// A database that goes away right after a commit: the change is stored, so it is no failure, and as nobody can be sure of who may
// do what, nobody is let in. When it is back, what the change was about is read, though nothing else happens.
func TestAChangeThatCannotBeReadBackHoldsNonetheless(t *testing.T) {
	b := setup(t)
	kept, _ := b.has("ann", "admin")
	raw, k := b.has("bot")
	err := b.write(b.ctx, "revoke a key", func(ctx context.Context, tx *store.Tx) error {
		row, err := key(ctx, tx, k.ID)
		must(t, err)
		must(t, exec(ctx, tx, `UPDATE auth_keys SET revoked_at = ? WHERE id = ?`, store.Micros(tx.Now()), k.ID))
		must(t, exec(ctx, tx, `ALTER TABLE auth_keys RENAME TO auth_keys_away`))
		return b.events.Append(ctx, tx, KeyRevoked{KeyID: k.ID, PrincipalID: row.Principal})
	})
	must(t, err)
	for _, one := range []string{raw, kept} {
		wants(t, "before it is read", first(b.ByKey(one)), fault.Unavailable)
	}
	must(t, b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return exec(ctx, tx, `ALTER TABLE auth_keys_away RENAME TO auth_keys`)
	}))
	must(t, b.sync(b.ctx))
	wants(t, "once it is read", first(b.ByKey(raw)), fault.Unauthenticated)
	must(t, first(b.ByKey(kept)))
}
