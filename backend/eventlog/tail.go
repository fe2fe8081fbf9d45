package eventlog

import (
	"context"
	"fmt"

	"hangar/backend/event"
)

const tailPage = 512

// Tail reads the log from a position on. Each reader has its own; a Tail is used by one goroutine.
type Tail struct {
	log    *Log
	cursor int64
	kept   bool // what was removed is skipped
}

// Tail gives a reader of everything after a position: 0 is from the beginning, Head() is from now.
func (l *Log) Tail(after int64) *Tail { return &Tail{log: l, cursor: after} }

// TailKept gives a reader of what is still there after a position, for one that sums up and has no use for a snapshot.
func (l *Log) TailKept(after int64) *Tail { return &Tail{log: l, cursor: after, kept: true} }

// Cursor is the position of the last event that Next returned.
func (t *Tail) Cursor() int64 { return t.cursor }

// Next gives the next events, at least one, and blocks until there is one. ErrTruncated says that the event after the
// cursor is gone for good. What it gives is shared: do not change it.
func (t *Tail) Next(ctx context.Context) ([]event.Envelope, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		events, wait := t.log.live.after(t.cursor, tailPage)
		switch {
		case len(events) > 0:
			t.cursor = events[len(events)-1].Position
			return events, nil
		case wait == nil:
			if events, err := t.history(ctx); len(events) > 0 || err != nil {
				return events, err
			}
			continue
		}
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
}

// history reads a page from the database. Positions have no holes, so a page that does not follow on the cursor, or an
// empty one below the head, means that events were removed.
func (t *Tail) history(ctx context.Context) ([]event.Envelope, error) {
	page, err := t.log.Read(ctx, t.cursor, Filter{}, tailPage)
	if err != nil {
		return nil, err
	}
	if t.kept {
		t.cursor = max(t.cursor, t.log.live.oldest()-1) // nothing is left before what is in memory
		if len(page) > 0 {
			t.cursor = page[len(page)-1].Position
		}
		return page, nil
	}
	for i, e := range page {
		if e.Position != t.cursor+int64(i)+1 {
			page = page[:i]
			break
		}
	}
	if len(page) == 0 {
		return nil, fmt.Errorf("position %d: %w", t.cursor+1, ErrTruncated)
	}
	t.cursor = page[len(page)-1].Position
	return page, nil
}
