package operation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"hangar/backend/fault"
)

func TestTheLifeOfAnOperation(t *testing.T) {
	b := setup(t, 0)
	id, err := b.Create(b.ctx, "code_generation", json.RawMessage(`{"for":"me","n":12345678901234567890}`))
	must(t, err)
	must(t, b.Report(b.ctx, id, &Progress{0.5, "Generating code...", json.RawMessage(`{"lines":42}`)}))
	must(t, b.Report(b.ctx, id, &Status{"processing", "", nil}))
	must(t, b.Report(b.ctx, id, &Log{"info", "validated"}))
	must(t, b.Report(b.ctx, id, &Result{json.RawMessage(`{"ok":true}`)}))

	told := b.told(id)
	last := len(told) - 1
	if !strings.HasPrefix(told[last], `OperationCompleted {"data":{"status":"completed","duration":`) {
		t.Errorf("at last: %s", told[last])
	}
	want := []string{
		`OperationStarted {"operation_type":"code_generation","data":{"status":"running","message":"","details":{"operation_type":"code_generation","metadata":{"for":"me","n":12345678901234567890}}}}`,
		`OperationProgress {"data":{"progress":0.5,"message":"Generating code...","details":{"lines":42}}}`,
		`OperationStatus {"data":{"status":"processing","message":"","details":{}}}`,
		`OperationLog {"data":{"level":"info","message":"validated"}}`,
		`OperationResult {"data":{"result":{"ok":true}}}`,
	}
	if !slices.Equal(told[:last], want) {
		t.Errorf("it told\n%s\nwant\n%s", strings.Join(told[:last], "\n"), strings.Join(want, "\n"))
	}
	o := b.get(id)
	if !o.Ended() || o.Status != Completed || o.Progress != 1 || o.Events != 6 || string(o.Metadata) != `{"for":"me","n":12345678901234567890}` {
		t.Errorf("%+v", o)
	}
	refused(t, b.Report(b.ctx, id, &Log{"info", "late"}), fault.Conflict, "OperationEndedError")
	if got := b.told(id); len(got) != 6 {
		t.Errorf("a report after the end was stored: %v", got)
	}
}

func TestAReportThatIsWrongChangesNothing(t *testing.T) {
	b := setup(t, 0)
	id := b.create("x")
	err := b.Report(b.ctx, id, &Progress{Progress: 0.5}, &Progress{Progress: 2})
	refused(t, err, fault.Invalid, "ValidationError")
	if o := b.get(id); o.Progress != 0 || o.Events != 1 || len(b.told(id)) != 1 {
		t.Errorf("half of it was stored: %+v", o)
	}
	refused(t, b.Report(b.ctx, "nobody", &Log{"info", "m"}), fault.Missing, "OperationNotFoundError")
	for _, bad := range []string{"", strings.Repeat("x", 101), "two\nlines"} {
		_, err := b.Create(b.ctx, bad, nil)
		refused(t, err, fault.Invalid, "ValidationError")
	}
	_, err = b.Create(b.ctx, "x", json.RawMessage(`[]`))
	refused(t, err, fault.Invalid, "ValidationError")
}

func TestRemoveCancelsWhatRunsAndForgetsWhatEnded(t *testing.T) {
	b := setup(t, 0)
	id := b.create("x")
	was, err := b.Remove(b.ctx, id)
	must(t, err)
	if o := b.get(id); !was || o.Status != Cancelled || o.Error.ErrorType != "CancelledError" {
		t.Errorf("%v, %+v", was, o)
	}
	refused(t, b.Report(b.ctx, id, &Log{"info", "m"}), fault.Conflict, "OperationEndedError")
	was, err = b.Remove(b.ctx, id)
	must(t, err)
	if was {
		t.Error("what had ended was cancelled")
	}
	_, err = b.Get(b.ctx, id)
	refused(t, err, fault.Missing, "OperationNotFoundError")
	_, err = b.Remove(b.ctx, id)
	refused(t, err, fault.Missing, "OperationNotFoundError")

	fixed := b.Track(b.ctx, "cannot stop", nil, nil)
	b.drained(fixed)
	_, err = b.Remove(b.ctx, fixed.ID())
	refused(t, err, fault.Conflict, "ConflictError")
	fixed.End(nil, nil)
}

func TestWhatRanWhenTheProcessEndedIsInterrupted(t *testing.T) {
	b := setup(t, 0)
	running, done := b.create("x"), b.create("y")
	must(t, b.Report(b.ctx, done, &Result{}))
	must(t, b.Recover(b.ctx))
	o := b.get(running)
	if o.Status != Failed || *o.Error != (ErrorData{"interrupted", "InterruptedError"}) || !o.Ended() {
		t.Errorf("%+v", o)
	}
	if o := b.get(done); o.Status != Completed {
		t.Errorf("%+v", o)
	}
	told := b.told(running)
	must(t, b.Recover(b.ctx))
	if again := b.told(running); len(again) != len(told) {
		t.Errorf("it was interrupted twice: %v", again)
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	b := setup(t, 3)
	first, second := b.create("first"), b.create("second")
	must(t, b.Report(b.ctx, second, &Result{}))
	third := b.create("third")
	fourth := b.create("fourth")
	names := func() string {
		all, total, err := b.List(b.ctx, Filter{})
		must(t, err)
		if total != len(all) {
			t.Errorf("total %d, %d found", total, len(all))
		}
		var out []string
		for _, o := range all {
			out = append(out, o.Type)
		}
		return strings.Join(out, " ")
	}
	if got := names(); got != "fourth third first" {
		t.Errorf("the one that had ended should have gone: %s", got)
	}
	b.create("fifth")
	if got := names(); got != "fifth fourth third" {
		t.Errorf("the oldest should have gone: %s", got)
	}
	if told := b.told(first); !strings.Contains(told[len(told)-1], "AbandonedError") {
		t.Errorf("it was not said to be abandoned: %v", told)
	}
	must(t, b.Report(b.ctx, third, &Failure{"no", "X"}))
	must(t, b.Report(b.ctx, fourth, &Status{"thinking", "", nil}))
	for status, want := range map[string]int{Running: 2, Failed: 1, "thinking": 1, Completed: 0, "": 3} {
		found, total, err := b.List(b.ctx, Filter{Status: status, Limit: 1})
		must(t, err)
		if total != want || len(found) != min(want, 1) {
			t.Errorf("status %q: %d of %d, want %d", status, len(found), total, want)
		}
	}
	n, err := b.Stats(b.ctx)
	must(t, err)
	if n != (Stats{Active: 2, Total: 3}) {
		t.Errorf("%+v", n)
	}
}

func TestManyReportAtOnce(t *testing.T) {
	b := setup(t, 0)
	id := b.create("x")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 10 {
				if err := b.Report(b.ctx, id, &Log{"info", fmt.Sprint(i, j)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if o := b.get(id); o.Events != 161 || len(b.told(id)) != 161 {
		t.Errorf("%d events are counted, %d stored", o.Events, len(b.told(id)))
	}
	found, total, err := b.Events(b.ctx, id, 100, 10)
	must(t, err)
	if total != 161 || len(found) != 10 || found[0].Version != 101 {
		t.Errorf("%d of %d from %d", len(found), total, found[0].Version)
	}
}
