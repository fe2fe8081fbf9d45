package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/store"
)

// told appends or records events by turns, so that a stream lies in rows and in batches.
func told(t *testing.T, db *store.DB, l *Log, n int, streams ...string) {
	t.Helper()
	var drafts []draft
	for i := range n {
		for _, s := range streams {
			if i%3 == 0 {
				write(t, db, l, noted{To: s, N: i})
				continue
			}
			d, err := newDraft(as(t.Context()), noted{To: s, N: i})
			if err != nil {
				t.Fatal(err)
			}
			drafts = append(drafts, d)
		}
		if i%3 == 2 {
			if err := l.write(t.Context(), drafts); err != nil {
				t.Fatal(err)
			}
			drafts = nil
		}
	}
}

func snap(t *testing.T, db *store.DB, l *Log, stream string) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return l.SaveSnapshot(ctx, tx, stream, map[string]any{"n": 1})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// left is how many events of a stream there are, and the version of the first.
func left(t *testing.T, l *Log, stream string) (n int, first int64) {
	t.Helper()
	events, total, err := l.ReadStream(t.Context(), stream, 0, nil, maxPage)
	if err != nil || total != len(events) {
		t.Fatalf("%d of %d: %v", len(events), total, err)
	}
	if len(events) > 0 {
		first = events[0].Version
	}
	return len(events), first
}

func TestCompactRemovesWhatTheSnapshotSays(t *testing.T) {
	db, l := open(t, t.TempDir())
	told(t, db, l, 30, "a:1", "a:2")
	snap(t, db, l, "a:1")
	told(t, db, l, 12, "a:1", "a:2")
	removed, err := l.Compact(t.Context(), "a:1")
	if err != nil || removed != 30 {
		t.Errorf("%d removed, %v", removed, err)
	}
	if n, first := left(t, l, "a:1"); n != 12 || first != 31 {
		t.Errorf("%d left, from version %d", n, first)
	}
	if n, first := left(t, l, "a:2"); n != 42 || first != 1 {
		t.Errorf("the other stream has %d, from version %d", n, first)
	}
	if again, err := l.Compact(t.Context(), "a:1"); err != nil || again != 0 {
		t.Errorf("again: %d, %v", again, err)
	}
	told(t, db, l, 3, "a:1") // versions and positions go on
	if n, _ := left(t, l, "a:1"); n != 15 {
		t.Errorf("%d left", n)
	}
	events, err := l.Read(t.Context(), 0, Filter{Streams: []string{"a:1"}}, maxPage)
	if err != nil || len(events) != 15 || !slices.IsSortedFunc(events, func(a, b event.Envelope) int { return int(a.Position - b.Position) }) {
		t.Errorf("%d events by the filter, %v", len(events), err)
	}
	if _, err := New(db, nil); err != nil {
		t.Errorf("the log does not open any more: %v", err)
	}
	if _, err := l.Tail(0).Next(t.Context()); err != nil && !errors.Is(err, ErrTruncated) {
		t.Errorf("%v", err)
	}
}

func TestCompactNeedsASnapshot(t *testing.T) {
	db, l := open(t, t.TempDir())
	told(t, db, l, 6, "a:1")
	if _, err := l.Compact(t.Context(), "a:1"); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("%v", err)
	}
	if _, err := l.Snapshot(t.Context(), "nobody"); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("%v", err)
	}
	snap(t, db, l, "nobody") // of a stream that has no events
	if _, err := l.Compact(t.Context(), "nobody"); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("%v", err)
	}
	snap(t, db, l, "a:1")
	s, err := l.Snapshot(t.Context(), "a:1")
	if err != nil || s.Version != 6 || s.Position != 6 || string(s.State) != `{"n":1}` {
		t.Errorf("%+v %v", s, err)
	}
}

// What a reader has yet to see is neither compacted nor pruned away.
func TestNothingIsRemovedBehindTheSlowestReader(t *testing.T) {
	db, l := open(t, t.TempDir())
	told(t, db, l, 30, "a:1")
	snap(t, db, l, "a:1")
	reach := func(p int64) {
		err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return l.SaveReached(ctx, tx, "r", p) })
		if err != nil {
			t.Fatal(err)
		}
	}
	reach(7)
	if removed, err := l.Compact(t.Context(), "a:1"); err != nil || removed != 7 {
		t.Errorf("%d removed, %v", removed, err)
	}
	reach(20)
	if _, err := l.Prune(t.Context(), Keep{Max: 1}); err != nil {
		t.Error(err)
	}
	if n, _ := left(t, l, "a:1"); n < 10 || n > 12 { // a batch goes whole
		t.Errorf("%d left", n)
	}
}

func TestStreamsThatNeedASnapshot(t *testing.T) {
	db, l := open(t, t.TempDir())
	told(t, db, l, 9, "a:1", "a:2", "b:1")
	told(t, db, l, 3, "a:3")
	snap(t, db, l, "a:2")
	if got, err := l.Behind(t.Context(), "a", 9); err != nil || fmt.Sprint(got) != "[a:1]" {
		t.Errorf("%v %v", got, err)
	}
	told(t, db, l, 3, "a:2")
	if got, err := l.Behind(t.Context(), "a", 3); err != nil || fmt.Sprint(got) != "[a:1 a:2 a:3]" {
		t.Errorf("%v %v", got, err)
	}
}

func TestOldEventsGoByAgeAndByNumber(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, l := open(t, dir)
		told(t, db, l, 30, "a:1", "a:2")
		time.Sleep(time.Hour)
		middle := time.Now()
		time.Sleep(time.Hour)
		told(t, db, l, 30, "a:1", "a:2")
		if n, err := l.Prune(t.Context(), Keep{}); err != nil || n != 0 {
			t.Errorf("without a limit: %d, %v", n, err)
		}
		if n, err := l.Prune(t.Context(), Keep{Since: middle}); err != nil || n != 60 {
			t.Errorf("by age: %d, %v", n, err)
		}
		if oldest, err := l.Oldest(t.Context()); err != nil || oldest != 61 {
			t.Errorf("oldest %d, %v", oldest, err)
		}
		if n, err := l.Prune(t.Context(), Keep{Max: 12}); err != nil || n != 48 {
			t.Errorf("by number: %d, %v", n, err)
		}
		if n, err := l.Prune(t.Context(), Keep{Since: time.Now().Add(time.Hour)}); err != nil || n != 12 {
			t.Errorf("all: %d, %v", n, err)
		}
		if err := l.Check(t.Context(), l.Head()); err != nil {
			t.Errorf("an empty log goes on at its head: %v", err)
		}
		if err := l.Check(t.Context(), 5); !errors.Is(err, ErrTruncated) {
			t.Errorf("%v", err)
		}
		told(t, db, l, 3, "a:1")
		if n, first := left(t, l, "a:1"); n != 3 || first != 61 {
			t.Errorf("%d left, from version %d", n, first)
		}
	})
}
