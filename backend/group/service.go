package group

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Liveness is all that the rotation needs to know about the providers; provider.Service is one.
type Liveness interface {
	GetTx(ctx context.Context, tx *store.Tx, id provider.ID) (provider.Provider, error)
}

// Service is the one door to groups: each verb is one transaction of rows and events.
type Service struct {
	db        *store.DB
	events    *eventlog.Log
	providers Liveness
	log       *slog.Logger
	position  int64                         // up to which the rotation knows what happened to the providers
	live      atomic.Pointer[map[ID]*Group] // as last committed; replaced whole, by the writer alone
}

// New makes the service; it knows no groups in memory until Recover has read them.
func New(db *store.DB, events *eventlog.Log, providers Liveness, log *slog.Logger) *Service {
	s := &Service{db: db, events: events, providers: providers, log: log}
	s.live.Store(&map[ID]*Group{})
	return s
}

// Live is a group as last committed; nobody may change it.
func (s *Service) Live(id ID) (*Group, bool) {
	g, ok := (*s.live.Load())[id]
	return g, ok
}

// Missing is the error for a group that does not exist.
func (s *Service) Missing(id ID) error { return missing(id) }

// publish runs after a commit, on the writer; nil removes.
func (s *Service) publish(id ID, g *Group) {
	next := maps.Clone(*s.live.Load())
	if g == nil {
		delete(next, id)
	} else {
		next[id] = g
	}
	s.live.Store(&next)
}

// Create makes a group without members. A taken id is a ConflictError.
func (s *Service) Create(ctx context.Context, g Group) error {
	return s.write(ctx, "create group", g.ID, func(ctx context.Context, tx *store.Tx) error { return s.createTx(ctx, tx, g) })
}

func (s *Service) createTx(ctx context.Context, tx *store.Tx, g Group) error {
	g.Members = nil
	g.Strategy, g.MinHealthy, g.Source = cmp.Or(g.Strategy, RoundRobin), cmp.Or(g.MinHealthy, 1), cmp.Or(g.Source, provider.SourceAPI)
	if err := g.ID.Check(); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	g.CreatedAt, g.UpdatedAt = tx.Now(), tx.Now()
	if err := insert(ctx, tx, g); err != nil {
		if fault.Is(err, fault.Conflict) {
			return fault.New(fault.Conflict, "a group %q exists already; update or delete it first", string(g.ID)).
				With("group_id", string(g.ID))
		}
		return err
	}
	if err := s.events.Append(ctx, tx, Created{base{g.ID}, g.Strategy, g.MinHealthy}); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.publish(g.ID, &g) })
	return nil
}

// Update changes the rule; it holds from the next call on.
func (s *Service) Update(ctx context.Context, id ID, p Patch) error {
	return s.edit(ctx, "update group", id, func(_ context.Context, tx *store.Tx, g *Group) (why, error) {
		before := g.Spec()
		if err := g.apply(p); err != nil {
			return why{}, err
		}
		g.UpdatedAt = tx.Now()
		return why{said: []event.Payload{Updated{base{id}, before.Changes(g.Spec())}}}, nil
	})
}

// Delete removes a group; its members live on.
func (s *Service) Delete(ctx context.Context, id ID) error {
	return s.write(ctx, "delete group", id, func(ctx context.Context, tx *store.Tx) error { return s.deleteTx(ctx, tx, id) })
}

