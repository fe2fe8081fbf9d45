package store

import (
	"net"
	"syscall"
	"testing"
	"time"
)

func TestAConnectionThatIsNotAnsweredEndsBeforeTheKernelWould(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := net.Dialer{Control: notForEver(7 * time.Second)}
	c, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if cerr := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	if got != 7000 {
		t.Errorf("%d ms", got)
	}
}
