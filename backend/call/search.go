package call

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Filter says which calls; an empty field means all.
type Filter struct {
	ID                     string // of the call itself
	Provider, Tool, Group  string
	Who, Via, Batch, Trace string
	Outcome, ErrorType     string
	From, To               time.Time     // when it was over: From and later, before To
	AtLeast, Below         time.Duration // how long it took
}

// pairs are more terms that a segment must have.
func (f Filter) pairs() (all []term) {
	if f.Provider != "" && f.Tool != "" {
		all = append(all, pair(pairTool, f.Provider, f.Tool))
	}
	if f.Provider != "" && f.ErrorType != "" {
		all = append(all, pair(pairError, f.Provider, f.ErrorType))
	}
	return all
}

// terms are the values that a segment must hold.
func (f Filter) terms() []term {
	all := []term{
		{colCallID, f.ID}, {colProvider, f.Provider}, {colTool, f.Tool}, {colGroup, f.Group}, {colActorID, f.Who}, {colVia, f.Via},
		{colBatch, f.Batch}, {colTrace, f.Trace}, {colOutcome, f.Outcome}, {colErrorType, f.ErrorType},
	}
	return slices.DeleteFunc(all, func(t term) bool { return t.value == "" })
}

// Page is some calls, newest first.
type Page struct {
	Calls []Record
	Next  int64 // where the next page begins: a position for Before; 0 when there is none
}

// maxOpened is how many segments one search opens. Beyond it the page ends, found or not, and Next says where to go on.
const maxOpened = 150

// Search gives up to limit calls before a position, newest first; 0 means from the newest.
func (k *Keeper) Search(ctx context.Context, f Filter, before int64, limit int) (Page, error) {
	k.Settled(ctx)
	if before <= 0 {
		before = 1 << 62
	}
	s := search{k: k, f: f, terms: f.terms(), before: before, limit: limit}
	return s.run(ctx)
}

type search struct {
	k      *Keeper
	f      Filter
	terms  []term
	before int64
	limit  int
	opened int
	page   Page
}

// candidates is how many segments are looked at in one go.
const candidates = 64

func (s *search) run(ctx context.Context) (Page, error) {
	needed := append(s.f.pairs(), s.terms...)
	for cursor := s.before; ; {
		list, err := s.look(ctx, cursor)
		if err != nil {
			return Page{}, err
		}
		for _, c := range list {
			if !c.may(needed) {
				continue
			}
			if s.opened == maxOpened {
				s.page.Next = c.Last + 1
				return s.page, nil
			}
			s.opened++
			if err := s.open(ctx, c); err != nil {
				return Page{}, err
			}
			if len(s.page.Calls) > s.limit {
				s.page.Calls = s.page.Calls[:s.limit]
				s.page.Next = s.page.Calls[s.limit-1].Position
				return s.page, nil
			}
		}
		if len(list) < candidates {
			return s.page, nil
		}
		cursor = list[len(list)-1].First
	}
}

type candidate struct {
	First int64  `db:"first"`
	Last  int64  `db:"last"`
	Terms []byte `db:"terms"`
}

func (c candidate) may(all []term) bool {
	return !slices.ContainsFunc(all, func(t term) bool { return !terms(c.Terms).may(t) })
}

// look finds segments by position and time.
func (s *search) look(ctx context.Context, cursor int64) (list []candidate, err error) {
	query, args := `SELECT first, last, terms FROM call_segments WHERE first < ?`, []any{cursor}
	if !s.f.From.IsZero() {
		query, args = query+` AND max_at >= ?`, append(args, store.Micros(s.f.From))
	}
	if !s.f.To.IsZero() {
		query, args = query+` AND min_at < ?`, append(args, store.Micros(s.f.To))
	}
	err = s.k.o.DB.Read().Select(ctx, &list, query+` ORDER BY first DESC LIMIT ?`, append(args, candidates)...)
	if err != nil {
		return nil, fmt.Errorf("search the calls: %w", err)
	}
	return list, nil
}

