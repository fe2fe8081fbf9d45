//go:build !linux

package store

import (
	"syscall"
	"time"
)

// notForEver has no means here: a network that swallows everything is noticed by the kernel alone.
func notForEver(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
