package stream

import (
	"context"
	"net/http"
	"sync"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

// Providers is what the board reads of the store.
type Providers interface {
	Snapshot(ctx context.Context) (all []provider.Provider, position int64, err error)
	Probes(ctx context.Context, id provider.ID, limit int) ([]event.Envelope, error)
}

// board is the status board. The hub's mutex guards it.
type board struct {
	standings
	position int64 // the standings are so
	loads    int   // how often it was read from the store; 0: not yet
	conns    map[*conn]struct{}

	checks sync.Mutex // whoever looks up the last health checks holds it; never under the hub's
	looked bool       // done; guarded by checks
}

func newBoard() *board { return &board{standings: standings{}, conns: map[*conn]struct{}{}} }

// loadBoard reads the board from the store and has it shown. The hub's tail calls it, so no event comes between.
func (h *Hub) loadBoard(ctx context.Context) error {
	all, position, err := h.o.Providers.Snapshot(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.board
	before := b.standings
	b.standings, b.position, b.loads = newStandings(all), position, b.loads+1
	for name, one := range b.standings {
		one.checked = before[name].checked
		b.standings[name] = one
	}
	b.show()
	return nil
}

// show has the whole board shown to everybody.
func (b *board) show() {
	for c := range b.conns {
		c.kick()
	}
}

// lookAgain has it shown again, to each the part that it may see now.
func (b *board) lookAgain() {
	if b.loads > 0 {
		b.loads++
		b.show()
	}
}

// tellBoard folds an event in and sends what the board says of it. Called with mu held.
func (h *Hub) tellBoard(f *frame) {
	b := h.board
	id := f.about("provider")
	if id == "" || b.loads == 0 || f.Position <= b.position {
		return
	}
	b.position = f.Position
	frames := b.apply(f.Envelope, id)
	if len(b.conns) == 0 {
		return
	}
	for _, v := range frames {
		h.pin(id, sealed(must(v)))
	}
}

// pin sends a frame about a provider to those connections of the board that see it.
func (h *Hub) pin(id string, frame []byte) {
	for c := range h.board.conns {
		if c.interest.sight.seesProvider(id) {
			h.pinTo(c, frame)
		}
	}
}

func (h *Hub) pinTo(c *conn, frame []byte) {
	h.push(c, item{data: frame, position: max(h.board.position, 1)}) // 0 is for what may not be dropped
}

// beatBoard sends the counts and a ping from time to time.
func (h *Hub) beatBoard(ctx context.Context) {
	tick := time.NewTicker(h.limits.board)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			h.beatOnce(now)
		}
	}
}

func (h *Hub) beatOnce(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ping, counts := sealed(must(boardPing{"ping", stamp(now)})), map[string][]byte{} // by class
	for c := range h.board.conns {
		sight := c.interest.sight
		if counts[sight.Class] == nil {
			counts[sight.Class] = sealed(must(h.board.metrics(now, sight)))
		}
		h.pinTo(c, counts[sight.Class])
		h.pinTo(c, ping)
	}
}

type boardPing struct {
	Type      string `json:"type"` // ping
	Timestamp string `json:"timestamp"`
}

// Board is /ws/mcp-status: one line per provider, then what becomes of it.
func (h *Hub) Board(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, KindBoard, func(c *conn) error {
		c.talk = &boardTalk{}
		c.pulse.patience = max(h.limits.stale-h.limits.ping, h.limits.pong)
		return nil
	})
}

// boardTalk is the dialect of the status board.
type boardTalk struct {
	plain
	shown int // which load of the board the client has seen; the writer's own
}

func (*boardTalk) begin(*conn) error { return nil }

// heed answers ping; whatever else comes is a sign of life.
func (*boardTalk) heed(c *conn, message []byte) error {
	if string(message) != "ping" {
		return nil
	}
	return c.write(sealed([]byte("pong")))
}

// step shows the whole board where the client has not seen it.
func (t *boardTalk) step(c *conn) (more bool, err error) {
	if c.hub.attend(c) == t.shown {
		return false, nil
	}
	if err := c.hub.lookUpChecks(c.life); err != nil {
		return false, c.failed(err)
	}
	var lines []boardLine
	t.shown, lines = c.hub.lookAtBoard(c)
	return true, c.write(sealed(must(initialStatus{"initial_status", stamp(time.Now()), lines})))
}

// lost has the whole board shown again: what was lost is in it.
func (t *boardTalk) lost(c *conn, g gap) error {
	t.shown = 0
	return c.warn(g)
}

// attend makes a connection one of the board's, and says how often the board was loaded.
func (h *Hub) attend(c *conn) (loads int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.life.Err() == nil { // else it has been silenced, or will be
		h.board.conns[c] = struct{}{}
	}
	return h.board.loads
}

// lookAtBoard gives the board as it is; what is queued is in it.
func (h *Hub) lookAtBoard(c *conn) (loads int, lines []boardLine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.forget()
	c.start(h.board.position)
	return h.board.loads, h.board.lines(c.interest.sight)
}

// lookUpChecks finds when each provider was checked last, once, for those that were not since the start.
func (h *Hub) lookUpChecks(ctx context.Context) error {
	h.board.checks.Lock()
	defer h.board.checks.Unlock()
	if h.board.looked {
		return nil
	}
	h.mu.Lock()
	var names []string
	for name, one := range h.board.standings {
		if one.checked.IsZero() {
			names = append(names, name)
		}
	}
	h.mu.Unlock()
	for _, name := range names {
		last, err := h.o.Providers.Probes(ctx, provider.ID(name), 1)
		if err != nil {
			return err
		}
		if len(last) > 0 {
			h.noteCheck(name, last[0].At)
		}
	}
	h.board.looked = true
	return nil
}

func (h *Hub) noteCheck(name string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one, known := h.board.standings[name]; known && one.checked.IsZero() {
		one.checked = at
		h.board.standings[name] = one
	}
}
