package gateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/provider"
)

// catalogue keeps the view current. Requests read the view and nothing else.
type catalogue struct {
	providers Providers
	events    *eventlog.Log
	log       *slog.Logger
	current   atomic.Pointer[view]
	changed   func() // told when the view is another one

	shelves map[provider.ID]*shelf // of the follower alone

	reserved func(name string) bool // for tools of Hangar itself

	warnings sync.Mutex
	warned   map[string]bool // what is left out, so that each is told once

	mu       sync.Mutex
	position int64         // of the log that the view shows
	moved    chan struct{} // closed when position moves; nil while nobody waits
}

func newCatalogue(o Options) *catalogue {
	c := &catalogue{
		providers: o.Providers, events: o.Events, log: o.Log, changed: func() {},
		shelves: map[provider.ID]*shelf{}, warned: map[string]bool{}, reserved: func(string) bool { return false },
	}
	if o.Own != nil {
		c.reserved = o.Own.Has
	}
	c.current.Store(c.view(nil))
	return c
}

func (c *catalogue) view(order []*shelf) *view {
	v := newView(order, c.left)
	v.reserved = c.reserved
	return v
}

// loadAll reads everything anew.
func (c *catalogue) loadAll(ctx context.Context) error {
	all, position, err := c.providers.Snapshot(ctx)
	if err != nil {
		return err
	}
	items, err := c.providers.Catalogues(ctx) // later than the snapshot: what changed between is read anew when its event comes
	if err != nil {
		return err
	}
	shelves := make(map[provider.ID]*shelf, len(all))
	for _, p := range all {
		shelves[p.ID] = newShelf(p, items[p.ID], c.left)
	}
	c.shelves = shelves
	c.publish(position)
	return nil
}

// maxWarned is how many of those are remembered; beyond, it is told again.
const maxWarned = 2000

// left tells of something that cannot be offered.
func (c *catalogue) left(what string, args ...any) {
	key := what
	for _, a := range args {
		if s, ok := a.(string); ok {
			key += "\x00" + s
		}
	}
	c.warnings.Lock()
	defer c.warnings.Unlock()
	if !c.warned[key] {
		if len(c.warned) >= maxWarned {
			clear(c.warned)
		}
		c.warned[key] = true
		c.log.Warn(what, args...)
	}
}

func (c *catalogue) publish(position int64) {
	order := slices.SortedFunc(maps.Values(c.shelves), func(a, b *shelf) int { return strings.Compare(string(a.id), string(b.id)) })
	c.current.Store(c.view(order))
	c.reached(position)
	c.changed()
}

func (c *catalogue) reached(position int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.position = position
	if c.moved != nil {
		close(c.moved)
		c.moved = nil
	}
}

// rest is the pause after the store could not be read.
const rest = time.Second

// follow keeps the view current until ctx ends.
func (c *catalogue) follow(ctx context.Context) error {
	tail := c.events.Tail(c.position)
	for {
		batch, err := tail.Next(ctx)
		if err == nil {
			err = c.take(ctx, batch)
		}
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !errors.Is(err, eventlog.ErrTruncated) {
			c.log.Error("the tool catalogue could not be brought up to date; trying again", "error", err)
		}
		if err := c.recover(ctx); err != nil {
			return err
		}
		tail = c.events.Tail(c.position)
	}
}

// recover reads everything anew, as often as it takes.
func (c *catalogue) recover(ctx context.Context) error {
	for {
		err := c.loadAll(ctx)
		if err == nil {
			return nil
		}
		c.log.Error("the tool catalogue could not be read", "error", err)
		pause := time.NewTimer(rest)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return context.Cause(ctx)
		}
	}
}

// take reads what a batch of events touched. Nearly all events are call records and touch nothing.
func (c *catalogue) take(ctx context.Context, batch []event.Envelope) error {
	touched := map[provider.ID]bool{}
	for _, e := range batch {
		switch e.Kind {
		case group.KindCreated, group.KindUpdated, group.KindDeleted, group.KindMemberAdded, group.KindMemberRemoved:
			c.changed()
		case provider.KindRegistered, provider.KindDeregistered, provider.KindToolsChanged, provider.KindPromptsChanged,
			provider.KindResourcesChanged, provider.KindStarted:
			if id, ok := strings.CutPrefix(e.Stream, "provider:"); ok {
				touched[provider.ID(id)] = true
			}
		}
	}
	last := batch[len(batch)-1].Position
	if len(touched) == 0 {
		c.reached(last)
		return nil
	}
	for id := range touched {
		if err := c.reload(ctx, id); err != nil {
			return err
		}
	}
	c.publish(last)
	return nil
}

func (c *catalogue) reload(ctx context.Context, id provider.ID) error {
	p, err := c.providers.Get(ctx, id)
	if fault.Is(err, fault.Missing) {
		delete(c.shelves, id)
		return nil
	}
	if err != nil {
		return err
	}
	items, err := c.providers.Catalogue(ctx, id)
	if err != nil {
		return err
	}
	c.shelves[id] = newShelf(p, items, c.left)
	return nil
}

// patience is how long a request that missed waits for the view to show what was committed before it came.
const patience = time.Second

// fresh gives the view once it shows everything that was committed when fresh was called. Only a request that found
// nothing asks for it, so that a provider can be used the moment after it was created.
func (c *catalogue) fresh(ctx context.Context) *view {
	want := c.events.Head()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		c.mu.Lock()
		if c.position >= want {
			c.mu.Unlock()
			return c.current.Load()
		}
		if c.moved == nil {
			c.moved = make(chan struct{})
		}
		moved := c.moved
		c.mu.Unlock()
		select {
		case <-moved:
		case <-limit.C:
			return c.current.Load()
		case <-ctx.Done():
			return c.current.Load()
		}
	}
}

// knows reports whether there is a provider.
func (c *catalogue) knows(ctx context.Context, id provider.ID) bool {
	return c.current.Load().shelves[id] != nil || c.fresh(ctx).shelves[id] != nil
}
