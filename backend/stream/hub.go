package stream

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// Options is what New needs; all of it is required but Authorize and Visible. Host and Origin are the listener's to check, for all of its
// doors alike.
type Options struct {
	Events     *eventlog.Log
	Providers  Providers
	Operations Operations
	Rows       Rows
	Lines      func(ctx context.Context, providerID string) (LogLines, error) // a fault for an unknown provider
	StoreID    string
	Authorize  Authorize                 // nil lets everybody in
	Visible    func(*http.Request) Sight // nil shows everybody everything
	WriteError func(http.ResponseWriter, *http.Request, error)
	Log        *slog.Logger
}

// Authorize refuses a request before its upgrade, with a fault. again asks the same question later, when a key or a role
// has changed; nil means that the answer never changes.
type Authorize func(*http.Request) (again func() error, err error)

// Sight is what somebody may see: the events of which streams, asked for each of them anew. Who is of one class sees the
// same. The zero value sees everything.
type Sight struct {
	Class string
	May   func(stream string) bool
}

func (s Sight) sees(stream string) bool { return s.May == nil || s.May(stream) }

// operations is which operations are seen; nil means all.
func (s Sight) operations() func(operation.ID) bool {
	if s.May == nil {
		return nil
	}
	return func(id operation.ID) bool { return s.May(id.Stream()) }
}

func (s Sight) seesProvider(id string) bool { return s.May == nil || s.May(provider.ID(id).Stream()) }

// maxConnections bounds what all sockets together can cost.
const maxConnections = 10_000

// limits are the times and rates of a connection; tests shorten them.
type limits struct {
	write      time.Duration // a single frame
	ping, pong time.Duration
	behind     time.Duration // a reader that never catches up
	goodbye    time.Duration // all connections together, at the end
	messages   int           // from the client, per second
	gather     time.Duration // events for an array
	paint      time.Duration // from one delta to the next
	board      time.Duration // from one ping of the board to the next
	stale      time.Duration // a connection of the board without a sign of life
}

// Hub serves the sockets.
type Hub struct {
	o       Options
	limits  limits
	counts  map[Kind]*counts
	picture *picture
	clients atomic.Int64 // of the operations socket, ever

	mu       sync.Mutex
	all      map[*conn]struct{}  // every open connection
	topics   map[string]*topic   // those that get events as they come, by what they want
	waiting  map[*topic]struct{} // have pending events
	flushing bool                // a flush is due
	flushed  time.Time
	board    *board
	position int64 // of the last event that was offered to the live ones
	closing  bool
	open     sync.WaitGroup
}

// New makes a hub that starts at the head of the log.
func New(o Options) *Hub {
	return &Hub{
		o: o, position: o.Events.Head(), counts: newCounts(), picture: newPicture(o.Rows), board: newBoard(),
		all: map[*conn]struct{}{}, topics: map[string]*topic{}, waiting: map[*topic]struct{}{},
		limits: limits{
			write: 10 * time.Second, ping: 30 * time.Second, pong: 10 * time.Second, behind: 30 * time.Second,
			goodbye: 5 * time.Second, messages: 10, gather: 50 * time.Millisecond, paint: 250 * time.Millisecond,
			board: 30 * time.Second, stale: 5 * time.Minute,
		},
	}
}

// Run reads the log and offers each event to the connections. When ctx ends it tells them all to come back (1012),
// waits for them for a few seconds, and returns. Run it once.
func (h *Hub) Run(ctx context.Context) error {
	var rooms sync.WaitGroup
	rooms.Go(func() { h.paint(ctx) })
	rooms.Go(func() { h.beatBoard(ctx) })
	h.follow(ctx)
	h.goodbye()
	rooms.Wait()
	return nil
}

// follow offers what the log's tail gives, until ctx ends.
func (h *Hub) follow(ctx context.Context) {
	h.mu.Lock()
	tail := h.o.Events.Tail(h.position)
	h.mu.Unlock()
	h.insist(ctx, "read the providers for the status board", h.loadBoard)
	for {
		batch, err := tail.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, eventlog.ErrTruncated):
			tail = h.skip(ctx)
		case err != nil:
			h.o.Log.Error("read the event log", "error", err)
			pause(ctx, time.Second)
		default:
			h.offer(batch)
		}
	}
}

// insist tries until it succeeds or ctx ends.
func (h *Hub) insist(ctx context.Context, what string, try func(context.Context) error) {
	for err := try(ctx); err != nil && ctx.Err() == nil; err = try(ctx) {
		h.o.Log.Error(what, "error", err)
		pause(ctx, time.Second)
	}
}

func (h *Hub) offer(batch []event.Envelope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var f *frame
	for _, e := range batch {
		if f == nil {
			f = new(frame)
		}
		f.set(e)
		wanted := false
		for _, t := range h.topics {
			if t.wants(f) {
				wanted = true
				h.tell(t, f)
			}
		}
		h.tellBoard(f)
		if id := f.about("provider"); id != "" {
			h.picture.touch(id, e.Position)
		}
		if f.Kind == provider.KindDeregistered {
			h.end(f.id)
		}
		h.position = f.Position
		if wanted { // it is kept, so the next event needs another one
			f = nil
		}
	}
	h.gather()
}

// end closes the log sockets of a provider that is gone. Called with mu held.
func (h *Hub) end(providerID string) {
	for c := range h.all {
		if l, ok := c.talk.(*logTalk); ok && l.provider == providerID {
			c.stop(closing{closeGone, "the provider was removed"})
		}
	}
}

// skip goes on at the head when the log was cut off under the hub, and tells everybody.
func (h *Hub) skip(ctx context.Context) *eventlog.Tail {
	head := h.o.Events.Head()
	h.mu.Lock()
	h.position = head
	h.flushAll()
	for _, t := range h.topics {
		for c := range t.parked.conns {
			h.unpark(c)
		}
		for c := range t.conns {
			c.answer(c.talk.notice(h.reset("events were removed from the log before they could be sent", head)))
		}
	}
	h.mu.Unlock()
	h.picture.spoil()
	h.insist(ctx, "read the providers for the status board", h.loadBoard)
	return h.o.Events.Tail(head)
}

func (h *Hub) reset(reason string, head int64) reset {
	return reset{"reset", reason, head, h.o.StoreID}
}

// join makes a connection live, if it has everything up to the position that the live ones have. Otherwise it gives
// that position: there is more to read first.
func (h *Hub) join(c *conn, cursor int64) (target int64, joined bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cursor < h.position {
		return h.position, false
	}
	c.start(cursor)
	h.attach(c, c.interest, cursor)
	return cursor, true
}

// joinNow makes a connection live from here on, whatever it has missed.
func (h *Hub) joinNow(c *conn) (position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.start(h.position)
	h.attach(c, c.interest, h.position)
	return h.position
}

// turn gives a live connection another interest: what is queued before the answer obeys the old one, what comes behind
// it the new one.
func (h *Hub) turn(c *conn, answer []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.detach(c)
	h.attach(c, c.interest, max(c.joined, h.position))
	c.answer(answer)
}

// part ends being live: the connection will read the log again.
func (h *Hub) part(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.detach(c)
	c.forget()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
