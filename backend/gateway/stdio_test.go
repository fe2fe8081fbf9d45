package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
)

// pipes are the two ends of a client on stdio.
type pipes struct {
	in       io.Reader
	out      io.Writer
	requests io.WriteCloser
	answers  io.ReadCloser
}

func newPipes() pipes {
	in, requests := io.Pipe()
	answers, out := io.Pipe()
	return pipes{in, out, requests, answers}
}

// talk is a client on stdio that reads what comes.
type talk struct {
	t     *testing.T
	p     pipes
	ended chan error

	mu   sync.Mutex
	said []string
}

// converse starts serve and a reader of its output.
func converse(t *testing.T, serve func(in io.Reader, out io.Writer) error) *talk {
	c := &talk{t: t, p: newPipes(), ended: make(chan error, 1)}
	go func() { c.ended <- serve(c.p.in, c.p.out) }()
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewReader(c.p.answers)
		for {
			text, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			c.mu.Lock()
			c.said = append(c.said, strings.TrimSuffix(text, "\n"))
			c.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = c.p.requests.Close()
		_ = c.p.answers.Close()
		<-read
	})
	return c
}

func (c *talk) send(lines ...string) {
	c.t.Helper()
	for _, l := range lines {
		_, err := io.WriteString(c.p.requests, l+"\n")
		must(c.t, err)
	}
}

// get waits for a line.
func (c *talk) get(want string) {
	c.t.Helper()
	eventually(c.t, want, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, s := range c.said {
			if s == want {
				c.said = append(c.said[:i], c.said[i+1:]...)
				return true
			}
		}
		if c.t.Failed() {
			c.t.Logf("there was %q", c.said)
		}
		return false
	})
}

func (c *talk) none() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.said) > 0 {
		c.t.Errorf("more was said: %q", c.said)
	}
}

func TestStdioSpeaksBothEras(t *testing.T) {
	r := setup(t, nil, func(o *gateway.Options) { o.BodyLimit = 2000 })
	c := converse(t, func(in io.Reader, out io.Writer) error { return r.ServeStdio(t.Context(), in, out) })
	const tail = `,"ttlMs":0,"cacheScope":"private","resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"hangar","version":"1.2.3"}}}}`
	for _, step := range []struct{ send, get string }{
		{`{"jsonrpc":"2.0","id":0,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"initialize first, or say in params._meta which protocol version this request is of"}}`},
		{`{"jsonrpc":"2.0","id":0,"method":"ping"}`, `{"jsonrpc":"2.0","id":0,"result":{}}`},
		{`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + meta + `}}`,
			`{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":` + every + tail},
		{greeting, `{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":` + every + `,"serverInfo":{"name":"hangar","version":"1.2.3"}}}`},
		{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, ``},
		{"", ""},
		{`  {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"math__add"}} ` + "\r", `{"jsonrpc":"2.0","id":2,"result":{"content":[],"to":"math","tool":"add","params":{"name":"add"}}}`},
		{`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__add",` + meta + `}}`,
			`{"jsonrpc":"2.0","id":3,"result":{"resultType":"complete","content":[],"to":"math","tool":"add","params":{"name":"add","_meta":{}}}}`},
		{`{"jsonrpc":"2.0","id":4,"method":"server/discover","params":{` + meta + `}}`,
			`{"jsonrpc":"2.0","id":4,"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":` + every + tail},
		{`{"jsonrpc":"2.0","id":5,"method":"ping","params":{` + meta + `}}`, `{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"method \"ping\" is not served here"}}`},
		{`{"jsonrpc":"2.0","id":6,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`,
			`{"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"params._meta[\"io.modelcontextprotocol/clientCapabilities\"] is missing or not an object"}}`},
		{`{"jsonrpc":"2.0","id":"w","result":{}}`, ``},
		{`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"` + strings.Repeat("x", 3000) + `"}}`,
			`{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"the body is larger than 2000 bytes"}}`},
		{`[{"jsonrpc":"2.0","id":8,"method":"ping"}]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"JSON-RPC batches are not accepted; send each message by itself"}}`},
		{`{"jsonrpc":"2.0","id":9,"method":"ping"}`, `{"jsonrpc":"2.0","id":9,"result":{}}`},
	} {
		c.send(step.send)
		if step.get != "" {
			c.get(step.get)
		}
	}
	c.send(`{oops`)
	eventually(t, "a parse error", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.said) == 1 && strings.HasPrefix(c.said[0], `{"jsonrpc":"2.0","id":null,"error":{"code":-32700`)
	})
	_ = c.p.requests.Close()
	must(t, <-c.ended)
}

