package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

// LogLine is one line that a provider wrote to stderr; Seq counts by ones.
type LogLine struct {
	Seq  int64
	At   time.Time
	Text string
}

// LogLines is the ring of one provider's lines (launch.Ring by another name).
type LogLines interface {
	// Tail gives the newest n lines when since is 0, else the first n after since; n = 0 means all. next is the since
	// of the following call. Lines that the ring no longer holds show as a gap in Seq.
	Tail(since int64, n int) (lines []LogLine, next int64)
	// Watch gives a channel that becomes readable when lines came since it was last read.
	Watch() (wake <-chan struct{}, stop func())
	// Bounds are the Seq before the first line ever and that of the last one.
	Bounds() (base, total int64)
}

// Options is what New needs; all of it is required.
type Options struct {
	Events     *eventlog.Log
	Lines      func(ctx context.Context, providerID string) (LogLines, error) // a fault for an unknown provider
	StoreID    string
	Guard      func(*http.Request) error // refuses by Host and Origin, with a fault: no page can forge those
	WriteError func(http.ResponseWriter, *http.Request, error)
	Log        *slog.Logger
}

// maxConnections bounds what all sockets together can cost: 23 to 32 KiB each.
const maxConnections = 10_000

// limits are the times and rates of a connection; tests shorten them.
type limits struct {
	write      time.Duration // a single frame
	ping, pong time.Duration
	behind     time.Duration // a reader that never catches up
	goodbye    time.Duration // all connections together, at the end
	messages   int           // from the client, per second
}

// Hub serves the sockets.
type Hub struct {
	o      Options
	limits limits

	mu       sync.Mutex
	all      map[*conn]struct{} // every open connection
	live     map[*conn]struct{} // those that get events as they come
	position int64              // of the last event that was offered to the live ones
	closing  bool
	open     sync.WaitGroup

	accepted, frames, drops, tooSlow atomic.Int64
}

// Stats counts, for metrics.
type Stats struct {
	Connections int   // now
	Accepted    int64 // ever
	Frames      int64 // written
	Dropped     int64 // frames that a full queue lost
	TooSlow     int64 // connections closed for it
}

// New makes a hub that starts at the head of the log.
func New(o Options) *Hub {
	return &Hub{
		o: o, position: o.Events.Head(), all: map[*conn]struct{}{}, live: map[*conn]struct{}{},
		limits: limits{
			write: 10 * time.Second, ping: 30 * time.Second, pong: 10 * time.Second, behind: 30 * time.Second,
			goodbye: 5 * time.Second, messages: 10,
		},
	}
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{len(h.all), h.accepted.Load(), h.frames.Load(), h.drops.Load(), h.tooSlow.Load()}
}

// Run reads the log and offers each event to the connections. When ctx ends it tells them all to come back (1012),
// waits for them for a few seconds, and returns. Run it once.
func (h *Hub) Run(ctx context.Context) error {
	defer h.goodbye()
	h.mu.Lock()
	tail := h.o.Events.Tail(h.position)
	h.mu.Unlock()
	for {
		batch, err := tail.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, eventlog.ErrTruncated):
			tail = h.skip()
		case err != nil:
			h.o.Log.Error("read the event log", "error", err)
			if !pause(ctx, time.Second) {
				return nil
			}
		default:
			h.offer(batch)
		}
	}
}

// frame is an event, encoded once for all.
type frame struct {
	item
	kind, provider string
}

// pass takes note of events that no connection wants; nothing is encoded for nobody.
func (h *Hub) pass(batch []event.Envelope) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.live) > 0 {
		return false
	}
	for _, e := range batch {
		if e.Kind == provider.KindDeregistered {
			h.end(providerOf(e))
		}
		h.position = e.Position
	}
	return true
}

func (h *Hub) offer(batch []event.Envelope) {
	if h.pass(batch) {
		return
	}
	frames := make([]frame, len(batch))
	for i, e := range batch {
		frames[i] = frame{item{Encode(e), e.Position}, e.Kind, providerOf(e)}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range frames {
		for c := range h.live {
			h.drops.Add(c.offer(f))
		}
		if f.kind == provider.KindDeregistered {
			h.end(f.provider)
		}
		h.position = f.position
	}
}

// end closes the log sockets of a provider that is gone. Called with mu held.
func (h *Hub) end(providerID string) {
	for c := range h.all {
		if c.lines == providerID {
			c.stop(closing{closeGone, "the provider was removed"})
		}
	}
}

// skip goes on at the head when the log was cut off under the hub, and tells everybody.
func (h *Hub) skip() *eventlog.Tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position = h.o.Events.Head()
	for c := range h.live {
		c.answer(h.reset("events were removed from the log before they could be sent", h.position))
	}
	return h.o.Events.Tail(h.position)
}

func (h *Hub) reset(reason string, head int64) []byte {
	return must(reset{"reset", reason, head, h.o.StoreID})
}

// join makes a connection live, if it has everything up to the position that the live ones have. Otherwise it gives
// that position: there is more to read first.
func (h *Hub) join(c *conn, cursor int64) (target int64, joined bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cursor < h.position {
		return h.position, false
	}
	c.joined = cursor
	c.queue.start(cursor)
	h.live[c] = struct{}{}
	return cursor, true
}

// joinNow makes a connection live from here on, whatever it has missed.
func (h *Hub) joinNow(c *conn) (position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.joined = h.position
	c.queue.start(h.position)
	h.live[c] = struct{}{}
	return h.position
}

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
	return nil
}

func (h *Hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, c)
	delete(h.live, c)
	h.open.Done()
}

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

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
