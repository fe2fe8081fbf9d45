package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// A key is mcp_ and 32 random bytes in base64url.
const (
	keyStart  = "mcp_"
	keyLength = len(keyStart) + 43
	// KeyPrefix is how much of a key is shown, so that people can tell their keys apart: 48 of its 256 bits.
	KeyPrefix = len(keyStart) + 8
	maxKeys   = 100 // that open something, of one principal
)

// Key is what is known of a key; the key itself was shown once.
type Key struct {
	ID         string
	Principal  string
	Name       string
	Prefix     string
	CreatedBy  string // as claimed
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	RevokedAt  time.Time // zero: not revoked
	RevokedBy  string    // as claimed
	Reason     string
	ReplacedBy string // the key that took its place
	UsedAt     time.Time
}

// Active reports whether the key opens anything.
func (k Key) Active(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// newSecret is 256 random bits behind a text that says what they are for.
func newSecret(start string) string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	return start + base64.RawURLEncoding.EncodeToString(raw)
}

func digest(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

// newID is an id that is nobody's secret.
func newID() string { return strings.ToLower(rand.Text()[:16]) }

// held is a credential in memory.
type held struct {
	id, principal string
	hash          [sha256.Size]byte
	expires       int64 // unix microseconds; 0: never
	revoked       bool
	spent         bool         // it stands in the keyring's list of those
	key           string       // of a session: the key that opened it
	used          atomic.Int64 // unix microseconds
	written       int64        // of used, as it is in the store
}

func (h *held) expired(now time.Time) bool { return h.expires != 0 && store.Micros(now) >= h.expires }

// keyring finds credentials by what is presented and by id. What is presented is hashed before it is sought, so the time
// that takes tells nothing of a secret; and it is compared in constant time, whether there is such a credential or not.
type keyring struct {
	mu     sync.RWMutex
	byID   map[string]*held
	byHash map[[sha256.Size]byte]*held
	spent  []string // ids of those that open nothing any more, the oldest first
	none   held     // what a wrong secret is compared with
}

// maxSpent is how many credentials are kept that open nothing any more, so that whoever presents one is told why. An older
// one is answered like one that never was.
const maxSpent = 1000

func newKeyring() *keyring {
	return &keyring{byID: map[string]*held{}, byHash: map[[sha256.Size]byte]*held{}}
}

func (k *keyring) put(h *held) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.byID[h.id]; old != nil {
		h.used.Store(max(h.used.Load(), old.used.Load()))
		h.spent = old.spent
		delete(k.byHash, old.hash)
	}
	k.byID[h.id], k.byHash[h.hash] = h, h
	if h.revoked {
		k.spend(h)
	}
}

// expire takes those for spent whose time is over.
func (k *keyring) expire(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, h := range k.byID {
		if h.expired(now) {
			k.spend(h)
		}
	}
}

// spend is called with mu held.
func (k *keyring) spend(h *held) {
	if h.spent {
		return
	}
	h.spent = true
	k.spent = append(k.spent, h.id)
	for len(k.spent) > maxSpent {
		if old := k.byID[k.spent[0]]; old != nil && old.spent {
			delete(k.byHash, old.hash)
			delete(k.byID, old.id)
		}
		k.spent = k.spent[1:]
	}
}

func (k *keyring) remove(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.byID[id]; old != nil {
		delete(k.byHash, old.hash)
		delete(k.byID, id)
	}
}

func (k *keyring) get(id string) *held {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.byID[id]
}

// find gives the credential of a secret, or nil.
func (k *keyring) find(secret string) *held {
	hash := digest(secret)
	k.mu.RLock()
	h := k.byHash[hash]
	k.mu.RUnlock()
	if h == nil {
		h = &k.none
	}
	if subtle.ConstantTimeCompare(h.hash[:], hash[:]) == 1 && h != &k.none {
		return h
	}
	return nil
}

// replace takes over what another one holds.
func (k *keyring) replace(other *keyring) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.byID, k.byHash, k.spent = other.byID, other.byHash, other.spent
}

// all gives every credential.
func (k *keyring) all() []*held {
	k.mu.RLock()
	defer k.mu.RUnlock()
	list := make([]*held, 0, len(k.byID))
	for _, h := range k.byID {
		list = append(list, h)
	}
	return list
}

// looksLikeKey keeps what cannot be a key from costing anything.
func looksLikeKey(raw string) bool {
	return len(raw) == keyLength && strings.HasPrefix(raw, keyStart)
}

func missingKey(id string) error {
	return fault.Named(fault.Missing, "KeyNotFoundError", "there is no key %q", clip(id)).With("key_id", id)
}