func TestStdioCancelsAndRefusesDuplicates(t *testing.T) {
	w := &waiting{}
	r := setup(t, w)
	c := converse(t, func(in io.Reader, out io.Writer) error { return r.ServeStdio(t.Context(), in, out) })
	c.send(greeting)
	c.get(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":` + every + `,"serverInfo":{"name":"hangar","version":"1.2.3"}}}`)
	const call = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"math__add"}}`
	c.send(call)
	eventually(t, "it runs", func() bool { n, _ := w.count(); return n == 1 })
	c.send(call)
	c.get(`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a request with this id is still in flight"}}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}`, `{"jsonrpc":"2.0","id":8,"method":"ping"}`)
	c.get(`{"jsonrpc":"2.0","id":8,"result":{}}`)
	if n, _ := w.count(); n != 1 {
		t.Fatal("another id cancelled it")
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	eventually(t, "it is cancelled", func() bool { _, n := w.count(); return n == 1 })
	c.send(`{"jsonrpc":"2.0","id":9,"method":"ping"}`)
	c.get(`{"jsonrpc":"2.0","id":9,"result":{}}`)
	c.none() // a cancelled request is not answered
}

func TestStdioFinishesWhatRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		patience time.Duration
		takes    time.Duration
		want     string
	}{
		"when it is done in time": {10 * time.Second, 50 * time.Millisecond, `{"jsonrpc":"2.0","id":3,"result":{"resultType":"complete"}}`},
		"or tells that it is not": {50 * time.Millisecond, time.Hour, `{"jsonrpc":"2.0","id":3,"error":{"code":-31007,"message":"the request was cancelled","data":{"retryable":false,"type":"RequestCancelledError"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := setup(t, play(func(ctx context.Context, _ invoke.Call) (json.RawMessage, error) {
				done := time.NewTimer(tc.takes)
				defer done.Stop()
				select {
				case <-done.C:
					return json.RawMessage(`{}`), nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}), func(o *gateway.Options) { o.DrainStdio = tc.patience })
			c := converse(t, func(in io.Reader, out io.Writer) error { return r.ServeStdio(t.Context(), in, out) })
			c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__add",` + meta + `}}`)
			_ = c.p.requests.Close()
			c.get(tc.want)
			must(t, <-c.ended)
		})
	}
}

func TestStdioEndsWithItsContext(t *testing.T) {
	w := &waiting{}
	r := setup(t, w)
	ctx, stop := context.WithCancelCause(t.Context())
	c := converse(t, func(in io.Reader, out io.Writer) error { return r.ServeStdio(ctx, in, out) })
	c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__add",` + meta + `}}`)
	eventually(t, "it runs", func() bool { n, _ := w.count(); return n == 1 })
	why := errors.New("enough")
	stop(why)
	if err := <-c.ended; !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if n, _ := w.count(); n != 0 {
		t.Error("a call still runs")
	}
}

func TestStdioEndsWhenNobodyReads(t *testing.T) {
	r := setup(t, nil)
	p := newPipes()
	ended := make(chan error, 1)
	go func() { ended <- r.ServeStdio(t.Context(), p.in, p.out) }()
	must(t, p.answers.Close())
	go func() {
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(p.requests, `{"jsonrpc":"2.0","id":%d,"method":"ping"}`+"\n", i); err != nil {
				return
			}
		}
	}()
	err := <-ended
	_ = p.in.(io.Closer).Close()
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

