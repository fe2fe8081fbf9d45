package call

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

func same(t *testing.T, got, want []Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("record %d:\n%+v\nwant\n%+v", i, got[i], want[i])
		}
	}
}

// What is kept is what the log says, to the unit and in every field, however it was flushed and merged.
func TestTheRecordsAreThoseOfTheLog(t *testing.T) {
	b := setup(t, t.TempDir())
	calls := sample(1, 3000)
	for i, at := 0, 0; at < len(calls); i++ {
		n := min(1+i*3%61, len(calls)-at)
		b.record(calls[at : at+n]...)
		at += n
		must(t, b.Settle(b.ctx)) // a segment of its own
	}
	same(t, b.all(), b.logged())
	levels := b.segments()
	if len(levels) > 3*fanIn || !slices.IsSortedFunc(levels, func(a, b int) int { return b - a }) {
		t.Errorf("the segments' levels: %v", levels)
	}
	b.record(sample(2, flushRows+10)...) // enough to be full at once
	must(t, b.Settle(b.ctx))
	b.record(sample(3, 5)...)
	same(t, b.all(), b.logged())
	s, err := b.Stats(b.ctx)
	must(t, err)
	if s.Records != 3000+flushRows+10+5 || s.Bytes/s.Records > 200 || s.Oldest.IsZero() {
		t.Errorf("%+v: %d bytes a record", s, s.Bytes/s.Records)
	}
}

// After a kill nothing is missing and nothing is there twice, whatever had been flushed.
func TestTheKeeperGoesOnWhereItWas(t *testing.T) {
	dir := t.TempDir()
	for i, keeper := range []bool{true, false, true, false, false, true} {
		b := start(t, dir, keeper)
		b.record(sample(uint64(i), 100)...)
		must(t, b.events.Flush(b.ctx))
		if i == 2 {
			same(t, b.all(), b.logged())
		}
		b.stop()
	}
	b := setup(t, dir)
	want := b.logged()
	if len(want) != 600 {
		t.Fatalf("the log has %d calls", len(want))
	}
	same(t, b.all(), want)
}

