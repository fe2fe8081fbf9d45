package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
)

// stream is an answer that is still coming.
type stream struct {
	*http.Response
	lines *bufio.Scanner
	stop  context.CancelFunc
}

// open posts and returns with the head of the answer.
func (r *rig) open(body string, headers ...string) *stream {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(body))
	must(r.t, err)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	a, err := r.web.Do(q)
	must(r.t, err)
	r.t.Cleanup(func() { stop(); _ = a.Body.Close() })
	return &stream{a, bufio.NewScanner(a.Body), stop}
}

// next gives the next event's text, comments included.
func (s *stream) next() string {
	var got []string
	for s.lines.Scan() {
		if s.lines.Text() == "" {
			break
		}
		got = append(got, s.lines.Text())
	}
	return strings.Join(got, "\n")
}

func TestProgressComesWithTheClientsToken(t *testing.T) {
	var params json.RawMessage
	r := setup(t, play(func(_ context.Context, c invoke.Call) (json.RawMessage, error) {
		params = c.Params
		if c.Progress == nil {
			return json.RawMessage(`{"content":[{"silent":true}]}`), nil
		}
		c.Progress(json.RawMessage(`{"progressToken":77,"progress":1,"message":"a\nb","x":9007199254740993}`))
		c.Progress(json.RawMessage("{\"progress\":2,\n\"progressToken\":77}"))
		return json.RawMessage(`{"content":[]}`), nil
	}))
	session := r.session(r.url)
	for name, tc := range map[string]struct {
		token, meta string
		headers     []string
		params      string
		result      string
	}{
		"a string, in a session": {`"tök"`, `"_meta":{"progressToken":"tök","k":1}`, []string{"Mcp-Session-Id", session}, `{"_meta":{"k":1},"name":"add"}`, `{"content":[]}`},
		"a number, in a session": {`9007199254740993`, `"_meta":{"progressToken":9007199254740993}`, []string{"Mcp-Session-Id", session}, `{"_meta":{},"name":"add"}`, `{"content":[]}`},
		"a number, statelessly": {`1`, strings.Replace(meta, `{`, `{"progressToken":1,`, 1), stateless("tools/call", "math__add"), `{"_meta":{},"name":"add"}`,
			`{"resultType":"complete","content":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := r.open(`{"jsonrpc":"2.0","id":"i","method":"tools/call","params":{`+tc.meta+`,"name":"math__add"}}`, tc.headers...)
			if s.Header.Get("Content-Type") != "text/event-stream" || s.Header.Get("X-Accel-Buffering") != "no" {
				t.Fatalf("%v", s.Header)
			}
			for i, want := range []string{
				`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":` + tc.token + `,"progress":1,"message":"a\nb","x":9007199254740993}}`,
				`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":2, "progressToken":` + tc.token + `}}`,
				`{"jsonrpc":"2.0","id":"i","result":` + tc.result + `}`,
				``,
			} {
				if want != "" {
					want = "event: message\ndata: " + want
				}
				if got := s.next(); got != want {
					t.Errorf("event %d:\ngot  %s\nwant %s", i, got, want)
				}
			}
			if string(params) != tc.params {
				t.Errorf("the provider got %s", params)
			}
		})
	}
	a := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add"}}`, "Mcp-Session-Id", session)
	expect(t, a, 200, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"silent":true}]}}`)
}

func TestASilentCallKeepsItsConnection(t *testing.T) {
	release := make(chan struct{})
	r := setup(t, play(func(ctx context.Context, _ invoke.Call) (json.RawMessage, error) {
		<-release
		return json.RawMessage(`{"content":[]}`), nil
	}), func(o *gateway.Options) { o.KeepAlive = 10 * time.Millisecond })
	s := r.open(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add",`+meta+`}}`, stateless("tools/call", "math__add")...)
	for range 3 {
		if got := s.next(); got != ": keep-alive" {
			t.Fatalf("%q", got)
		}
	}
	close(release)
	for got := ""; !strings.Contains(got, `"resultType":"complete"`); {
		if got = s.next(); got == "" {
			t.Fatal("the stream ended without an answer")
		}
	}
}

// waiting is a caller whose calls wait until they are cancelled.
type waiting struct {
	mu      sync.Mutex
	running int
	ended   []error
}

func (w *waiting) Relay(ctx context.Context, r invoke.Relay) (json.RawMessage, error) {
	return w.Call(ctx, invoke.Call{Provider: r.Provider})
}

func (w *waiting) Call(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
	w.mu.Lock()
	w.running++
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.ended = append(w.ended, context.Cause(ctx))
	return nil, fault.Named(fault.Unavailable, "RequestCancelledError", "cancelled")
}

func (w *waiting) count() (running, ended int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running, len(w.ended)
}

