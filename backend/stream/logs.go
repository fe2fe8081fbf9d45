package stream

import (
	"math"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
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

type logFrame struct {
	Timestamp  string `json:"timestamp"`
	Line       string `json:"line"`
	ProviderID string `json:"provider_id"`
	Stream     string `json:"stream"` // stderr
	Seq        int64  `json:"seq"`
}

// ProviderLogs is /api/ws/providers/{provider_id}/logs: the last ?lines= lines, or those after ?since=<seq>, then live.
func (h *Hub) ProviderLogs(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, KindLogs, func(c *conn) error { return c.logTalk(r) })
}

// logTalk reads a ring at the client's pace: the ring is the queue.
type logTalk struct {
	plain
	provider string
	ring     LogLines
	since    int64 // the last line that was sent, or was not asked for
	resume   bool
	lines    int
}

func (c *conn) logTalk(r *http.Request) (err error) {
	q := r.URL.Query()
	t := &logTalk{provider: chi.URLParam(r, "provider_id")}
	if t.since, t.resume, err = number(q, "since", 0, math.MaxInt64, 0); err != nil {
		return err
	}
	lines, _, err := number(q, "lines", 1, 1000, 100)
	if err != nil {
		return err
	}
	if t.lines = int(lines); t.resume {
		t.lines = 0 // all of them
	}
	c.talk = t
	t.ring, err = c.hub.o.Lines(r.Context(), t.provider)
	return err
}

// begin watches before the first read, so no line falls between.
func (t *logTalk) begin(c *conn) error {
	wake, stop := t.ring.Watch()
	c.writer.Go(func() { // ends with the connection, as the writer does
		defer stop()
		for {
			select {
			case <-wake:
				c.kick()
			case <-c.life.Done():
				return
			}
		}
	})
	if base, total := t.ring.Bounds(); t.resume && (t.since < base || t.since > total) {
		// What the client has seen was another ring: the server was restarted. It gets all of this one.
		if err := c.write(t.notice(c.hub.reset("the lines were numbered anew", total))); err != nil {
			return err
		}
		t.since = base
	}
	found, next := t.ring.Tail(t.since, t.lines)
	if !t.resume && len(found) > 0 {
		t.since = found[0].Seq - 1 // older ones were not asked for
	}
	return t.write(c, found, next)
}

// heed has nothing to be told.
func (*logTalk) heed(*conn, []byte) error { return nil }

func (t *logTalk) step(c *conn) (more bool, err error) {
	found, next := t.ring.Tail(t.since, 0)
	return len(found) > 0, t.write(c, found, next)
}

// write sends lines, and a warning where some are missing.
func (t *logTalk) write(c *conn, lines []LogLine, next int64) error {
	for _, line := range lines {
		if n := line.Seq - t.since - 1; n > 0 {
			c.counts.dropped.Add(n)
			if err := t.lost(c, gap{n, line.At, t.since}); err != nil {
				return err
			}
		}
		t.since = line.Seq
		if err := c.write(sealed(must(logFrame{stamp(line.At), line.Text, t.provider, "stderr", line.Seq}))); err != nil {
			return err
		}
	}
	t.since = max(t.since, next)
	return nil
}
