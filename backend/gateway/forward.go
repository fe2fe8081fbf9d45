package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"hangar/backend/mcp"
)

// forwarder carries one client on stdio to the endpoint of a running instance.
type forwarder struct {
	url    string
	key    string // by which we are let in there, or ""
	client *http.Client
	ctx    context.Context
	end    context.CancelCauseFunc
	// Calls by era, since an id of one is no id of the other.
	stateless, inSession calls
	work                 sync.WaitGroup

	out io.Writer
	wmu sync.Mutex // one frame at a time

	mu       sync.Mutex // guards what follows
	session  string
	version  string
	greeting json.RawMessage // params of initialize, to open another session when ours has expired
	renewing sync.Mutex
}

// GoneError says that the instance that we forward to does not answer any more.
type GoneError struct {
	URL string
	Err error
}

// Error names the instance.
func (e *GoneError) Error() string {
	return fmt.Sprintf("the running instance at %s is gone: %s", e.URL, e.Err)
}

// Unwrap gives the cause.
func (e *GoneError) Unwrap() error { return e.Err }

// forwardDrain is how long running calls may take at the end of input.
const forwardDrain = 30 * time.Second

// Forward carries newline-delimited JSON between in and out and the MCP endpoint at url (http://127.0.0.1:8000/mcp),
// which keeps a data directory that we therefore cannot open. key lets us in there; it may be empty where nobody has to
// sign in. Forward returns nil at the end of input. When the instance goes away it answers every open request with an
// error and returns a *GoneError.
func Forward(ctx context.Context, url, key string, in io.Reader, out io.Writer) error {
	running, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	transport := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second}
	defer transport.CloseIdleConnections()
	f := &forwarder{url: url, key: key, client: &http.Client{Transport: transport}, ctx: running, end: end, out: out}
	inputCtx, stop := context.WithCancel(ctx)
	defer stop()
	lines := readLines(inputCtx, in, 64<<20)
	for {
		select {
		case <-ctx.Done():
			return f.leave(context.Cause(ctx))
		case <-running.Done():
			f.work.Wait()
			return context.Cause(running)
		case l, more := <-lines:
			if !more {
				return f.drain(ctx)
			}
			if l.err != nil && !errors.Is(l.err, errTooLong) {
				return f.leave(l.err)
			}
			f.take(l)
		}
	}
}

// leave ends everything that runs.
func (f *forwarder) leave(why error) error {
	f.end(why)
	f.work.Wait()
	f.bye()
	return why
}

func (f *forwarder) drain(ctx context.Context) error {
	finished := make(chan struct{})
	go func() {
		f.work.Wait()
		close(finished)
	}()
	limit := time.NewTimer(forwardDrain)
	defer limit.Stop()
	select {
	case <-finished:
		f.bye()
		if gone := new(GoneError); errors.As(context.Cause(f.ctx), &gone) {
			return gone
		}
		return nil
	case <-limit.C:
	case <-ctx.Done():
	}
	_ = f.leave(errEnded)
	return nil
}

// bye ends the session at the instance, if it still listens.
func (f *forwarder) bye() {
	session, version := f.current()
	if session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, f.url, nil)
	if err != nil {
		return
	}
	r.Header.Set(headerSession, session)
	r.Header.Set(headerVersion, version)
	f.sign(r)
	if answer, err := f.client.Do(r); err == nil { // else it expires there
		_ = answer.Body.Close()
	}
}

func (f *forwarder) sign(r *http.Request) {
	if f.key != "" {
		r.Header.Set("Authorization", "Bearer "+f.key)
	}
}

func (f *forwarder) current() (session, version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.session, f.version
}

// take sends one line on its way. initialize is waited for, since what follows it needs its session; the rest runs
// beside each other.
func (f *forwarder) take(l line) {
	msg, err := mcp.Parse(l.text)
	switch {
	case l.err != nil:
		f.fail(idOf(l.text), mcp.Errorf(mcp.CodeInvalidRequest, "the message is too large"))
		return
	case err != nil:
		f.fail(idOf(l.text), unreadable(l.text, err))
		return
	}
	parts, bad := readParts(msg.Params)
	if bad != nil && msg.IsRequest() {
		f.fail(msg.ID, bad)
		return
	}
	rq := &request{msg: msg, parts: parts, era: eraOf(&msg, parts, "")}
	if !msg.IsRequest() {
		f.notify(rq, l.text)
		return
	}
	ctx, err := f.callsOf(rq).begin(f.ctx, msg.ID)
	if err != nil {
		f.fail(nil, mcp.Errorf(mcp.CodeInvalidRequest, "%s", err))
		return
	}
	if msg.Method == "initialize" {
		f.mu.Lock()
		f.greeting, f.session = bytes.Clone(msg.Params), ""
		f.mu.Unlock()
		f.request(ctx, rq, l.text)
		return
	}
	f.work.Go(func() { f.request(ctx, rq, l.text) })
}

func (f *forwarder) callsOf(rq *request) *calls {
	if rq.era == mcp.Stateless {
		return &f.stateless
	}
	return &f.inSession
}

// notify passes a notification on, to where it means something.
func (f *forwarder) notify(rq *request, body []byte) {
	if rq.msg.Method == mcp.NoteCancelled {
		id, _ := mcp.Get(rq.msg.Params, "requestId")
		f.stateless.cancel(id)
		f.inSession.cancel(id) // here; there the message does it
	}
	if session, _ := f.current(); session == "" {
		return // no notification of the stateless era goes over HTTP
	}
	f.work.Go(func() {
		answer, err := f.post(f.ctx, rq, body)
		if err != nil {
			f.lost(err)
			return
		}
		_ = answer.Body.Close()
	})
}

