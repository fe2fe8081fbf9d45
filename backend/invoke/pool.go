package invoke

import (
	"context"
	"sync"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/provider"
)

// pool is one group as calls see it: its balancer and its members' breakers.
type pool struct {
	of *Groups
	id group.ID

	mu       sync.Mutex // guards what follows
	seen     *group.Group
	balancer *group.Balancer
	breakers map[provider.ID]*guarded
}

// guarded is a breaker and the epoch for which it speaks.
type guarded struct {
	*breaker.Breaker
	epoch int64
}

// pool finds the pool of a group that exists.
func (g *Groups) pool(id group.ID) (*pool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.Groups.Live(id); !ok {
		g.drop(id)
		return nil, g.Groups.Missing(id)
	}
	p := g.pools[id]
	if p == nil {
		for other := range g.pools {
			if _, ok := g.Groups.Live(other); !ok {
				g.drop(other)
			}
		}
		p = &pool{of: g, id: id, breakers: map[provider.ID]*guarded{}}
		g.pools[id] = p
	}
	return p, nil
}

func (g *Groups) drop(id group.ID) {
	if p := g.pools[id]; p != nil {
		p.close()
		delete(g.pools, id)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.breakers {
		b.Close()
	}
	p.breakers = map[provider.ID]*guarded{}
}

// refresh takes over what was committed last; mu is held, so that no older picture comes after a newer one. A group that
// was deleted under a running call stays as it was.
func (p *pool) refresh() {
	now, ok := p.of.Groups.Live(p.id)
	if !ok || now == p.seen {
		return
	}
	if p.balancer == nil || !p.seen.CreatedAt.Equal(now.CreatedAt) {
		p.balancer = group.NewBalancer(*now, p.of.InFlight)
	} else {
		p.balancer.Update(*now)
	}
	p.seen = now
	breakers := make(map[provider.ID]*guarded, len(now.Members)) // a new map, because picks read the old one
	for _, m := range now.Members {
		b := p.breakers[m.ID]
		if b == nil || b.epoch != m.Epoch {
			b = p.breaker(m)
		}
		breakers[m.ID] = b
	}
	for id, b := range p.breakers {
		if breakers[id] != b {
			b.Close()
		}
	}
	p.breakers = breakers
}

func (p *pool) breaker(m group.Member) *guarded {
	return &guarded{epoch: m.Epoch, Breaker: breaker.New(p.of.Rules, func(to breaker.State, failures int) {
		p.of.outbox.add(pendingChange{p.id, group.BreakerChange{Member: m.ID, Epoch: m.Epoch, To: to, Failures: failures}})
	})}
}

// pick says whom to try.
func (p *pool) pick(caller string) []group.Choice {
	p.mu.Lock()
	p.refresh()
	if p.balancer == nil { // deleted before the first call
		p.mu.Unlock()
		return nil
	}
	balancer, breakers := p.balancer, p.breakers
	p.mu.Unlock()
	return balancer.Pick(caller, func(id provider.ID) bool {
		b := breakers[id]
		return b == nil || b.State() == breaker.Open
	})
}

// admit asks a member's breaker; a call that may go ahead is counted until its report.
func (p *pool) admit(id provider.ID) (report func(breaker.Outcome), ok bool) {
	p.mu.Lock()
	b, balancer := p.breakers[id], p.balancer
	p.mu.Unlock()
	if b == nil { // it left meanwhile
		return nil, false
	}
	done, ok := b.Admit()
	if !ok {
		return nil, false
	}
	end := balancer.Begin(id)
	return func(o breaker.Outcome) {
		end()
		done(o)
	}, true
}

func (p *pool) now() group.Group {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		return group.Group{}
	}
	return *p.seen
}

// MemberView is what only the running process knows of a member.
type MemberView struct {
	group.Share
	Failures int // in a row, as its breaker counts
}

// View tells how a group is being called, and of how many recent calls the observed shares are.
func (g *Groups) View(id group.ID) (members map[provider.ID]MemberView, calls int) {
	p, err := g.pool(id)
	if err != nil {
		return nil, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refresh()
	if p.balancer == nil {
		return nil, 0
	}
	shares, calls := p.balancer.Shares()
	members = make(map[provider.ID]MemberView, len(shares))
	for id, s := range shares {
		members[id] = MemberView{s, p.breakers[id].Failures()}
	}
	return members, calls
}

// pendingChange is a change of a breaker that is not stored yet.
type pendingChange struct {
	group group.ID
	group.BreakerChange
}

// outbox holds what became of the breakers until it is stored. Its lock is the innermost: it is taken under a breaker's.
type outbox struct {
	wake chan struct{}

	mu      sync.Mutex
	changes []pendingChange
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

func (o *outbox) add(c pendingChange) {
	o.mu.Lock()
	o.changes = append(o.changes, c)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default: // it is awake
	}
}

func (o *outbox) take() []pendingChange {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.changes
	o.changes = nil
	return taken
}

// storeAgain is the pause after a change could not be stored.
const storeAgain = time.Second

// Run stores what becomes of the breakers, in order, until ctx ends.
func (g *Groups) Run(ctx context.Context) error {
	ctx = event.WithActor(ctx, event.System("groups"))
	defer g.closePools()
	for {
		select {
		case <-g.outbox.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		for _, c := range g.outbox.take() {
			if err := g.store(ctx, c); err != nil {
				return err
			}
		}
	}
}

func (g *Groups) closePools() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.pools {
		g.drop(id)
	}
}

// store tries until it succeeds; only the end of ctx is an error.
func (g *Groups) store(ctx context.Context, c pendingChange) error {
	for {
		err := g.Groups.SetBreaker(ctx, c.group, c.BreakerChange)
		if err == nil || fault.Is(err, fault.Missing) {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		g.Log.Error("a circuit breaker's change could not be stored; trying again", "group", c.group, "provider", c.Member, "error", err)
		pause := time.NewTimer(storeAgain)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return context.Cause(ctx)
		}
	}
}