func (s *Service) deleteTx(ctx context.Context, tx *store.Tx, id ID) error {
	g, err := load(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM group_members WHERE group_id = ?`, `DELETE FROM groups WHERE id = ?`} {
		if err := exec(ctx, tx, q, string(id)); err != nil {
			return err
		}
	}
	if err := s.events.Append(ctx, tx, Deleted{base{id}, g.Spec()}); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.publish(id, nil) })
	return nil
}

// NewMember is a provider that is to join.
type NewMember struct {
	ID       provider.ID
	Weight   int
	Priority int
}

// AddMember lets a provider join. It starts nothing; the provider must exist. A member already is a ConflictError.
func (s *Service) AddMember(ctx context.Context, id ID, n NewMember) error {
	m := Member{ID: n.ID, Weight: n.Weight, Priority: n.Priority, Circuit: breaker.Closed}
	if err := m.check(); err != nil {
		return err
	}
	return s.edit(ctx, "add a member to group", id, func(ctx context.Context, tx *store.Tx, g *Group) (why, error) {
		return s.joinTx(ctx, tx, g, m)
	})
}

func (s *Service) joinTx(ctx context.Context, tx *store.Tx, g *Group, m Member) (why, error) {
	p, err := s.providers.GetTx(ctx, tx, m.ID)
	if err != nil {
		return why{}, err
	}
	if g.index(m.ID) >= 0 {
		return why{}, fault.New(fault.Conflict, "provider %q is a member of group %q already; remove it first to change it",
			string(m.ID), string(g.ID)).With("group_id", string(g.ID)).With("provider_id", string(m.ID))
	}
	m.Epoch = store.Micros(tx.Now())
	m.InRotation = fits(p, true)
	g.Members = append(g.Members, m)
	slices.SortFunc(g.Members, func(a, b Member) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return why{said: []event.Payload{MemberAdded{base{g.ID}, m.ID, m.Weight, m.Priority}}, reason: "added"}, m.check()
}

// RemoveMember lets a provider leave; it is not stopped.
func (s *Service) RemoveMember(ctx context.Context, id ID, member provider.ID) error {
	return s.edit(ctx, "remove a member of group", id, func(_ context.Context, _ *store.Tx, g *Group) (why, error) {
		return g.remove(member)
	})
}

func (g *Group) remove(member provider.ID) (why, error) {
	i := g.index(member)
	if i < 0 {
		return why{}, noMember(g.ID, member)
	}
	g.Members = slices.Delete(g.Members, i, i+1)
	return why{said: []event.Payload{MemberRemoved{base{g.ID}, member}}}, nil
}

// Rebalance looks at every member anew and begins new breakers.
func (s *Service) Rebalance(ctx context.Context, id ID) error {
	return s.edit(ctx, "rebalance group", id, func(ctx context.Context, tx *store.Tx, g *Group) (why, error) {
		return s.renew(ctx, tx, g, "rebalance")
	})
}

// renew settles every member and closes every breaker; a member whose provider is gone leaves.
func (s *Service) renew(ctx context.Context, tx *store.Tx, g *Group, reason string) (why, error) {
	w := why{reason: reason}
	for _, m := range slices.Clone(g.Members) {
		p, err := s.providers.GetTx(ctx, tx, m.ID)
		if fault.Is(err, fault.Missing) {
			left, _ := g.remove(m.ID) // it is there
			w.said = append(w.said, left.said...)
			continue
		}
		if err != nil {
			return w, err
		}
		at := &g.Members[g.index(m.ID)]
		at.rotate(fits(p, at.InRotation), store.Micros(tx.Now()))
		at.Circuit, at.Epoch = breaker.Closed, store.Micros(tx.Now())
	}
	return w, nil
}

// BreakerChange is what became of a member's breaker.
type BreakerChange struct {
	Member   provider.ID
	Epoch    int64 // of the member when the breaker began
	To       breaker.State
	Failures int
}

// SetBreaker stores the state of a member's breaker. A breaker that is not the member's any more is not listened to.
func (s *Service) SetBreaker(ctx context.Context, id ID, c BreakerChange) error {
	return s.edit(ctx, "store a breaker of group", id, func(_ context.Context, _ *store.Tx, g *Group) (why, error) {
		if i := g.index(c.Member); i >= 0 && g.Members[i].Epoch == c.Epoch {
			g.Members[i].Circuit = c.To
		}
		return why{failures: c.Failures}, nil
	})
}

// Get finds a group or answers GroupNotFoundError.
func (s *Service) Get(ctx context.Context, id ID) (Group, error) { return load(ctx, s.db.Read(), id) }

// GetTx is Get in a transaction.
func (s *Service) GetTx(ctx context.Context, tx *store.Tx, id ID) (Group, error) {
	return load(ctx, tx, id)
}

// Snapshot gives all groups together with the position of the log at which this was so.
func (s *Service) Snapshot(ctx context.Context) (all []Group, position int64, err error) {
	err = s.db.View(ctx, func(ctx context.Context, q store.Querier) error {
		if position, err = s.events.HeadIn(ctx, q); err != nil {
			return err
		}
		all, err = list(ctx, q)
		return err
	})
	return all, position, err
}

// why goes with a change: what was done, and the particulars of what follows from it.
type why struct {
	said     []event.Payload
	reason   string
	failures int
}

// edit lets fn change a group, then stores what changed with the events that say so and those that follow.
func (s *Service) edit(ctx context.Context, what string, id ID, fn func(context.Context, *store.Tx, *Group) (why, error)) error {
	return s.write(ctx, what, id, func(ctx context.Context, tx *store.Tx) error {
		before, err := load(ctx, tx, id)
		if err != nil {
			return err
		}
		return s.editTx(ctx, tx, before, fn)
	})
}

func (s *Service) editTx(ctx context.Context, tx *store.Tx, before Group, fn func(context.Context, *store.Tx, *Group) (why, error)) error {
	after := before.clone()
	w, err := fn(ctx, tx, &after)
	if err != nil {
		return err
	}
	if err := save(ctx, tx, before, after); err != nil {
		return err
	}
	if events := append(w.said, consequences(before, after, w.reason, w.failures)...); len(events) > 0 {
		if err := s.events.Append(ctx, tx, events...); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { s.publish(after.ID, &after) })
	return nil
}

func (s *Service) write(ctx context.Context, what string, id ID, fn func(context.Context, *store.Tx) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s %s: %w", what, id, err)
	}
	return nil
}