// request carries one request there and its answer back.
func (f *forwarder) request(ctx context.Context, rq *request, body []byte) {
	answered, err := f.attempt(ctx, rq, body, true)
	cancelled := errors.Is(context.Cause(ctx), errCancelled)
	if err != nil && !cancelled {
		f.lost(err)
	}
	f.callsOf(rq).end(rq.msg.ID)
	if answered || cancelled {
		return
	}
	e := mcp.Errorf(codeUnavailable, "the running instance at %s closed the answer early", f.url)
	if why := context.Cause(f.ctx); why != nil {
		e = mcp.Errorf(codeUnavailable, "%s", why)
	}
	e.Data = json.RawMessage(`{"type":"ProviderUnavailableError","retryable":false}`)
	f.fail(rq.msg.ID, e)
}

// attempt posts a request and relays what comes. A session that expired there, which refuses before anything runs, is
// opened anew, once.
func (f *forwarder) attempt(ctx context.Context, rq *request, body []byte, again bool) (answered bool, err error) {
	used, _ := f.current()
	answer, err := f.post(ctx, rq, body)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound && rq.era == mcp.Session && used != "" && again {
		if err := f.renew(ctx, used); err != nil {
			return false, err
		}
		return f.attempt(ctx, rq, body, false)
	}
	if rq.msg.Method == "initialize" {
		f.remember(answer.Header.Get(headerSession), "")
	}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return f.relayStream(rq, answer.Body)
	}
	frame, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, err
	}
	f.relay(rq, answer.StatusCode, frame)
	return true, nil
}

func (f *forwarder) remember(session, version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if session != "" {
		f.session = session
	}
	if version != "" {
		f.version = version
	}
}

// renew opens another session with the client's own greeting. One request does it for all that found out.
func (f *forwarder) renew(ctx context.Context, used string) error {
	f.renewing.Lock()
	defer f.renewing.Unlock()
	f.mu.Lock()
	changed, greeting := f.session != used, f.greeting
	f.mu.Unlock()
	if changed {
		return nil
	}
	hello := &request{msg: mcp.Message{ID: json.RawMessage("0"), Method: "initialize"}}
	answer, err := f.post(ctx, hello, mcp.AppendRequest(nil, hello.msg.ID, "initialize", greeting))
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	session := answer.Header.Get(headerSession)
	if session == "" {
		return fmt.Errorf("it opens no session: HTTP %s", answer.Status)
	}
	f.remember(session, "")
	ready := &request{msg: mcp.Message{Method: mcp.NoteInitialized}}
	answer, err = f.post(ctx, ready, mcp.AppendNotification(nil, mcp.NoteInitialized, nil))
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// post sends one message with the headers that its era wants.
func (f *forwarder) post(ctx context.Context, rq *request, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	h := r.Header
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json, text/event-stream")
	f.sign(r)
	if rq.era == mcp.Stateless {
		h.Set(headerMethod, rq.msg.Method)
		if version, ok := mcp.String(rq.parts.version); ok {
			h.Set(headerVersion, version)
		}
		if at, named := rq.named(); named {
			if name, ok := mcp.String(at.Of(rq.msg.Params)); ok {
				h.Set(headerName, mcp.EncodeHeader(name))
			}
		}
	} else if rq.msg.Method != "initialize" {
		session, version := f.current()
		if session != "" {
			h.Set(headerSession, session)
		}
		if version != "" {
			h.Set(headerVersion, version)
		}
	}
	return f.client.Do(r)
}

// relay passes the one message of an answer on. What is not an answer to this request becomes one.
func (f *forwarder) relay(rq *request, status int, frame []byte) {
	msg, err := mcp.Parse(frame)
	switch {
	case err != nil || !msg.IsResponse():
		f.fail(rq.msg.ID, mcp.Errorf(codeUpstream, "the running instance at %s answered HTTP %d without a message", f.url, status))
	case msg.ID == nil && msg.Error != nil:
		f.fail(rq.msg.ID, mcp.ParseError(msg.Error))
	default:
		if rq.msg.Method == "initialize" {
			version, _ := mcp.GetString(msg.Result, "protocolVersion")
			f.remember("", version)
		}
		f.write(frame)
	}
}

// relayStream passes the messages of a stream on until the answer was among them.
func (f *forwarder) relayStream(rq *request, body io.Reader) (answered bool, err error) {
	r := bufio.NewReaderSize(body, 64<<10)
	var data []byte
	for {
		text, err := r.ReadBytes('\n')
		text = bytes.TrimRight(text, "\r\n")
		if value, ok := bytes.CutPrefix(text, []byte("data:")); ok {
			data = append(data, bytes.TrimPrefix(value, []byte(" "))...)
		}
		if len(text) == 0 && len(data) > 0 {
			msg, bad := mcp.Parse(data)
			if bad == nil && msg.IsResponse() {
				f.relay(rq, http.StatusOK, data)
				return true, nil
			}
			f.write(data)
			data = nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// lost ends the forwarding: the instance does not answer. Calls that wait end with it.
func (f *forwarder) lost(err error) {
	if f.ctx.Err() == nil {
		f.end(&GoneError{URL: f.url, Err: err})
	}
}

func (f *forwarder) fail(id json.RawMessage, e *mcp.Error) {
	f.write(mcp.AppendError(nil, id, e))
}

// write sends one frame. A client that does not read any more ends its input as well, and with it us.
func (f *forwarder) write(frame []byte) {
	f.wmu.Lock()
	defer f.wmu.Unlock()
	_, _ = f.out.Write(append(mcp.OneLine(frame), '\n'))
}
