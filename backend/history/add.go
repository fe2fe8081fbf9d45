package history

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hangar/backend/call"
	"hangar/backend/event"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// slot is a series in a span of time.
type slot struct {
	series Series
	width  time.Duration
	at     int64 // its beginning, unix microseconds
}

// AddTx adds up calls and other events, in the transaction that remembers that they were seen.
func (h *History) AddTx(ctx context.Context, tx *store.Tx, calls []call.Record, others []event.Envelope) error {
	fine, changes := map[slot]*sums{}, []change(nil)
	add := func(s Series, at time.Time, what func(*sums)) {
		k := slotOf(s, resolutions()[0].width, at.UnixMicro())
		if fine[k] == nil {
			fine[k] = &sums{}
		}
		what(fine[k])
	}
	for k, of := range alike(calls) {
		for _, s := range h.seriesOf(k) {
			add(s, time.UnixMicro(k.at), func(s *sums) { s.add(of) })
		}
	}
	for _, e := range others {
		m, ok, err := provider.MomentOf(e)
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		if ok {
			count := func(s *sums) { s.moment(m) }
			add(Series{Kind: Fleet}, e.At, count)
			add(Series{Kind: Provider, Name: string(m.Provider)}, e.At, count)
			changes = append(changes, change{m, e.At})
		}
	}
	if err := h.save(ctx, tx, fine); err != nil {
		return err
	}
	tx.AfterCommit(func() { h.beat(fine, changes) })
	return nil
}

// kin are calls that count for the same series, in a slot of time.
type kin struct {
	provider, tool, group string
	known                 bool // the tool exists, and so does its provider
	at                    int64
}

// alike sums up calls, most of which are like the one before, so that each is looked up once.
func alike(calls []call.Record) map[kin]*sums {
	out := map[kin]*sums{}
	width := resolutions()[0].width.Microseconds()
	for i := range calls {
		c := &calls[i]
		at := c.At.UnixMicro()
		k := kin{string(c.Provider), c.ToolName, c.GroupID, c.ErrorType != "ToolNotFoundError", at - at%width}
		if c.ErrorType == "ProviderNotFoundError" { // callers may name any number of those
			k.provider, k.known = other, false
		}
		s := out[k]
		if s == nil {
			s = &sums{}
			out[k] = s
		}
		s.call(&c.Call)
	}
	return out
}

func slotOf(s Series, width time.Duration, at int64) slot {
	w := width.Microseconds()
	return slot{s, width, at - at%w}
}

func (h *History) seriesOf(k kin) []Series {
	tool := Series{Tool, k.provider, k.tool}
	if !k.known || !h.room(tool) {
		tool.Tool = other
	}
	out := []Series{{Kind: Fleet}, {Kind: Provider, Name: k.provider}, tool}
	if k.group != "" {
		out = append(out, Series{Kind: Group, Name: k.group})
	}
	return out
}

// room says whether a tool may have a series of its own.
func (h *History) room(s Series) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, known := h.ids[s]
	return known || h.tools < maxTools
}

// save adds the sums of the finest slots to all resolutions, in the order of the table.
func (h *History) save(ctx context.Context, tx *store.Tx, fine map[slot]*sums) error {
	all := map[slot]*sums{}
	for k, s := range fine {
		for _, r := range resolutions() {
			wide := slotOf(k.series, r.width, k.at)
			if all[wide] == nil {
				all[wide] = &sums{}
			}
			all[wide].add(s)
		}
	}
	made := map[Series]int64{}
	for _, k := range slices.SortedFunc(maps.Keys(all), compare) {
		id, err := h.id(ctx, tx, k.series, made)
		if err != nil {
			return err
		}
		args := []any{id, int64(k.width / time.Second), k.at}
		for _, n := range all[k] {
			args = append(args, n)
		}
		if _, err := tx.Exec(ctx, h.upsert, args...); err != nil {
			return fmt.Errorf("add to the history of %s %s: %w", k.series.Kind, k.series.Name, err)
		}
	}
	tx.AfterCommit(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for s, id := range made {
			h.know(s, id)
		}
	})
	return nil
}

func compare(a, b slot) int {
	return cmp.Or(
		cmp.Compare(a.series.Kind, b.series.Kind), cmp.Compare(a.series.Name, b.series.Name), cmp.Compare(a.series.Tool, b.series.Tool),
		cmp.Compare(a.width, b.width), cmp.Compare(a.at, b.at),
	)
}

// id finds or makes a series. made are those of this transaction: they are nobody else's until it has committed.
func (h *History) id(ctx context.Context, tx *store.Tx, s Series, made map[Series]int64) (int64, error) {
	h.mu.Lock()
	id, known := h.ids[s]
	h.mu.Unlock()
	if !known {
		id, known = made[s]
	}
	if known {
		return id, nil
	}
	err := tx.Get(ctx, &id, `INSERT INTO history_series (kind, name, tool) VALUES (?, ?, ?)
		ON CONFLICT (kind, name, tool) DO UPDATE SET name = excluded.name RETURNING id`, string(s.Kind), s.Name, s.Tool)
	if err != nil {
		return 0, fmt.Errorf("begin the history of %s %s: %w", s.Kind, s.Name, err)
	}
	made[s] = id
	return id, nil
}
