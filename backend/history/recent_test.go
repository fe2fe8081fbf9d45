package history

import (
	"testing"
	"time"

	"hangar/backend/call"
	"hangar/backend/provider"
)

// The alerts live by this question, on either database.
func TestWhatHappenedLately(t *testing.T) {
	h := setup(t)
	now := time.Now()
	h.put(t, []call.Record{
		made(now, "p", "t", 1, provider.CallSucceeded), made(now, "p", "u", 1, provider.CallError), made(now.Add(-time.Hour), "q", "t", 1, provider.CallSucceeded),
	})
	got, err := h.Recent(t.Context(), now.Add(-time.Minute))
	must(t, err)
	if p := got["p"]; len(got) != 1 || p.Calls != 2 || p.Errors != 1 {
		t.Errorf("%+v", got)
	}
}
