package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/fault"
)

// together queues closures so that they share one batch: the first holds the writer until the rest wait. It returns
// their errors in the order of the closures.
func together(t *testing.T, db *DB, fns ...func(context.Context, *Tx) error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Write(context.Background(), func(context.Context, *Tx) error {
			close(held)
			<-hold
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { errs[i] = db.Write(context.Background(), fn) })
		for len(db.writer.queue) != i+1 { // keep their order
			time.Sleep(time.Millisecond)
		}
	}
	close(hold)
	wg.Wait()
	return errs
}

func TestAFailedClosureTakesBackOnlyItself(t *testing.T) {
	boom := errors.New("boom")
	fails := map[string]func(context.Context, *Tx) error{
		"error": func(ctx context.Context, tx *Tx) error { return errors.Join(add("half")(ctx, tx), boom) },
		"panic": func(ctx context.Context, tx *Tx) error {
			if err := add("half")(ctx, tx); err != nil {
				return err
			}
			panic(boom)
		},
		"duplicate": func(ctx context.Context, tx *Tx) error {
			return errors.Join(add("half")(ctx, tx), add("half")(ctx, tx))
		},
		"bad SQL": func(ctx context.Context, tx *Tx) error {
			if err := add("half")(ctx, tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "INSERT INTO nowhere VALUES (1)")
			return err
		},
	}
	for name, fail := range fails {
		t.Run(name+" in a batch", func(t *testing.T) {
			db := newDB(t)
			errs := together(t, db, add("a"), fail, add("b"))
			if errs[0] != nil || errs[1] == nil || errs[2] != nil {
				t.Errorf("errors: %v", errs)
			}
			if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("rows: %v", got)
			}
		})
		t.Run(name+" alone", func(t *testing.T) {
			db := newDB(t)
			called := false
			err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				tx.AfterCommit(func() { called = true })
				return fail(ctx, tx)
			})
			if err == nil || called {
				t.Errorf("error %v, after-commit called %v", err, called)
			}
			if err := db.Write(t.Context(), add("next")); err != nil {
				t.Fatal(err)
			}
			if got := names(t, db); !slices.Equal(got, []string{"next"}) {
				t.Errorf("rows: %v", got)
			}
		})
	}
}

func TestADuplicateIsAConflict(t *testing.T) {
	db := newDB(t)
	if err := db.Write(t.Context(), add("a")); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), add("a")); !fault.Is(err, fault.Conflict) {
		t.Errorf("have %v", err)
	}
}

func TestABrokenReferenceIsAConflict(t *testing.T) {
	db := newDB(t)
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE parts (thing TEXT REFERENCES things (name))"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO parts VALUES ('none')")
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("have %v", err)
	}
}

func TestCallersLearnAfterTheCommitInOrder(t *testing.T) {
	db := newDB(t)
	var order []int // written by the writer goroutine only
	seen := make([]int, 50)
	fns := make([]func(context.Context, *Tx) error, len(seen))
	for i := range fns {
		fns[i] = func(ctx context.Context, tx *Tx) error {
			tx.AfterCommit(func() {
				order = append(order, i)
				seen[i] = len(names(t, db)) // a reader sees the whole batch by now
			})
			if i == 7 {
				tx.AfterCommit(func() { panic("of a reader") })
			}
			return add(fmt.Sprint(i))(ctx, tx)
		}
	}
	for _, err := range together(t, db, fns...) {
		if err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(order) || len(order) != len(fns) {
		t.Errorf("order: %v", order)
	}
	for i, n := range seen {
		if n != len(fns) {
			t.Errorf("closure %d: %d rows were visible after its commit, want %d", i, n, len(fns))
		}
	}
}

func TestMisuseIsAnErrorNotADeadlock(t *testing.T) {
	db := newDB(t)
	var kept *Tx
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		kept = tx
		return db.Write(ctx, add("inner"))
	})
	if err == nil || !strings.Contains(err.Error(), "Write inside of Write") {
		t.Errorf("nested: %v", err)
	}
	if _, err := kept.Exec(t.Context(), "DELETE FROM things"); !errors.Is(err, errTxOver) {
		t.Errorf("kept: %v", err)
	}
	err = db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "ROLLBACK") // a closure that ends the transaction itself
		return err
	})
	if err == nil {
		t.Error("a closure ended the transaction and nobody noticed")
	}
	if err := db.Write(t.Context(), add("fine")); err != nil {
		t.Error(err)
	}
}

func TestACallerTakesBackWhatStillWaits(t *testing.T) {
	db := newDB(t)
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.Write(context.Background(), func(context.Context, *Tx) error { close(held); <-hold; return nil })
	})
	<-held
	gone := errors.New("the caller is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error)
	go func() { result <- db.Write(ctx, add("taken back")) }()
	for len(db.writer.queue) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel(gone)
	if err := <-result; !errors.Is(err, gone) { // while the writer is still held
		t.Errorf("have %v", err)
	}
	close(hold)
	wg.Wait()
	if err := db.Write(t.Context(), add("b")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, db); !slices.Equal(got, []string{"b"}) {
		t.Errorf("rows: %v", got)
	}
}

