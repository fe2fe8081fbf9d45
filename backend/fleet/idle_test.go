package fleet_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// slowly calls a tool that takes a while and tells when it has ended; it returns when the call is under way.
func (r *rig) slowly(id provider.ID) <-chan error {
	r.t.Helper()
	done := make(chan error, 1)
	go func() {
		answer, err := r.call(r.ctx, id, "slow", `{"ms":1500}`)
		if err == nil && !strings.Contains(answer, "slept") {
			err = errors.New(answer)
		}
		done <- err
	}()
	eventually(r.t, 10*time.Second, "the call is under way", func() bool { return r.Live(id).InFlight == 1 })
	return done
}

func TestWhatIsCalledIsNeitherStoppedNorRemoved(t *testing.T) {
	r := setup(t)
	r.add("a", "good")
	done := r.slowly("a")
	del := func(context.Context) error { t.Error("its definition was to be deleted"); return nil }
	for range 3 {
		if stopped, err := r.StopIdle(r.ctx, "a", "test"); stopped || err != nil {
			t.Errorf("stopped %v, %v", stopped, err)
		}
		if removed, err := r.RemoveIdle(r.ctx, "a", del); removed || err != nil {
			t.Errorf("removed %v, %v", removed, err)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("the call: %v", err)
	}
	if _, err := r.call(r.ctx, "a", "add", `{"a":1,"b":2}`); err != nil { // it was not marked for removal either
		t.Error(err)
	}
	pid := r.Live("a").PID
	if stopped, err := r.StopIdle(r.ctx, "a", "test"); !stopped || err != nil || r.Live("a").Alive {
		t.Errorf("stopped %v, %v", stopped, err)
	}
	if _, err := r.call(r.ctx, "a", "add", `{"a":1,"b":2}`); err != nil || r.Live("a").PID == pid {
		t.Errorf("the next call: %v", err)
	}
	removed, err := r.RemoveIdle(r.ctx, "a", func(ctx context.Context) error { return r.providers.Delete(ctx, "a") })
	if !removed || err != nil {
		t.Fatalf("removed %v, %v", removed, err)
	}
	r.nothingLeft()
	if _, err := r.call(r.ctx, "a", "add", `{}`); !fault.Is(err, fault.Missing) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsBeingStartedIsNeitherStoppedNorRemoved(t *testing.T) {
	r := setup(t)
	r.add("a", "slow-start", "1000")
	started := make(chan error, 1)
	go func() { started <- r.Start(r.ctx, "a") }()
	eventually(t, 10*time.Second, "it is starting", func() bool { return r.state("a") == provider.Initializing })
	if stopped, err := r.StopIdle(r.ctx, "a", "test"); stopped || err != nil {
		t.Errorf("stopped %v, %v", stopped, err)
	}
	if removed, err := r.RemoveIdle(r.ctx, "a", nil); removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	must(t, <-started)
}

func TestStoppingWhatNeverRan(t *testing.T) {
	r := setup(t)
	r.add("a", "good")
	if stopped, err := r.StopIdle(r.ctx, "a", "test"); !stopped || err != nil {
		t.Errorf("stopped %v, %v", stopped, err)
	}
	broken := errors.New("the disk is full")
	if removed, err := r.RemoveIdle(r.ctx, "a", func(context.Context) error { return broken }); removed || !errors.Is(err, broken) {
		t.Errorf("removed %v, %v", removed, err)
	}
	must(t, r.Start(r.ctx, "a")) // it is still defined, so it may be wanted again
	if _, err := r.RemoveIdle(r.ctx, "nobody", nil); !fault.Is(err, fault.Missing) {
		t.Errorf("%v", err)
	}
}
