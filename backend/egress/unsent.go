package egress

import (
	"errors"
	"net"
)

// Unsent reports whether the request cannot have reached the server: there was no connection to send it on. Only then is
// it safe to make it elsewhere without asking whether it may be made twice.
func (p *Problem) Unsent() bool {
	switch p.Kind {
	case Refused, Unknown, Untrusted, Blocked:
		return true
	}
	var op *net.OpError
	return errors.As(p.Err, &op) && op.Op == "dial"
}
