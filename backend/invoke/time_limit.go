package invoke

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// timeLimit is the time that a call has. It stands still while the caller is being asked something: a person who reads a form
// is no slow provider.
type timeLimit struct {
	mu    sync.Mutex
	timer *time.Timer
	since time.Time     // it runs
	left  time.Duration // while it stands still
	asked int
	over  bool
}

func newTimeLimit(d time.Duration, expire func()) *timeLimit {
	return &timeLimit{timer: time.AfterFunc(d, expire), since: time.Now(), left: d}
}

func (c *timeLimit) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.timer.Stop()
}

func (c *timeLimit) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked++; c.asked == 1 && c.timer.Stop() {
		c.left -= time.Since(c.since)
	}
}

func (c *timeLimit) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked--; c.asked == 0 && !c.over {
		c.since = time.Now()
		c.timer.Reset(max(c.left, 0))
	}
}

// timeoutError is the end of that time.
type timeoutError struct{}

// Error says so.
func (timeoutError) Error() string { return "call timeout" }

// Is makes it a deadline like any other.
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// caller is the peer of a call: who made it, with a limit that knows when they are asked, and perhaps reports of progress
// that go elsewhere.
type caller struct {
	peer     mcp.Peer // may be nil
	progress func(json.RawMessage)
	limit    *timeLimit
}

// Hear takes a notification.
func (c *caller) Hear(method string, params json.RawMessage) {
	switch {
	case method == mcp.NoteProgress && c.progress != nil:
		c.progress(params)
	case c.peer != nil:
		c.peer.Hear(method, params)
	}
}

// Ask asks whoever calls.
func (c *caller) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if c.peer == nil {
		return nil, mcp.Errorf(mcp.CodeMethodNotFound, "nobody is there to answer %s", method)
	}
	c.limit.pause()
	defer c.limit.resume()
	return c.peer.Ask(ctx, method, params)
}
