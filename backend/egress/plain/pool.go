package plain

import (
	"slices"
	"sync"
	"time"
)

// pool keeps the connections that nobody uses, by address. The one that came last is used first, so that those which are not
// needed age.
type pool struct {
	mu     sync.Mutex // guards what follows
	idle   map[string][]*conn
	sweep  *time.Timer // nil while there is nothing to sweep
	closed bool        // since the last CloseIdleConnections nobody asked for a connection
}

// take gives a connection that can be used at once, or nil.
func (p *pool) take(address string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
	list := p.idle[address]
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		was := c.judge()
		if was == pending {
			continue
		}
		list = slices.Delete(list, i, i+1)
		p.idle[address] = list
		if was == ready {
			return c
		}
		c.hangUp()
	}
	return nil
}

// put takes a connection back.
func (t *Transport) put(c *conn) {
	p := &t.idle
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.look.raw == nil || len(p.idle[c.address]) >= t.IdlePerHost {
		c.hangUp()
		return
	}
	c.used, c.since = true, time.Now()
	if p.idle == nil {
		p.idle = map[string][]*conn{}
	}
	p.idle[c.address] = append(p.idle[c.address], c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(t.IdleTimeout/sweeps, t.clean)
	}
}

// sweeps is how often the pool is looked through in the time that a connection may be idle. A connection that the server has
// closed, or on which the rest of an answer has not come in that time, goes at the first of them.
const sweeps = 6

func (t *Transport) clean() {
	p := &t.idle
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sweep == nil { // closed meanwhile
		return
	}
	now := time.Now()
	for address, list := range p.idle {
		list = slices.DeleteFunc(list, func(c *conn) bool {
			age, was := now.Sub(c.since), c.judge()
			if was == ready && age < t.IdleTimeout || was == pending && age < t.IdleTimeout/sweeps {
				return false
			}
			c.hangUp()
			return true
		})
		p.idle[address] = list
		if len(list) == 0 {
			delete(p.idle, address)
		}
	}
	if len(p.idle) > 0 {
		p.sweep.Reset(t.IdleTimeout / sweeps)
	} else {
		p.sweep = nil
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, list := range p.idle {
		for _, c := range list {
			c.hangUp()
		}
	}
	p.idle = nil
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
}
