package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

func TestWhatABulkLeavesAlone(t *testing.T) {
	soon := time.Now()
	for name, c := range map[string]struct {
		verb fleet.Verb
		p    provider.Provider
		live fleet.Live
		want string
	}{
		"what runs is not started":                       {fleet.BulkStart, provider.Provider{State: provider.Ready}, fleet.Live{Alive: true}, "it is running"},
		"what starts is not started":                     {fleet.BulkStart, provider.Provider{State: provider.Initializing}, fleet.Live{}, "it is running"},
		"what is dead is started":                        {fleet.BulkStart, provider.Provider{State: provider.Dead}, fleet.Live{}, ""},
		"what is cold is not stopped":                    {fleet.BulkStop, provider.Provider{State: provider.Cold}, fleet.Live{}, "it is not running"},
		"what is being stopped is not stopped":           {fleet.BulkStop, provider.Provider{State: provider.Ready}, fleet.Live{Alive: true, Stopping: true}, "it is stopping"},
		"what starts is stopped":                         {fleet.BulkStop, provider.Provider{State: provider.Initializing}, fleet.Live{}, ""},
		"what would come back by itself is stopped":      {fleet.BulkStop, provider.Provider{State: provider.Degraded, RetryAt: &soon}, fleet.Live{}, ""},
		"what does not run is not restarted":             {fleet.BulkRestart, provider.Provider{State: provider.Dead}, fleet.Live{}, "it is not running"},
		"what runs is restarted":                         {fleet.BulkRestart, provider.Provider{State: provider.Ready}, fleet.Live{Alive: true}, ""},
		"anything can be deleted, whatever its state is": {fleet.BulkDelete, provider.Provider{State: provider.Ready}, fleet.Live{Alive: true}, ""},
	} {
		if got := fleet.Idle(c.verb, c.p, c.live); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// bulkRig is a fleet that shows its work, with n providers that never ran.
func bulkRig(t *testing.T, n int) (*rig, *operation.Service, []provider.ID) {
	t.Helper()
	r := setup(t)
	ops := operation.New(operation.Options{DB: r.db, Events: r.events, Log: r.Log})
	r.Operations = ops
	t.Cleanup(func() { ops.Close(context.Background()) })
	r.ctx = event.WithActor(r.ctx, event.Actor{Type: "user", ID: "ann"})
	var ids []provider.ID
	for i := range n {
		ids = append(ids, provider.ID(fmt.Sprintf("p%02d", i)))
		r.add(ids[i], "good")
	}
	return r, ops, ids
}

// ended waits for an operation's end and gives it with its result and all that it said.
func ended(t *testing.T, r *rig, ops *operation.Service, id operation.ID) (o operation.Operation, result fleet.BulkResult, said string) {
	t.Helper()
	eventually(t, 30*time.Second, "the operation has ended", func() bool {
		o, _ = ops.Get(r.ctx, id) // it may not be stored yet
		return o.Ended()
	})
	found, _, err := ops.Events(r.ctx, id, 0, operation.MaxEvents)
	must(t, err)
	for _, e := range found {
		said += string(e.Data) + "\n"
		var own struct {
			Data struct{ Result json.RawMessage }
		}
		if e.Kind == operation.KindResult {
			must(t, json.Unmarshal(e.Data, &own))
			must(t, json.Unmarshal(own.Data.Result, &result))
		}
	}
	return o, result, said
}

func TestABulkTellsWhatBecameOfEach(t *testing.T) {
	r, ops, ids := bulkRig(t, 3)
	id, err := r.Bulk(r.ctx, fleet.Bulk{
		Verb: fleet.BulkDelete, Providers: ids, Skipped: []fleet.Left{{Provider: "other", Reason: "it is not yours"}},
		May: func(_ context.Context, id provider.ID) error {
			if id == "p01" { // since the bulk began, somebody took the right away
				return fault.New(fault.Denied, "not p01")
			}
			return nil
		},
	})
	must(t, err)
	o, result, said := ended(t, r, ops, id)
	if o.Status != operation.Completed || o.Actor.ID != "ann" || o.Progress != 1 || o.Message != "2 done, 1 failed, 1 skipped" {
		t.Errorf("%+v", o)
	}
	if result.Counts.Done != 2 || len(result.Done) != 2 || len(result.Failed) != 1 || result.Failed[0] != (fleet.Failure{Provider: "p01", Error: "AccessDeniedError", Message: "not p01"}) || result.Skipped[0].Provider != "other" {
		t.Errorf("%+v", result)
	}
	for _, line := range []string{"p00: done", "p01: AccessDeniedError: not p01", "other: skipped, it is not yours"} {
		if !strings.Contains(said, line) {
			t.Errorf("the log has no %q:\n%s", line, said)
		}
	}
	if left, err := r.providers.List(r.ctx); err != nil || len(left) != 1 || left[0].ID != "p01" {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestACancelledBulkFinishesWhatItHasBegun(t *testing.T) {
	r, ops, ids := bulkRig(t, 12)
	var begun atomic.Int32
	goOn := make(chan struct{})
	id, err := r.Bulk(r.ctx, fleet.Bulk{Verb: fleet.BulkDelete, Providers: ids, May: func(ctx context.Context, _ provider.ID) error {
		begun.Add(1)
		<-goOn
		return ctx.Err()
	}})
	must(t, err)
	eventually(t, 30*time.Second, "as many as go at once are begun", func() bool { _, err := ops.Get(r.ctx, id); return begun.Load() == 8 && err == nil })
	cancelled, err := ops.Remove(r.ctx, id)
	must(t, err)
	close(goOn)
	left := func() int { all, _ := r.providers.List(r.ctx); return len(all) }
	eventually(t, 30*time.Second, "what was begun is finished", func() bool { return left() == 4 })
	if o, _, _ := ended(t, r, ops, id); !cancelled || o.Status != operation.Cancelled {
		t.Errorf("cancelled %v: %+v", cancelled, o)
	}
	r.Close(r.ctx) // waits for the bulk
	if left() != 4 || begun.Load() != 8 {
		t.Errorf("%d left, %d begun", left(), begun.Load())
	}
}

func TestABulkStopsAfterTooManyFailures(t *testing.T) {
	r, ops, ids := bulkRig(t, 20)
	var tried atomic.Int32
	id, err := r.Bulk(r.ctx, fleet.Bulk{Verb: fleet.BulkDelete, Providers: ids, MaxFailures: 1, May: func(context.Context, provider.ID) error {
		tried.Add(1)
		return fault.New(fault.Unavailable, "no")
	}})
	must(t, err)
	o, _, said := ended(t, r, ops, id)
	if o.Status != operation.Failed || !strings.Contains(o.Message, "none of 20 could be done") || !strings.Contains(said, "not tried") || tried.Load() > 8 {
		t.Errorf("tried %d: %+v", tried.Load(), o)
	}
}

func TestAFleetThatIsClosedBeginsNoBulk(t *testing.T) {
	r, _, ids := bulkRig(t, 1)
	r.Close(r.ctx)
	if _, err := r.Bulk(r.ctx, fleet.Bulk{Verb: fleet.BulkStart, Providers: ids}); fault.From(err).Type != "ShuttingDownError" {
		t.Error(err)
	}
}
