package stream

import (
	"net/http"
	"slices"
	"strconv"
)

// deltaTalk is the dialect of /api/ws/state?mode=delta: a snapshot, then what changed, at most four times a second. It
// needs no queue, because the newest state replaces all older ones.
type deltaTalk struct {
	plain
	sight          Sight
	query, message filter
	sent           int64 // the revision of the picture that the client has; 0: none. The picture's mutex guards it
}

func (c *conn) deltaTalk(r *http.Request) (err error) {
	t := &deltaTalk{sight: c.interest.sight}
	t.query, err = queryFilter(r.URL.Query())
	c.talk = t
	return err
}

func (t *deltaTalk) begin(c *conn) error {
	c.hub.picture.watch(c, t)
	return nil
}

// heed replaces the filter; what it lets through is told from the start.
func (t *deltaTalk) heed(c *conn, message []byte) error {
	s, err := parseSubscribe(message)
	if err != nil {
		return c.write(refused(err.Error()))
	}
	if err := c.write(sealed(must(s.ack))); err != nil {
		return err
	}
	t.message = s.filter
	c.hub.picture.restart(t)
	return nil
}

func (t *deltaTalk) step(c *conn) (more bool, err error) {
	frame := c.hub.picture.since(t)
	if frame == nil {
		return false, nil
	}
	return true, c.write(frame)
}

func (t *deltaTalk) shows(id string) bool {
	return (len(t.query.providers) == 0 || slices.Contains(t.query.providers, id)) &&
		(len(t.message.providers) == 0 || slices.Contains(t.message.providers, id)) && t.sight.seesProvider(id)
}

// restart has a snapshot come next.
func (p *picture) restart(t *deltaTalk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.sent = 0
}

// lookAgain has everybody who sees only a part get a snapshot of it: it may be another part now.
func (p *picture) lookAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.shared)
	for c, t := range p.watchers {
		if t.sight.May != nil {
			t.sent = 0
			c.kick()
		}
	}
}

// since is the frame that brings a client to the present picture, nil when it is there. Clients that are equally far
// and see the same share its bytes.
func (p *picture) since(t *deltaTalk) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.revision == 0 || !p.whole() || t.sent == p.revision {
		return nil
	}
	key := strconv.FormatInt(t.sent, 10) + "\x02" + t.sight.Class + "\x02" + t.query.key() + "\x02" + t.message.key()
	frame, known := p.shared[key]
	if !known {
		frame = p.compose(t)
		p.shared[key] = frame
	}
	t.sent = p.revision
	return frame
}

// compose makes a snapshot or a delta; nil when nothing that the client sees has changed.
func (p *picture) compose(t *deltaTalk) []byte {
	var ids []string
	size := 0
	for id, r := range p.rows {
		if r.revision > t.sent && t.shows(id) {
			ids = append(ids, id)
			size += len(r.json) + len(id) + 3
		}
	}
	if t.sent > 0 && len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	kind, list := "delta", "changed"
	if t.sent == 0 {
		kind, list = "snapshot", "providers"
	}
	b := append(open(size+80), `{"type":"`+kind+`","position":`...)
	b = strconv.AppendInt(b, p.position, 10)
	b = p.appendRows(append(b, `,"`+list+`":[`...), ids)
	b = append(b, ']')
	if t.sent > 0 {
		b = p.appendGone(append(b, `,"removed":[`...), ids)
		b = append(b, ']')
	}
	return seal(append(b, '}'))
}

func (p *picture) appendRows(b []byte, ids []string) []byte {
	separator := ""
	for _, id := range ids {
		if r := p.rows[id]; r.json != nil {
			b = append(append(b, separator...), r.json...)
			separator = ","
		}
	}
	return b
}

func (p *picture) appendGone(b []byte, ids []string) []byte {
	separator := ""
	for _, id := range ids {
		if p.rows[id].json == nil {
			b = appendString(append(b, separator...), id)
			separator = ","
		}
	}
	return b
}
