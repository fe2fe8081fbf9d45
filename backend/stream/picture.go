package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"
)

// Rows reads providers as REST lists them.
type Rows interface {
	// All gives them by id, with the position of the log at which this was so.
	All(context.Context) (rows map[string]json.RawMessage, position int64, err error)
	// Row gives one, nil when it is gone.
	Row(ctx context.Context, id string) (json.RawMessage, error)
}

// From so many stale rows on it is cheaper to read all.
const manyRows = 50

// picture is the fleet as the sockets of mode=delta show it. The log only says that something about a provider changed;
// its row is then read once for all sockets, a few times a second, and compared with the one before. A socket is at some
// revision of the picture and gets what changed since: one that reads slowly misses intermediate pictures and nothing else.
//
// A row also shows what runs (alive, say), which the fleet knows a moment after the log does. So what was read because of
// an event is read once more when that has settled.
type picture struct {
	source Rows
	wake   chan struct{}
	settle time.Duration

	mu       sync.Mutex
	watchers map[*conn]*deltaTalk
	stale    map[string]struct{} // to be read again
	later    map[string]struct{} // to be read once more
	settling bool                // later is due
	touched  int64               // the position of the last event that made one so
	missed   int64               // events that nobody noted, because nobody looked, count here
	read     int64               // missed when all rows were read last: the same, and the picture is whole
	position int64
	revision int64
	rows     map[string]row
	shared   map[string][]byte // frames of this revision, by what they tell
}

// row is a provider; one that is gone stays until all watchers know.
type row struct {
	json     json.RawMessage // nil: it is gone
	revision int64           // that changed it
}

func newPicture(source Rows) *picture {
	return &picture{
		source: source, wake: make(chan struct{}, 1), settle: time.Second, missed: 1,
		watchers: map[*conn]*deltaTalk{}, stale: map[string]struct{}{}, later: map[string]struct{}{},
		rows: map[string]row{}, shared: map[string][]byte{},
	}
}

func (p *picture) watch(c *conn, t *deltaTalk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers[c] = t
	if !p.whole() {
		p.signal()
		p.again(everything)
	}
}

func (p *picture) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.watchers, c)
}

// touch says that an event may have changed a provider.
func (p *picture) touch(id string, position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.watchers) == 0 {
		p.missed++
		return
	}
	p.stale[id], p.touched = struct{}{}, position
	p.signal()
	p.again(id)
}

const everything = "" // no id

// again has a row read once more. Called with mu held.
func (p *picture) again(id string) {
	p.later[id] = struct{}{}
	if !p.settling {
		p.settling = true
		time.AfterFunc(p.settle, p.recall)
	}
}

func (p *picture) recall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settling = false
	if _, all := p.later[everything]; all {
		p.missed++
		delete(p.later, everything)
	}
	maps.Copy(p.stale, p.later)
	clear(p.later)
	p.signal()
}

// spoil says that events were missed.
func (p *picture) spoil() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed++
	p.signal()
}

func (p *picture) whole() bool { return p.read == p.missed }

func (p *picture) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// paint keeps the picture up to date while somebody looks at it.
func (h *Hub) paint(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.picture.wake:
		}
		if err := h.picture.repaint(ctx); err != nil && ctx.Err() == nil {
			h.o.Log.Error("read the providers for the state sockets", "error", err)
			h.picture.spoil()
			pause(ctx, time.Second)
		}
		pause(ctx, h.limits.paint)
	}
}

// repaint reads what is stale. What is touched meanwhile is noted and read the next time.
func (p *picture) repaint(ctx context.Context) error {
	ids, position, missed := p.takeStale()
	if missed == 0 {
		return nil
	}
	rows := map[string]json.RawMessage{}
	var err error
	if ids == nil {
		rows, position, err = p.source.All(ctx)
	}
	for _, id := range ids {
		if rows[id], err = p.source.Row(ctx, id); err != nil {
			break
		}
	}
	if err == nil {
		p.apply(ids, rows, position, missed)
	}
	return err
}

// takeStale gives what has to be read, nil for all, and up to which position that covers the log; missed is 0 when nobody
// looks.
func (p *picture) takeStale() (ids []string, position, missed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.watchers) == 0 {
		return nil, 0, 0
	}
	if p.whole() && len(p.stale) < manyRows {
		ids = slices.AppendSeq([]string{}, maps.Keys(p.stale))
	}
	clear(p.stale)
	return ids, p.touched, p.missed
}

// apply compares what was read with what was known, and tells the watchers.
func (p *picture) apply(ids []string, rows map[string]json.RawMessage, position, missed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := ids == nil
	if all {
		p.read = missed
		ids = slices.AppendSeq(slices.Collect(maps.Keys(p.rows)), maps.Keys(rows))
	}
	next, changed := p.revision+1, p.revision == 0
	for _, id := range ids {
		if !bytes.Equal(rows[id], p.rows[id].json) {
			p.rows[id] = row{rows[id], next}
			changed = true
		}
	}
	p.position = max(p.position, position)
	if changed {
		p.revision = next
		clear(p.shared)
		p.bury()
	}
	if changed || all {
		for c := range p.watchers {
			c.kick()
		}
	}
}

// bury forgets the providers that are gone once everybody was told.
func (p *picture) bury() {
	oldest := p.revision
	for _, t := range p.watchers {
		if t.sent > 0 {
			oldest = min(oldest, t.sent)
		}
	}
	for id, r := range p.rows {
		if r.json == nil && r.revision <= oldest {
			delete(p.rows, id)
		}
	}
}
