package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"hangar/backend/auth"
	"hangar/backend/mcp"
)

// oldSession is the query by which a client of the oldest HTTP transport (2024-11-05) says whose message it posts.
const oldSession = "sessionId"

// oldClients are the clients of that transport: one event stream each, messages posted beside it.
type oldClients struct {
	mu   sync.Mutex
	byID map[string]*oldClient
}

type oldClient struct {
	*pipe
	principal string
}

func (o *oldClients) enter(c *oldClient, limit int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.byID) >= limit {
		return false
	}
	if o.byID == nil {
		o.byID = map[string]*oldClient{}
	}
	o.byID[c.id] = c
	return true
}

func (o *oldClients) leave(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.byID, id)
}

// find gives a client at the door where it came in, to the principal who did.
func (o *oldClients) find(id string, d door, principal string) *oldClient {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c := o.byID[id]; c != nil && c.door == d && c.principal == principal {
		return c
	}
	return nil
}

// serveOld is the stream of that transport. Its first event says where to post; when it ends, so does everything.
func (g *Gateway) serveOld(w http.ResponseWriter, r *http.Request, d door) {
	out := newReply(w, g.opts.KeepAlive)
	caller, _ := auth.CallerFrom(r.Context())
	c := &oldClient{principal: caller.Principal}
	c.pipe = g.newPipe(context.WithoutCancel(r.Context()), d, func(frame []byte) error {
		out.send(frame)
		return r.Context().Err()
	})
	if !g.old.enter(c, g.opts.MaxSessions) {
		refuse(w, http.StatusServiceUnavailable, mcp.Errorf(codeLimited, "there are %d clients already; try again later", g.opts.MaxSessions))
		return
	}
	defer g.old.leave(c.id)
	query := r.URL.Query()
	query.Set(oldSession, c.id)
	out.keepAlive()
	// Relative to what was asked for: a proxy in front may serve us below a prefix that we do not know.
	out.named("endpoint", []byte((&url.URL{RawQuery: query.Encode()}).String()))
	var why error = errGone
	select {
	case <-r.Context().Done():
	case <-g.life.Done():
		why = errShutdown
	}
	c.calls.close(why)
	c.leave()
	c.work.Wait()
	out.abandon()
}

var errNoStream = errors.New("there is no stream with this sessionId; open one by GET")

// postOld takes a message of that transport; its answer comes on the stream.
func (g *Gateway) postOld(w http.ResponseWriter, r *http.Request, d door, id string, body []byte) {
	caller, _ := auth.CallerFrom(r.Context())
	c := g.old.find(id, d, caller.Principal)
	if c == nil {
		refuse(w, http.StatusNotFound, mcp.Errorf(mcp.CodeInvalidRequest, "%s", errNoStream))
		return
	}
	w.WriteHeader(http.StatusAccepted)
	c.take(line{text: body})
}
