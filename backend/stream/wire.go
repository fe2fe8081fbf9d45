package stream

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// wire is the connection below a WebSocket. The library does the handshake, reads, and writes the control frames; event
// frames go past it, because their bytes are the same for all connections and made once, header included (seal). Both
// write each frame with one Write, and a net.Conn lets no other Write between: so frames never mix.
type wire struct {
	net.Conn
	early []byte        // what the client sent right behind its request
	limit time.Duration // a reader that takes nothing for so long is cut
}

// Read gives what came early, then what comes.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.early) == 0 {
		return w.Conn.Read(p)
	}
	n := copy(p, w.early)
	w.early = w.early[n:]
	return n, nil
}

// Write writes a whole frame, or fails.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(w.limit)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// linger lets the client read why it is closed: closing a connection with unread bytes in it destroys what was sent last.
func (w *wire) linger() {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	if w.SetReadDeadline(time.Now().Add(lingering)) == nil {
		// It ends with the client's end, or with the deadline; either will do.
		_, _ = io.Copy(io.Discard, w)
	}
}

const lingering = 2 * time.Second

const (
	readBuffer  = 512 // messages of clients are short; a longer one is read in pieces
	writeBuffer = 144 // control frames only

	// sendBuffer is how many bytes the kernel keeps for a reader that does not read. Left to itself it takes megabytes for
	// each, and until those are full every event is written to every one of them.
	sendBuffer = 64 << 10
)

// upgrade answers the handshake. The buffers that net/http hands over are 8 KiB; an idle connection needs far less.
func upgrade(w http.ResponseWriter, r *http.Request, limit time.Duration, o *websocket.AcceptOptions) (*websocket.Conn, *wire, error) {
	h := &hijack{ResponseWriter: w, wire: &wire{limit: limit}}
	ws, err := websocket.Accept(h, r, o)
	return ws, h.wire, err
}

// hijack puts our wire and buffers in the place of net/http's.
type hijack struct {
	http.ResponseWriter
	wire *wire
}

// Hijack is called by the library once the answer is written.
func (h *hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	if tcp, ok := conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
			return nil, nil, errors.Join(err, conn.Close())
		}
	}
	h.wire.Conn, h.wire.early = conn, bytes.Clone(early)
	return h.wire, bufio.NewReadWriter(bufio.NewReaderSize(h.wire, readBuffer), bufio.NewWriterSize(h.wire, writeBuffer)), nil
}

// headroom is the longest header of a frame that is not masked.
const headroom = 10

// open begins a frame: the payload is appended, then seal puts the header in front.
func open(size int) []byte { return make([]byte, headroom, headroom+size) }

// seal ends what open began: a final, unmasked text frame (RFC 6455 5.2).
func seal(b []byte) []byte {
	const finalText = 0x81
	switch n := len(b) - headroom; {
	case n < 126:
		b = b[headroom-2:]
		b[1] = byte(n)
	case n < 1<<16:
		b = b[headroom-4:]
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b = b[headroom-10:]
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
	b[0] = finalText
	return b
}

// sealed is a whole frame of this payload.
func sealed(payload []byte) []byte { return seal(append(open(len(payload)), payload...)) }

// payload is what seal has sealed.
func payload(frame []byte) []byte {
	switch frame[1] {
	case 126:
		return frame[4:]
	case 127:
		return frame[10:]
	default:
		return frame[2:]
	}
}
