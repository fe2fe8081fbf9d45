package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// probeTime is how long a server may think about server/discover before we take it for an older one.
const probeTime = 5 * time.Second

// stateless is revision 2026-07-28: every request is a POST that says all about itself, and its answer's stream is the
// only connection. Ending that stream cancels the request.
type stateless struct {
	*Remote

	subscriptions *subscriptions // since the handshake

	mu      sync.RWMutex // guards mirrors
	mirrors map[string][]mcp.Mirror
}

// hello is server/discover. What counts as "not of this era" is listed in the specification's section on era detection:
// 400, 404 and 405 with no error of this era, and any answer that an older server gives to an unknown method. That nobody
// may come in (401, 403) or that the server is busy says nothing about the era.
func (s *stateless) hello(ctx context.Context) (Hello, error) {
	short, cancel := context.WithTimeoutCause(ctx, probeTime, errSlowProbe)
	defer cancel()
	result, err := s.exchange(short, mcp.Exchange{Method: mcp.MethodDiscover}, true)
	if offersLatest(err) {
		result, err = s.exchange(short, mcp.Exchange{Method: mcp.MethodDiscover}, true)
	}
	if err != nil {
		return Hello{}, s.judge(short, err)
	}
	h, err := readDiscovered(result)
	if err == nil {
		s.subscriptions = newSubscriptions(h, s.missed)
	}
	return h, err
}

// offersLatest reports whether a server refused a version and named the very one that we speak: it is asked for that once more.
func offersLatest(err error) bool {
	var status *statusError
	var answered *mcp.Error
	if errors.As(err, &status) && status.answered != nil {
		answered = status.answered
	} else if !errors.As(err, &answered) {
		return false
	}
	supported, _ := mcp.Get(answered.Data, "supported")
	return answered.Code == mcp.CodeUnsupportedVersion && slices.Contains(stringsOf(supported), mcp.Latest)
}

var errSlowProbe = errors.New("no answer to server/discover in time")

func stringsOf(array json.RawMessage) []string {
	elements, err := mcp.Elements(array)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range elements {
		if s, ok := mcp.String(e); ok {
			out = append(out, s)
		}
	}
	return out
}

func (s *stateless) judge(ctx context.Context, err error) error {
	var status *statusError
	var answered *mcp.Error
	var bad *BadAnswerError
	switch {
	case errors.As(err, &status) && status.answered != nil:
		answered = status.answered
	case errors.As(err, &status):
		switch status.status {
		case http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusTooManyRequests:
			return err
		}
		return &otherDialectError{err} // also 408 and 5xx: an older server's initialize tells us more
	case errors.As(err, &answered):
	case errors.As(err, &bad), errors.Is(context.Cause(ctx), errSlowProbe):
		return &otherDialectError{err}
	default:
		return err
	}
	switch answered.Code {
	case mcp.CodeHeaderMismatch, mcp.CodeMissingCapability:
		return err
	}
	return &otherDialectError{err} // an unsupported version, too: the older dialects have others to offer
}

// request sends one request. A server that no longer knows this era ends the conversation, so that the next one asks anew.
func (s *stateless) request(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	result, err := s.exchange(ctx, x, own)
	var status *statusError
	if errors.As(err, &status) && (status.answered == nil && (status.status == 404 || status.status == 405) ||
		status.answered != nil && status.answered.Code == mcp.CodeUnsupportedVersion) {
		s.fail(fmt.Errorf("%w: it does not speak %s any more: %w", ErrClosed, mcp.Latest, err))
		return nil, s.Err()
	}
	return result, err
}

func (s *stateless) exchange(ctx context.Context, x mcp.Exchange, own bool) (json.RawMessage, error) {
	p, n, id := s.enter(ctx, x, own)
	defer s.calls.leave(n)
	rs, err := s.post(ctx, id, x)
	if err != nil {
		return nil, err
	}
	e := exchange{r: s.Remote, id: id, call: p}
	return e.answer(ctx, rs)
}

func (s *stateless) post(ctx context.Context, id json.RawMessage, x mcp.Exchange) (*http.Response, error) {
	var token json.RawMessage
	if x.Progress {
		token = id
	}
	described, err := describe(s.opts, x, token)
	if err != nil {
		return nil, err
	}
	headers := []string{"Accept", typeJSON + ", " + typeStream, headerVersion, mcp.Latest, headerMethod, x.Method, headerName, nameHeader(x.Method, x.Params)}
	if x.Method == mcp.MethodCallTool {
		headers = append(headers, s.mirrored(x.Params)...)
	}
	return s.way.send(ctx, http.MethodPost, s.way.endpoint,
		mcp.AppendRequest(make([]byte, 0, len(described)+frameRoom), id, x.Method, described), headers...)
}

// nameHeader is what Mcp-Name says of a request: whom it is for.
func nameHeader(method string, params json.RawMessage) string {
	key := map[string]string{
		"tools/call": "name", "prompts/get": "name", "resources/read": "uri",
		"tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
	}[method]
	if key == "" {
		return ""
	}
	name, _ := mcp.GetString(params, key)
	return mcp.EncodeHeader(name)
}

// listen keeps a subscription to the changes that the server declared, and to what is watched.
func (s *stateless) listen(Hello) {
	s.spawn(func() {
		s.subscriptions.run(s.life, func(ctx context.Context, x mcp.Exchange) error {
			_, err := s.exchange(ctx, x, true)
			var status *statusError
			if errors.As(err, &status) && status.status < 500 {
				s.opts.Log.Debug("the provider does not tell of changes", "error", err)
				return cmp.Or(status.answered, mcp.Errorf(mcp.CodeMethodNotFound, "%s", status))
			}
			return err
		})
	})
}

func (s *stateless) watch(ctx context.Context, uri string, on bool) error {
	return s.subscriptions.watch(ctx, uri, on)
}

// tell has nothing to do: this era has no notifications of clients over HTTP.
func (s *stateless) tell(context.Context, string, json.RawMessage) error { return nil }

func (s *stateless) probe() string { return "server/discover" }

func (s *stateless) goodbye(context.Context) {}

// keep refuses a tool whose headers could not be made, and remembers those of the others.
func (s *stateless) keep(kind provider.ItemKind, name string, raw json.RawMessage) error {
	if kind != provider.Tool {
		return nil
	}
	found, err := mcp.MirrorsOf(raw)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mirrors == nil {
		s.mirrors = map[string][]mcp.Mirror{}
	}
	s.mirrors[name] = found
	return nil
}

// mirrorPrefix begins the headers that repeat arguments.
const mirrorPrefix = "Mcp-Param-"

func (s *stateless) mirrored(params json.RawMessage) []string {
	name, _ := mcp.GetString(params, "name")
	s.mu.RLock()
	found := s.mirrors[name]
	s.mu.RUnlock()
	var headers []string
	for _, m := range found {
		if value, ok := m.Value(params); ok {
			headers = append(headers, mirrorPrefix+m.Header, value)
		}
	}
	return headers
}
