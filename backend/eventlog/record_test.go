package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/store"
	"hangar/backend/storetest"
)

func TestRecordsAreWrittenInBatchesWithTheirHook(t *testing.T) {
	const n = 2000
	_, l := open(t, t.TempDir())
	batches, counted := 0, 0 // written by the store's writer, read after Flush
	l.OnRecord(func(ctx context.Context, tx *store.Tx, batch []event.Envelope) error {
		batches, counted = batches+1, counted+len(batch)
		_, err := tx.Exec(ctx, "INSERT INTO store_info (one, id, created_at) VALUES (1, '', ?) ON CONFLICT (one) DO UPDATE SET created_at = store_info.created_at + ?", len(batch), len(batch))
		return err
	})
	run(t, l)
	for i := range n {
		if err := l.Record(event.WithActor(t.Context(), event.Actor{Type: "user", ID: fmt.Sprint(i)}), noted{To: "s", N: i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	events := checkWhole(t, l)
	if len(events) != n || counted != n || batches >= n/2 {
		t.Errorf("%d events, %d counted, %d batches", len(events), counted, batches)
	}
	for i, got := range numbers(t, events) {
		if got != i || events[i].Actor.ID != fmt.Sprint(i) {
			t.Fatalf("event %d is %d by %v", i, got, events[i].Actor)
		}
	}
}

// Whoever may not go on without the record has it when it returns, whether the recorder runs or not, with what the hook does with it.
func TestARecordThatIsWaitedForIsThere(t *testing.T) {
	_, l := open(t, t.TempDir())
	counted, refuse := 0, false
	l.OnRecord(func(_ context.Context, _ *store.Tx, batch []event.Envelope) error {
		if refuse {
			return errors.New("no")
		}
		counted += len(batch)
		return nil
	})
	if err := l.RecordNow(as(t.Context()), noted{To: "s"}); err != nil {
		t.Fatal(err)
	}
	refuse = true
	if err := l.RecordNow(as(t.Context()), noted{To: "s"}); err == nil {
		t.Error("what was not stored is a success")
	}
	if err := l.RecordNow(t.Context(), noted{To: "s"}); !errors.Is(err, ErrNoActor) {
		t.Errorf("without an actor: %v", err)
	}
	if events := checkWhole(t, l); len(events) != 1 || counted != 1 {
		t.Errorf("%d events, %d counted", len(events), counted)
	}
}

func TestARecordHasTheTimeOfItsCall(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		_, l := open(t, dir)
		at := time.Now()
		if err := l.Record(as(t.Context()), noted{To: "s"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // the recorder is late
		stop := run(t, l)
		if err := l.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if events := checkWhole(t, l); len(events) != 1 || !events[0].At.Equal(at) {
			t.Errorf("events: %+v", events)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestStoppingWritesWhatIsQueued(t *testing.T) {
	_, l := open(t, t.TempDir())
	stop := run(t, l)
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 32 {
		wg.Go(func() {
			for {
				err := l.Record(as(context.Background()), noted{To: "s"})
				if errors.Is(err, ErrStopped) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	if err := stop(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if got := len(checkAll(t, l)); got != taken || taken == 0 {
		t.Errorf("%d were taken, %d are stored", taken, got)
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Errorf("flush after the end: %v", err)
	}
}

// checkAll is checkWhole for a log longer than a page.
func checkAll(t *testing.T, l *Log) []event.Envelope {
	t.Helper()
	var all []event.Envelope
	for {
		page, err := l.Read(t.Context(), int64(len(all)), Filter{}, maxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		if p := all[len(all)-1].Position; p != int64(len(all)) {
			t.Fatalf("position %d is event number %d", p, len(all))
		}
	}
}

func TestAFullRecordQueueBlocksBoundedByTheContext(t *testing.T) {
	_, l := open(t, t.TempDir()) // and no recorder
	for range recordQueue {
		if err := l.Record(as(t.Context()), noted{To: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(as(t.Context()), 20*time.Millisecond)
	defer cancel()
	if err := l.Record(ctx, noted{To: "s"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("have %v", err)
	}
	if err := l.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("flush: %v", err)
	}
	if s := l.RecordStats(); s.Queued != recordQueue || s.Refused != 2 || s.Lost != 0 {
		t.Errorf("stats: %+v", s)
	}
}

func TestOneBadRecordCostsNoOther(t *testing.T) {
	_, l := open(t, t.TempDir())
	l.OnRecord(func(_ context.Context, _ *store.Tx, batch []event.Envelope) error {
		for _, e := range batch {
			if e.Kind == "Bad" {
				return errors.New("cannot count this")
			}
		}
		return nil
	})
	for i := range 10 {
		p := noted{To: "s", N: i}
		if i == 4 {
			p.Type = "Bad"
		}
		if err := l.Record(as(t.Context()), p); err != nil {
			t.Fatal(err)
		}
	}
	stop := run(t, l)
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(numbers(t, checkWhole(t, l))); got != "[0 1 2 3 5 6 7 8 9]" {
		t.Errorf("stored: %s", got)
	}
	if l.RecordStats().Lost != 1 {
		t.Errorf("stats: %+v", l.RecordStats())
	}
	if err := stop(); err == nil || !strings.Contains(err.Error(), "1 records were lost") {
		t.Errorf("run: %v", err)
	}
}

func TestRecordsWaitForAFullDiskToHeal(t *testing.T) {
	if storetest.Postgres() {
		return // SQLite's way to fill a disk
	}
	db, l := open(t, t.TempDir())
	pages := func(n int) {
		t.Helper()
		err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			var got int
			return tx.Get(ctx, &got, fmt.Sprintf("PRAGMA max_page_count = %d", n))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages(1) // SQLite reads it as: no more than there is
	stop := run(t, l)
	long := strings.Repeat("x", 10_000) // certainly a new page
	for range 5 {
		if err := l.Record(as(t.Context()), noted{To: long}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := l.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the disk is full: %v", err)
	}
	pages(1 << 20)
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(checkWhole(t, l)); got != 5 {
		t.Errorf("%d events", got)
	}
	pages(1)
	if err := l.Record(as(t.Context()), noted{To: long + "y"}); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err == nil { // at shutdown there is no waiting, and the loss is said
		t.Error("the loss was not reported")
	}
	pages(1 << 20)
}

func TestUnderLoadRecordsAreGathered(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		_, l := open(t, dir)
		var batches []int // written by the store's writer, read after Flush
		l.OnRecord(func(_ context.Context, _ *store.Tx, batch []event.Envelope) error {
			batches = append(batches, len(batch))
			return nil
		})
		stop := run(t, l)
		for i := range 100 {
			if err := l.Record(as(t.Context()), noted{To: "s", N: i}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		begun := time.Now()
		if err := l.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begun); waited >= gatherTime {
			t.Errorf("a flush waited %s", waited)
		}
		if len(batches) < 8 || len(batches) > 15 || batches[0] != 1 {
			t.Errorf("100 records, one a millisecond, made %d batches, the first of %d", len(batches), batches[0])
		}
		stop()
	})
}

func TestWhatWasWrittenSaysHowLongTheNextGathers(t *testing.T) {
	for _, c := range []struct {
		held int
		want time.Duration
	}{
		{1, gatherEachTime},
		{2, 2 * gatherEachTime},
		{5, gatherTime},
		{manyRecords - 1, gatherTime},
		{manyRecords, gatherManyTime},
		{recordBatch, gatherManyTime},
	} {
		if got := patience(c.held); got != c.want {
			t.Errorf("after %d records: %s, want %s", c.held, got, c.want)
		}
	}
}
