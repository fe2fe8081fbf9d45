package eventlog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/storetest"
)

// From anywhere in a log that is longer than the ring, and while it grows, a tail gives every position once.
func TestATailHasNoSeam(t *testing.T) {
	const before, during = ringLength + 700, 1300
	db, l := open(t, t.TempDir())
	fill(t, db, l, before)
	db2 := l // the readers share the log
	var wg sync.WaitGroup
	for _, after := range []int64{0, 1, 511, 512, 699, 700, 701, 5000, before - 1, before, before + 50} {
		wg.Go(func() {
			tail, next := db2.Tail(after), after+1
			for next <= before+during {
				events, err := tail.Next(context.Background())
				if err != nil {
					t.Errorf("after %d: %v", after, err)
					return
				}
				for _, e := range events {
					if e.Position != next {
						t.Errorf("after %d: position %d, want %d", after, e.Position, next)
						return
					}
					next++
				}
			}
			if tail.Cursor() != before+during {
				t.Errorf("cursor %d", tail.Cursor())
			}
		})
	}
	fill(t, db, l, during)
	wg.Wait()
}

func TestATailThatFallsOutOfTheRingReadsTheDatabase(t *testing.T) {
	db, l := open(t, t.TempDir())
	tail := l.Tail(0)
	fill(t, db, l, 10)
	if events, err := tail.Next(t.Context()); err != nil || len(events) != 10 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	fill(t, db, l, ringLength+300) // meanwhile the reader is away
	for next := int64(11); next <= ringLength+310; {
		events, err := tail.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Position != next {
				t.Fatalf("position %d, want %d", e.Position, next)
			}
			next++
		}
	}
}

func TestATailSaysWhenTheLogIsTruncated(t *testing.T) {
	dir := t.TempDir()
	storetest.URL(t, dir)
	db, err := openDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, db, l, 100)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, l = open(t, dir) // nothing in memory
	remove(t, db, "position <= 20 OR position = 50")
	if _, err := l.Tail(10).Next(t.Context()); !errors.Is(err, ErrTruncated) {
		t.Errorf("before the start: %v", err)
	}
	tail := l.Tail(20)
	events, err := tail.Next(t.Context())
	if err != nil || len(events) != 29 {
		t.Fatalf("up to the hole: %d events, %v", len(events), err)
	}
	if _, err := tail.Next(t.Context()); !errors.Is(err, ErrTruncated) {
		t.Errorf("a hole must not be skipped in silence: %v", err)
	}
	remove(t, db, "1 = 1")
	if _, err := l.Tail(60).Next(t.Context()); !errors.Is(err, ErrTruncated) {
		t.Errorf("nothing left: %v", err)
	}
}

func TestATailWaits(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, l := open(t, dir)
		var got []event.Envelope
		var tails sync.WaitGroup
		var mu sync.Mutex
		for range 3 {
			tails.Go(func() {
				events, err := l.Tail(l.Head()).Next(context.Background())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, events...)
			})
		}
		time.Sleep(time.Minute)
		write(t, db, l, noted{To: "s", N: 1})
		tails.Wait()
		if len(got) != 3 || got[0].At.Minute() != 1 {
			t.Errorf("events: %+v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := l.Tail(l.Head()).Next(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A batch is shared with whoever reads it, from its middle too.
func TestARingGivesTheRestOfABatchAsItIs(t *testing.T) {
	r := newRing(10)
	batch := make([]event.Envelope, 6)
	for i := range batch {
		batch[i].Position = 11 + int64(i)
	}
	r.publish(batch)
	for _, tt := range []struct{ after, limit, want int64 }{{10, 9, 6}, {10, 2, 2}, {13, 9, 3}, {13, 2, 2}, {15, 9, 1}} {
		got, _ := r.after(tt.after, int(tt.limit))
		if int64(len(got)) != tt.want || &got[0] != &batch[tt.after-10] || cap(got) != len(got) {
			t.Errorf("%+v: %d events from position %d", tt, len(got), got[0].Position)
		}
	}
}
