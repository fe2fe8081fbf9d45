package egress

import (
	"errors"
	"net"
	"testing"
)

func TestWhatCannotHaveReachedTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		p    Problem
		want bool
	}{
		"refused":                    {Problem{Kind: Refused}, true},
		"no such host":               {Problem{Kind: Unknown}, true},
		"a wrong certificate":        {Problem{Kind: Untrusted}, true},
		"an address that is blocked": {Problem{Kind: Blocked}, true},
		"a dial that took too long":  {Problem{Kind: Slow, Err: &net.OpError{Op: "dial", Err: errors.New("i/o timeout")}}, true},
		"an answer that took long":   {Problem{Kind: Slow, Err: errors.New("timeout awaiting response headers")}, false},
		"a read that broke off":      {Problem{Kind: Unreachable, Err: &net.OpError{Op: "read", Err: errors.New("reset")}}, false},
	} {
		if got := c.p.Unsent(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
