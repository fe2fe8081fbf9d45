package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hangar/backend/egress"
	"hangar/backend/fault"
	"hangar/backend/mcp"
)

// The headers of streamable HTTP, in net/http's spelling.
const (
	headerVersion = "Mcp-Protocol-Version"
	headerMethod  = "Mcp-Method"
	headerName    = "Mcp-Name"
	headerSession = "Mcp-Session-Id"
	headerResume  = "Last-Event-Id"
)

const (
	typeJSON   = "application/json"
	typeStream = "text/event-stream"
	errorBody  = 64 << 10 // bytes of an error's body that are read
	errorText  = 300      // and shown
)

// Credentials prove to a remote provider who we are. Safe for concurrent use.
type Credentials interface {
	// Apply adds the proof to the headers of a request.
	Apply(ctx context.Context, h http.Header) error
	// Refused is told of a 401, or of a 403 that asks for more. nil means that the request deserves one more try.
	Refused(ctx context.Context, sent http.Header, rs *http.Response) error
}

// way is the road to one endpoint.
type way struct {
	endpoint *url.URL
	client   *http.Client
	headers  http.Header // of the definition
	proof    Credentials
}

// send makes one request, with our proof, and a second one when the proof was renewed because the first was refused: a
// server that asks who we are has not done anything yet. The answer may have any other status.
func (w *way) send(ctx context.Context, method string, to *url.URL, body []byte, headers ...string) (*http.Response, error) {
	for again := false; ; again = true {
		rq := newRequest(ctx, method, to, body)
		rq.Header = w.header(body != nil, headers)
		if err := w.proof.Apply(ctx, rq.Header); err != nil {
			return nil, err
		}
		rs, err := egress.Do(w.client, rq)
		if err != nil {
			return nil, egress.Explain(ctx, err, to)
		}
		if !wantsProof(rs) {
			return rs, nil
		}
		err = w.proof.Refused(ctx, rq.Header, rs)
		drainBody(rs.Body)
		switch {
		case err != nil:
			return nil, err
		case again:
			return nil, refusedTwice(to, rs)
		}
	}
}

// newRequest is http.NewRequestWithContext for an address that was read before.
func newRequest(ctx context.Context, method string, to *url.URL, body []byte) *http.Request {
	rq := (&http.Request{Method: method, URL: to, Host: to.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if len(body) > 0 {
		rq.ContentLength = int64(len(body))
		rq.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		rq.Body = io.NopCloser(bytes.NewReader(body))
	}
	return rq
}

// header makes the headers of one request. Their values lie in one piece of memory.
func (w *way) header(body bool, pairs []string) http.Header {
	h := make(http.Header, len(w.headers)+len(pairs)/2+2) // the content's type and a proof
	values := make([]string, 0, len(pairs)/2+1)
	set := func(name, value string) {
		values = append(values, value)
		h[http.CanonicalHeaderKey(name)] = values[len(values)-1 : len(values) : len(values)]
	}
	if body {
		set("Content-Type", typeJSON)
	}
	for name, given := range w.headers {
		h[name] = given
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" || strings.HasPrefix(pairs[i], mirrorPrefix) { // of an empty argument too
			set(pairs[i], pairs[i+1])
		}
	}
	return h
}

func wantsProof(rs *http.Response) bool {
	return rs.StatusCode == http.StatusUnauthorized ||
		rs.StatusCode == http.StatusForbidden && strings.Contains(rs.Header.Get("WWW-Authenticate"), "insufficient_scope")
}

func refusedTwice(to *url.URL, rs *http.Response) error {
	return fault.Named(fault.Unavailable, authenticationError, "%s refused our credentials (%s) although they were just renewed", to.Host, rs.Status)
}

// statusError is an HTTP status that is no success.
type statusError struct {
	host     string
	status   int
	text     string     // of the body, short
	answered *mcp.Error // when the body was a JSON-RPC error
	wait     time.Duration
}

func (e *statusError) Error() string {
	line := fmt.Sprintf("%s answered %d %s", e.host, e.status, http.StatusText(e.status))
	if e.text != "" {
		line += ": " + e.text
	}
	return line
}

// success gives a *statusError for every status that is none, and ends with the body then.
func success(rs *http.Response) error {
	if rs.StatusCode >= 200 && rs.StatusCode < 300 {
		return nil
	}
	defer rs.Body.Close()
	// A body that breaks off still says something.
	body, _ := io.ReadAll(io.LimitReader(rs.Body, errorBody))
	e := &statusError{host: rs.Request.URL.Host, status: rs.StatusCode, text: snippet(body)}
	if m, err := mcp.Parse(body); err == nil && m.Error != nil {
		e.answered = mcp.ParseError(m.Error)
		e.text = e.answered.Message
	}
	if s, err := strconv.Atoi(rs.Header.Get("Retry-After")); err == nil && s > 0 {
		e.wait = time.Duration(min(s, 3600)) * time.Second
	}
	return e
}

func snippet(body []byte) string {
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(body), "")), " ")
	if len(line) > errorText {
		line = strings.ToValidUTF8(line[:errorText], "") + " ..."
	}
	return line
}

// word gives an error the kind that callers and the record know it by.
func (w *way) word(err error) error {
	var (
		known    *fault.Error
		problem  *egress.Problem
		status   *statusError
		answered *mcp.Error
	)
	switch {
	case errors.As(err, &known), errors.Is(err, ErrClosed):
		return err
	case errors.As(err, &problem):
		return fault.Named(fault.Unavailable, string(problem.Kind), "%s", problem.Message).Because(err)
	case errors.As(err, &status) && status.answered != nil && status.status < 500:
		return status.answered
	case errors.As(err, &answered):
		return err
	case errors.As(err, &status):
		f := fault.Named(fault.Upstream, "HTTPStatusError", "%s", status)
		if status.status == http.StatusTooManyRequests || status.status >= 502 && status.status <= 504 {
			f.Kind, f.RetryAfter = fault.Unavailable, status.wait
		}
		return f.With("status", status.status)
	default:
		return err
	}
}

// isType reports whether an answer is of a media type.
func isType(rs *http.Response, want string) bool {
	said := rs.Header.Get("Content-Type")
	if said == typeJSON || said == typeStream { // as nearly all say it
		return said == want
	}
	got, _, err := mime.ParseMediaType(said)
	return err == nil && got == want
}

// drainBody reads little of a body that nobody needs, so that its connection can be used again.
func drainBody(b io.ReadCloser) {
	// Whatever keeps us from reading on keeps the connection from being used again, which is all that is lost.
	_, _ = io.CopyN(io.Discard, b, 4<<10)
	_ = b.Close()
}
