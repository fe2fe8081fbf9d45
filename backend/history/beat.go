package history

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Minutes is how far back Activity goes, with the minute that is not over yet.
const Minutes = 60

const spans = 7 // of ten minutes each: they cover an hour wherever it begins

// Activity is what a provider did in the last hour.
type Activity struct {
	Calls  [Minutes]uint32
	Failed [Minutes]uint32         // of them
	States [Minutes]provider.State // the worst of each minute; "" where it was not there, or nothing is known
	Rate   float64                 // calls in the last sixty seconds; of the minute before a share is taken
	P95    time.Duration           // of the calls of this hour, and of up to ten minutes before
	Starts int
}

// beat is the last hour of a provider. Cells are used anew: each says of which minute it is.
type beat struct {
	minutes [Minutes]minute
	spans   [spans]span
}

type minute struct {
	of                    int64 // minutes since 1970
	calls, failed, starts uint32
	old, worst, last      provider.State // before the first change within it, the worst there was, after the last change
	changed               bool
}

type span struct {
	of    int64 // times ten minutes since 1970
	cells [cells]int64
}

// change is a moment and when it was.
type change struct {
	provider.Moment
	at time.Time
}

// severity ranks what a minute is remembered for: a start on the way to ready is no harm, but neither is it the whole.
func severity(s provider.State) int {
	switch s {
	case provider.Dead:
		return 5
	case provider.Degraded:
		return 4
	case provider.Ready:
		return 3
	case provider.Initializing:
		return 2
	case provider.Cold:
		return 1
	}
	return 0
}

func worse(a, b provider.State) provider.State {
	if severity(a) >= severity(b) {
		return a
	}
	return b
}

func minuteOf(micros int64) int64 { return micros / time.Minute.Microseconds() }

func (b *beat) minute(of int64) *minute {
	m := &b.minutes[of%Minutes]
	if m.of < of {
		*m = minute{of: of}
	}
	return m
}

func (b *beat) span(of int64) *span {
	s := &b.spans[of%spans]
	if s.of < of {
		*s = span{of: of}
	}
	return s
}

// count adds sums that lie in one minute; what is older than an hour has no cell any more.
func (b *beat) count(at int64, n *sums) {
	if m := b.minute(minuteOf(at)); m.of == minuteOf(at) {
		m.calls += uint32(n[calls])
		m.failed += uint32(n[toolErrors] + n[callErrors])
		m.starts += uint32(n[starts])
	}
	ten := minuteOf(at) / 10
	if s := b.span(ten); s.of == ten {
		for i, c := range n[firstCell:] {
			s.cells[i] += c
		}
	}
}

// turn notes a change of state. To hear the same changes again, in their order, comes to the same.
func (b *beat) turn(c change) {
	of := minuteOf(c.at.UnixMicro())
	m := b.minute(of)
	if m.of != of {
		return
	}
	if !m.changed {
		m.old, m.changed = c.Old, true
	}
	m.worst, m.last = worse(m.worst, worse(c.Old, c.New)), c.New
}

// of gives the beat of a provider. Called with mu held, or before anybody else knows h.
func (h *History) of(id provider.ID) *beat {
	b := h.beats[id]
	if b == nil {
		b = &beat{}
		h.beats[id] = b
	}
	return b
}

// beat notes what has been stored.
func (h *History) beat(fine map[slot]*sums, changes []change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, n := range fine {
		if k.series.Kind == Provider && k.series.Name != other {
			h.of(provider.ID(k.series.Name)).count(k.at, n)
		}
	}
	for _, c := range changes {
		h.change(c)
	}
}

func (h *History) change(c change) {
	switch c.What {
	case provider.MomentDeregistered:
		delete(h.beats, c.Provider)
	case provider.MomentRegistered:
		c.Old, c.New = "", provider.Cold
		h.of(c.Provider).turn(c)
	case provider.MomentChanged, provider.MomentStartFailed:
		h.of(c.Provider).turn(c)
	}
}

// StateKinds are the events that RecallStates wants.
func StateKinds() []string {
	return []string{provider.KindRegistered, provider.KindDeregistered, provider.KindStateChanged}
}

// RecallStates tells of changes of state that were stored before this run, in their order.
func (h *History) RecallStates(events []event.Envelope, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if e.At.Before(now.Add(-Minutes * time.Minute)) {
			continue
		}
		m, ok, err := provider.MomentOf(e)
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		if ok {
			h.change(change{m, e.At})
		}
	}
	return nil
}

// recallCalls reads the hour before this run.
func (h *History) recallCalls(ctx context.Context, now time.Time) error {
	rows, err := h.db.Read().Query(ctx, "SELECT name, at, "+strings.Join(columns(), ", ")+` FROM history_series CROSS JOIN history
		WHERE series = id AND kind = 'provider' AND tool = '' AND width_s = 60 AND at >= ?`, store.Micros(now.Add(-Minutes*time.Minute)))
	if err != nil {
		return fmt.Errorf("read what happened in the last hour: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var at int64
		var n sums
		if err := rows.Scan(append([]any{&id}, n.scan(&at)...)...); err != nil {
			return fmt.Errorf("read what happened in the last hour: %w", err)
		}
		if id != other {
			h.of(provider.ID(id)).count(at, &n)
		}
	}
	return rows.Err()
}

// Activity gives the last hour of a provider whose state is this one now. The oldest minute comes first.
func (h *History) Activity(id provider.ID, now provider.State, at time.Time) Activity {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.beats[id]
	if b == nil {
		b = &beat{}
	}
	return b.read(now, at)
}

func (b *beat) read(now provider.State, at time.Time) Activity {
	var a Activity
	first := minuteOf(at.UnixMicro()) - Minutes + 1
	state := b.stateBefore(first, now)
	var hour sums
	for i := range Minutes {
		of := first + int64(i)
		m := b.minutes[of%Minutes]
		if m.of != of {
			a.States[i] = state
			continue
		}
		a.Calls[i], a.Failed[i], a.Starts = m.calls, m.failed, a.Starts+int(m.starts)
		a.States[i] = state
		if m.changed {
			a.States[i], state = worse(state, m.worst), m.last
		}
	}
	a.States[Minutes-1] = worse(a.States[Minutes-1], now) // what has just changed may not be stored yet
	for _, s := range b.spans {
		if s.of >= first/10 {
			for i, n := range s.cells {
				hour[firstCell+i] += n
				hour[calls] += n
			}
		}
	}
	if hour[calls] > 0 {
		a.P95 = time.Duration(hour.quantile(0.95) * float64(time.Second))
	}
	passed := float64(at.UnixMicro()%time.Minute.Microseconds()) / float64(time.Minute.Microseconds())
	a.Rate = float64(a.Calls[Minutes-1]) + (1-passed)*float64(a.Calls[Minutes-2])
	return a
}

// stateBefore is the state with which a minute begins: the first change from then on says what was before it, and without
// any it has been as it is now.
func (b *beat) stateBefore(first int64, now provider.State) provider.State {
	for of := first; of < first+Minutes; of++ {
		if m := b.minutes[of%Minutes]; m.of == of && m.changed {
			return m.old
		}
	}
	return now
}
