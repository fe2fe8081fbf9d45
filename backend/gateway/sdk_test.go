package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"hangar/backend/eventlog"
	"hangar/backend/fleet"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/launch"
	"hangar/backend/mcptest"
	"hangar/backend/provider"
)

// house is a gateway over everything below it: real store, log, fleet and child processes.
func house(t *testing.T) *rig {
	t.Helper()
	ctx, db, events, providers := books(t)
	log := slog.New(slog.DiscardHandler)
	launcher := launch.New(launch.Options{Instance: t.Name(), DataDir: t.TempDir(), Log: log, StdinGrace: 300 * time.Millisecond, TermGrace: 300 * time.Millisecond})
	f := fleet.New(fleet.Options{Providers: providers, Events: events, Dial: fleet.Launch(fleet.Means{Launcher: launcher}), Version: "test", Log: log})
	run(t, events.Run)
	run(t, f.Run)
	t.Cleanup(func() {
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		f.Close(patience)
	})
	allowed := func(context.Context, provider.ID, string) error { return nil }
	calls := invoke.New(invoke.Options{Permit: allowed, Record: events, Timeout: time.Minute, Log: log, Lease: func(ctx context.Context, id provider.ID) (invoke.Session, error) {
		lease, err := f.Lease(ctx, id)
		if err != nil {
			return nil, err
		}
		return lease, nil
	}})
	r := &rig{t: t, ctx: ctx, providers: providers, events: events, db: db, logged: &logs{}}
	var err error
	r.Gateway, err = gateway.New(gateway.Options{
		Providers: providers, Events: events, Calls: calls, Version: "1.2.3", Log: slog.New(slog.NewTextHandler(r.logged, nil)),
		Access: local{},
	})
	must(t, err)
	run(t, r.Gateway.Run)
	r.listen()
	return r
}

// plays defines a provider that plays a double.
func (r *rig) plays(id provider.ID, mode string, args ...string) {
	r.t.Helper()
	command, env := mcptest.Command(r.t, mode, args...)
	must(r.t, r.providers.Create(r.ctx, id, provider.Spec{Mode: provider.Subprocess, Command: command, Env: env}, provider.SourceAPI))
}

// official is the official Go client, connected.
func (r *rig) official(url, version string, progress func(*mcp.ProgressNotificationParams)) *mcp.ClientSession {
	r.t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "official", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, n *mcp.ProgressNotificationClientRequest) {
			if progress != nil {
				progress(n.Params)
			}
		},
	})
	s, err := client.Connect(r.t.Context(), &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: r.web, MaxRetries: -1}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	must(r.t, err)
	r.t.Cleanup(func() { _ = s.Close() })
	if got := s.InitializeResult().ProtocolVersion; got != version {
		r.t.Fatalf("connected with %s", got)
	}
	return s
}

func text(t *testing.T, r *mcp.CallToolResult) string {
	t.Helper()
	if len(r.Content) != 1 {
		t.Fatalf("%+v", r)
	}
	return r.Content[0].(*mcp.TextContent).Text
}

