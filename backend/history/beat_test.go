package history

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hangar/backend/call"
	"hangar/backend/event"
	"hangar/backend/provider"
)

func turned(at time.Time, id string, from, to provider.State) event.Envelope {
	return envelope(at, provider.KindStateChanged, fmt.Sprintf(`{"provider_id":%q,"old_state":%q,"new_state":%q}`, id, from, to))
}

func letters(a Activity) string {
	var out strings.Builder
	for _, s := range a.States {
		out.WriteString((string(s) + "-")[:1])
	}
	return out.String()
}

// The hour in memory says what happened in which minute, in this run and after a restart.
func TestActivityIsTheLastHourMinuteByMinute(t *testing.T) {
	h := setup(t)
	now := time.Now().Truncate(time.Minute).Add(30 * time.Second)
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	changes := []event.Envelope{
		turned(ago(50), "p", provider.Cold, provider.Initializing), turned(ago(50), "p", provider.Initializing, provider.Ready),
		turned(ago(20), "p", provider.Ready, provider.Dead), turned(ago(18), "p", provider.Dead, provider.Initializing), turned(ago(17), "p", provider.Initializing, provider.Ready),
	}
	h.put(t, []call.Record{
		made(now, "p", "t", 1, provider.CallSucceeded), made(now, "p", "t", 1, provider.CallToolError), made(ago(1), "p", "t", 1, provider.CallSucceeded),
		made(ago(1), "p", "u", 1, provider.CallError), made(ago(59), "p", "t", 400, provider.CallSucceeded), made(ago(90), "p", "t", 1, provider.CallError),
	}, changes...)
	again, err := New(t.Context(), h.db)
	must(t, err)
	must(t, again.RecallStates(changes, now))
	must(t, again.RecallStates(changes, now)) // what was read before it was known to be stored comes twice
	for name, h := range map[string]*History{"this run": h, "after a restart": again} {
		a := h.Activity("p", provider.Ready, now)
		if a.Calls[59] != 2 || a.Failed[59] != 1 || a.Calls[58] != 2 || a.Failed[58] != 1 || a.Calls[0] != 1 || a.Failed[0] != 0 {
			t.Errorf("%s: calls %v, failed %v", name, a.Calls, a.Failed)
		}
		if want := strings.Repeat("c", 9) + strings.Repeat("r", 30) + "ddd" + strings.Repeat("r", 18); letters(a) != want {
			t.Errorf("%s: states\n%s, want\n%s", name, letters(a), want)
		}
		if a.Rate != 3 { // both of this minute, half of the two before
			t.Errorf("%s: %v calls a minute", name, a.Rate)
		}
		if a.P95 < 200*time.Millisecond || a.P95 > 500*time.Millisecond {
			t.Errorf("%s: p95 %s", name, a.P95)
		}
	}
}

func TestActivityOfTheQuietTheNewAndTheGone(t *testing.T) {
	h := setup(t)
	now := time.Now()
	h.put(t, nil, envelope(now.Add(-10*time.Minute), provider.KindRegistered, `{"provider_id":"new"}`),
		envelope(now, provider.KindRegistered, `{"provider_id":"gone"}`), envelope(now, provider.KindDeregistered, `{"provider_id":"gone"}`))
	if a := h.Activity("quiet", provider.Degraded, now); letters(a) != strings.Repeat("d", 60) || a.P95 != 0 || a.Rate != 0 {
		t.Errorf("quiet: %+v", a)
	}
	if a := h.Activity("new", provider.Cold, now); letters(a) != strings.Repeat("-", 49)+strings.Repeat("c", 11) {
		t.Errorf("new: %s", letters(a))
	}
	if h.beats["gone"] != nil {
		t.Error("what is gone takes room")
	}
	later := now.Add(2 * time.Hour)
	if a := h.Activity("new", provider.Dead, later); letters(a) != strings.Repeat("x", 60) && letters(a) != strings.Repeat("d", 60) {
		t.Errorf("two hours later: %s", letters(a))
	}
}
