package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// ServeAggregate is /mcp: everything of every provider. ?prefix= chooses another way of naming than the configured one,
// ?tools=search lists only the tools that find and call the others.
func (g *Gateway) ServeAggregate(w http.ResponseWriter, r *http.Request) {
	d := door{prefix: g.opts.Prefix}
	if r.URL.RawQuery != "" {
		query := r.URL.Query()
		if chosen := Prefix(query.Get("prefix")); chosen != "" {
			if !slices.Contains([]Prefix{Always, OnConflict, Never}, chosen) {
				refuse(w, http.StatusBadRequest, mcp.Errorf(mcp.CodeInvalidRequest, "prefix must be always, on_conflict or never"))
				return
			}
			d.prefix = chosen
		}
		switch mode := query.Get("tools"); mode {
		case "", "all":
		case "search":
			d.search = true
		default:
			refuse(w, http.StatusBadRequest, mcp.Errorf(mcp.CodeInvalidRequest, "tools must be all or search"))
			return
		}
	}
	g.serve(w, r, d)
}

// ServeProvider is /mcp/providers/{provider_id}: one provider, its names untouched.
func (g *Gateway) ServeProvider(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "provider_id")
	if id == "" || !g.shelves.knows(r.Context(), provider.ID(id)) {
		refuse(w, http.StatusNotFound, mcp.Errorf(mcp.CodeInvalidRequest, "there is no provider %q", id))
		return
	}
	g.serve(w, r, door{provider: provider.ID(id)})
}

// ServeGroup is /mcp/groups/{group_id}: what the members of a group have, each thing once; calls go to a member.
func (g *Gateway) ServeGroup(w http.ResponseWriter, r *http.Request) {
	d := door{group: group.ID(chi.URLParam(r, "group_id"))}
	if g.opts.GroupCalls == nil || !g.shows(r.Context(), g.groupOf(d)) {
		refuse(w, http.StatusNotFound, mcp.Errorf(mcp.CodeInvalidRequest, "there is no group %q", string(d.group)))
		return
	}
	g.serve(w, r, d)
}

// shows says whether the caller may know of a group: who may neither read it nor list the tools of one of its members is told
// what is told of one that does not exist.
func (g *Gateway) shows(ctx context.Context, of *group.Group) bool {
	if of == nil {
		return false
	}
	rights := g.opts.Access.Rights(ctx)
	return rights.Can(auth.GroupsRead, string(of.ID)).Allowed || slices.ContainsFunc(of.Members, func(m group.Member) bool {
		return rights.Can(auth.ToolsList, string(m.ID)).Allowed
	})
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, d door) {
	switch r.Method {
	case http.MethodPost:
		g.post(w, r, d)
	case http.MethodGet:
		g.get(w, r, d)
	case http.MethodDelete:
		g.hangUp(w, r, d)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		refuse(w, http.StatusMethodNotAllowed, mcp.Errorf(mcp.CodeInvalidRequest, "%s is not served here; POST a message, or DELETE a session", r.Method))
	}
}

// get opens a stream: of a session, or, without one, that of the oldest transport.
func (g *Gateway) get(w http.ResponseWriter, r *http.Request, d door) {
	if _, stream := accepted(r.Header); !stream {
		w.Header().Set("Allow", "GET, POST, DELETE")
		refuse(w, http.StatusMethodNotAllowed, mcp.Errorf(mcp.CodeInvalidRequest, "GET serves event streams only: Accept must list text/event-stream"))
		return
	}
	version := r.Header.Get(headerVersion)
	if era, known := mcp.EraOf(version); version != "" && (!known || era == mcp.Stateless) {
		w.Header().Set("Allow", "POST")
		refuse(w, http.StatusMethodNotAllowed, mcp.Errorf(mcp.CodeInvalidRequest, "revision %s has no GET; use subscriptions/listen", mcp.Latest))
		return
	}
	if r.Header.Get(headerSession) == "" {
		g.serveOld(w, r, d)
		return
	}
	s, status, bad := g.sessionOf(r, d)
	if bad == nil {
		status, bad = http.StatusBadRequest, sessionVersion(version)
	}
	if bad != nil {
		refuse(w, status, bad)
		return
	}
	g.stand(w, r, s)
}

// refuse answers what could not be read as far as an id.
func refuse(w http.ResponseWriter, status int, e *mcp.Error) {
	writeJSON(w, status, mcp.AppendError(nil, nil, e))
}