// The official client, in every revision that it speaks, over a provider that nobody started.
func TestTheOfficialClient(t *testing.T) {
	for _, version := range []string{"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"} {
		t.Run(version, func(t *testing.T) {
			r := house(t)
			r.plays("good", "good")
			var mu sync.Mutex
			var reports []string
			all := r.official(r.url, version, func(p *mcp.ProgressNotificationParams) {
				mu.Lock()
				defer mu.Unlock()
				reports = append(reports, fmt.Sprintf("%v %v %s", p.ProgressToken, p.Progress, p.Message))
			})
			listed, err := all.ListTools(t.Context(), nil)
			must(t, err)
			if len(listed.Tools) != 0 {
				t.Errorf("a provider that never ran lists %d tools", len(listed.Tools))
			}
			got, err := all.CallTool(t.Context(), &mcp.CallToolParams{Name: "good__add", Arguments: map[string]any{"a": 2, "b": 3}})
			must(t, err)
			if text(t, got) != "5" {
				t.Errorf("%+v", got)
			}
			one := r.official(r.url+"/providers/good", version, nil)
			eventually(t, "the tools are listed", func() bool {
				listed, err = all.ListTools(t.Context(), nil)
				must(t, err)
				return len(listed.Tools) == 6
			})
			if listed.Tools[0].Name != "good__add" {
				t.Errorf("%s", listed.Tools[0].Name)
			}
			listed, err = one.ListTools(t.Context(), nil)
			must(t, err)
			if len(listed.Tools) != 6 || listed.Tools[0].Name != "add" {
				t.Errorf("%+v", listed.Tools)
			}
			got, err = one.CallTool(t.Context(), &mcp.CallToolParams{Name: "fail"})
			must(t, err)
			if !got.IsError || text(t, got) != "this tool always fails" {
				t.Errorf("%+v", got)
			}
			slow := &mcp.CallToolParams{Name: "good__slow", Arguments: map[string]any{"ms": 60, "steps": 3}}
			slow.SetProgressToken("mine")
			_, err = all.CallTool(t.Context(), slow)
			must(t, err)
			eventually(t, "all progress", func() bool { mu.Lock(); defer mu.Unlock(); return len(reports) == 3 })
			if got := strings.Join(reports, "; "); got != "mine 1 step 1 of 3; mine 2 step 2 of 3; mine 3 step 3 of 3" {
				t.Errorf("%s", got)
			}
			r.cancelled(all)
			if _, err := all.CallTool(t.Context(), &mcp.CallToolParams{Name: "good__nope"}); err == nil || !strings.Contains(err.Error(), "unknown tool") {
				t.Errorf("an unknown tool: %v", err)
			}
			got, err = all.CallTool(t.Context(), &mcp.CallToolParams{Name: "good__echo", Arguments: map[string]any{"message": "still here"}})
			must(t, err)
			if text(t, got) != "still here" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// cancelled makes a long call, gives it up, and looks for the cancellation at the provider.
func (r *rig) cancelled(s *mcp.ClientSession) {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	time.AfterFunc(200*time.Millisecond, stop)
	if _, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "good__slow", Arguments: map[string]any{"ms": 60_000, "steps": 1}}); err == nil {
		r.t.Fatal("a call of a minute returned")
	}
	eventually(r.t, "the provider was told", func() bool {
		got, err := s.CallTool(r.t.Context(), &mcp.CallToolParams{Name: "good__count"})
		must(r.t, err)
		counts, _ := got.StructuredContent.(map[string]any)
		n, _ := counts["notifications/cancelled"].(float64)
		return n == 1
	})
	eventually(r.t, "the record says so", func() bool {
		failed, err := r.events.Read(r.ctx, 0, eventlog.Filter{Kinds: []string{provider.KindCallFailed}}, 10)
		must(r.t, err)
		return len(failed) == 1 && failed[0].Actor.ID == "official" && strings.Contains(string(failed[0].Data), "RequestCancelledError")
	})
}

// A stdio client of the official kind on our stdio server.
func TestTheOfficialClientOnStdio(t *testing.T) {
	for _, version := range []string{"2026-07-28", "2025-11-25"} {
		t.Run(version, func(t *testing.T) {
			r := house(t)
			r.plays("good", "good")
			client := mcp.NewClient(&mcp.Implementation{Name: "official", Version: "1"}, nil)
			p := newPipes()
			served := make(chan error, 1)
			go func() { served <- r.ServeStdio(context.Background(), p.in, p.out) }()
			s, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: p.answers, Writer: p.requests}, &mcp.ClientSessionOptions{ProtocolVersion: version})
			must(t, err)
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					got, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "good__add", Arguments: map[string]any{"a": i, "b": 1}})
					if err != nil || text(t, got) != fmt.Sprint(i+1) {
						t.Errorf("%d: %+v, %v", i, got, err)
					}
				})
			}
			all.Wait()
			_ = s.Close()
			_ = p.requests.Close()
			// The client closes both ways at once: what the fleet has to tell at that moment finds nobody.
			if err := <-served; err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Error(err)
			}
		})
	}
}

// A provider that dies under a call: the caller learns it at once, with the reason.
func TestAProviderThatDiesSaysWhy(t *testing.T) {
	r := house(t)
	r.plays("bad", "exit-mid-call")
	session := r.session(r.url)
	a := r.post(r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"bad__add","arguments":{"a":1,"b":1}}}`, "Mcp-Session-Id", session)
	var m struct {
		Error struct {
			Code int
			Data struct {
				Type, Reason string
				Stderr       []string
				Retryable    bool
			}
		}
	}
	must(t, json.Unmarshal([]byte(a.body), &m))
	if m.Error.Code != -31000 || m.Error.Data.Reason != "ProviderDiedError" || len(m.Error.Data.Stderr) == 0 || m.Error.Data.Retryable {
		t.Errorf("%s", a.body)
	}
}
