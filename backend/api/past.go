package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/event"
	"hangar/backend/eventlog"
)

const (
	maxLookedAt = 20_000 // events; bounds how far a page looks for what somebody may see, or for somebody who did little
	pageOfPast  = 1000
	disorder    = time.Second // by how much an event may be older than one before it: records wait for others
)

// Stretch is a time in the log, as a query says it.
type Stretch struct {
	From time.Time `query:"from" doc:"Only what happened then or later (RFC 3339)"`
	To   time.Time `query:"to" doc:"Only what happened before then"`
}

// Resolve refuses a time that holds nothing.
func (s *Stretch) Resolve(huma.Context) []error {
	if !s.To.IsZero() && !s.From.Before(s.To) {
		return []error{fieldError("query.to", "must be after from")}
	}
	return nil
}

func (s *Stretch) holds(at time.Time) bool {
	return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
}

// past walks the log from a position to its beginning, newest first, until take has taken as many as are wanted; next is where
// to go on, 0 at the beginning of the log, or of the time that is asked about. The first look is for as many as are wanted: mostly
// all of them fit.
func (a *API) past(ctx context.Context, in Stretch, before int64, f eventlog.Filter, want int, take func(event.Envelope) bool) (next int64, err error) {
	first, before, err := a.ends(ctx, in, before)
	if err != nil {
		return 0, err
	}
	page := want
	for looked := 0; looked < maxLookedAt; looked, page = looked+page, pageOfPast {
		events, err := a.Events.Before(ctx, before, f, page)
		if err != nil {
			return 0, err
		}
		for i := len(events) - 1; i >= 0; i-- {
			if before = events[i].Position; before < first {
				return 0, nil
			}
			if in.holds(events[i].At) && take(events[i]) {
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

// ends are the positions that a time lies between, as far as before.
func (a *API) ends(ctx context.Context, in Stretch, before int64) (first, end int64, err error) {
	if !in.From.IsZero() {
		if first, err = a.Events.Since(ctx, in.From.Add(-disorder)); err != nil {
			return 0, 0, err
		}
	}
	if in.To.IsZero() {
		return first, before, nil
	}
	end, err = a.Events.Since(ctx, in.To.Add(disorder))
	if before > 0 {
		end = min(end, before)
	}
	return first, end, err
}
