package upstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestHowLongWeWaitBeforeAStreamIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			asked       time.Duration
			failed      int
			least, most time.Duration
		}{
			{0, 0, resumeDelay / 2, 3 * resumeDelay / 2},
			{0, 3, 4 * time.Second, 12 * time.Second},
			{0, 1000, maxDelay / 2, 3 * maxDelay / 2},
			{2 * time.Second, 9, 2 * time.Second, 2 * time.Second}, // the server's own wish
			{time.Nanosecond, 0, leastDelay, leastDelay},
			{24 * time.Hour, 0, maxDelay, maxDelay},
		} {
			begun := time.Now()
			if err := pause(t.Context(), c.asked, c.failed); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took < c.least || took > c.most {
				t.Errorf("asked %s, failed %d times: %s", c.asked, c.failed, took)
			}
		}
		why := errors.New("nobody waits")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if err := pause(ctx, maxDelay, 0); !errors.Is(err, why) {
			t.Errorf("%v", err)
		}
	})
}
