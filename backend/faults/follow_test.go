package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// follower follows the log over its socket and comes back after each break, with the last position that it saw.
type follower struct {
	url string
	h   *history

	mu   sync.Mutex
	last int64
	ids  map[int64]string // of the events that it was told of
}

func follow(ctx context.Context, n int, url string, h *history) (all []*follower, wait func()) {
	var running sync.WaitGroup
	for range n {
		f := &follower{url: "ws" + strings.TrimPrefix(url, "http") + "/api/ws/events", h: h, ids: map[int64]string{}}
		all = append(all, f)
		running.Go(func() { f.run(ctx) })
	}
	return all, running.Wait
}

func (f *follower) position() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		c, _, err := websocket.Dial(ctx, fmt.Sprintf("%s?since=%d", f.url, f.position()), nil)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		for err == nil {
			var frame []byte
			if _, frame, err = c.Read(ctx); err == nil {
				f.take(frame)
			}
		}
		_ = c.CloseNow() // it is broken
	}
}

// take holds a frame against the one before it.
func (f *follower) take(frame []byte) {
	var e entry
	if err := json.Unmarshal(frame, &e); err != nil || e.Position == 0 {
		return // ping, and what else is no event
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.Position != f.last+1 {
		f.h.blame("I6", "a follower was at %d and is told of %d", f.last, e.Position)
	}
	f.last, f.ids[e.Position] = e.Position, e.ID
}

// compare holds what followers were told against the log.
func (f *follower) compare(log []entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range log {
		if told, ok := f.ids[e.Position]; ok && told != e.ID {
			f.h.blame("I5", "a follower was told of %s at %d, where the log now has %s", told, e.Position, e.ID)
		}
	}
	clear(f.ids)
}
