package operation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// drained waits until a tracker has written what it had.
func (b *bundle) drained(t *Tracker) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		t.mu.Lock()
		idle := !t.writing
		t.mu.Unlock()
		if idle {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatal("the tracker does not come to an end")
		}
	}
}

func TestATrackerTellsOfOurOwnWork(t *testing.T) {
	b := setup(t, 0)
	w := b.Track(b.ctx, "provider_start", struct {
		Provider string `json:"provider_id"`
	}{"math"}, nil)
	w.Status("launching", "")
	w.Progress(1.5, "bad text \xff", map[string]int{"done": 3})
	w.Log("info", "up")
	w.End(map[string]int{"tools_count": 5}, nil)
	w.Log("info", "after the end")
	b.drained(w)
	told := strings.Join(b.told(w.ID()), "\n")
	for _, want := range []string{
		`OperationStarted {"operation_type":"provider_start","data":{"status":"running","message":"","details":{"operation_type":"provider_start","metadata":{"provider_id":"math"}}}}` + "\n" +
			`OperationStatus {"data":{"status":"launching","message":"","details":{}}}` + "\n" +
			`OperationProgress {"data":{"progress":1,"message":"bad text ?","details":{"done":3}}}` + "\n" +
			`OperationLog {"data":{"level":"info","message":"up"}}` + "\n" +
			`OperationResult {"data":{"result":{"tools_count":5}}}` + "\n" + `OperationCompleted `,
	} {
		if !strings.HasPrefix(told, want) {
			t.Errorf("it told\n%s\nwant\n%s", told, want)
		}
	}
	if strings.Contains(told, "after the end") || b.said.Len() > 0 {
		t.Errorf("told: %s\nlogged: %s", told, b.said)
	}
}

func TestAnErrorKeepsItsName(t *testing.T) {
	b := setup(t, 0)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fault.Named(fault.Timeout, "ToolTimeoutError", "too slow"), "ToolTimeoutError"},
		{context.Canceled, "CancelledError"},
		{fmt.Errorf("wrapped: %w", context.DeadlineExceeded), "TimeoutError"},
		{errors.New("anything"), "InternalServerError"},
	} {
		w := b.Track(b.ctx, "x", nil, nil)
		w.End(nil, tt.err)
		b.drained(w)
		if o := b.get(w.ID()); o.Error.ErrorType != tt.want || o.Error.Error != tt.err.Error() {
			t.Errorf("%v is %+v", tt.err, o.Error)
		}
	}
}

func TestCancellingEndsTheWork(t *testing.T) {
	b := setup(t, 0)
	ctx, cancel := context.WithCancelCause(b.ctx)
	w := b.Track(ctx, "x", nil, cancel)
	b.drained(w)
	if _, err := b.Remove(b.ctx, w.ID()); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), ErrCancelled) {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	w.End(nil, context.Cause(ctx))
	b.drained(w)
	if o := b.get(w.ID()); o.Status != Cancelled || b.said.Len() > 0 {
		t.Errorf("%+v, logged: %s", o, b.said)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.cancels) != 0 {
		t.Error("what has ended can still be cancelled")
	}
}

func TestATrackerNeverMakesTheWorkWait(t *testing.T) {
	b := setup(t, 0)
	w := b.Track(b.ctx, "x", nil, nil)
	for i := range 2 * MaxEvents {
		w.Log("info", fmt.Sprint(i))
	}
	w.End("done", nil)
	b.drained(w)
	o := b.get(w.ID())
	if o.Status != Completed || o.Events > MaxEvents || o.Events != len(b.told(w.ID())) {
		t.Errorf("%s after %d events", o.Status, o.Events)
	}
	var none *Tracker
	none.Status("x", "")
	none.Progress(1, "", nil)
	none.End(nil, nil)
	if none.ID() != "" {
		t.Error("nothing has an id")
	}
}

func TestWhoeverHasTheIdFindsTheOperation(t *testing.T) {
	b := setup(t, 0)
	w := b.Track(b.ctx, "x", nil, nil)
	if err := w.Begun(b.ctx); err != nil {
		t.Fatal(err)
	}
	if o := b.get(w.ID()); o.Ended() {
		t.Errorf("%+v", o)
	}
	w.End(nil, nil)
	var none *Tracker
	if err := none.Begun(b.ctx); err != nil {
		t.Errorf("nothing has begun: %v", err)
	}
}

func TestAnOperationThatCannotBeStoredHasNotBegun(t *testing.T) {
	b := setup(t, 0)
	must(t, b.o.DB.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "ALTER TABLE operations RENAME TO gone")
		return err
	}))
	if err := b.Track(b.ctx, "x", nil, nil).Begun(b.ctx); err == nil {
		t.Error("nobody can find it")
	}
}

func TestTheBoundNeverCostsATrackerItsEnd(t *testing.T) {
	o := Operation{Events: MaxEvents - 4}
	got := fitting(o, []Report{&Log{"info", "1"}, &Log{"info", "2"}, &Log{"info", "3"}, &Result{}})
	if len(got) != 3 || !got[2].last() {
		t.Errorf("%d reports are left", len(got))
	}
}

func TestCloseWaitsForWhatIsPending(t *testing.T) {
	b := setup(t, 0)
	w := b.Track(b.ctx, "x", nil, nil)
	w.End(nil, nil)
	b.Close(context.Background())
	if o := b.get(w.ID()); !o.Ended() {
		t.Error("its end was lost")
	}
}