// What is removed from the log stays on record, and a keeper that starts late takes what is left.
func TestRemovingEventsRemovesNoRecord(t *testing.T) {
	dir := t.TempDir()
	b := setup(t, dir)
	b.record(sample(1, 50)...)
	must(t, b.Settle(b.ctx))
	want := b.logged()
	must(t, b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM event_batches`)
		return err
	}))
	same(t, b.all(), want)
	b.stop()
	b = setup(t, dir)
	b.record(sample(2, 10)...)
	same(t, b.all(), append(want, b.logged()...))
}

func (f Filter) wants(r Record) bool {
	eq := func(want, got string) bool { return want == "" || want == got }
	took := time.Duration(micros(r.DurationMS)) * time.Microsecond
	return eq(f.ID, r.CorrelationID) && eq(f.Provider, string(r.Provider)) && eq(f.Tool, r.ToolName) && eq(f.Group, r.GroupID) && eq(f.Who, r.Actor.ID) &&
		eq(f.Via, string(r.Via)) && eq(f.Batch, r.BatchID) && eq(f.Trace, r.TraceID) && eq(f.Outcome, string(r.Outcome)) && eq(f.ErrorType, r.ErrorType) &&
		!r.At.Before(f.From) && (f.To.IsZero() || r.At.Before(f.To)) && took >= f.AtLeast && (f.Below == 0 || took < f.Below)
}

// Any filter, page by page, finds what looking at each record finds.
func TestSearchAgreesWithAPlainScan(t *testing.T) {
	b := setup(t, t.TempDir())
	calls := sample(4, 2000)
	for i := 0; i < len(calls); i += 100 {
		b.record(calls[i : i+100]...)
		must(t, b.Settle(b.ctx))
	}
	all := b.logged()
	r := rand.New(rand.NewPCG(7, 7))
	one := func() Record { return all[r.IntN(len(all))] }
	filters := []Filter{{}, {Provider: "nobody"}, {Trace: "none"}, {Outcome: "error", ErrorType: "E1"}, {Provider: "p1", Tool: "tool2", Outcome: "tool_error"}}
	for range 40 {
		c, f := one(), Filter{}
		for _, set := range []func(){
			func() { f.ID = c.CorrelationID }, func() { f.Provider = string(c.Provider) }, func() { f.Tool = c.ToolName }, func() { f.Group = c.GroupID },
			func() { f.Who = c.Actor.ID }, func() { f.Via = string(c.Via) }, func() { f.Batch = c.BatchID }, func() { f.Trace = c.TraceID },
			func() { f.Outcome = string(c.Outcome) }, func() { f.ErrorType = c.ErrorType }, func() { f.From = one().At }, func() { f.To = one().At },
			func() { f.AtLeast = time.Duration(r.IntN(2000)) * time.Millisecond }, func() { f.Below = time.Duration(1+r.IntN(2000)) * time.Millisecond },
		} {
			if r.IntN(6) == 0 {
				set()
			}
		}
		filters = append(filters, f)
	}
	for _, f := range filters {
		var want, got []int64
		for _, r := range slices.Backward(all) {
			if f.wants(r) {
				want = append(want, r.Position)
			}
		}
		limit := 20 + r.IntN(300)
		for before := int64(0); ; {
			page, err := b.Search(b.ctx, f, before, limit)
			must(t, err)
			if len(page.Calls) > limit {
				t.Fatalf("%d calls on a page of %d", len(page.Calls), limit)
			}
			for _, r := range page.Calls {
				got = append(got, r.Position)
			}
			if before = page.Next; before == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %d found, want %d\n%v\n%v", f, len(got), len(want), got, want)
		}
	}
}

func TestOneCall(t *testing.T) {
	b := setup(t, t.TempDir())
	b.record(sample(1, 20)...)
	want := b.all()[7]
	got, err := b.Get(b.ctx, want.CorrelationID)
	must(t, err)
	same(t, []Record{got}, []Record{want})
	if _, err := b.Get(b.ctx, uuid.NewString()); fault.From(err).Type != "CallNotFoundError" {
		t.Errorf("%v", err)
	}
}

// tools/history counts by versions of the provider's stream.
func TestTheCallsOfAProvider(t *testing.T) {
	b := setup(t, t.TempDir())
	for i := range 12 {
		b.record(sample(uint64(i), 60)...)
		must(t, b.Settle(b.ctx))
	}
	var want []Record
	for _, r := range b.logged() {
		if r.Provider == "p3" {
			want = append(want, r)
		}
	}
	var got []Record
	for after := int64(0); ; {
		page, total, err := b.OfProvider(b.ctx, "p3", after, 7)
		must(t, err)
		if total != len(want) || len(page) > 7 {
			t.Fatalf("%d of %d", len(page), total)
		}
		if len(page) == 0 {
			break
		}
		got, after = append(got, page...), page[len(page)-1].Version
	}
	same(t, got, want)
	if none, total, err := b.OfProvider(b.ctx, "nobody", 0, 10); len(none) != 0 || total != 0 || err != nil {
		t.Errorf("%v %d %v", none, total, err)
	}
}

func TestOldRecordsGo(t *testing.T) {
	b := setup(t, t.TempDir())
	for i := range 10 {
		b.record(sample(uint64(i), 100)...)
		must(t, b.Settle(b.ctx))
	}
	all := b.all()
	removed, err := b.Prune(b.ctx, Keep{Since: all[0].At, Max: 5000})
	must(t, err)
	if removed != 0 {
		t.Errorf("%d records went that may stay", removed)
	}
	removed, err = b.Prune(b.ctx, Keep{Max: 450})
	must(t, err)
	same(t, b.all(), all[removed:])
	if removed != 500 { // whole segments: 450 and what shares one with them
		t.Errorf("%d records went", removed)
	}
	removed, err = b.Prune(b.ctx, Keep{Since: all[799].At.Add(1)})
	must(t, err)
	if left := b.all(); removed == 0 || len(left) < 200 || !reflect.DeepEqual(left[len(left)-1], all[999]) {
		t.Errorf("%d went, %d are left", removed, len(left))
	}
	_, err = b.Prune(b.ctx, Keep{Since: time.Now().Add(day)})
	must(t, err)
	s, err := b.Stats(b.ctx)
	must(t, err)
	if s != (Stats{}) {
		t.Errorf("%+v are left", s)
	}
	b.record(sample(99, 3)...)
	if got := b.all(); len(got) != 3 {
		t.Errorf("%d", len(got))
	}
}

// A search looks at so much and no more; what it has not seen yet the next page has.
func TestAPageThatFindsNothingSaysWhereToGoOn(t *testing.T) {
	b := setup(t, t.TempDir())
	at := time.Now()
	var needle Record
	err := b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range maxOpened + 30 {
			var records []Record
			for j, tool := range []string{"x", "y"} { // each segment has the caller and the tool, never in one call
				records = append(records, Record{
					Position: int64(10*i + j + 1), EventID: uuid.NewString(), At: at, Actor: event.Actor{Type: "user", ID: fmt.Sprint("u", j)},
					Call: provider.Call{Provider: "p", CallFacts: provider.CallFacts{ToolName: tool, CorrelationID: uuid.NewString()}},
				})
			}
			if i == 0 {
				records[0].ToolName = "y"
				needle = records[0]
			}
			m, err := build(records, closedLevel)
			if err != nil {
				return err
			}
			if err := m.insert(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	f := Filter{Tool: "y", Who: "u0"}
	first, err := b.Search(b.ctx, f, 0, 10)
	must(t, err)
	if len(first.Calls) != 0 || first.Next == 0 {
		t.Fatalf("%d found, next %d", len(first.Calls), first.Next)
	}
	second, err := b.Search(b.ctx, f, first.Next, 10)
	must(t, err)
	if len(second.Calls) != 1 || second.Calls[0].Position != needle.Position || second.Next != 0 {
		t.Errorf("%+v", second)
	}
}

// A full disk: searching goes on with what is stored, and afterwards nothing is missing.
func TestWhatCannotBeStoredWaits(t *testing.T) {
	b := setup(t, t.TempDir())
	sick := &sums{}
	b.Keeper.o.Sums = sick
	b.record(sample(1, 10)...)
	must(t, b.Settle(b.ctx))
	sick.set(errors.New("full"))
	b.record(sample(2, 10)...)
	if err := b.Settle(b.ctx); err == nil {
		t.Error("it claims to have stored what it could not")
	}
	page, err := b.Search(b.ctx, Filter{}, 0, 100)
	must(t, err)
	if len(page.Calls) != 10 {
		t.Errorf("%d calls are found", len(page.Calls))
	}
	sick.set(nil)
	for deadline := time.Now().Add(20 * time.Second); b.Settle(b.ctx) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not recover")
		}
	}
	same(t, b.all(), b.logged())
	if calls, others := sick.seen(); calls != 20 || others != 0 {
		t.Errorf("%d calls and %d others were summed up", calls, others)
	}
}
