package history

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"hangar/backend/provider"
	"hangar/backend/store"
)

// Kind is what a series is about.
type Kind string

// The kinds.
const (
	Fleet    Kind = "fleet"
	Provider Kind = "provider"
	Tool     Kind = "tool"
	Group    Kind = "group"
)

// other is the tool that takes what is too much.
const other = "_other"

const maxTools = 20_000

// Series is something that has a history. Name is the provider's id, or the group's.
type Series struct {
	Kind Kind   `db:"kind"`
	Name string `db:"name"`
	Tool string `db:"tool"`
}

// History keeps the sums and reads them.
type History struct {
	db     *store.DB
	upsert string

	mu    sync.Mutex // guards what follows
	ids   map[Series]int64
	tools int
	beats map[provider.ID]*beat
}

// New reads which series there are.
func New(ctx context.Context, db *store.DB) (*History, error) {
	h := &History{db: db, upsert: upsert(), ids: map[Series]int64{}, beats: map[provider.ID]*beat{}}
	var rows []struct {
		Series
		ID int64 `db:"id"`
	}
	if err := db.Read().Select(ctx, &rows, `SELECT id, kind, name, tool FROM history_series`); err != nil {
		return nil, fmt.Errorf("read what has a history: %w", err)
	}
	for _, r := range rows {
		h.know(r.Series, r.ID)
	}
	if err := h.recallCalls(ctx, time.Now()); err != nil {
		return nil, err
	}
	return h, nil
}

// maxKnown is how many ids of providers and groups are kept at hand. The table has those of all that were there in the last
// 90 days, and says what is not at hand.
const maxKnown = 5000

// know and forget are called with mu held, or before anybody else knows h.
func (h *History) know(s Series, id int64) {
	_, known := h.ids[s]
	switch {
	case known:
	case s.Kind == Tool:
		h.tools++
	case len(h.ids)-h.tools >= maxKnown:
		h.forgetOne()
	}
	h.ids[s] = id
}

// forgetOne forgets any but a tool: those are counted by what is known of them.
func (h *History) forgetOne() {
	for s := range h.ids {
		if s.Kind != Tool {
			delete(h.ids, s)
			return
		}
	}
}

func (h *History) forget(s Series) {
	if _, known := h.ids[s]; known && s.Kind == Tool {
		h.tools--
	}
	delete(h.ids, s)
}

// resolution is a width of slots and how long they are kept.
type resolution struct{ width, kept time.Duration }

func resolutions() []resolution {
	const day = 24 * time.Hour
	return []resolution{{10 * time.Second, day}, {time.Minute, 7 * day}, {10 * time.Minute, 90 * day}}
}

func columns() []string {
	out := []string{"calls", "tool_errors", "errors", "duration_us", "starts", "start_failures", "stops", "checks", "check_failures"}
	for i := range cells {
		out = append(out, "h"+strconv.Itoa(i))
	}
	return out
}

func upsert() string {
	names := columns()
	var sets []string
	for _, n := range names {
		sets = append(sets, n+" = history."+n+" + excluded."+n)
	}
	return fmt.Sprintf("INSERT INTO history (series, width_s, at, %s) VALUES (?, ?, ?%s) ON CONFLICT (series, width_s, at) DO UPDATE SET %s",
		strings.Join(names, ", "), strings.Repeat(", ?", len(names)), strings.Join(sets, ", "))
}
