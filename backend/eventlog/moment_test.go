package eventlog

import (
	"context"
	"errors"
	"testing"
	"time"

	"hangar/backend/store"
)

func TestAMomentIsFoundAmongRowsAndBatches(t *testing.T) {
	db, l := mixed(t)
	all, err := l.Read(t.Context(), 0, Filter{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	// Spread the events over time, a second each; a batch knows the time of its last one.
	base := time.Unix(1_700_000_000, 0)
	err = db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, one := tx.Exec(ctx, "UPDATE events SET at = ? + position * 1000000", base.UnixMicro())
		_, two := tx.Exec(ctx, "UPDATE event_batches SET at = ? + last * 1000000", base.UnixMicro())
		return errors.Join(one, two)
	})
	if err != nil {
		t.Fatal(err)
	}
	head := all[len(all)-1].Position
	for _, e := range all {
		got, err := l.PositionAt(t.Context(), base.Add(time.Duration(e.Position)*time.Second))
		if err != nil || got > e.Position || e.Position-got > recordBatch {
			t.Fatalf("the moment of event %d was found at %d: %v", e.Position, got, err)
		}
	}
	for name, c := range map[string]struct {
		at   time.Time
		want int64
	}{
		"before all":  {base.Add(-time.Hour), 1},
		"after all":   {base.Add(time.Hour), head + 1},
		"the last":    {base.Add(time.Duration(head) * time.Second), 0},
		"after first": {base.Add(1500 * time.Millisecond), 2},
	} {
		got, err := l.PositionAt(t.Context(), c.at)
		if err != nil || c.want != 0 && got != c.want || got < 1 || got > head+1 {
			t.Errorf("%s: position %d, want %d: %v", name, got, c.want, err)
		}
	}
}
