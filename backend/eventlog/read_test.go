package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/store"
	"hangar/backend/storetest"
)

// mixed has 120 events: streams s0..s3 in turn, kinds K0..K2 in turn.
func mixed(t *testing.T) (*store.DB, *Log) {
	t.Helper()
	db, l := open(t, t.TempDir())
	var ps []event.Payload
	for i := range 120 {
		ps = append(ps, noted{To: fmt.Sprint("s", i%4), Type: fmt.Sprint("K", i%3), N: i})
	}
	for i, at := 0, 0; at < len(ps); i++ {
		chunk := ps[at:min(at+1+i*7%13, len(ps))]
		if at += len(chunk); i%2 == 0 {
			write(t, db, l, chunk...)
		} else {
			writeBatch(t, l, chunk...)
		}
	}
	return db, l
}

// writeBatch stores events as the recorder does.
func writeBatch(t *testing.T, l *Log, ps ...event.Payload) {
	t.Helper()
	var drafts []draft
	for _, p := range ps {
		d, err := newDraft(as(t.Context()), p)
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, d)
	}
	if err := l.write(t.Context(), drafts); err != nil {
		t.Fatal(err)
	}
}

func many(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

func TestSinceFindsTheFirstEventOfATime(t *testing.T) {
	_, l := mixed(t)
	all, err := l.Read(t.Context(), 0, Filter{}, maxPage)
	if err != nil {
		t.Fatal(err)
	}
	times := []time.Time{{}, all[len(all)-1].At.Add(time.Microsecond)}
	for _, e := range all {
		times = append(times, e.At)
	}
	for _, at := range times {
		want := all[len(all)-1].Position + 1
		if i := slices.IndexFunc(all, func(e event.Envelope) bool { return !e.At.Before(at) }); i >= 0 {
			want = all[i].Position
		}
		if got, err := l.Since(t.Context(), at); got != want || err != nil {
			t.Errorf("%s: %d %v, want %d", at, got, err, want)
		}
	}
}

func TestSinceIsTheFirstPositionOfAnEmptyLog(t *testing.T) {
	_, l := open(t, t.TempDir())
	if got, err := l.Since(t.Context(), time.Now()); got != 1 || err != nil {
		t.Errorf("%d %v", got, err)
	}
}

func TestReadAndBeforeAgreeWithAPlainScan(t *testing.T) {
	_, l := mixed(t)
	all := checkWhole(t, l)
	filters := map[string]Filter{
		"everything":        {},
		"one stream":        {Streams: []string{"s1"}},
		"two streams":       {Streams: []string{"s1", "s3"}},
		"one kind":          {Kinds: []string{"K2"}},
		"two kinds":         {Kinds: []string{"K2", "K0", "K2"}},
		"stream and kind":   {Streams: []string{"s1"}, Kinds: []string{"K2"}},
		"many of both":      {Streams: []string{"s0", "s1"}, Kinds: []string{"K0", "K1", "none"}},
		"none":              {Kinds: []string{"none"}},
		"many combinations": {Streams: many("s", 30), Kinds: many("K", 30)},
		"many streams":      {Streams: many("s", 300)},
	}
	for name, f := range filters {
		t.Run(name, func(t *testing.T) {
			for _, position := range []int64{0, 1, 37, 119, 120, 500} {
				for _, limit := range []int{1, 7, 1000} {
					var after, before []int64
					for _, e := range all {
						if (len(f.Streams) > 0 && !slices.Contains(f.Streams, e.Stream)) || (len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind)) {
							continue
						}
						if e.Position > position && len(after) < limit {
							after = append(after, e.Position)
						}
						if position == 0 || e.Position < position {
							before = append(before, e.Position)
						}
					}
					before = before[max(0, len(before)-limit):]
					got, err := l.Read(t.Context(), position, f, limit)
					if err != nil || !slices.Equal(positions(got), after) {
						t.Errorf("Read(%d, %d) = %v, want %v (%v)", position, limit, positions(got), after, err)
					}
					got, err = l.Before(t.Context(), position, f, limit)
					if err != nil || !slices.Equal(positions(got), before) {
						t.Errorf("Before(%d, %d) = %v, want %v (%v)", position, limit, positions(got), before, err)
					}
				}
			}
		})
	}
}

