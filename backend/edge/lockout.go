package edge

import (
	"container/list"
	"errors"
	"hash/maphash"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/fault"
)

const (
	attempts  = 10               // different wrong keys
	within    = time.Minute      // in this time
	lockFirst = 5 * time.Minute  // then nothing goes for so long, twice as long the next time
	lockMost  = 60 * time.Minute // and never longer than this
	forget    = 24 * time.Hour   // how long a lock is remembered against somebody
	maxTraces = 10_000           // addresses, and beginnings of keys, that are remembered
)

// lockouts remember who guesses: by address, and by the beginning of the key that is guessed at.
type lockouts struct {
	mu        sync.Mutex
	seed      maphash.Seed
	addresses traces
	prefixes  traces
}

func newLockouts() *lockouts {
	return &lockouts{seed: maphash.MakeSeed(), addresses: newTraces(), prefixes: newTraces()}
}

// traces are bounded: the one that was not seen for the longest gives way.
type traces struct {
	byName map[string]*list.Element
	order  *list.List // of *trace, the oldest in front
}

func newTraces() traces { return traces{byName: map[string]*list.Element{}, order: list.New()} }

// trace is what one address, or one guesser at a key, has tried.
type trace struct {
	name   string
	begun  time.Time
	tried  []uint64 // fingerprints of the different wrong keys since begun
	until  time.Time
	locked int // how often
}

func (t *traces) get(name string) *trace {
	if e := t.byName[name]; e != nil {
		t.order.MoveToBack(e)
		return e.Value.(*trace)
	}
	if len(t.byName) >= maxTraces {
		oldest := t.order.Front()
		delete(t.byName, oldest.Value.(*trace).name)
		t.order.Remove(oldest)
	}
	one := &trace{name: name}
	t.byName[name] = t.order.PushBack(one)
	return one
}

// wait tells how long a name is locked, without remembering it.
func (t *traces) wait(name string, now time.Time) time.Duration {
	if e := t.byName[name]; e != nil {
		return max(0, e.Value.(*trace).until.Sub(now))
	}
	return 0
}

// count counts a wrong key, once. began tells that this one locked.
func (t *trace) count(key uint64, now time.Time) (began bool) {
	if now.Before(t.until) {
		return false
	}
	if now.Sub(t.until) > forget {
		t.locked = 0
	}
	if now.Sub(t.begun) > within {
		t.begun, t.tried = now, nil
	}
	if slices.Contains(t.tried, key) {
		return false
	}
	if t.tried = append(t.tried, key); len(t.tried) <= attempts {
		return false
	}
	t.until = now.Add(min(lockMost, lockFirst<<min(t.locked, 8)))
	t.tried, t.locked = nil, t.locked+1
	return true
}

// address tells how long an address is locked.
func (l *lockouts) address(addr netip.Addr, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addresses.wait(bucket(addr), now)
}

// wrong counts a wrong key, and tells how long its sender is locked now.
func (l *lockouts) wrong(addr netip.Addr, key string, now time.Time) (wait time.Duration, began bool) {
	print := maphash.String(l.seed, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range []*trace{l.addresses.get(bucket(addr)), l.prefixes.get(key[:min(len(key), auth.KeyPrefix)])} {
		began = t.count(print, now) || began
		wait = max(wait, t.until.Sub(now))
	}
	return wait, began
}

// byKey asks who holds a key. An address that guessed too much is not listened to for a while, unless it is this machine
// itself: there the right key goes on to open, so that nobody is locked out of their own machine by somebody else on it.
func (g *Gate) byKey(r *http.Request, key string) (auth.Caller, error) {
	addr, now := g.Address(r), time.Now()
	if wait := g.lockouts.address(addr, now); wait > 0 && !addr.IsLoopback() {
		return auth.Caller{}, lockedOut(wait)
	}
	c, err := g.o.Auth.ByKey(key)
	if errors.Is(err, auth.ErrUnknownKey) {
		return c, g.guessed(addr, key, now, err)
	}
	return c, err
}

// guessed counts a wrong secret and makes its refusal a lock-out when there were too many.
func (g *Gate) guessed(addr netip.Addr, secret string, now time.Time, err error) error {
	wait, began := g.lockouts.wrong(addr, secret, now)
	if began {
		g.o.Log.Warn("locked out for guessing at keys", "address", addr.String(), "for", wait.String())
		g.o.Refused(audit.Refusal{
			What: audit.KindLockedOut, Principal: nobody, Address: addr.String(), Reason: "too many different wrong keys; for " + wait.Round(time.Second).String(),
			ErrorType: "RateLimitExceededError",
		})
	}
	if wait > 0 {
		return lockedOut(wait)
	}
	return err
}

func lockedOut(wait time.Duration) error {
	f := fault.New(fault.Limited, "too many wrong keys; try again in %s", wait.Round(time.Second))
	f.RetryAfter = wait
	return f
}
