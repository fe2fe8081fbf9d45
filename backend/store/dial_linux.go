package store

import (
	"strings"
	"syscall"
	"time"
)

const userTimeout = 0x12 // TCP_USER_TIMEOUT, which package syscall does not name

// notForEver ends a connection when nothing that was sent is acknowledged for a while: the keep-alive says nothing then,
// and the kernel would go on sending for a quarter of an hour.
func notForEver(patience time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(network, _ string, c syscall.RawConn) error {
		if !strings.HasPrefix(network, "tcp") {
			return nil
		}
		var err error
		control := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(patience.Milliseconds()))
		})
		if control != nil {
			return control
		}
		return err
	}
}
