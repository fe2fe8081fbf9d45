package upstream

import (
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

	mu      sync.RWMutex // guards mirrors
	mirrors map[string][]mirror
}

// hello is server/discover. What counts as "not of this era" is listed in the specification's section on era detection:
// 400, 404 and 405 with no error of this era, and any answer that an older server gives to an unknown method. That nobody
// may come in (401, 403) or that the server is busy says nothing about the era.
func (s *stateless) hello(ctx context.Context) (Hello, error) {
	short, cancel := context.WithTimeoutCause(ctx, probeTime, errSlowProbe)
	defer cancel()
	result, err := s.exchange(short, "server/discover", nil, nil)
	if err != nil {
		return Hello{}, s.judge(short, err)
	}
	h := Hello{ProtocolVersion: mcp.Latest}
	offered, _ := mcp.Get(result, "supportedVersions")
	if !slices.Contains(stringsOf(offered), mcp.Latest) {
		return Hello{}, &otherDialectError{fmt.Errorf("the server speaks %s, not %s", offered, mcp.Latest)}
	}
	h.Capabilities, _ = mcp.Get(result, "capabilities")
	h.ServerInfo, _ = mcp.Get(result, "_meta", mcp.MetaServerInfo)
	h.Instructions, _ = mcp.GetString(result, "instructions")
	return h, nil
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
func (s *stateless) request(ctx context.Context, method string, params json.RawMessage, progress func(json.RawMessage)) (json.RawMessage, error) {
	result, err := s.exchange(ctx, method, params, progress)
	var status *statusError
	if errors.As(err, &status) && (status.answered == nil && (status.status == 404 || status.status == 405) ||
		status.answered != nil && status.answered.Code == mcp.CodeUnsupportedVersion) {
		s.fail(fmt.Errorf("%w: it does not speak %s any more: %w", ErrClosed, mcp.Latest, err))
		return nil, s.Err()
	}
	return result, err
}

func (s *stateless) exchange(ctx context.Context, method string, params json.RawMessage, progress func(json.RawMessage)) (json.RawMessage, error) {
	_, id := s.newID()
	rs, err := s.post(ctx, id, method, params, progress != nil)
	if err != nil {
		return nil, err
	}
	x := exchange{r: s.Remote, id: id, progress: progress}
	result, err := x.answer(ctx, rs)
	if err != nil {
		return nil, err
	}
	if kind, ok := mcp.GetString(result, "resultType"); ok && kind != "complete" {
		return nil, &BadAnswerError{fmt.Sprintf("its result is of type %q, which we did not offer to handle", kind)}
	}
	return result, nil
}

func (s *stateless) post(ctx context.Context, id json.RawMessage, method string, params json.RawMessage, progress bool) (*http.Response, error) {
	described, err := s.describe(params, id, progress)
	if err != nil {
		return nil, err
	}
	headers := []string{"Accept", typeJSON + ", " + typeStream, headerVersion, mcp.Latest, headerMethod, method, headerName, nameHeader(method, params)}
	if method == "tools/call" {
		headers = append(headers, s.mirrored(params)...)
	}
	return s.way.send(ctx, http.MethodPost, s.way.endpoint, mcp.AppendRequest(nil, id, method, described), headers...)
}

// describe adds what every request of this era says about itself.
func (s *stateless) describe(params, id json.RawMessage, progress bool) (json.RawMessage, error) {
	meta, _ := mcp.Get(params, "_meta")
	for _, m := range []struct {
		key string
		val json.RawMessage
	}{
		{mcp.MetaClientCapabilities, json.RawMessage(`{}`)},
		{mcp.MetaClientInfo, s.opts.introduction()},
		{mcp.MetaVersion, mcp.Quote(mcp.Latest)},
		{"progressToken", id},
	} {
		if m.key == "progressToken" && !progress {
			continue
		}
		var err error
		if meta, err = mcp.Set(meta, m.val, m.key); err != nil {
			return nil, err
		}
	}
	return mcp.Set(params, meta, "_meta")
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
	return encodeHeader(name)
}

// listen keeps a subscription to the changes that the server declared.
func (s *stateless) listen(h Hello) {
	wanted := json.RawMessage(`{}`)
	for _, kind := range []string{"tools", "prompts", "resources"} {
		if says, _ := mcp.Get(h.Capabilities, kind, "listChanged"); string(says) == "true" {
			wanted, _ = mcp.Set(wanted, json.RawMessage(`true`), kind+"ListChanged") // into an object of our own: no error
		}
	}
	if string(wanted) == "{}" {
		return
	}
	params := append(append(json.RawMessage(`{"notifications":`), wanted...), '}')
	s.spawn(func() {
		for failed := 0; failed == 0 || pause(s.life, 0, failed) == nil; failed++ {
			begun := time.Now()
			_, err := s.exchange(s.life, "subscriptions/listen", params, nil)
			var answered *mcp.Error
			var status *statusError
			if errors.As(err, &answered) || errors.As(err, &status) && status.status < 500 {
				s.opts.Log.Debug("the provider does not tell of changes", "error", err)
				return
			}
			if time.Since(begun) > maxDelay {
				failed = 0 // it was a good one
			}
		}
	})
}

func (s *stateless) probe() string { return "server/discover" }

func (s *stateless) goodbye(context.Context) {}

// keep refuses a tool whose headers could not be made, and remembers those of the others.
func (s *stateless) keep(kind provider.ItemKind, name string, raw json.RawMessage) error {
	if kind != provider.Tool {
		return nil
	}
	found, err := mirrorsOf(raw)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mirrors == nil {
		s.mirrors = map[string][]mirror{}
	}
	s.mirrors[name] = found
	return nil
}

func (s *stateless) mirrored(params json.RawMessage) []string {
	name, _ := mcp.GetString(params, "name")
	s.mu.RLock()
	found := s.mirrors[name]
	s.mu.RUnlock()
	var headers []string
	for _, m := range found {
		if value, ok := m.value(params); ok {
			headers = append(headers, "Mcp-Param-"+m.header, value)
		}
	}
	return headers
}
