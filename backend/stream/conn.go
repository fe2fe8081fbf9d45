package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	closePolicy  = websocket.StatusPolicyViolation // 1008
	closeRestart = websocket.StatusServiceRestart  // 1012
	closeSlow    = websocket.StatusTryAgainLater   // 1013
	closeGone    = websocket.StatusCode(4404)
)

const (
	maxMessage = 64 << 10 // bytes of one message from the client
	maxInbox   = 64       // messages that wait for a client that does not read the answers
	maxWaiting = 128 << 10
)

// closing is a reason to say goodbye with a code. Reasons have at most 123 bytes.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c closing) Error() string { return c.reason }

// errGone ends a connection that the other side has ended.
var errGone = errors.New("the connection is gone")

// talk is the dialect of one socket. Its methods run in the connection's writer, one at a time.
type talk interface {
	// begin says what comes first, and makes the connection live.
	begin(*conn) error
	// heed takes a message of the client.
	heed(c *conn, message []byte) error
	// step writes some of what does not come through the queue; more says that there is more of it.
	step(*conn) (more bool, err error)
	// lost tells what a full queue has lost.
	lost(*conn, gap) error
	// notice dresses a warning or a reset.
	notice(v any) []byte
}

// plain is what most dialects do about what is no event.
type plain struct{}

func (plain) lost(c *conn, g gap) error { return c.warn(g) }

func (plain) notice(v any) []byte { return sealed(must(v)) }

// conn is one connection. Idle it costs one goroutine, its reader; a second one, the writer, runs while there is something
// to write.
type conn struct {
	hub    *Hub
	counts *counts
	talk   talk
	again  func() error // whether it may still be open; nil: it always may
	wire   *wire
	ws     *websocket.Conn

	life context.Context // ends when the connection should say goodbye; its cause says why
	end  context.CancelCauseFunc

	// The hub's mutex guards these two.
	topic  *topic
	joined int64 // live events up to here have been sent already

	// The writer's own.
	interest interest
	begun    bool
	cursor   int64 // behind: up to here the log has been written
	behind   bool  // there is history to write before the connection is live

	mu      sync.Mutex
	queue   queue
	parked  bool     // its events are in the topic's queue
	inbox   [][]byte // messages of the client
	waiting int      // bytes of them
	due     bool     // the writer shall look
	writing bool     // it runs, or must not run yet
	over    bool     // it shall not be started again
	writer  sync.WaitGroup

	// The reader's own.
	second   time.Time // the client's rate
	messages int

	pulse pulse
}

// admit says who may come in, before anything is looked up for them.
func (h *Hub) admit(r *http.Request) (again func() error, err error) {
	if h.o.Authorize == nil {
		return nil, nil
	}
	return h.o.Authorize(r)
}

// serve upgrades a request that may come in; prepare reads the rest of it.
func (h *Hub) serve(w http.ResponseWriter, r *http.Request, kind Kind, prepare func(*conn) error) {
	again, err := h.admit(r)
	if err != nil {
		h.o.WriteError(w, r, err)
		return
	}
	c := &conn{hub: h, counts: h.counts[kind], again: again, writing: true}
	if h.o.Visible != nil {
		c.interest.sight = h.o.Visible(r)
	}
	// Not the request's context: that ends with the handler, and the handler ends now.
	c.life, c.end = context.WithCancelCause(context.Background())
	if err = prepare(c); err == nil {
		err = upgrades(r)
	}
	if err == nil {
		err = h.enter(c)
	}
	if err != nil {
		c.end(err)
		h.o.WriteError(w, r, err)
		return
	}
	opened := false
	defer func() {
		if !opened {
			c.end(errGone)
			h.leave(c)
		}
	}()
	opened = c.open(w, r)
}

// open answers the handshake and starts the reader, which will end the connection.
func (c *conn) open(w http.ResponseWriter, r *http.Request) bool {
	// Once more, now that Recheck can see the connection.
	if err := c.allowed(); err != nil {
		c.hub.o.WriteError(w, r, err)
		return false
	}
	ws, wire, err := upgrade(w, r, c.hub.limits.write, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the listener has checked the origin
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { c.heard(); return c.tolerable() },
		OnPongReceived:     func(context.Context, []byte) { c.heard() },
	})
	if err != nil {
		return false // the library has answered
	}
	ws.SetReadLimit(maxMessage)
	c.counts.accepted.Add(1)
	c.mu.Lock()
	c.ws, c.wire, c.writing = ws, wire, false
	c.wake()
	c.mu.Unlock()
	c.beat()
	go c.read()
	return true
}

func (c *conn) allowed() error {
	if c.again == nil {
		return nil
	}
	return c.again()
}

// refuse ends a connection that may not be open any more.
func (c *conn) refuse() {
	c.stop(closing{closePolicy, "you may not use this socket any more"})
	c.hub.silence(c)
	time.AfterFunc(c.hub.limits.goodbye, c.cut) // in case the goodbye does not get through
}

// stop has the writer say goodbye.
func (c *conn) stop(why error) {
	c.end(why)
	c.kick()
}

// cut ends the connection at once.
func (c *conn) cut() {
	c.end(errGone)
	c.mu.Lock()
	w := c.wire
	c.mu.Unlock()
	if w != nil {
		_ = w.Close() // it may be closed already
	}
}

// read takes the client's messages until the connection ends, and then takes it apart.
func (c *conn) read() {
	err := c.listen()
	if errors.Is(err, websocket.ErrMessageTooBig) { // the library has said so to the client
		c.wire.linger()
	}
	c.cut()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.pulse.stop()
	c.writer.Wait()
	_ = c.ws.CloseNow() // what the library holds; the connection is closed
	c.hub.leave(c)
}

func (c *conn) listen() error {
	for {
		kind, message, err := c.ws.Read(context.Background()) // ends with the connection
		if err != nil {
			return err
		}
		c.heard()
		if !c.tolerable() || kind != websocket.MessageText {
			continue
		}
		if !c.take(message) {
			c.stop(closing{closePolicy, "too many messages without reading the answers"})
		}
	}
}

// take keeps a message for the writer.
func (c *conn) take(message []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) >= maxInbox || c.waiting+len(message) > maxWaiting {
		return false
	}
	c.inbox = append(c.inbox, message)
	c.waiting += len(message)
	c.wake()
	return true
}

// tolerable counts a message or ping of the client and ends the connection when they are too many.
func (c *conn) tolerable() bool {
	now := time.Now()
	if now.Sub(c.second) > time.Second {
		c.second, c.messages = now, 0
	}
	if c.messages++; c.messages <= c.hub.limits.messages {
		return true
	}
	c.stop(closing{closePolicy, fmt.Sprintf("more than %d messages in a second", c.hub.limits.messages)})
	return false
}
