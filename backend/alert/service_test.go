package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

func TestAnAlertFiresOnceAndResolvesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		for range 3 {
			b.settle(dead(Critical))
		}
		time.Sleep(time.Minute)
		a := b.list(Filter{})
		if len(a) != 1 || !a[0].Firing() || a[0].Count != 1 || a[0].Provider() != "math" || string(a[0].Details) != `{"failures":3}` {
			t.Fatalf("%+v", a)
		}
		for range 3 {
			b.settle()
		}
		a = b.list(Filter{})
		if len(a) != 1 || a[0].Firing() || a[0].ResolvedAt.Sub(a[0].FiredAt) != time.Minute {
			t.Errorf("%+v", a)
		}
		if got := b.kinds(); !slices.Equal(got, []string{KindFired, KindResolved}) {
			t.Errorf("%v", got)
		}
	})
}

// What flaps is one alert that is counted; what comes back much later is another one.
func TestAnAlertThatComesBackSoonIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		for range 4 {
			b.settle(dead(Critical))
			time.Sleep(time.Second)
			b.settle()
			time.Sleep(4 * time.Minute)
		}
		if a := b.list(Filter{}); len(a) != 1 || a[0].Count != 4 {
			t.Errorf("%+v", a)
		}
		time.Sleep(2 * time.Minute)
		b.settle(dead(Critical))
		a := b.list(Filter{})
		if len(a) != 2 || !a[0].Firing() || a[0].Count != 1 || a[1].Firing() {
			t.Errorf("%+v", a)
		}
	})
}

// A provider that is tried again and again is dead in between: its alert, and who is at it, last until it is decided.
func TestAnAlertLastsWhileItIsBeingDecided(t *testing.T) {
	b := setup(t)
	open := dead(Critical)
	open.Open = true
	b.settle(open)
	if a := b.list(Filter{}); len(a) != 0 {
		t.Fatalf("an attempt began %+v", a)
	}
	b.settle(dead(Critical))
	if _, err := b.Acknowledge(b.ctx, b.list(Filter{})[0].ID, "on it", nil); err != nil {
		t.Fatal(err)
	}
	b.settle(open)
	b.settle(dead(Critical))
	if a := b.list(Filter{}); len(a) != 1 || !a[0].Firing() || a[0].Count != 1 || a[0].Acknowledged == nil {
		t.Errorf("%+v", a)
	}
	b.settle()
	if a := b.list(Filter{}); a[0].Firing() {
		t.Errorf("%+v", a)
	}
}

func TestAnAlertChangesItsLevel(t *testing.T) {
	b := setup(t)
	b.settle(dead(Warning))
	b.settle(dead(Critical))
	if a := b.list(Filter{Level: Critical}); len(a) != 1 || a[0].Count != 1 {
		t.Errorf("%+v", a)
	}
	if got := b.kinds(); !slices.Equal(got, []string{KindFired, KindFired}) {
		t.Errorf("%v", got)
	}
}

func TestAnAcknowledgementIsTakenBackOnce(t *testing.T) {
	b := setup(t)
	b.settle(dead(Critical))
	id := b.list(Filter{})[0].ID
	if _, err := b.Acknowledge(b.ctx, id, "on it", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.EndAcknowledgement(b.ctx, id, func(string) bool { return false }); !fault.Is(err, fault.Missing) {
		t.Errorf("by somebody who may not know of it: %v", err)
	}
	if a, err := b.EndAcknowledgement(b.ctx, id, nil); err != nil || a.Acknowledged != nil || b.list(Filter{})[0].Acknowledged != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := b.EndAcknowledgement(b.ctx, id, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	if got := b.kinds(); !slices.Equal(got, []string{KindFired, KindAcknowledged, KindAckEnded}) {
		t.Errorf("%v", got)
	}
}

func TestAlertsAreFoundByLevelStateAndRule(t *testing.T) {
	b := setup(t)
	low := Condition{DiskLow, system, Warning, "low", "", nil, false}
	b.settle(dead(Critical), low)
	b.settle(low)
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, 2}, {Filter{Level: Critical}, 1}, {Filter{Level: Info}, 0}, {Filter{State: "firing"}, 1},
		{Filter{State: "resolved"}, 1}, {Filter{Rule: DiskLow}, 1}, {Filter{State: "resolved", Level: Warning}, 0},
	} {
		if got := b.list(c.f); len(got) != c.want {
			t.Errorf("%+v: %+v", c.f, got)
		}
	}
	if a := b.list(Filter{}); a[0].Rule != DiskLow || string(a[0].Details) != "{}" {
		t.Errorf("what fires does not come first: %+v", a)
	}
}

