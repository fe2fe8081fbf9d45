package upstream

import (
	"errors"
	"testing"
)

// Whoever could not even begin says so, so that the call can be made elsewhere; whoever was under way does not.
func TestARequestThatNeverLeftSaysSo(t *testing.T) {
	c, d := converse(t)
	under := request(t.Context(), c, "tools/call", `{}`, nil)
	d.next()
	d.out.Close()
	first := <-under
	_, second := c.Request(t.Context(), plain("tools/call", nil, nil))
	for err, want := range map[error]bool{first.err: false, second: true} {
		unsent := new(UnsentError)
		if got := errors.As(err, &unsent); got != want || !errors.Is(err, ErrClosed) {
			t.Errorf("%v: unsent is %v", err, got)
		}
	}
}
