package stream

import (
	"math"
	"net/http"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Events is /api/ws/events: all events, narrowed by ?provider_id= and ?event_type= (repeatable, `*` allowed) and by
// subscribe messages; ?since=<position> resumes, ?batch=1 allows arrays, ?vocabulary= chooses the words.
func (h *Hub) Events(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, KindEvents, func(c *conn) error { return c.eventTalk(r, nil) })
}

// State is /api/ws/state: ProviderStateChanged only; with ?mode=delta a snapshot, and then what changed.
func (h *Hub) State(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, KindState, func(c *conn) error {
		switch mode := r.URL.Query().Get("mode"); mode {
		case "":
			return c.eventTalk(r, []string{provider.KindStateChanged})
		case "delta":
			return c.deltaTalk(r)
		default:
			return fault.Field("query.mode", "must be delta, or absent, not %q", mode)
		}
	})
}

// eventTalk is the dialect of events.
type eventTalk struct {
	plain
	words  vocabulary
	since  int64
	resume bool
}

func (c *conn) eventTalk(r *http.Request, kinds []string) (err error) {
	q := r.URL.Query()
	t := &eventTalk{}
	if t.since, t.resume, err = number(q, "since", 0, math.MaxInt64, 0); err != nil {
		return err
	}
	if c.interest.batch, err = flag(q, "batch"); err != nil {
		return err
	}
	if c.interest.query, err = queryFilter(q); err != nil {
		return err
	}
	if t.words, err = queryVocabulary(q, c.interest.query); err != nil {
		return err
	}
	if kinds != nil {
		c.interest.query.kinds = kinds
	}
	c.interest.form = t.words.form
	c.talk = t
	return nil
}

func (t *eventTalk) begin(c *conn) error {
	if t.resume {
		c.resume(t.since)
	} else {
		c.hub.joinNow(c)
	}
	return nil
}

// heed replaces the filter of the message before. With since the events queued so far go: the log gives them again, or
// they are not wanted.
func (t *eventTalk) heed(c *conn, message []byte) error {
	s, err := parseSubscribe(message)
	if err != nil {
		return c.reply(refused(err.Error()))
	}
	t.words = s.vocabulary(t.words)
	c.interest.message, c.interest.form = s.filter, t.words.form
	ack := sealed(must(s.ack))
	switch {
	case s.since != nil:
		c.hub.part(c)
		c.resume(*s.since)
		return c.write(ack)
	case c.behind:
		return c.write(ack)
	default:
		c.hub.turn(c, ack)
		return nil
	}
}

// reply answers in the place among the events where the client is.
func (c *conn) reply(frame []byte) error {
	if c.behind {
		return c.write(frame)
	}
	c.answer(frame)
	return nil
}

func (*eventTalk) step(c *conn) (more bool, err error) { return c.catchUp() }
