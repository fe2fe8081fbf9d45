package upstream

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"hangar/backend/mcp"
)

const greeted = `{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s"}}`

// The stateless era is asked for first; anything but a good answer to that leads to initialize, and silence to both.
func TestWhichEraAPipeIsOf(t *testing.T) {
	for name, c := range map[string]struct {
		pin     string
		play    func(d *double)
		version string
		problem string
	}{
		"discovered": {"", func(d *double) {
			m := d.next()
			if v, _ := mcp.GetString(m.Params, "_meta", mcp.MetaVersion); m.Method != "server/discover" || v != mcp.Latest {
				d.t.Errorf("asked %s of %s", m.Method, v)
			}
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, discovered)
		}, mcp.Latest, ""},
		"it does not know the method": {"auto", func(d *double) {
			d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"what?"}}`, d.next().ID)
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, d.next().ID, greeted)
			d.next()
		}, "2025-06-18", ""},
		"it does not speak that version": {"auto", func(d *double) {
			d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32022,"message":"no"}}`, d.next().ID)
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, d.next().ID, greeted)
			d.next()
		}, "2025-06-18", ""},
		"it says nothing to what it does not know": {"auto", func(d *double) {
			d.next()
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, d.next().ID, greeted)
			for d.next().Method != "notifications/initialized" {
			}
		}, "2025-06-18", ""},
		"it is slow to start and modern": {"auto", func(d *double) {
			m := d.next()
			n := d.next()
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, discovered)
			d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, n.ID)
		}, mcp.Latest, ""},
		"pinned to a session": {"session", func(d *double) {
			d.say(`{"jsonrpc":"2.0","id":%s,"result":%s}`, d.next().ID, greeted)
			d.next()
		}, "2025-06-18", ""},
		"pinned to stateless": {"stateless", func(d *double) {
			d.say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"what?"}}`, d.next().ID)
		}, "", "what?"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, d := converse(t, func(o *Options) { o.Protocol = c.pin })
				played := make(chan struct{})
				go func() {
					defer close(played)
					c.play(d)
				}()
				h, err := conn.Handshake(t.Context())
				if h.ProtocolVersion != c.version || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
					t.Errorf("version %q, error %v", h.ProtocolVersion, err)
				}
				<-played
			})
		})
	}
}

// client is a Peer that keeps what it hears and answers what it is asked, unless it is told to wait.
type client struct {
	heard  chan note
	answer func(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error)
}

func newClient() *client {
	return &client{heard: make(chan note, 16), answer: func(_ context.Context, _ string, params json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"to":` + string(params) + `}`), nil
	}}
}

func (c *client) Hear(method string, params json.RawMessage) { c.heard <- note{method, params} }

func (c *client) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	return c.answer(ctx, method, params)
}

const capable = `{"roots":{},"sampling":{},"elicitation":{}}`

func of(key string, peer mcp.Peer) mcp.Exchange {
	return mcp.Exchange{Method: "tools/call", Params: json.RawMessage(`{"name":"x"}`), Peer: peer,
		Client: mcp.Client{Key: key, Capabilities: json.RawMessage(capable), LogLevel: "info"}}
}

func begin(t *testing.T, c *Conn, x mcp.Exchange) <-chan outcome {
	t.Helper()
	done := make(chan outcome, 1)
	go func() {
		r, err := c.Request(t.Context(), x)
		done <- outcome{r, err}
	}()
	return done
}

