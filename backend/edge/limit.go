package edge

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"hangar/backend/auth"
	"hangar/backend/fault"
)

// maxLimited is how many principals, and how many addresses, have a limit of their own at once. The one that was not
// seen for the longest gives way: by then its limit has mostly filled up again.
const maxLimited = 10_000

// limits are the rate limits: of principals, and of addresses that nobody vouches for.
type limits struct{ principals, addresses *buckets }

func newLimits(r auth.RateLimit) limits {
	return limits{newBuckets(r.PerSecond, r.Burst), newBuckets(r.AnonymousPerSecond, r.AnonymousBurst)}
}

func (l limits) principal(id string) error { return l.principals.take(id) }

func (l limits) anonymous(addr netip.Addr) error { return l.addresses.take(bucket(addr)) }

// buckets are token buckets by name.
type buckets struct {
	perSecond, burst int

	mu     sync.Mutex
	byName map[string]*list.Element
	order  *list.List // of *tokens, the oldest in front
}

type tokens struct {
	name string
	*rate.Limiter
}

func newBuckets(perSecond, burst int) *buckets {
	return &buckets{perSecond: perSecond, burst: burst, byName: map[string]*list.Element{}, order: list.New()}
}

func (b *buckets) take(name string) error {
	if b.perSecond < 0 {
		return nil
	}
	now := time.Now()
	r := b.of(name).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if r.OK() && wait == 0 {
		return nil
	}
	r.CancelAt(now)
	f := fault.New(fault.Limited, "more than %d requests in a second; slow down", b.perSecond)
	f.RetryAfter = max(wait, time.Millisecond)
	return f
}

func (b *buckets) of(name string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byName[name]; e != nil {
		b.order.MoveToBack(e)
		return e.Value.(tokens).Limiter
	}
	if len(b.byName) >= maxLimited {
		oldest := b.order.Front()
		delete(b.byName, oldest.Value.(tokens).name)
		b.order.Remove(oldest)
	}
	t := tokens{name, rate.NewLimiter(rate.Limit(b.perSecond), max(b.burst, 1))}
	b.byName[name] = b.order.PushBack(t)
	return t.Limiter
}