func TestClosingAStatelessRequestCancelsIt(t *testing.T) {
	w := &waiting{}
	r := setup(t, w)
	ctx, stop := context.WithCancel(t.Context())
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add",`+meta+`}}`))
	must(t, err)
	for i, h := 0, append(stateless("tools/call", "math__add"), "Content-Type", "application/json"); i < len(h); i += 2 {
		q.Header.Set(h[i], h[i+1])
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if a, err := r.web.Do(q); err == nil {
			_ = a.Body.Close()
		}
	}()
	eventually(t, "the call runs", func() bool { n, _ := w.count(); return n == 1 })
	stop()
	eventually(t, "the call is cancelled", func() bool { _, n := w.count(); return n == 1 })
	<-done
}

func TestInASessionOnlyAMessageCancels(t *testing.T) {
	w := &waiting{}
	r := setup(t, w)
	mine, other := r.session(r.url), r.session(r.url)
	send := func(session, id string) (answer chan said, hangUp context.CancelFunc) {
		answer = make(chan said, 1)
		ctx, stop := context.WithCancel(t.Context())
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(`{"jsonrpc":"2.0","id":`+id+`,"method":"tools/call","params":{"name":"math__add"}}`))
		must(t, err)
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Mcp-Session-Id", session)
		go func() {
			a, err := r.web.Do(q)
			if err != nil {
				answer <- said{}
				return
			}
			defer a.Body.Close()
			b, _ := io.ReadAll(a.Body)
			answer <- said{a.StatusCode, a.Header, string(b)}
		}()
		t.Cleanup(stop)
		return answer, stop
	}
	one, _ := send(mine, `1`)
	text, _ := send(mine, `"1"`) // another id: the type counts
	eventually(t, "both run", func() bool { n, _ := w.count(); return n == 2 })
	gone, hangUp := send(other, `1`)
	eventually(t, "and the neighbour's", func() bool { n, _ := w.count(); return n == 3 })

	hangUp()
	<-gone
	if again := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add"}}`, "Mcp-Session-Id", mine); again.status != 400 || again.code(t) != mcp.CodeInvalidRequest || !strings.Contains(again.body, `"id":null`) {
		t.Errorf("an id in flight: %d %s", again.status, again.body)
	}
	if n, _ := w.count(); n != 3 {
		t.Fatalf("a broken connection cancelled: %d run", n)
	}
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"enough"}}`
	if a := r.post(r.url, cancel, "Mcp-Session-Id", mine); a.status != 202 {
		t.Fatalf("%d", a.status)
	}
	if a := <-one; a.status != 200 || a.body != "" || a.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("a cancelled request was answered: %d %s", a.status, a.body)
	}
	if n, _ := w.count(); n != 2 {
		t.Errorf("%d run after one was cancelled", n)
	}
	if a := r.do(http.MethodDelete, r.url, "", "Mcp-Session-Id", mine); a.status != 204 {
		t.Errorf("DELETE: %d", a.status)
	}
	if a := <-text; a.code(t) != -31007 {
		t.Errorf("the end of a session cancels its calls: %s", a.body)
	}
	r.Close()
	eventually(t, "the end of all sessions cancels the rest", func() bool { n, _ := w.count(); return n == 0 })
}

func TestFaultsBecomeErrorsOnce(t *testing.T) {
	var fail error
	r := setup(t, play(func(context.Context, invoke.Call) (json.RawMessage, error) { return nil, fail }))
	session := r.session(r.url)
	const provided = `{"code":-32000,"message":"mine","data":{"n":9007199254740993},"ext":1}`
	for name, tc := range map[string]struct {
		err       error
		error     string
		stateless int
	}{
		"a provider's own error passes byte for byte": {mcp.ParseError(json.RawMessage(provided)), provided, 200},
		"a provider's own method not found":           {mcp.ParseError(json.RawMessage(`{"code":-32601,"message":"x"}`)), `{"code":-32601,"message":"x"}`, 404},
		"a provider that did not start": {fault.New(fault.Unavailable, "it exited").With("reason", "ProviderStartError").With("stderr", []string{"boom"}),
			`{"code":-31000,"message":"it exited","data":{"reason":"ProviderStartError","retryable":true,"stderr":["boom"],"type":"ProviderUnavailableError"}}`, 200},
		"a provider that died under the call": {fault.New(fault.Unavailable, "it died").With("reason", "ProviderDiedError"),
			`{"code":-31000,"message":"it died","data":{"reason":"ProviderDiedError","retryable":false,"type":"ProviderUnavailableError"}}`, 200},
		"shutting down": {fault.Named(fault.Unavailable, "ShuttingDownError", "bye"), `{"code":-31000,"message":"bye","data":{"retryable":true,"type":"ShuttingDownError"}}`, 200},
		"a timeout":     {fault.Named(fault.Timeout, "ToolTimeoutError", "slow").With("timeout_ms", 5), `{"code":-31001,"message":"slow","data":{"retryable":false,"timeout_ms":5,"type":"ToolTimeoutError"}}`, 200},
		"nonsense":      {fault.New(fault.Upstream, "nonsense"), `{"code":-31002,"message":"nonsense","data":{"retryable":false,"type":"UpstreamError"}}`, 200},
		"a limit": {&fault.Error{Kind: fault.Limited, Message: "later", RetryAfter: 2 * time.Second},
			`{"code":-31005,"message":"later","data":{"retry_after_ms":2000,"retryable":true,"type":"RateLimitExceededError"}}`, 200},
		"a missing tool":   {fault.Named(fault.Missing, "ToolNotFoundError", "no such tool"), `{"code":-32602,"message":"no such tool","data":{"retryable":false,"type":"ToolNotFoundError"}}`, 400},
		"a full store":     {fault.New(fault.Full, "full"), `{"code":-31006,"message":"full","data":{"retryable":false,"type":"StorageFullError"}}`, 200},
		"an illegal state": {fault.New(fault.Conflict, "no"), `{"code":-31008,"message":"no","data":{"retryable":false,"type":"ConflictError"}}`, 200},
		"our own fault": {errors.New("secret path /x"), `{"code":-32603,"message":"an internal error occurred; the server's log has the cause under this request id","data":` +
			`{"retryable":false,"type":"InternalServerError"}}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			fail = tc.err
			a := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add"}}`, "Mcp-Session-Id", session)
			expect(t, a, 200, `{"jsonrpc":"2.0","id":1,"error":`+tc.error+`}`)
			a = r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add",`+meta+`}}`, stateless("tools/call", "math__add")...)
			expect(t, a, tc.stateless, `{"jsonrpc":"2.0","id":1,"error":`+tc.error+`}`)
		})
	}
	if !strings.Contains(r.logged.String(), "secret path") {
		t.Error("the cause of our own fault is not in the log")
	}
}

