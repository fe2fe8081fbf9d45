package invoke

import (
	"context"
	"sync"
)

// gate lets so many calls through at once. Those that wait are let in by turns, one per caller, so that a caller with a
// thousand calls does not keep out one with a single call; within a caller the first comes first.
type gate struct {
	mu    sync.Mutex
	limit int // 0: no limit
	used  int
	lanes map[string]*lane
	turns []*lane // lanes with waiters, the next one first
}

type lane struct {
	caller  string
	waiters []chan struct{}
}

func newGate(limit int) *gate { return &gate{limit: limit, lanes: map[string]*lane{}} }

// pass takes a place where one is free and nobody waits for it; give it back with leave.
func (g *gate) pass(limit int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = limit // a changed definition counts from the next call on
	free := g.open() && len(g.turns) == 0
	if free {
		g.used++
	}
	return free
}

// enter waits for a place; give it back with leave. The end of ctx ends the wait.
func (g *gate) enter(ctx context.Context, caller string, limit int) error {
	if g.pass(limit) {
		return nil
	}
	g.mu.Lock()
	place := g.wait(caller)
	g.admit()
	g.mu.Unlock()
	select {
	case <-place:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.forget(caller, place) { // let in at the same moment: hand the place on
		g.used--
		g.admit()
	}
	return context.Cause(ctx)
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used--
	g.admit()
}

// load tells how many are inside and how many wait.
func (g *gate) load() (inside, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.turns {
		waiting += len(l.waiters)
	}
	return g.used, waiting
}

func (g *gate) open() bool { return g.limit <= 0 || g.used < g.limit }

func (g *gate) wait(caller string) chan struct{} {
	l := g.lanes[caller]
	if l == nil {
		l = &lane{caller: caller}
		g.lanes[caller] = l
		g.turns = append(g.turns, l)
	}
	place := make(chan struct{})
	l.waiters = append(l.waiters, place)
	return place
}

// admit lets in as many as there is room for, each lane in its turn.
func (g *gate) admit() {
	for g.open() && len(g.turns) > 0 {
		l := g.turns[0]
		g.turns = g.turns[1:]
		close(l.waiters[0])
		l.waiters = l.waiters[1:]
		g.used++
		if len(l.waiters) > 0 {
			g.turns = append(g.turns, l)
		} else {
			delete(g.lanes, l.caller)
		}
	}
}

// forget takes a waiter out; false when it has been let in.
func (g *gate) forget(caller string, place chan struct{}) bool {
	l := g.lanes[caller]
	if l == nil {
		return false
	}
	for i, w := range l.waiters {
		if w != place {
			continue
		}
		l.waiters = append(l.waiters[:i:i], l.waiters[i+1:]...)
		if len(l.waiters) == 0 {
			g.drop(l)
		}
		return true
	}
	return false
}

func (g *gate) drop(l *lane) {
	delete(g.lanes, l.caller)
	for i, other := range g.turns {
		if other == l {
			g.turns = append(g.turns[:i:i], g.turns[i+1:]...)
			return
		}
	}
}
