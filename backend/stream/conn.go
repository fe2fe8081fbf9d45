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

const maxMessage = 64 << 10 // bytes of one message from the client

// closing is a reason to say goodbye with a code. Reasons have at most 123 bytes.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c closing) Error() string { return c.reason }

// conn is one connection. Its handler's goroutine is the only one that writes frames; a second one reads.
type conn struct {
	hub    *Hub
	ws     *websocket.Conn
	queue  *queue
	query  filter // of the URL
	lines  string // the provider whose log lines are sent, or ""
	joined int64  // live events up to here have been sent already; guarded by hub.mu

	soft context.Context // ends when the connection should say goodbye
	stop context.CancelCauseFunc
	hard context.Context // ends when the connection is gone, or must be
	kill context.CancelCauseFunc

	mu      sync.Mutex
	message filter // of the client's last subscribe

	second   time.Time // of the reader: the client's rate
	messages int
}

func (h *Hub) newConn(r *http.Request) *conn {
	c := &conn{hub: h, queue: newQueue()}
	// The request's context ends in ways of its own once the connection is taken over; its values stay.
	c.hard, c.kill = context.WithCancelCause(context.WithoutCancel(r.Context()))
	c.soft, c.stop = context.WithCancelCause(c.hard)
	return c
}

// cut ends the connection at once.
func (c *conn) cut() { c.kill(errors.New("cut off")) }

// serve upgrades the request and runs send, which writes until it has a reason to end.
func (h *Hub) serve(w http.ResponseWriter, r *http.Request, c *conn, send func() error) {
	defer c.kill(nil)
	if err := h.enter(c); err != nil {
		h.o.WriteError(w, r, err)
		return
	}
	defer h.leave(c)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // guard has checked the origin
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { return c.allowed() },
	})
	if err != nil {
		return // Accept has answered
	}
	c.ws = ws
	ws.SetReadLimit(maxMessage)
	h.accepted.Add(1)

	var reader sync.WaitGroup
	reader.Go(c.read)
	stopBeat := c.beat()
	err = send()
	stopBeat()
	var bye closing
	if errors.As(err, &bye) {
		_ = ws.Close(bye.code, bye.reason) // the peer may be gone already
	}
	c.kill(err)
	_ = ws.CloseNow() // a second close is no error worth knowing
	reader.Wait()
}

// write sends one frame. A reader that takes nothing for the whole deadline is cut: its connection is stuck, so no
// close frame would get through either.
func (c *conn) write(data []byte) error {
	ctx, cancel := context.WithTimeout(c.hard, c.hub.limits.write)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, data); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.hub.tooSlow.Add(1)
		}
		return fmt.Errorf("write to a socket: %w", err)
	}
	c.hub.frames.Add(1)
	return nil
}

// beat pings the client, so that one that vanished without a word is noticed. The pings run on a timer: an idle
// connection costs no goroutine for them.
func (c *conn) beat() (stop func()) {
	var timer *time.Timer
	started := make(chan struct{})
	timer = time.AfterFunc(c.hub.limits.ping, func() {
		<-started
		ctx, cancel := context.WithTimeout(c.hard, c.hub.limits.pong)
		defer cancel()
		if err := c.ws.Ping(ctx); err != nil {
			c.kill(fmt.Errorf("ping: %w", err))
			return
		}
		if c.soft.Err() == nil {
			timer.Reset(c.hub.limits.ping)
		}
	})
	close(started) // timer is assigned
	return func() { timer.Stop() }
}

// read takes the client's messages until the connection ends.
func (c *conn) read() {
	for {
		kind, message, err := c.ws.Read(c.hard)
		if err != nil {
			c.kill(fmt.Errorf("read from a socket: %w", err))
			return
		}
		if !c.allowed() {
			continue // on its way out
		}
		if kind == websocket.MessageText && c.lines == "" {
			c.subscribe(message)
		}
	}
}

// allowed counts a message or ping of the client and ends the connection when they are too many.
func (c *conn) allowed() bool {
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

// subscribe replaces the client's filter. What is queued behind the answer obeys the new one.
func (c *conn) subscribe(message []byte) {
	f, ack, err := parseSubscribe(message)
	if err != nil {
		c.answer(refused(err.Error()))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.message = f
	c.answer(must(ack))
}

func (c *conn) answer(data []byte) {
	if !c.queue.answer(data) {
		c.stop(closing{closePolicy, "too many messages without reading the answers"})
	}
}

// offer queues an event if the filters let it through. Called with hub.mu held.
func (c *conn) offer(f frame) (drops int64) {
	if f.position <= c.joined || !c.query.match(f.kind, f.provider) {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.message.match(f.kind, f.provider) {
		return 0
	}
	return c.queue.push(f.item)
}

func (c *conn) match(kind, provider string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.query.match(kind, provider) && c.message.match(kind, provider)
}
