package eventlog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/store"
	"hangar/backend/storetest"
)

// checkWhole reads the whole log and checks what holds always: positions 1..N, versions 1..n of every stream.
func checkWhole(t *testing.T, l *Log) []event.Envelope {
	t.Helper()
	events, err := l.Read(t.Context(), 0, Filter{}, maxPage)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]int64{}
	for i, e := range events {
		versions[e.Stream]++
		if e.Position != int64(i)+1 || e.Version != versions[e.Stream] {
			t.Fatalf("event %d has position %d, and version %d where %d of %s was due", i, e.Position, e.Version, versions[e.Stream], e.Stream)
		}
	}
	if l.Head() != int64(len(events)) {
		t.Errorf("head %d, %d events", l.Head(), len(events))
	}
	return events
}

func TestAppend(t *testing.T) {
	db, l := open(t, t.TempDir())
	var now time.Time
	err := db.Write(as(t.Context()), func(ctx context.Context, tx *store.Tx) error {
		now = tx.Now()
		head, err := l.HeadIn(ctx, tx)
		if head != 0 || err != nil {
			t.Errorf("head inside: %d %v", head, err)
		}
		if err := l.Append(ctx, tx, noted{To: "a", N: 1}, noted{To: "b", N: 2}, noted{To: "a", N: 3, Type: "Other"}); err != nil {
			return err
		}
		if l.Head() != 0 {
			t.Error("announced before the commit")
		}
		return l.Append(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	events := checkWhole(t, l)
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	e := events[2]
	if e.Kind != "Other" || e.Stream != "a" || e.Version != 2 || string(e.Data) != `{"n":3}` || !e.At.Equal(now) ||
		e.Actor != event.System("test") || len(e.ID) != 36 || e.ID == events[1].ID {
		t.Errorf("event: %+v", e)
	}
	live, err := l.Tail(0).Next(t.Context())
	live = slices.Clone(live) // it is shared
	for i := range live {
		if n, ok := live[i].Payload.(noted); !ok || n.N != i+1 {
			t.Errorf("payload %+v", live[i].Payload)
		}
		live[i].Payload = nil
	}
	if err != nil || len(live) != 3 || fmt.Sprint(live) != fmt.Sprint(events) {
		t.Errorf("what is announced differs from what is stored: %+v / %+v (%v)", live, events, err)
	}
}

type list []int

func (list) Kind() string   { return "List" }
func (list) Stream() string { return "s" }

func TestAppendRefuses(t *testing.T) {
	db, l := open(t, t.TempDir())
	err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return l.Append(ctx, tx, noted{To: "a"}) })
	if !errors.Is(err, ErrNoActor) {
		t.Errorf("without an actor: %v", err)
	}
	if err := l.Record(t.Context(), noted{To: "a"}); !errors.Is(err, ErrNoActor) {
		t.Errorf("record without an actor: %v", err)
	}
	err = db.Write(as(t.Context()), func(ctx context.Context, tx *store.Tx) error { return l.Append(ctx, tx, list{1}) })
	if err == nil {
		t.Error("a payload that is no object was taken")
	}
	checkWhole(t, l)
}

func TestNoHolesWithManyWritersAndRollbacks(t *testing.T) {
	const writers, each = 64, 20
	db, l := open(t, t.TempDir())
	boom := errors.New("boom")

	// A reader beside the writers sees the positions in order, each once.
	seen := make(chan error, 1)
	var wg sync.WaitGroup
	stored := make(chan int, writers*each)
	go func() {
		tail, next := l.Tail(0), int64(1)
		for next <= writers*each*3/4*2 {
			events, err := tail.Next(context.Background())
			if err != nil {
				seen <- err
				return
			}
			for _, e := range events {
				if e.Position != next {
					seen <- fmt.Errorf("position %d after %d", e.Position, next-1)
					return
				}
				next++
			}
		}
		seen <- nil
	}()
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := db.Write(as(context.Background()), func(ctx context.Context, tx *store.Tx) error {
					err := l.Append(ctx, tx, noted{To: fmt.Sprint("s", w%8), N: w*each + i}, noted{To: "all", N: w*each + i})
					if i%4 == 3 {
						return errors.Join(err, boom)
					}
					return err
				})
				switch {
				case err == nil:
					stored <- w*each + i
				case !errors.Is(err, boom):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(stored)
	if err := <-seen; err != nil {
		t.Error(err)
	}
	want := map[int]bool{}
	for n := range stored {
		want[n] = true
	}
	events := checkWhole(t, l)
	for _, n := range numbers(t, events) {
		if !want[n] {
			t.Errorf("%d is stored but was taken back", n)
		}
	}
	if len(events) != 2*len(want) {
		t.Errorf("%d events of %d transactions", len(events), len(want))
	}
}

func TestReopenGoesOn(t *testing.T) {
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
	fill(t, db, l, 150)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, l = open(t, dir)
	if l.Head() != 150 {
		t.Fatalf("head %d", l.Head())
	}
	tail := l.Tail(100)
	fill(t, db, l, 10)
	var got []event.Envelope
	for len(got) < 60 {
		events, err := tail.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, events...)
	}
	for i, p := range positions(got) {
		if p != int64(101+i) {
			t.Fatalf("positions: %v", positions(got))
		}
	}
	checkWhole(t, l)
}

func TestAHeadBehindItsEventsIsRefused(t *testing.T) {
	db, l := open(t, t.TempDir())
	fill(t, db, l, 3)
	err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE log_head SET head = 2")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(db, nil); err == nil {
		t.Error("a damaged log was opened")
	}
}

// appendUntilKilled is the child of the next test: many writers, and each acknowledged number goes to stdout.
func appendUntilKilled(dir string) int {
	db, err := openDB(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := New(db, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for w := range 16 {
		go func() {
			for n := w; ; n += 16 {
				err := db.Write(as(context.Background()), func(ctx context.Context, tx *store.Tx) error {
					return l.Append(ctx, tx, noted{To: fmt.Sprint("s", w), N: n}, noted{To: "all", N: n})
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(n) // one write(2): the kill cannot tear it
			}
		}()
	}
	select {}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		dir := t.TempDir()
		storetest.URL(t, dir)
		cmd := exec.CommandContext(t.Context(), exe, dir)
		cmd.Env = append(os.Environ(), childMode+"=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := map[int]bool{}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("child: %q", lines.Text())
			}
			acknowledged[n] = true
			if len(acknowledged) == 1 {
				time.AfterFunc(time.Duration(rand.IntN(100))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait() // killed
		if len(acknowledged) == 0 {
			t.Fatal("the child did nothing")
		}
		_, l := open(t, dir)
		count := map[int]int{}
		for _, n := range numbers(t, checkWhole(t, l)) {
			count[n]++
		}
		for n := range acknowledged {
			if count[n] != 2 {
				t.Errorf("round %d: %d was acknowledged and is there %d times, not twice", round, n, count[n])
			}
		}
		for n, c := range count {
			if c != 2 {
				t.Errorf("round %d: half a transaction: %d is there %d times", round, n, c)
			}
		}
	}
}

func TestAppendKeepsUniquenessAfterAConflict(t *testing.T) {
	db, l := open(t, t.TempDir())
	err := db.Write(as(t.Context()), func(ctx context.Context, tx *store.Tx) error {
		if err := l.Append(ctx, tx, noted{To: "a"}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertEvent, 1, "x", "z", 1, "K", 0, "", "", "", "{}")
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a position given out twice: %v", err)
	}
	write(t, db, l, noted{To: "a"})
	checkWhole(t, l)
}
