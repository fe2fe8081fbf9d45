package plain

import (
	"bufio"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

const unlimited = -1

var (
	errNothing  = errors.New("nothing has come yet")
	errHeadFull = errors.New("the head of the answer is too long")
)

// conn is one connection. It belongs to one request, or to the pool.
type conn struct {
	net.Conn
	in      *bufio.Reader
	address string
	room    int64     // bytes that may still be read of a head; unlimited beyond it
	used    bool      // by a request before
	since   time.Time // in the pool
	broken  error     // what reading from the socket ended with; net/http words it in its own way

	rest io.Reader // of an answer that was left before its end; nil when there is none
	look look
}

// look is for reading without waiting. Its functions are made once: a call through each closure of its own would allocate.
type look struct {
	raw    syscall.RawConn // nil when the connection is no socket: such a one is used once
	active bool            // Read goes this way
	into   []byte
	n      int
	err    error
	peek   func(fd uintptr) bool
	read   func(fd uintptr) bool
}

func newConn(nc net.Conn, address string) *conn {
	c := &conn{Conn: nc, address: address, room: unlimited}
	c.in = bufio.NewReader(c)
	socket, ok := nc.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := socket.SyscallConn()
	if err != nil { // it is closed, which its use will show
		return c
	}
	l := &c.look
	l.raw = raw
	l.peek = func(fd uintptr) bool {
		var one [1]byte
		l.n, _, l.err = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return !errors.Is(l.err, syscall.EINTR)
	}
	l.read = func(fd uintptr) bool {
		l.n, l.err = syscall.Read(int(fd), l.into) // Go's sockets never block
		return !errors.Is(l.err, syscall.EINTR)
	}
	return c
}

// hangUp ends the connection, and with it whatever waits for it.
func (c *conn) hangUp() {
	// There is nothing in it any more that an error of closing could be about.
	_ = c.Close()
}

// Read reads from the socket for c.in.
func (c *conn) Read(p []byte) (n int, err error) {
	if c.room == 0 {
		return 0, errHeadFull
	}
	if c.room > 0 && int64(len(p)) > c.room {
		p = p[:c.room]
	}
	if c.look.active {
		n, err = c.look.now(c.look.read, p)
	} else {
		n, err = c.Conn.Read(p)
	}
	if c.room > 0 {
		c.room -= int64(n)
	}
	c.broken = err
	return n, err
}

// now does what it can without waiting: errNothing when there is nothing to read.
func (l *look) now(f func(fd uintptr) bool, into []byte) (int, error) {
	l.into = into
	err := l.raw.Read(f)
	l.into = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(l.err, syscall.EAGAIN):
		return 0, errNothing
	case l.err != nil:
		return 0, l.err
	case l.n == 0:
		return 0, io.EOF
	}
	return l.n, nil
}

// state is what an idle connection is good for.
type state int

const (
	ready   state = iota
	pending       // the rest of an answer is still to come
	spoilt
)

// judge looks at an idle connection without waiting. One that the server closed, or on which it says something that nobody
// asked for, is of no use: those bytes would be taken for the next answer.
func (c *conn) judge() state {
	_, err := c.look.now(c.look.peek, nil)
	quiet := errors.Is(err, errNothing)
	if c.rest != nil {
		// A reader of chunks that is once refused stays so: it is only asked when there is something to read.
		if quiet && c.in.Buffered() < len(lastChunk) {
			return pending
		}
		if !c.finish() {
			return spoilt
		}
		c.rest = nil
		_, err = c.look.now(c.look.peek, nil)
		quiet = errors.Is(err, errNothing)
	}
	if !quiet || c.in.Buffered() > 0 {
		return spoilt
	}
	return ready
}

const (
	lastChunk = "0\r\n\r\n"
	maxRest   = 4 << 10 // bytes of an answer that are read only to use its connection again
)

// finish reads what is there of the rest of an answer, and says whether that was all of it.
func (c *conn) finish() bool {
	c.look.active = true
	defer func() { c.look.active = false }()
	n, err := io.CopyN(io.Discard, c.rest, maxRest)
	return n < maxRest && errors.Is(err, io.EOF)
}
