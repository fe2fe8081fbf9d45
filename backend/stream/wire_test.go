package stream

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// mute is a client that has shaken hands and reads nothing more by itself.
func (s *site) mute(path string) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	shake(conn, path)
	return conn
}

func shake(conn net.Conn, path string, behind ...byte) {
	text := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path)
	_, _ = conn.Write(append([]byte(text), behind...)) // what fails is seen by the answer
}

// The frames that we make ourselves are what the library's reader takes, at every length of the header.
func TestSealedFramesAreFrames(t *testing.T) {
	s := newSite(t)
	c := s.dial("/events")
	var one *conn
	s.hub.mu.Lock()
	for each := range s.hub.all {
		one = each
	}
	s.hub.mu.Unlock()
	for _, n := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1<<16 + 1, 300_000} {
		want := bytes.Repeat([]byte("x"), n)
		frame := sealed(want)
		if !bytes.Equal(payload(frame), want) {
			t.Errorf("%d bytes: the payload is another one", n)
		}
		one.push(item{data: frame, position: 1})
		kind, got, err := c.ws.Read(t.Context())
		if err != nil || kind != websocket.MessageText || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: %d came (%v)", n, len(got), err)
		}
	}
}

// A client may send its first message right behind the request, before the answer.
func TestAMessageInTheSamePacketAsTheRequest(t *testing.T) {
	s := newSite(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	message := `{"type":"subscribe","event_types":["a"],"provider_ids":["b"]}`
	shake(conn, "/events", append([]byte{0x81, 0x80 | byte(len(message)), 0, 0, 0, 0}, message...)...) // masked with zeros
	in := bufio.NewReader(conn)
	for line := ""; line != "\r\n"; {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	ack := make([]byte, 40)
	if _, err := in.Read(ack); err != nil || !bytes.Contains(ack, []byte(`{"type":"subscribed"`)) {
		t.Errorf("%q %v", ack, err)
	}
}

// A client that is told that its message was too large can read that, although it has sent more than was read.
func TestTheReasonReachesAClientThatIsStillWriting(t *testing.T) {
	s := newSite(t)
	for range 20 {
		c := s.dial("/events")
		c.send(strings.Repeat("x", 10*maxMessage))
		if code := c.closed(); code != 1009 {
			t.Fatalf("closed with %d", code)
		}
		s.until("it is gone", func() bool { return s.hub.Stats().Connections == 0 })
	}
}
