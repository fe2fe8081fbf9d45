package stream

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/operation"
)

// Operations is what the operations socket asks about what is no event.
type Operations interface {
	Get(context.Context, operation.ID) (operation.Operation, error)
	List(context.Context, operation.Filter) (found []operation.Operation, total int, err error)
	StatsOf(context.Context, func(operation.ID) bool) (operation.Stats, error)
}

// Operations is the socket of seed 002, at /api/ws/operations and at the root of the second listener: all operations until
// the client's first command, then those that it subscribed to. ?since=<position> resumes.
func (h *Hub) Operations(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, KindOperations, func(c *conn) (err error) {
		t := &operationTalk{id: h.clients.Add(1)}
		t.since, t.resume, err = number(r.URL.Query(), "since", 0, math.MaxInt64, 0)
		c.interest.form = operationForm
		c.talk = t
		return err
	})
}

// operationTalk is the dialect of the operations socket. Every frame carries event_type and data, because the guide's
// clients read both of each (decisions.md 14).
type operationTalk struct {
	id            int64
	since         int64
	resume        bool
	commanded     bool // the client has said what it wants
	replays       []replay
	subscriptions atomic.Int64 // for the statistics
}

// replay is an operation's past, on its way to a client that asked for it.
type replay struct {
	id           string
	after, until int64 // positions; what comes behind until is live, or resumed
}

// begin makes the client live before it says so, so that nothing happens unseen.
func (t *operationTalk) begin(c *conn) error {
	if t.resume {
		c.resume(t.since)
	} else {
		c.hub.joinNow(c)
	}
	now := time.Now()
	return c.write(sealed(must(map[string]any{
		"event_type": "connected", "operation_id": "system", "timestamp": operation.Unix(now),
		"data": map[string]any{"message": "Connected to Hangar", "client_id": t.id, "timestamp": stamp(now)},
	})))
}

// step tells the past of what was asked for, then resumes: so each operation's events come in their order.
func (t *operationTalk) step(c *conn) (more bool, err error) {
	if len(t.replays) == 0 {
		return c.catchUp()
	}
	r := &t.replays[0]
	if !c.interest.sight.sees(operation.ID(r.id).Stream()) {
		t.replays = t.replays[1:]
		return true, nil
	}
	page, err := c.hub.o.Events.Read(c.life, r.after, eventlog.Filter{Streams: []string{operation.ID(r.id).Stream()}}, catchUpPage)
	if err != nil {
		return false, c.failed(err)
	}
	done := len(page) < catchUpPage
	for _, e := range page {
		if e.Position > r.until {
			done = true
			break
		}
		if err := c.write(newFrame(e).bytes(operationForm)); err != nil {
			return false, err
		}
		if r.after = e.Position; c.asked() {
			return true, nil
		}
	}
	if done {
		t.replays = t.replays[1:]
	}
	return true, nil
}

// subscribe changes which operations the client is told of: only these, or all when only is nil. What it does not want
// any more leaves the queue, and so does what a replay will tell: the past of one of them, if that was asked for.
func (t *operationTalk) subscribe(c *conn, only []string, past string) {
	t.commanded = true
	t.subscriptions.Store(int64(len(only)))
	t.replays = slices.DeleteFunc(t.replays, func(r replay) bool {
		return r.id == past || only != nil && !slices.Contains(only, r.id)
	})
	c.interest.only = only
	until := c.cursor
	if !c.behind {
		until = c.hub.retune(c, past)
	}
	if past != "" {
		t.replays = append(t.replays, replay{past, 0, until})
	}
}

// retune gives a live connection another interest at once, and says from which position on it obeys it.
func (h *Hub) retune(c *conn, past string) (position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.detach(c)
	position = max(c.joined, h.position)
	h.attach(c, c.interest, position)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue.keep(func(it item) bool {
		return it.frame == nil || it.frame.about("operation") != past && c.interest.wants(it.frame)
	})
	return position
}

func (t *operationTalk) lost(c *conn, g gap) error {
	return c.write(t.notice(dropped(g.dropped, g.since, g.after)))
}

func (*operationTalk) notice(v any) []byte {
	kind := "reset"
	if _, ok := v.(warning); ok {
		kind = "warning"
	}
	return answerFrame(kind, must(v))
}

// answerFrame is a frame that is no event: its fields, and once more in data.
func answerFrame(kind string, fields json.RawMessage) []byte {
	b := append(open(2*len(fields)+80), `{"event_type":"`+kind+`","timestamp":`...)
	b = appendUnix(b, time.Now())
	b = append(append(b, `,"data":`...), fields...)
	b = append(append(b, ','), fields[1:]...)
	return seal(b)
}

func appendUnix(b []byte, t time.Time) []byte {
	return strconv.AppendFloat(b, operation.Unix(t), 'f', -1, 64)
}

// encodeOperation is an event as the operations socket shows it.
func encodeOperation(e event.Envelope, id string) []byte {
	data := json.RawMessage("{}")
	// What is not there, or is no object, is shown as an empty one.
	_ = pairs(e.Data, func(key string, value json.RawMessage) {
		if key == "data" {
			data = value
		}
	})
	b := append(make([]byte, 0, len(data)+200), `{"event_type":"`+operation.Frame(e.Kind)+`","operation_id":`...)
	b = appendString(b, id)
	b = appendUnix(append(b, `,"timestamp":`...), e.At)
	b = append(append(b, `,"data":`...), data...)
	b = strconv.AppendInt(append(b, `,"position":`...), e.Position, 10)
	b = appendString(append(b, `,"event_id":`...), e.ID)
	return append(b, '}')
}
