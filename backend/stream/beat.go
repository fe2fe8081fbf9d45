package stream

import (
	"math/rand/v2"
	"sync"
	"time"
)

// pulse notices a client that vanished without a word. It runs on a timer: an idle connection costs no goroutine for it.
type pulse struct {
	mu       sync.Mutex
	timer    *time.Timer
	patience time.Duration // for the answer to a ping; any frame is one
	pinged   time.Time     // the first ping without an answer; zero: there is none
	waits    bool          // the last ping may still be answered
	ended    bool
}

// beat starts the pings. Many clients come at the same moment after a restart; their pings shall not.
func (c *conn) beat() {
	p := &c.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.patience == 0 {
		p.patience = c.hub.limits.pong
	}
	half := c.hub.limits.ping / 2
	p.timer = time.AfterFunc(half+rand.N(half+1), c.ping)
}

// ping asks for a sign of life, and looks for one when it should have come.
func (c *conn) ping() {
	next, ask := c.pulse.turn(c.hub.limits)
	if next == 0 {
		c.stop(closing{closeSlow, "there was no sign of life; come back"})
		return
	}
	if ask {
		// Whether it gets through is seen by the answer.
		_, _ = c.wire.Write([]byte{0x89, 0}) // final, ping, no payload
	}
}

// turn says when to look again, 0 when the client is given up, and whether to ask now.
func (p *pulse) turn(l limits) (next time.Duration, ask bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	silent := time.Since(p.pinged)
	switch {
	case p.ended:
		return -1, false
	case p.pinged.IsZero() && p.waits: // it was answered
		p.waits, next = false, max(l.ping-l.pong, time.Millisecond)
	case p.pinged.IsZero():
		p.pinged, p.waits = time.Now(), true
		next, ask = l.pong, true
	case silent < p.patience:
		next, ask = min(l.ping, p.patience-silent), true
	}
	if next > 0 {
		p.timer.Reset(next)
	}
	return next, ask
}

// heard is a sign of life.
func (c *conn) heard() {
	c.pulse.mu.Lock()
	defer c.pulse.mu.Unlock()
	c.pulse.pinged = time.Time{}
}

func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.timer.Stop()
}
