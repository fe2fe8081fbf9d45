package api

import (
	"context"

	"hangar/backend/event"
	"hangar/backend/eventlog"
)

const (
	maxLookedAt = 20_000 // events; bounds how far a page looks for what somebody may see, or for somebody who did little
	pageOfPast  = 1000
)

// past walks the log from a position down to another, newest first, until take has taken as many as are wanted; next is where
// to go on, 0 at the end of the way. The first look is for as many as are wanted: mostly all of them fit.
func (a *API) past(ctx context.Context, before, after int64, f eventlog.Filter, want int, take func(event.Envelope) bool) (next int64, err error) {
	page := want
	for looked := 0; looked < maxLookedAt; looked, page = looked+page, pageOfPast {
		events, err := a.Events.Before(ctx, before, f, page)
		if err != nil {
			return 0, err
		}
		for i := len(events) - 1; i >= 0; i-- {
			if events[i].Position <= after {
				return 0, nil
			}
			before = events[i].Position
			if take(events[i]) {
				if want--; want == 0 {
					return before, nil
				}
			}
		}
		if len(events) < page {
			return 0, nil
		}
	}
	return before, nil
}