// hangUp ends a session.
func (g *Gateway) hangUp(w http.ResponseWriter, r *http.Request, d door) {
	s, status, bad := g.sessionOf(r, d)
	if bad != nil {
		refuse(w, status, bad)
		return
	}
	g.sessions.end(s, errEnded)
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) sessionOf(r *http.Request, d door) (*session, int, *mcp.Error) {
	id := r.Header.Get(headerSession)
	if id == "" {
		return nil, http.StatusBadRequest, mcp.Errorf(mcp.CodeInvalidRequest, "header %s is missing; initialize gives one", headerSession)
	}
	caller, _ := auth.CallerFrom(r.Context())
	s, ok := g.sessions.find(id, d, caller.Principal)
	if !ok {
		return nil, http.StatusNotFound, mcp.Errorf(mcp.CodeInvalidRequest, "this session is over; initialize again")
	}
	return s, 0, nil
}

// post reads one message and decides by it alone which era it belongs to.
func (g *Gateway) post(w http.ResponseWriter, r *http.Request, d door) {
	if !isJSON(r.Header) {
		refuse(w, http.StatusUnsupportedMediaType, mcp.Errorf(mcp.CodeInvalidRequest, "Content-Type must be application/json"))
		return
	}
	if !accepts(r.Header) {
		refuse(w, http.StatusNotAcceptable, mcp.Errorf(mcp.CodeInvalidRequest, "Accept must list application/json and text/event-stream"))
		return
	}
	body, status, bad := g.read(w, r)
	if bad != nil {
		refuse(w, status, bad)
		return
	}
	if r.URL.RawQuery != "" && r.Header.Get(headerSession) == "" {
		if id := r.URL.Query().Get(oldSession); id != "" {
			g.postOld(w, r, d, id, body)
			return
		}
	}
	msg, err := mcp.Parse(body)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, mcp.AppendError(nil, idOf(body), unreadable(body, err)))
		return
	}
	rq := request{g: g, msg: msg, door: d}
	if rq.parts, bad = readParts(msg.Params); bad != nil {
		writeJSON(w, http.StatusBadRequest, mcp.AppendError(nil, msg.ID, bad))
		return
	}
	claimed := ""
	if r.Header.Get(headerSession) == "" {
		claimed = r.Header.Get(headerVersion)
	}
	if rq.era = eraOf(&msg, rq.parts, claimed); rq.era == mcp.Stateless {
		g.postStateless(w, r, &rq)
	} else {
		g.postSession(w, r, &rq)
	}
}

// upfront is how much is made ready for a body on the word of its Content-Length.
const upfront = 64 << 10

func (g *Gateway) read(w http.ResponseWriter, r *http.Request) (body []byte, status int, bad *mcp.Error) {
	limit := g.opts.BodyLimit
	if r.ContentLength > limit {
		return nil, http.StatusRequestEntityTooLarge, tooLarge(limit)
	}
	var err error
	if n := r.ContentLength; n >= 0 && n <= upfront {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		var buf bytes.Buffer
		_, err = buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
		body = buf.Bytes()
	}
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, http.StatusRequestEntityTooLarge, tooLarge(limit)
	case err != nil:
		return nil, http.StatusBadRequest, mcp.Errorf(mcp.CodeParse, "the body ended early")
	}
	return body, 0, nil
}

func tooLarge(limit int64) *mcp.Error {
	return mcp.Errorf(mcp.CodeInvalidRequest, "the body is larger than %d bytes", limit)
}

// postStateless serves a request that says everything by itself. Its connection is its life: when the client closes it,
// the call is cancelled.
func (g *Gateway) postStateless(w http.ResponseWriter, r *http.Request, rq *request) {
	bad := checkHeaders(r.Header, rq)
	if bad == nil {
		bad = checkStateless(rq.parts)
	}
	switch {
	case rq.msg.IsResponse():
		refuse(w, http.StatusBadRequest, mcp.Errorf(mcp.CodeInvalidRequest, "responses are not accepted here"))
	case rq.msg.IsNotification():
		w.WriteHeader(http.StatusAccepted) // the core defines none over HTTP; unknown ones are ignored
	case bad != nil:
		writeJSON(w, statusOf(mcp.Stateless, bad), mcp.AppendError(nil, rq.msg.ID, bad))
	default:
		rq.client, rq.header = clientName(rq.parts.info), r.Header
		g.exchange(r.Context(), w, rq)
	}
}