// A page of a long log must cost what the page costs: every part from an index in its order, nothing sorted but the
// page itself.
func TestPagesComeFromAnIndex(t *testing.T) {
	if storetest.Postgres() {
		return // it asks SQLite's planner; the other one decides by statistics
	}
	db, l := mixed(t)
	for name, f := range map[string]Filter{
		"everything":      {},
		"one stream":      {Streams: []string{"s1"}},
		"two kinds":       {Kinds: []string{"K1", "K2"}},
		"stream and kind": {Streams: []string{"s1"}, Kinds: []string{"K2"}},
	} {
		r := reading{f, 100, true, 10}
		batches, any := r.batches(l.packed.list())
		if !any {
			t.Errorf("%s: no batches are looked at", name)
		}
		for _, q := range []query{r.query(), batches} {
			var plan []struct {
				ID      int    `db:"id"`
				Parent  int    `db:"parent"`
				NotUsed int    `db:"notused"`
				Detail  string `db:"detail"`
			}
			if err := db.Read().Select(t.Context(), &plan, "EXPLAIN QUERY PLAN "+q.text, q.args...); err != nil {
				t.Fatal(err)
			}
			for _, step := range plan {
				if strings.Contains(step.Detail, "TEMP B-TREE") || step.Detail == "SCAN events" || step.Detail == "SCAN event_batches" || step.Detail == "SCAN event_batch_keys" {
					t.Errorf("%s: %s", name, step.Detail)
				}
			}
		}
	}
}

func TestReadStream(t *testing.T) {
	_, l := mixed(t)
	events, total, err := l.ReadStream(t.Context(), "s1", 0, []string{"K0", "K1"}, 5)
	if err != nil || total != 20 || len(events) != 5 {
		t.Fatalf("%d of %d, %v", len(events), total, err)
	}
	rest, total, err := l.ReadStream(t.Context(), "s1", events[4].Version, []string{"K0", "K1"}, 500)
	if err != nil || total != 20 || len(rest) != 15 || rest[0].Version <= events[4].Version {
		t.Errorf("the rest: %d of %d, %v", len(rest), total, err)
	}
	whole, total, err := l.ReadStream(t.Context(), "s1", 0, nil, 500)
	if err != nil || total != 30 || len(whole) != 30 {
		t.Errorf("all kinds: %d of %d, %v", len(whole), total, err)
	}
	none, total, err := l.ReadStream(t.Context(), "none", 0, nil, 5)
	if err != nil || total != 0 || none != nil {
		t.Errorf("an unknown stream: %v %d %v", none, total, err)
	}
}

func TestEndsOfTheLog(t *testing.T) {
	db, l := open(t, t.TempDir())
	check := func(after int64, gone bool) {
		t.Helper()
		if err := l.Check(t.Context(), after); errors.Is(err, ErrTruncated) != gone || (err != nil) != gone {
			t.Errorf("Check(%d) = %v", after, err)
		}
	}
	if oldest, err := l.Oldest(t.Context()); oldest != 0 || err != nil {
		t.Errorf("oldest of nothing: %d %v", oldest, err)
	}
	check(0, false)
	check(1, true)
	fill(t, db, l, 20)
	remove(t, db, "position <= 5")
	if oldest, err := l.Oldest(t.Context()); oldest != 6 || err != nil {
		t.Errorf("oldest: %d %v", oldest, err)
	}
	check(4, true)
	check(5, false)
	check(20, false)
	check(21, true)
	remove(t, db, "1 = 1")
	check(19, true)
	check(20, false)
	err := db.View(t.Context(), func(ctx context.Context, q store.Querier) error {
		head, err := l.HeadIn(ctx, q)
		if head != 20 {
			t.Errorf("head %d", head)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func remove(t *testing.T, db *store.DB, where string) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM events WHERE "+where)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
