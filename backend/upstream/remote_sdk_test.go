package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	ours "hangar/backend/mcp"
	"hangar/backend/provider"
)

// sdkServer is the official SDK's server with tools that show what a transport must carry.
type sdkServer struct {
	*mcp.Server
	cancelled atomic.Int64 // calls of wait whose cancellation arrived
}

func newSDKServer() *sdkServer {
	s := &sdkServer{Server: mcp.NewServer(&mcp.Implementation{Name: "sdk", Version: "1"}, &mcp.ServerOptions{Instructions: "be kind", PageSize: 2})}
	type text struct {
		Text string `json:"text"`
	}
	say := func(t string) *mcp.CallToolResult {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: t}}}
	}
	mcp.AddTool(s.Server, &mcp.Tool{Name: "echo"}, func(_ context.Context, _ *mcp.CallToolRequest, in text) (*mcp.CallToolResult, any, error) {
		return say(in.Text), nil, nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "count"}, func(ctx context.Context, rq *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		for i := range 3 {
			err := rq.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: rq.Params.GetProgressToken(), Progress: float64(i + 1), Total: 3})
			if err != nil {
				return nil, nil, err
			}
		}
		return say("counted"), nil, nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "wait"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		select {
		case <-ctx.Done():
			s.cancelled.Add(1)
		case <-time.After(2 * time.Second): // served by the session dialect, a stateless server cannot be told to stop
		}
		return nil, nil, ctx.Err()
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "broken"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, errors.New("as announced")
	})
	s.AddPrompt(&mcp.Prompt{Name: "greet"}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{Description: "hi"}, nil
	})
	return s
}

// serve starts a handler and gives its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

func remoteSpec(endpoint string) provider.Provider {
	return provider.Provider{ID: "far", Source: provider.SourceAPI, Spec: provider.Spec{Mode: provider.Remote, Endpoint: endpoint}}
}

// dial opens a conversation that ends with the test.
func dial(t *testing.T, p provider.Provider, change ...func(*Options)) *Remote {
	t.Helper()
	o := Options{Name: "hangar", Version: "test", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	r, err := (&Remotes{}).Open(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		r.Stop(ctx)
	})
	return r
}

func hello(t *testing.T, r *Remote) Hello {
	t.Helper()
	h, err := r.Handshake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(t *testing.T, r *Remote, params string, progress func(json.RawMessage)) string {
	t.Helper()
	result, err := r.Request(t.Context(), plain("tools/call", json.RawMessage(params), progress))
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	return string(result)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// The same talk with the official SDK's server in every dialect that it speaks.
func TestTheOfficialServerInEveryDialect(t *testing.T) {
	streamable := func(o mcp.StreamableHTTPOptions) func(*sdkServer) http.Handler {
		return func(s *sdkServer) http.Handler {
			return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, &o)
		}
	}
	sse := func(s *sdkServer) http.Handler {
		return mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return s.Server }, nil)
	}
	for name, c := range map[string]struct {
		handler  func(*sdkServer) http.Handler
		protocol string
		version  string
		quiet    bool // it sends no progress
		cancels  bool // a cancelled call is cancelled there
		tells    bool // of changes
	}{
		"stateless":               {streamable(mcp.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true}), "auto", ours.Latest, false, true, true},
		"stateless, pinned":       {streamable(mcp.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true}), "stateless", ours.Latest, false, true, true},
		"stateless, JSON":         {streamable(mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true, PropagateRequestCancellation: true}), "auto", ours.Latest, true, true, true},
		"session":                 {streamable(mcp.StreamableHTTPOptions{}), "auto", ours.LatestSession, false, true, true},
		"session, pinned":         {streamable(mcp.StreamableHTTPOptions{}), "session", ours.LatestSession, false, true, true},
		"session, JSON":           {streamable(mcp.StreamableHTTPOptions{JSONResponse: true}), "auto", ours.LatestSession, true, true, true},
		"session, with replay":    {streamable(mcp.StreamableHTTPOptions{EventStore: mcp.NewMemoryEventStore(nil)}), "auto", ours.LatestSession, false, true, true},
		"session on a stateless":  {streamable(mcp.StreamableHTTPOptions{Stateless: true}), "session", ours.LatestSession, false, false, false},
		"the old event stream":    {sse, "auto", ours.LatestSession, false, true, true},
		"the event stream pinned": {sse, "sse", ours.LatestSession, false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSDKServer()
			p := remoteSpec(serve(t, c.handler(server)))
			p.Spec.HTTP = &provider.HTTP{Protocol: c.protocol}
			changes := make(chan string, 16)
			r := dial(t, p, func(o *Options) { o.Notify = func(method string, _ json.RawMessage) { changes <- method } })
			h := hello(t, r)
			if h.ProtocolVersion != c.version || h.Instructions != "be kind" || !strings.Contains(string(h.ServerInfo), `"sdk"`) {
				t.Errorf("%+v", h)
			}
			all, err := r.Catalogue(t.Context(), h)
			if err != nil || len(all.Of(provider.Tool)) != 4 || len(all.Of(provider.Prompt)) != 1 {
				t.Fatalf("%d tools, %d prompts, %v", len(all.Of(provider.Tool)), len(all.Of(provider.Prompt)), err)
			}
			if got := ask(t, r, `{"name":"echo","arguments":{"text":"grüße \"7\""}}`, nil); !strings.Contains(got, `grüße \"7\"`) {
				t.Errorf("%s", got)
			}
			reports := 0
			ask(t, r, `{"name":"count","arguments":{}}`, func(json.RawMessage) { reports++ })
			if reports > 3 || reports < 3 && !c.quiet { // on the stream beside the answer they may come after it
				t.Errorf("%d reports of progress", reports)
			}
			if got := ask(t, r, `{"name":"broken","arguments":{}}`, nil); !strings.Contains(got, `"isError":true`) {
				t.Errorf("%s", got)
			}
			var refused *ours.Error
			if _, err := r.Request(t.Context(), plain("tools/call", json.RawMessage(`{"name":"nope"}`), nil)); !errors.As(err, &refused) {
				t.Errorf("an unknown tool: %v", err)
			}
			if err := r.Probe(t.Context()); err != nil {
				t.Error(err)
			}
			inParallel(t, r)
			givenUp(t, r)
			if c.cancels {
				eventually(t, "the cancellation arrived", func() bool { return server.cancelled.Load() == 1 })
			}
			if c.tells {
				mcp.AddTool(server.Server, &mcp.Tool{Name: "late"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
					return &mcp.CallToolResult{}, nil, nil
				})
				select {
				case m := <-changes:
					if m != "notifications/tools/list_changed" {
						t.Errorf("%s", m)
					}
				case <-time.After(5 * time.Second):
					t.Error("the change was not told")
				}
			}
			n := r.Counts()
			if c.quiet && c.version == ours.LatestSession { // this server sends the progress on the stream of its own
				n.UnknownID = 0
			}
			if n != (Counts{}) {
				t.Errorf("%+v", n)
			}
		})
	}
}