func TestAContextThatEndsDuringTheClosureDoesNotTearIt(t *testing.T) {
	db := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		cancel()
		return errors.Join(ctx.Err(), add("whole")(ctx, tx))
	})
	if err != nil {
		t.Error(err)
	}
	if err := db.Write(ctx, add("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that had ended: %v", err)
	}
	if got := names(t, db); !slices.Equal(got, []string{"whole"}) {
		t.Errorf("rows: %v", got)
	}
}

func TestAFullQueueBlocksBoundedByTheContext(t *testing.T) {
	db := newDB(t)
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.Write(context.Background(), func(context.Context, *Tx) error { close(held); <-hold; return nil })
	})
	<-held
	for i := range queueLength {
		wg.Go(func() {
			if err := db.Write(context.Background(), add(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	for len(db.writer.queue) < queueLength {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := db.Write(ctx, add("too many")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("have %v", err)
	}
	close(hold)
	wg.Wait()
	if got := names(t, db); len(got) != queueLength {
		t.Errorf("%d rows", len(got))
	}
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	makeThings(t, db)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var stored []string
	for i := range 200 {
		wg.Go(func() {
			name := fmt.Sprint(i)
			err := db.Write(context.Background(), add(name))
			switch f := fault.From(err); {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				stored = append(stored, name)
			case f.Type != "StorageClosedError":
				t.Error(err)
			}
		})
	}
	if err := db.writer.close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	got := names(t, db)
	slices.Sort(got)
	slices.Sort(stored)
	if !slices.Equal(got, stored) {
		t.Errorf("acknowledged %d, stored %d", len(stored), len(got))
	}
	if err := db.Write(t.Context(), add("late")); fault.From(err).Type != "StorageClosedError" {
		t.Errorf("after Close: %v", err)
	}
}

func TestAFullDiskFailsTheBatchAndHeals(t *testing.T) {
	db := open(t, t.TempDir())
	makeThings(t, db)
	if err := db.Write(t.Context(), add("before")); err != nil {
		t.Fatal(err)
	}
	pragma := func(pages int) {
		t.Helper()
		err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			var n int
			return tx.Get(ctx, &n, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pragma(1) // SQLite takes it as "what there is now": the next page does not fit
	big := strings.Repeat("x", 1<<20)
	swallow := func(ctx context.Context, tx *Tx) error { _ = add(big)(ctx, tx); return nil }
	for _, errs := range [][]error{
		together(t, db, add("a"), add(big), add("b")),
		together(t, db, add("c"), swallow, add("d")), // also when the closure looks away
		together(t, db, swallow),
	} {
		for _, err := range errs {
			if f := fault.From(err); f.Kind != fault.Full || f.Type != "StorageFullError" {
				t.Errorf("have %v", err)
			}
		}
	}
	if got := names(t, db); !slices.Equal(got, []string{"before"}) {
		t.Errorf("reads while full: %v", got)
	}
	if err := db.Health(); err != nil {
		t.Errorf("a full disk is not the end: %v", err)
	}
	pragma(1 << 20)
	if err := db.Write(t.Context(), add(big)); err != nil {
		t.Errorf("after space was freed: %v", err)
	}
}

func TestAViewIsOneMoment(t *testing.T) {
	db := newDB(t)
	err := db.View(t.Context(), func(ctx context.Context, q Querier) error {
		var before, after int
		if err := q.Get(ctx, &before, "SELECT COUNT(*) FROM things"); err != nil {
			return err
		}
		if err := db.Write(ctx, add("meanwhile")); err != nil {
			return err
		}
		if err := q.Get(ctx, &after, "SELECT COUNT(*) FROM things"); err != nil {
			return err
		}
		if before != after {
			t.Errorf("%d rows became %d", before, after)
		}
		var none string
		if err := q.Get(ctx, &none, "SELECT name FROM things WHERE name = 'none'"); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a missing row: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, db); len(got) != 1 {
		t.Errorf("rows: %v", got)
	}
}

func TestManyQueriesDoNotKeepManyStatements(t *testing.T) {
	db := newDB(t)
	for range 3 {
		err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			for i := range maxStatements {
				var got int
				if err := tx.Get(ctx, &got, fmt.Sprintf("SELECT %d", i)); err != nil || got != i {
					return fmt.Errorf("query %d: %d, %w", i, got, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(db.writer.conn.stmts); n > maxStatements+2 { // BEGIN and COMMIT
		t.Errorf("%d statements are kept", n)
	}
}

func TestRowsMayBeLeftOpen(t *testing.T) {
	db := newDB(t)
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := add("a")(ctx, tx); err != nil {
			return err
		}
		left, err := tx.Query(ctx, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")
		if err != nil {
			return err
		}
		left.Next() // and no Close
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := db.Write(t.Context(), add("b")); err != nil {
		t.Error(err)
	}
}

// Tests of the rooms above run the store on virtual time.
func TestWorksInASynctestBubble(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db := open(t, dir)
		makeThings(t, db)
		var first, second time.Time
		for _, at := range []*time.Time{&first, &second} {
			err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error { *at = tx.Now(); return nil })
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		if second.Sub(first) != time.Hour {
			t.Errorf("from %v to %v", first, second)
		}
	})
}
