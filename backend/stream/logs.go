package stream

import (
	"context"
	"math"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// ProviderLogs is /api/ws/providers/{provider_id}/logs: the last ?lines= lines, or those after ?since=<seq>, then live.
func (h *Hub) ProviderLogs(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "provider_id")
	q := r.URL.Query()
	since, resume, serr := number(q, "since", 0, math.MaxInt64, 0)
	lines, _, lerr := number(q, "lines", 1, 1000, 100)
	ring, rerr := h.o.Lines(r.Context(), id)
	for _, err := range []error{serr, lerr, rerr, h.guard(r)} {
		if err != nil {
			h.o.WriteError(w, r, err)
			return
		}
	}
	if resume {
		lines = 0 // all of them
	}
	c := h.newConn(r)
	c.lines = id
	h.serve(w, r, c, func() error { return c.sendLines(ring, since, resume, int(lines)) })
}

// sendLines reads the ring at the client's pace. It watches before it reads, so no line falls between.
func (c *conn) sendLines(ring LogLines, since int64, resume bool, lines int) error {
	wake, stop := ring.Watch()
	defer stop()
	if base, total := ring.Bounds(); resume && (since < base || since > total) {
		// What the client has seen was another ring: the server was restarted. It gets all of this one.
		if err := c.write(c.hub.reset("the lines were numbered anew", total)); err != nil {
			return err
		}
		since = base
	}
	found, next := ring.Tail(since, lines)
	if !resume && len(found) > 0 {
		since = found[0].Seq - 1 // older ones were not asked for
	}
	for {
		if err := c.writeLines(found, since); err != nil {
			return err
		}
		since = next
		select {
		case <-wake:
		case <-c.soft.Done():
			return context.Cause(c.soft)
		}
		found, next = ring.Tail(since, 0)
	}
}

// writeLines sends lines, and a warning where some are missing after the line `last`.
func (c *conn) writeLines(lines []LogLine, last int64) error {
	for _, line := range lines {
		if gap := line.Seq - last - 1; gap > 0 {
			c.hub.drops.Add(gap)
			if err := c.write(dropped(gap, line.At, last)); err != nil {
				return err
			}
		}
		last = line.Seq
		err := c.write(must(logFrame{stamp(line.At), line.Text, c.lines, "stderr", line.Seq}))
		if err != nil {
			return err
		}
		if c.soft.Err() != nil {
			return context.Cause(c.soft)
		}
	}
	return nil
}