// What a provider asks reaches the client whose call is under way, and nobody when that cannot be told.
func TestWhoIsAsked(t *testing.T) {
	const ask = `{"jsonrpc":"2.0","id":"q1","method":"elicitation/create","params":{"message":"?"}}`
	for name, c := range map[string]struct {
		calls []mcp.Exchange
		ask   string
		want  string
	}{
		"the one who calls":                 {[]mcp.Exchange{of("a", newClient())}, ask, `{"jsonrpc":"2.0","id":"q1","result":{"to":{"message":"?"}}}`},
		"one client with two calls":         {[]mcp.Exchange{of("a", newClient()), of("a", newClient())}, ask, `{"jsonrpc":"2.0","id":"q1","result":{"to":{"message":"?"}}}`},
		"nobody, of two":                    {[]mcp.Exchange{of("a", newClient()), of("b", newClient())}, ask, `"code":-32603`},
		"nobody, of two without a name":     {[]mcp.Exchange{of("", newClient()), of("", newClient())}, ask, `"code":-32603`},
		"nobody, where none can be asked":   {[]mcp.Exchange{{Method: "tools/call"}}, ask, `"code":-32601`},
		"nobody, for what it did not offer": {[]mcp.Exchange{of("a", newClient())}, strings.Replace(ask, `"message"`, `"mode":"url","message"`, 1), `"code":-32601`},
		"nobody calls":                      {nil, ask, `"code":-32601`},
		"roots, and nobody calls":           {nil, `{"jsonrpc":"2.0","id":"q1","method":"roots/list"}`, `"result":{"roots":[]}`},
		"ping is ours":                      {nil, `{"jsonrpc":"2.0","id":"q1","method":"ping"}`, `{"jsonrpc":"2.0","id":"q1","result":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			conn, d := converse(t, inSession)
			var answers []<-chan outcome
			var ids []json.RawMessage
			for _, x := range c.calls {
				answers = append(answers, begin(t, conn, x))
				ids = append(ids, d.next().ID)
			}
			d.say("%s", c.ask)
			if !d.lines.Scan() || !strings.Contains(d.lines.Text(), c.want) {
				t.Errorf("got %s, want %s", d.lines.Text(), c.want)
			}
			for i, id := range ids {
				d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, id)
				if got := <-answers[i]; got.err != nil {
					t.Error(got.err)
				}
			}
		})
	}
}

// A question lives as long as its call, and as long as the provider wants an answer.
func TestQuestionsEnd(t *testing.T) {
	for name, end := range map[string]func(d *double, call mcp.Message){
		"with the call": func(d *double, call mcp.Message) { d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, call.ID) },
		"when it is taken back": func(d *double, _ mcp.Message) {
			d.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, d := converse(t, inSession)
			asked, ended := make(chan struct{}), make(chan struct{})
			who := newClient()
			who.answer = func(ctx context.Context, _ string, _ json.RawMessage) (json.RawMessage, error) {
				close(asked)
				<-ctx.Done()
				close(ended)
				return nil, context.Cause(ctx)
			}
			answer := begin(t, conn, of("a", who))
			call := d.next()
			d.say(`{"jsonrpc":"2.0","id":7,"method":"roots/list"}`)
			<-asked
			end(d, call)
			<-ended
			if name != "with the call" {
				d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, call.ID)
			}
			if got := <-answer; got.err != nil {
				t.Error(got.err)
			}
		})
	}
}

// Log messages reach the one caller that there is, at the level that it chose.
func TestLogMessages(t *testing.T) {
	conn, d := converse(t, inSession)
	one, two := newClient(), newClient()
	first := begin(t, conn, of("a", one))
	m := d.next()
	d.say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"debug","data":1}}`)
	d.say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":2}}`)
	if n := <-one.heard; string(n.params) != `{"level":"error","data":2}` {
		t.Errorf("heard %s", n.params)
	}
	second := begin(t, conn, of("b", two))
	n := d.next()
	d.say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":3}}`)
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, n.ID)
	<-first
	<-second
	if len(one.heard)+len(two.heard) > 0 {
		t.Error("a message that could be of two clients was given to one")
	}
}

// One subscription with a stateless provider carries what it declared and what is watched.
func TestASubscriptionOnAPipe(t *testing.T) {
	told := make(chan string, 8)
	conn, d := converse(t, func(o *Options) {
		o.Notify = func(method string, params json.RawMessage) { told <- method + " " + string(params) }
	})
	done := make(chan error, 1)
	go func() {
		_, err := conn.Handshake(t.Context())
		done <- err
	}()
	d.say(`{"jsonrpc":"2.0","id":%s,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true}}}}`, d.next().ID)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	listen := d.next()
	if wanted, _ := mcp.Get(listen.Params, "notifications"); listen.Method != mcp.MethodListen || string(wanted) != `{"toolsListChanged":true}` {
		t.Fatalf("%s %s", listen.Method, listen.Params)
	}
	acknowledge := func(m mcp.Message) {
		wanted, _ := mcp.Get(m.Params, "notifications")
		d.say(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s},"notifications":%s}}`, m.ID, wanted)
	}
	acknowledge(listen)
	go func() { done <- conn.Watch(t.Context(), "file:///a", true) }()
	if m := d.next(); m.Method != mcp.NoteCancelled {
		t.Errorf("the old subscription goes on: %s", m.Method)
	}
	listen = d.next()
	if wanted, _ := mcp.Get(listen.Params, "notifications", "resourceSubscriptions"); string(wanted) != `["file:///a"]` {
		t.Errorf("%s", listen.Params)
	}
	acknowledge(listen)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := <-told; !strings.HasPrefix(got, mcp.NoteToolsChanged) {
		t.Errorf("told %s", got) // between two subscriptions something may have been missed
	}
	d.say(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///a"}}`)
	if got := <-told; got != `notifications/resources/updated {"uri":"file:///a"}` {
		t.Errorf("told %s", got)
	}
	d.say(`{"jsonrpc":"2.0","id":1,"method":"roots/list"}`) // that era has no such thing
	if !d.lines.Scan() || !strings.Contains(d.lines.Text(), "-32601") {
		t.Errorf("%s", d.lines.Text())
	}
}
