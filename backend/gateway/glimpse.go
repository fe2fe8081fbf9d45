package gateway

import (
	"context"
	"sync"

	"hangar/backend/auth"
)

// maxGlimpses bounds the lists that are kept for callers who may not use everything.
const maxGlimpses = 256

// glimpses keeps what callers see who may not use everything, so that their lists too are encoded once. Rights and views
// never change, so what was made of two of them holds as long as they do.
type glimpses struct {
	mu   sync.Mutex
	of   *view // those of an earlier one are of no use any more
	made map[seen]glimpse
}

type seen struct {
	rights *auth.Rights
	door   door
}

// shown is what the caller sees at a door.
func (g *Gateway) shown(ctx context.Context, d door) glimpse {
	v, rights := g.shelves.current.Load(), g.opts.Access.Rights(ctx)
	if rights.AllTools() {
		return v.all(d)
	}
	key := seen{rights, d}
	if found, ok := g.parts.get(v, key); ok {
		return found
	}
	made := v.part(d, g.opts.PageTools, rights.MayUse) // outside the lock: a long list of one caller holds up nobody
	g.parts.put(v, key, made)
	return made
}

func (p *glimpses) get(v *view, key seen) (glimpse, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.made[key]
	return found, ok && p.of == v
}

func (p *glimpses) put(v *view, key seen, made glimpse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != v || len(p.made) >= maxGlimpses { // whoever lists again makes theirs anew
		p.of, p.made = v, map[seen]glimpse{}
	}
	p.made[key] = made
}
