package oauth

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hangar/backend/fault"
)

func TestALinkHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{})
		p := Target{Provider: "far", Endpoint: "https://x/"}
		begin := func(state string) bool {
			return c.await(state, &authorization{target: p, until: time.Now().Add(linkTime)})
		}
		begin("first")
		time.Sleep(linkTime/2 - time.Second)
		if c.waiting(p, "", nil) == nil {
			t.Error("a link with most of its time left is not given again")
		}
		time.Sleep(2 * time.Second)
		if c.waiting(p, "", nil) != nil {
			t.Error("a link that is about to end is given again")
		}
		time.Sleep(linkTime / 2)
		if _, err := c.take("first"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a link whose time is over: %v", err)
		}
		for i := range maxPending {
			if !begin(fmt.Sprint(i)) {
				t.Fatalf("no room for number %d", i)
			}
		}
		if begin("too many") {
			t.Error("there is no bound")
		}
		time.Sleep(linkTime + time.Second)
		if !begin("later") || len(c.pending) != 1 {
			t.Errorf("%d are kept after their time", len(c.pending))
		}
	})
}