func (s *search) open(ctx context.Context, c candidate) error {
	found, err := s.k.load(ctx, c.First, s.match)
	if errors.Is(err, sql.ErrNoRows) { // since it was listed it was merged into one before it, or removed
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(found) {
		if r.Position < s.before {
			s.page.Calls = append(s.page.Calls, r)
		}
	}
	s.before = min(s.before, c.First) // one that was merged meanwhile shows what it holds a second time
	return nil
}

// match makes the test of a record from the columns of its segment; nil when none can pass.
func (s *search) match(seg *segment) (func(i int) bool, error) {
	tests := []func(i int) bool{}
	for _, t := range s.terms {
		test, err := t.in(seg)
		if test == nil || err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	if !s.f.From.IsZero() || !s.f.To.IsZero() {
		times, err := seg.times()
		if err != nil {
			return nil, err
		}
		from, to := store.Micros(s.f.From), int64(1<<62)
		if !s.f.To.IsZero() {
			to = store.Micros(s.f.To)
		}
		tests = append(tests, func(i int) bool { return times[i] >= from && times[i] < to })
	}
	if s.f.AtLeast > 0 || s.f.Below > 0 {
		took, err := seg.numbers(colDuration)
		if err != nil {
			return nil, err
		}
		least, below := s.f.AtLeast.Microseconds(), int64(1<<62)
		if s.f.Below > 0 {
			below = s.f.Below.Microseconds()
		}
		tests = append(tests, func(i int) bool { return took[i] >= least && took[i] < below })
	}
	return func(i int) bool {
		for _, test := range tests {
			if !test(i) {
				return false
			}
		}
		return true
	}, nil
}

// times adds up the column of times.
func (s *segment) times() ([]int64, error) {
	out, err := s.numbers(colAt)
	for i := 1; i < len(out); i++ {
		out[i] += out[i-1]
	}
	return out, err
}

// in makes the test of one value; nil when the segment does not hold it.
func (t term) in(s *segment) (func(i int) bool, error) {
	if t.col == colCallID {
		return func(i int) bool { return s.id(colCallID, i) == t.value }, nil
	}
	c, err := s.text(t.col)
	if err != nil {
		return nil, err
	}
	code := slices.Index(c.texts, t.value)
	switch {
	case code < 0:
		return nil, nil
	case c.codes == nil:
		return func(int) bool { return true }, nil
	}
	return func(i int) bool { return c.codes[i] == uint32(code) }, nil
}

// Unknown is the error for a call of which there is no record, or none that may be shown.
func Unknown(id string) error {
	return fault.Named(fault.Missing, "CallNotFoundError", "there is no record of a call %q; it may have been removed by age", id).With("call_id", id)
}

// Get finds one call or answers CallNotFoundError.
func (k *Keeper) Get(ctx context.Context, id string) (Record, error) {
	f := Filter{ID: id}
	for before := int64(0); ; {
		page, err := k.Search(ctx, f, before, 1)
		if err != nil {
			return Record{}, err
		}
		if len(page.Calls) > 0 {
			return page.Calls[0], nil
		}
		if before = page.Next; before == 0 {
			return Record{}, Unknown(id)
		}
	}
}

// OfProvider gives up to limit calls of a provider after a version of its stream, oldest first, and how many of it are on
// record.
func (k *Keeper) OfProvider(ctx context.Context, id provider.ID, afterVersion int64, limit int) (found []Record, total int, err error) {
	k.Settled(ctx)
	err = k.o.DB.Read().Get(ctx, &total, `SELECT records FROM call_counts WHERE provider = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("count the calls of %s: %w", id, err)
	}
	s := search{k: k, f: Filter{Provider: string(id)}, terms: []term{{colProvider, string(id)}}}
	for cursor := int64(0); len(found) < limit; {
		var list []head
		err := k.o.DB.Read().Select(ctx, &list, `SELECT first, last, rows, level, min_at, max_at, providers FROM call_segments
			WHERE first > ? ORDER BY first LIMIT ?`, cursor, candidates)
		if err != nil {
			return nil, 0, fmt.Errorf("read the calls of %s: %w", id, err)
		}
		for _, h := range list {
			shares, err := h.shares()
			if err != nil {
				return nil, 0, err
			}
			if !slices.ContainsFunc(shares, func(s share) bool { return s.Provider == id && s.Version > afterVersion }) {
				continue
			}
			records, err := k.load(ctx, h.First, s.match)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, 0, err
			}
			for _, r := range records {
				if r.Version > afterVersion {
					found = append(found, r)
				}
			}
			if len(found) >= limit {
				break
			}
		}
		if len(list) < candidates {
			break
		}
		cursor = list[len(list)-1].First
	}
	return found[:min(len(found), limit)], total, nil
}
