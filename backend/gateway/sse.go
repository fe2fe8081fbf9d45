package gateway

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// writePatience is how long one write to a client may take; a client that stopped reading must not hold a provider.
const writePatience = 30 * time.Second

// reply is the answer to one POST. Its form is chosen late: one JSON object when the answer is all there is to say, a
// stream as soon as something comes before it. Silence counts as something: after KeepAlive the stream begins with a
// comment, so that proxies on the way keep the connection.
type reply struct {
	w     http.ResponseWriter
	wire  *http.ResponseController
	every time.Duration

	mu        sync.Mutex
	timer     *time.Timer // nil: no keep-alive
	streaming bool
	done      bool
}

func newReply(w http.ResponseWriter, every time.Duration) *reply {
	return &reply{w: w, wire: http.NewResponseController(w), every: every}
}

// keepAlive begins to count the silence; finish ends it.
func (p *reply) keepAlive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(p.every, p.comment)
}

func (p *reply) comment() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		p.emit(": keep-alive\n\n", nil)
	}
}

// stream begins the stream before there is anything to say.
func (p *reply) stream() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin()
	_ = p.wire.Flush()
}

// event puts a numbered message on the stream.
func (p *reply) event(id int64, frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emit("event: message\nid: "+strconv.FormatInt(id, 10)+"\ndata: ", frame)
}

// named puts an event of another kind on the stream.
func (p *reply) named(kind string, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emit("event: "+kind+"\ndata: ", data)
}

// send puts a message on the stream before the answer.
func (p *reply) send(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done { // a question that is taken back after the answer
		return
	}
	p.emit("event: message\ndata: ", frame)
}

// finish gives the answer, in its parts, as the last of the stream or as all there is.
func (p *reply) finish(status int, parts ...[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	if p.timer != nil {
		p.timer.Stop()
	}
	if !p.streaming {
		writeJSON(p.w, status, parts...)
		return
	}
	p.emit("event: message\ndata: ", bytes.Join(parts, nil))
	// The connection may carry other requests after this one.
	_ = p.wire.SetWriteDeadline(time.Time{})
}

// abandon ends without an answer: an empty stream, which clients take for the end of a request that they gave up.
func (p *reply) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.begin()
	_ = p.wire.SetWriteDeadline(time.Time{})
}

func (p *reply) begin() {
	if p.streaming {
		return
	}
	p.streaming = true
	h := p.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no")
	p.w.WriteHeader(http.StatusOK)
}

// emit writes one event. That the client is gone shows elsewhere: in the stateless era the request's context ends, in
// the session era nobody is to care.
func (p *reply) emit(lead string, frame []byte) {
	p.begin()
	// Recorders and odd middleware know no deadlines; then there are none.
	_ = p.wire.SetWriteDeadline(time.Now().Add(writePatience))
	event := make([]byte, 0, len(lead)+len(frame)+2)
	event = append(event, lead...)
	if frame != nil {
		event = append(append(event, mcp.OneLine(frame)...), "\n\n"...)
	}
	_, _ = p.w.Write(event)
	_ = p.wire.Flush()
	if p.timer != nil && !p.done {
		p.timer.Reset(p.every)
	}
}

// writeJSON is the whole of an answer.
func writeJSON(w http.ResponseWriter, status int, parts ...[]byte) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(status)
	for _, part := range parts {
		_, _ = w.Write(part)
	}
}