// postSession serves a message of a session, or opens one.
func (g *Gateway) postSession(w http.ResponseWriter, r *http.Request, rq *request) {
	if rq.msg.Method == "initialize" && rq.msg.IsRequest() {
		g.openSession(w, r, rq)
		return
	}
	s, status, bad := g.sessionOf(r, rq.door)
	if bad == nil {
		status, bad = http.StatusBadRequest, sessionVersion(r.Header.Get(headerVersion))
	}
	if bad != nil {
		writeJSON(w, status, mcp.AppendError(nil, rq.msg.ID, bad))
		return
	}
	rq.client, rq.contact = s.client, s.contact()
	if rq.msg.IsResponse() {
		s.asker.take(rq.msg) // what nobody waits for any more is dropped
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if !rq.msg.IsRequest() {
		if bad := g.heed(r.Context(), rq, &s.calls); bad != nil {
			refuse(w, statusOf(mcp.Session, bad), bad)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	ctx, err := s.calls.begin(context.WithoutCancel(r.Context()), rq.msg.ID)
	if err != nil {
		refuse(w, http.StatusBadRequest, mcp.Errorf(mcp.CodeInvalidRequest, "%s", err))
		return
	}
	defer s.calls.end(rq.msg.ID)
	g.exchange(ctx, w, rq)
}

// sessionVersion checks the version header inside a session; absent is fine, 2025-03-26 did not know it.
func sessionVersion(version string) *mcp.Error {
	if era, known := mcp.EraOf(version); version != "" && (!known || era != mcp.Session) {
		return unsupported(version)
	}
	return nil
}

func (g *Gateway) openSession(w http.ResponseWriter, r *http.Request, rq *request) {
	info, _ := mcp.Get(rq.msg.Params, "clientInfo")
	rq.client = clientName(info)
	p, bad := g.answer(r.Context(), rq)
	if bad != nil {
		writeJSON(w, statusOf(mcp.Session, bad), mcp.AppendError(nil, rq.msg.ID, bad))
		return
	}
	caller, _ := auth.CallerFrom(r.Context())
	s, ok := g.sessions.open(rq.door, rq.client, caller)
	if !ok {
		full := g.problem(fault.New(fault.Limited, "all %d sessions are busy; try again later", g.opts.MaxSessions))
		writeJSON(w, http.StatusServiceUnavailable, mcp.AppendError(nil, rq.msg.ID, full))
		return
	}
	s.declared = declaredBy(rq)
	s.follow = &subscriber{door: rq.door, caller: caller, wants: [things]bool{tools: true, prompts: true, resources: true}, tell: s.notice}
	g.hub.join(s.follow)
	w.Header().Set(headerSession, s.id)
	writeJSON(w, http.StatusOK, g.frame(nil, rq.msg.ID, p))
}

// declaredBy is what a client of the session era can do: a copy, because a session outlives the request.
func declaredBy(rq *request) json.RawMessage {
	capabilities, _ := mcp.Get(rq.msg.Params, "capabilities")
	return bytes.Clone(capabilities)
}

// exchange answers one request on one response.
func (g *Gateway) exchange(ctx context.Context, w http.ResponseWriter, rq *request) {
	out := newReply(w, g.opts.KeepAlive)
	if m := g.methods[rq.msg.Method]; m.slow || m.name == mcp.MethodListen {
		out.keepAlive()
	}
	rq.send = out.send
	p, bad := g.answer(ctx, rq)
	if p.none || errors.Is(context.Cause(ctx), errCancelled) { // the protocol wants no answer then
		out.abandon()
		return
	}
	buf := g.buffers.Get().(*[]byte)
	switch {
	case bad != nil:
		*buf = mcp.AppendError((*buf)[:0], rq.msg.ID, bad)
		out.finish(statusOf(rq.era, bad), *buf)
	case p.head == "" && len(p.body) > keptBuffer: // a list of thousands of tools is shared by all who ask, not copied
		*buf = openFrame((*buf)[:0], rq.msg.ID)
		out.finish(http.StatusOK, *buf, p.body, []byte(p.tail+"}"))
	default:
		*buf = g.frame((*buf)[:0], rq.msg.ID, p)
		out.finish(http.StatusOK, *buf)
	}
	g.giveBack(buf)
}

// keptBuffer is the largest buffer worth keeping.
const keptBuffer = 64 << 10

func (g *Gateway) giveBack(buf *[]byte) {
	if cap(*buf) <= keptBuffer {
		g.buffers.Put(buf)
	}
}

// frame is a response with a result.
func (g *Gateway) frame(dst []byte, id json.RawMessage, p payload) []byte {
	if need := len(p.body) + len(p.head) + len(p.tail) + len(id) + 64; cap(dst) < need {
		dst = make([]byte, 0, need)
	}
	return append(p.appendTo(openFrame(dst, id)), '}')
}

// openFrame is a response up to its result.
func openFrame(dst []byte, id json.RawMessage) []byte {
	dst = append(append(dst, `{"jsonrpc":"2.0","id":`...), id...)
	return append(dst, `,"result":`...)
}
