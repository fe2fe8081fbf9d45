package secret

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"hangar/backend/fault"
	"hangar/backend/store"
)

const version = 1

// ErrMissing is a secret that is not stored.
var ErrMissing = errors.New("no such secret")

// ErrUnreadable is a secret that is stored but cannot be opened: its key is not in the key file any more, or somebody
// changed it.
var ErrUnreadable = errors.New("the secret cannot be opened with the keys that we have")

// Vault keeps secrets. Safe for concurrent use.
type Vault struct {
	db   *store.DB
	keys []key // the first seals
}

// Open reads the keys of a data directory and makes the first one. Secrets whose key was lost stay where they are.
func Open(ctx context.Context, db *store.DB, dir string, log *slog.Logger) (*Vault, error) {
	keys, made, err := loadKeys(dir)
	if err != nil {
		return nil, err
	}
	v := &Vault{db: db, keys: keys}
	if !made {
		return v, nil
	}
	var stored int
	if err := db.Read().Get(ctx, &stored, `SELECT count(*) FROM secrets`); err != nil {
		return nil, err
	}
	if stored > 0 {
		log.Warn("the key file was missing and a new one was made: the secrets stored so far cannot be read, until it is restored",
			"file", KeyFile, "secrets", stored)
	}
	return v, nil
}

// Put stores a secret in place of what was there.
func (v *Vault) Put(ctx context.Context, scope, name string, value []byte) error {
	return v.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return v.PutTx(ctx, tx, scope, name, value) })
}

// PutTx is Put in a transaction of the caller's.
func (v *Vault) PutTx(ctx context.Context, tx *store.Tx, scope, name string, value []byte) error {
	if scope == "" || name == "" {
		return fault.New(fault.Broken, "a secret needs a scope and a name")
	}
	_, err := tx.Exec(ctx, `INSERT INTO secrets (scope, name, sealed, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (scope, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at`,
		scope, name, v.seal(scope, name, value), store.Micros(tx.Now()))
	return err
}

// Get reads a secret. The errors are ErrMissing, ErrUnreadable and the store's.
func (v *Vault) Get(ctx context.Context, scope, name string) ([]byte, error) {
	var sealed []byte
	err := v.db.Read().Get(ctx, &sealed, `SELECT sealed FROM secrets WHERE scope = ? AND name = ?`, scope, name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	return v.open(scope, name, sealed)
}

// Delete forgets a secret; one that is not there is no error.
func (v *Vault) Delete(ctx context.Context, scope, name string) error {
	return v.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM secrets WHERE scope = ? AND name = ?`, scope, name)
		return err
	})
}

// Seal seals a value to a scope and a name, for whoever keeps it elsewhere than in the table.
func (v *Vault) Seal(scope, name string, value []byte) []byte { return v.seal(scope, name, value) }

// Unseal opens what Seal sealed to this scope and name; else the error is ErrUnreadable.
func (v *Vault) Unseal(scope, name string, sealed []byte) ([]byte, error) {
	return v.open(scope, name, sealed)
}

func (v *Vault) seal(scope, name string, value []byte) []byte {
	k := v.keys[0]
	envelope := append([]byte{version}, k.id[:]...)
	return k.aead.Seal(envelope, nil, value, bound(envelope, scope, name))
}

func (v *Vault) open(scope, name string, sealed []byte) ([]byte, error) {
	const head = 1 + idBytes
	if len(sealed) < head || sealed[0] != version {
		return nil, fmt.Errorf("%w: its envelope is of a kind that we do not know", ErrUnreadable)
	}
	for _, k := range v.keys {
		if !bytes.Equal(k.id[:], sealed[1:head]) {
			continue
		}
		value, err := k.aead.Open(nil, nil, sealed[head:], bound(sealed[:head], scope, name))
		if err != nil {
			return nil, fmt.Errorf("%w: it was changed", ErrUnreadable)
		}
		return value, nil
	}
	return nil, fmt.Errorf("%w: its key is not in %s", ErrUnreadable, KeyFile)
}

// bound is what an envelope is sealed to. Lengths keep ("ab", "c") and ("a", "bc") apart.
func bound(head []byte, scope, name string) []byte {
	return fmt.Appendf(nil, "%s%d:%s%d:%s", head, len(scope), scope, len(name), name)
}
