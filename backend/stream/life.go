package stream

import (
	"fmt"
	"time"

	"hangar/backend/fault"
)

func (h *Hub) enter(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return unavailable("Hangar is restarting; connect again in a moment")
	}
	if len(h.all) >= maxConnections {
		return unavailable(fmt.Sprintf("there are %d open sockets, which is the limit", maxConnections))
	}
	h.all[c] = struct{}{}
	h.open.Add(1)
	c.counts.connections.Add(1)
	return nil
}

func (h *Hub) leave(c *conn) {
	h.silence(c)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, c)
	c.counts.connections.Add(-1)
	h.open.Done()
}

// silence sends a connection nothing more.
func (h *Hub) silence(c *conn) {
	h.picture.leave(c)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.detach(c)
	delete(h.board.conns, c)
	c.forget()
}

// Recheck asks again, for every open connection, whether it may be open, and closes those that may not (1008): they get
// no frame more. The others are shown anew what they may see. Call it when a key or a role has changed.
func (h *Hub) Recheck() {
	h.mu.Lock()
	open := make([]*conn, 0, len(h.all))
	for c := range h.all {
		open = append(open, c)
	}
	h.mu.Unlock()
	for _, c := range open {
		if err := c.allowed(); err != nil {
			c.refuse()
		}
	}
	h.picture.lookAgain()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.board.lookAgain()
}

// goodbye tells all connections to come back, and waits for them.
func (h *Hub) goodbye() {
	h.mu.Lock()
	h.closing = true
	for c := range h.all {
		c.stop(closing{closeRestart, "the server is restarting, come back"})
	}
	h.mu.Unlock()

	gone := make(chan struct{})
	go func() { h.open.Wait(); close(gone) }()
	t := time.NewTimer(h.limits.goodbye)
	defer t.Stop()
	select {
	case <-gone:
		return
	case <-t.C:
	}
	h.mu.Lock()
	h.o.Log.Warn("sockets that did not close in time are cut", "count", len(h.all))
	for c := range h.all {
		c.cut()
	}
	h.mu.Unlock()
	<-gone
}

func unavailable(message string) error {
	return fault.Named(fault.Unavailable, "SocketsUnavailableError", "%s", message)
}