func TestAResultsOwnTypeIsKept(t *testing.T) {
	var result string
	r := setup(t, play(func(context.Context, invoke.Call) (json.RawMessage, error) { return json.RawMessage(result), nil }))
	for in, want := range map[string]string{
		`{}`:                             `{"resultType":"complete"}`,
		` { } `:                          `{"resultType":"complete"} `,
		`{ "a":1}`:                       `{"resultType":"complete","a":1}`,
		`{"a":1,"resultType":"task"}`:    `{"a":1,"resultType":"task"}`,
		`{"content":["\"resultType\""]}`: `{"resultType":"complete","content":["\"resultType\""]}`,
		`{"a":{"resultType":"x"}}`:       `{"resultType":"complete","a":{"resultType":"x"}}`,
	} {
		result = in
		a := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add",`+meta+`}}`, stateless("tools/call", "math__add")...)
		expect(t, a, 200, `{"jsonrpc":"2.0","id":1,"result":`+want+`}`)
	}
}

func TestTheActorIsTheClient(t *testing.T) {
	var actor event.Actor
	r := setup(t, play(func(ctx context.Context, _ invoke.Call) (json.RawMessage, error) {
		actor, _ = event.ActorFrom(ctx)
		return json.RawMessage(`{}`), nil
	}))
	call := func(extra string, headers ...string) event.Actor {
		r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"math__add"`+extra+`}}`, headers...)
		return actor
	}
	if got := call("", "Mcp-Session-Id", r.session(r.url)); got != (event.Actor{Type: "mcp_client", ID: "tester"}) {
		t.Errorf("session: %v", got)
	}
	if got := call(","+meta, stateless("tools/call", "math__add")...); got.ID != "unknown" {
		t.Errorf("stateless without a name: %v", got)
	}
	named := strings.Replace(meta, `{`, `{"io.modelcontextprotocol/clientInfo":{"name":"claude","version":"1"},`, 1)
	if got := call(","+named, stateless("tools/call", "math__add")...); got.ID != "claude" {
		t.Errorf("stateless: %v", got)
	}
}

// Many clients use the same ids and the same tokens at the same time; each gets its own.
func TestNothingCrosses(t *testing.T) {
	r := setup(t, play(func(_ context.Context, c invoke.Call) (json.RawMessage, error) {
		nonce, _ := mcp.Get(c.Params, "arguments", "nonce")
		if c.Progress != nil {
			c.Progress(json.RawMessage(`{"progressToken":5,"progress":1,"message":` + string(nonce) + `}`))
		}
		return json.RawMessage(`{"content":[],"nonce":` + string(nonce) + `}`), nil
	}))
	r.web.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	var all sync.WaitGroup
	for client := range 40 {
		session := r.session(r.url)
		all.Go(func() {
			for i := range 25 {
				nonce := fmt.Sprintf("%d-%d", client, i)
				params := fmt.Sprintf(`{"name":"math__add","arguments":{"nonce":%q},"_meta":{"progressToken":1}}`, nonce)
				headers := []string{"Mcp-Session-Id", session}
				if client%2 == 1 {
					params = strings.Replace(params, `"_meta":{`, meta[:len(meta)-1]+`,`, 1)
					headers = stateless("tools/call", "math__add")
				}
				a := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`}`, headers...)
				if strings.Count(a.body, `"`+nonce+`"`) != 2 || strings.Count(a.body, `"progressToken":1`) != 1 {
					t.Errorf("%s got %d %s", nonce, a.status, a.body)
				}
			}
		})
	}
	all.Wait()
}