func inParallel(t *testing.T, r *Remote) {
	t.Helper()
	errs := make(chan error, 30)
	for i := range cap(errs) {
		go func() {
			want := fmt.Sprintf("no %d.", i)
			got, err := r.Request(t.Context(), plain("tools/call", fmt.Appendf(nil, `{"name":"echo","arguments":{"text":%q}}`, want), nil))
			if err == nil && !strings.Contains(string(got), want) {
				err = fmt.Errorf("%s got %s", want, got)
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func givenUp(t *testing.T, r *Remote) {
	t.Helper()
	why := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	if _, err := r.Request(ctx, plain("tools/call", json.RawMessage(`{"name":"wait","arguments":{}}`), nil)); !errors.Is(err, why) {
		t.Errorf("a call that was given up: %v", err)
	}
}

// A server that was restarted knows no session; nobody above notices, however many calls find out at once.
func TestALostSessionIsOpenedAgainOnce(t *testing.T) {
	var now atomic.Pointer[http.Handler]
	restart := func() *sdkServer {
		s := newSDKServer()
		h := http.Handler(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, nil))
		now.Store(&h)
		return s
	}
	first := restart()
	relisted := atomic.Int64{}
	r := dial(t, remoteSpec(serve(t, http.HandlerFunc(func(w http.ResponseWriter, rq *http.Request) { (*now.Load()).ServeHTTP(w, rq) }))),
		func(o *Options) { o.Notify = func(string, json.RawMessage) { relisted.Add(1) } })
	hello(t, r)
	inParallel(t, r)
	again := restart()
	for session := range first.Sessions() {
		_ = session.Close() // nobody will come back to it
	}
	inParallel(t, r)
	sessions := 0
	for range again.Sessions() {
		sessions++
	}
	if sessions != 1 {
		t.Errorf("%d new sessions", sessions)
	}
	eventually(t, "the lists are looked at anew", func() bool { return relisted.Load() >= 1 })
	if r.Err() != nil {
		t.Errorf("%v", r.Err())
	}
}

func TestAnEndedStreamEndsTheOldestDialect(t *testing.T) {
	server := newSDKServer()
	s := httptest.NewServer(mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return server.Server }, nil))
	p := remoteSpec(s.URL)
	p.Spec.HTTP = &provider.HTTP{Protocol: "sse"}
	r := dial(t, p)
	hello(t, r)
	waiting := make(chan error, 1)
	go func() {
		_, err := r.Request(t.Context(), plain("tools/call", json.RawMessage(`{"name":"wait","arguments":{}}`), nil))
		waiting <- err
	}()
	time.Sleep(50 * time.Millisecond)
	s.CloseClientConnections()
	s.Close()
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("the call: %v", err)
	}
	select {
	case <-r.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the conversation goes on")
	}
	if err := r.Err(); !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "event stream") {
		t.Errorf("%v", err)
	}
}

func TestCloseWakesEverybody(t *testing.T) {
	server := newSDKServer()
	r := dial(t, remoteSpec(serve(t, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server.Server }, nil))))
	hello(t, r)
	waiting := make(chan error, 10)
	for range cap(waiting) {
		go func() {
			_, err := r.Request(t.Context(), plain("tools/call", json.RawMessage(`{"name":"wait","arguments":{}}`), nil))
			waiting <- err
		}()
	}
	time.Sleep(50 * time.Millisecond)
	r.Close()
	r.Close()
	for range cap(waiting) {
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	r.Wait()
	if _, err := r.Request(t.Context(), plain("ping", nil, nil)); !errors.Is(err, ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	for range server.Sessions() {
		t.Error("the server still has a session: it was not told that we are gone")
	}
}
