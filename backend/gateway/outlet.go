package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// keptFrames is how many messages wait for a client that has no stream open, or that reads slowly; the oldest give way.
const keptFrames = 256

// outlet is the stream of a session for what belongs to no request. Messages are numbered, so that a stream that broke
// off can go on where it ended.
type outlet struct {
	mu     sync.Mutex
	last   int64
	frames []numbered
	wake   chan struct{} // closed when there is something new; nil while nobody waits
	reader int           // the newest stream; older ones end
	open   bool          // a stream is open
}

type numbered struct {
	id    int64
	frame []byte
}

// put adds a message. Of announcements of the same kind only the newest is kept: they all say the same.
func (o *outlet) put(frame []byte, same string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if same != "" {
		for i, f := range o.frames {
			if !o.open && string(f.frame) == string(frame) {
				o.frames = append(o.frames[:i], o.frames[i+1:]...)
				break
			}
		}
	}
	o.last++
	o.frames = append(o.frames, numbered{o.last, frame})
	if len(o.frames) > keptFrames {
		o.frames = o.frames[1:]
	}
	if o.wake != nil {
		close(o.wake)
		o.wake = nil
	}
}

// attach makes a new stream the one that is written to. after is the last message that the client has.
func (o *outlet) attach(after string) (reader int, from int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reader++
	o.open = true
	if o.wake != nil {
		close(o.wake)
		o.wake = nil
	}
	from, err := strconv.ParseInt(after, 10, 64)
	if err != nil || from > o.last {
		from = 0
		if len(o.frames) > 0 {
			from = o.frames[0].id - 1
		}
	}
	return o.reader, from
}

func (o *outlet) detach(reader int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reader == reader {
		o.open = false
	}
}

// next gives what came after a message, or a channel to wait on; false when a newer stream has taken over.
func (o *outlet) next(reader int, after int64) (frames []numbered, wait <-chan struct{}, mine bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reader != reader {
		return nil, nil, false
	}
	for _, f := range o.frames {
		if f.id > after {
			frames = append(frames, f)
		}
	}
	if len(frames) == 0 {
		if o.wake == nil {
			o.wake = make(chan struct{})
		}
		wait = o.wake
	}
	return frames, wait, true
}

func (o *outlet) attached() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open
}

// stand is GET in a session: the stream of what belongs to no request, until the client or the session ends it.
func (g *Gateway) stand(w http.ResponseWriter, r *http.Request, s *session) {
	reader, sent := s.outlet.attach(r.Header.Get("Last-Event-ID"))
	defer s.outlet.detach(reader)
	out := newReply(w, g.opts.KeepAlive)
	out.stream()
	out.keepAlive()
	defer out.abandon()
	beat := time.NewTicker(max(g.opts.SessionIdle/4, time.Second)) // an open stream is a client that is there
	defer beat.Stop()
	for {
		frames, wait, mine := s.outlet.next(reader, sent)
		if !mine {
			return
		}
		for _, f := range frames {
			out.event(f.id, f.frame)
			sent = f.id
		}
		if len(frames) > 0 {
			continue
		}
		select {
		case <-wait:
		case <-beat.C:
			g.sessions.touch(s)
		case <-r.Context().Done():
			return
		case <-s.life.Done():
			return
		case <-g.life.Done():
			return
		}
	}
}

// notice puts a notification on the session's own stream.
func (s *session) notice(method string, params json.RawMessage, same string) {
	s.outlet.put(mcp.AppendNotification(nil, method, params), same)
}