func TestForwardCarriesAConversation(t *testing.T) {
	w := &waiting{}
	r := setup(t, play(func(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
		if c.Tool == "echo" {
			return w.Call(ctx, c)
		}
		if c.Progress != nil {
			c.Progress(json.RawMessage(`{"progressToken":1,"progress":1}`))
		}
		return mirror(ctx, c)
	}), func(o *gateway.Options) { o.MaxSessions = 1 })

	c := converse(t, func(in io.Reader, out io.Writer) error { return gateway.Forward(t.Context(), r.url, "", in, out) })
	const initialized = `{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":` + every + `,"serverInfo":{"name":"hangar","version":"1.2.3"}}}`
	c.send(greeting, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.get(initialized)
	const call = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"math__add"}}`
	const answer = `{"jsonrpc":"2.0","id":2,"result":{"content":[],"to":"math","tool":"add","params":{"name":"add"}}}`
	c.send(call)
	c.get(answer)
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"math__add","_meta":{"progressToken":"t"}}}`)
	c.get(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}}`)
	c.get(`{"jsonrpc":"2.0","id":2,"result":{"content":[],"to":"math","tool":"add","params":{"name":"add","_meta":{}}}}`)
	c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"math__add",` + meta + `}}`)
	c.get(`{"jsonrpc":"2.0","id":3,"result":{"resultType":"complete","content":[],"to":"math","tool":"add","params":{"name":"add","_meta":{}}}}`)
	c.send(`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"ä",` + meta + `}}`)
	c.get(`{"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"unknown tool \"ä\"; tools/list has those that there are"}}`)

	// The only session is taken by another client: ours is over, and is opened anew without the client's notice.
	r.session(r.url)
	c.send(call)
	c.get(answer)

	for n, params := range map[int]string{1: `"name":"math__echo"`, 2: `"name":"math__echo",` + meta} {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":"c%d","method":"tools/call","params":{%s}}`, n, params))
		eventually(t, "it runs", func() bool { running, _ := w.count(); return running == 1 })
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c%d"}}`, n))
		eventually(t, "it is cancelled", func() bool { running, _ := w.count(); return running == 0 })
	}
	_ = c.p.requests.Close()
	must(t, <-c.ended)
	if n := r.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestForwardEndsWithTheInstance(t *testing.T) {
	w := &waiting{}
	r := setup(t, w)
	c := converse(t, func(in io.Reader, out io.Writer) error { return gateway.Forward(t.Context(), r.url, "", in, out) })
	c.send(greeting)
	c.get(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":` + every + `,"serverInfo":{"name":"hangar","version":"1.2.3"}}}`)
	for i := range 3 {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"math__add"}}`, i+10))
	}
	eventually(t, "they run", func() bool { n, _ := w.count(); return n == 3 })
	r.server.CloseClientConnections()
	err := <-c.ended
	if gone := new(gateway.GoneError); !errors.As(err, &gone) || gone.URL != r.url {
		t.Fatalf("%v", err)
	}
	eventually(t, "each open request is answered", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.said) == 3
	})
	for _, s := range c.said {
		m, err := mcp.Parse([]byte(s))
		if err != nil || mcp.ParseError(m.Error).Code != mcp.CodeUnavailable || len(m.ID) != 2 {
			t.Errorf("%s", s)
		}
	}
}

func TestForwardToNobody(t *testing.T) {
	c := converse(t, func(in io.Reader, out io.Writer) error {
		return gateway.Forward(t.Context(), "http://127.0.0.1:1/mcp", "", in, out)
	})
	c.send(greeting)
	var gone *gateway.GoneError
	if err := <-c.ended; !errors.As(err, &gone) {
		t.Fatalf("%v", err)
	}
	eventually(t, "an answer", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.said) == 1 })
}

func TestForwardPassesRefusalsUnderTheRequestsID(t *testing.T) {
	r := setup(t, nil)
	c := converse(t, func(in io.Reader, out io.Writer) error {
		return gateway.Forward(t.Context(), r.url+"/groups/none", "", in, out)
	})
	c.send(`{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{` + meta + `}}`)
	eventually(t, "an answer", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.said) == 1 })
	if !strings.HasPrefix(c.said[0], `{"jsonrpc":"2.0","id":"a","error":{"code":-32600`) {
		t.Errorf("%s", c.said[0])
	}
	_ = c.p.requests.Close()
	must(t, <-c.ended)
}