func TestAcknowledging(t *testing.T) {
	b := setup(t)
	b.settle(dead(Critical))
	id := b.list(Filter{})[0].ID
	a, err := b.Acknowledge(b.ctx, id, "looking", nil)
	must(t, err)
	if a.Acknowledged == nil || a.Acknowledged.By != "tester" || a.Acknowledged.Note != "looking" {
		t.Errorf("%+v", a)
	}
	if a := b.list(Filter{State: "firing"}); len(a) != 1 || a[0].Acknowledged == nil {
		t.Errorf("it is hidden, or forgotten: %+v", a)
	}
	b.settle()
	for id, kind := range map[string]fault.Kind{id: fault.Conflict, "nobody": fault.Missing} {
		if _, err := b.Acknowledge(b.ctx, id, "", nil); !fault.Is(err, kind) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := b.Acknowledge(b.ctx, id, strings.Repeat("x", maxText+1), nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestASilenceCoversWhatItSaysForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.settle(dead(Critical), Condition{DiskLow, system, Warning, "low", "", nil, false})
		s, err := b.Silence(b.ctx, Silence{Subject: "provider:math", Reason: "known"}, time.Hour)
		must(t, err)
		quiet := func() (out []string) {
			for _, a := range b.list(Filter{}) {
				if a.Silenced {
					out = append(out, a.Subject)
				}
			}
			return out
		}
		if got := quiet(); !slices.Equal(got, []string{"provider:math"}) {
			t.Errorf("%v", got)
		}
		time.Sleep(time.Hour)
		if got := quiet(); got != nil {
			t.Errorf("after its time: %v", got)
		}
		if err := b.EndSilence(b.ctx, s.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("%v", err)
		}
		s, err = b.Silence(b.ctx, Silence{Rule: ProviderDead}, time.Hour)
		must(t, err)
		if all, err := b.Silences(b.ctx); err != nil || len(all) != 1 || all[0].By != "tester" {
			t.Errorf("%+v %v", all, err)
		}
		must(t, b.EndSilence(b.ctx, s.ID))
		if got := quiet(); got != nil {
			t.Errorf("taken back: %v", got)
		}
	})
}

func TestWhatNobodyCanSilence(t *testing.T) {
	b := setup(t)
	for field, c := range map[string]struct {
		s    Silence
		long time.Duration
	}{
		"rule":    {Silence{}, time.Hour},
		"none":    {Silence{Rule: "nonsense"}, time.Hour},
		"minutes": {Silence{Rule: DiskLow}, time.Second},
		"43200":   {Silence{Rule: DiskLow}, 31 * 24 * time.Hour},
		"subject": {Silence{Subject: strings.Repeat("x", maxText+1)}, time.Hour},
		"reason":  {Silence{Rule: DiskLow, Reason: strings.Repeat("x", maxText+1)}, time.Hour},
	} {
		var f *fault.Error
		if _, err := b.Silence(b.ctx, c.s, c.long); !errors.As(err, &f) || f.Kind != fault.Invalid || !strings.Contains(err.Error()+fmt.Sprint(f.Details), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestResolvedAlertsAreForgottenInTheEnd(t *testing.T) {
	b := setup(t)
	var many []Condition
	for i := range kept + 10 {
		many = append(many, Condition{ProviderDead, fmt.Sprint("provider:p", i), Critical, "dead", "", nil, false})
	}
	b.settle(many...)
	b.settle()
	var n int
	must(t, b.db.Read().Get(t.Context(), &n, "SELECT COUNT(*) FROM alerts"))
	if n != kept {
		t.Errorf("%d are kept", n)
	}
}

// The watcher turns what happens into alerts: states, moments, losses.
func TestTheWatcherSeesWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		state, lost := provider.Dead, int64(0)
		w := NewWatcher(b.Service, b.events, Sources{
			Fleet: func(context.Context) (Picture, error) {
				return Picture{Providers: []provider.Provider{{ID: "math", State: state}}}, nil
			},
			Counts: func() (int64, int64) { return lost, 0 },
			Limits: func() Limits { return Limits{} },
		}, slog.New(slog.DiscardHandler))
		life, end := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(life) }()
		firing := func() (out []string) {
			synctest.Wait()
			for _, a := range b.list(Filter{State: "firing"}) {
				out = append(out, string(a.Rule))
			}
			slices.Sort(out)
			return out
		}
		if got := firing(); !slices.Equal(got, []string{"provider_dead"}) {
			t.Errorf("%v", got)
		}
		state, lost = provider.Ready, 7
		b.tell(changed{"math", []string{"add"}})
		time.Sleep(lookAgain)
		if got := firing(); !slices.Equal(got, []string{"records_lost", "tool_drift"}) {
			t.Errorf("%v", got)
		}
		time.Sleep(lately + lookEvery)
		if got := firing(); !slices.Equal(got, []string{"tool_drift"}) {
			t.Errorf("%v", got)
		}
		if _, err := b.Acknowledge(b.ctx, b.list(Filter{Rule: Drift})[0].ID, "ours", nil); err != nil {
			t.Error(err)
		}
		time.Sleep(lookEvery)
		if got := firing(); got != nil {
			t.Errorf("acknowledged drift goes on: %v", got)
		}
		b.tell(changed{"math", nil}) // only added: no drift
		b.tell(changed{"other", []string{"add"}})
		if got := firing(); !slices.Equal(got, []string{"tool_drift"}) {
			t.Errorf("%v", got)
		}
		end()
		must(t, <-done)
		time.Sleep(driftLife - time.Minute)
		b.settle()
		if got := firing(); !slices.Equal(got, []string{"tool_drift"}) {
			t.Errorf("%v", got)
		}
		time.Sleep(time.Minute)
		b.settle()
		if got := firing(); got != nil {
			t.Errorf("after a day: %v", got)
		}
	})
}

// changed is provider.ToolsChanged, which only its package can make.
type changed struct {
	Provider string   `json:"provider_id"`
	Changed  []string `json:"changed"`
}

func (changed) Kind() string   { return provider.KindToolsChanged }
func (changed) Stream() string { return "provider:math" }

func (b *bundle) tell(p event.Payload) {
	b.t.Helper()
	must(b.t, b.db.Write(b.ctx, func(ctx context.Context, tx *store.Tx) error { return b.events.Append(ctx, tx, p) }))
}
