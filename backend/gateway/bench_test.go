package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hangar/backend/eventlog"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// One call through the handler, without network and without a provider, beside a handler that reads the body and writes
// a canned answer: what the gateway itself costs.
func BenchmarkCall(b *testing.B) {
	for _, size := range []int{100, 10 << 10} {
		result := json.RawMessage(`{"content":[{"type":"text","text":"` + strings.Repeat("x", size) + `"}]}`)
		g := bare(b, result)
		params := `{"name":"math__add","arguments":{"s":"` + strings.Repeat("x", size) + `"}`
		answer := []byte(`{"jsonrpc":"2.0","id":1,"result":` + string(result) + `}`)
		name := "100B"
		if size > 1000 {
			name = "10KiB"
		}
		session := httptest.NewRecorder()
		g.ServeAggregate(session, request(greeting))
		b.Run(name+"/canned", func(b *testing.B) {
			drive(b, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`}}`, nil, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(answer)
			})
		})
		b.Run(name+"/session", func(b *testing.B) {
			drive(b, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`}}`,
				[]string{"Mcp-Session-Id", session.Header().Get("Mcp-Session-Id")}, g.ServeAggregate)
		})
		b.Run(name+"/stateless", func(b *testing.B) {
			drive(b, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`,`+meta+`}}`, stateless("tools/call", "math__add"), g.ServeAggregate)
		})
	}
}

// blank is a response that goes nowhere.
type blank struct {
	header http.Header
	status int
}

func (w *blank) Header() http.Header         { return w.header }
func (w *blank) WriteHeader(status int)      { w.status = status }
func (w *blank) Write(b []byte) (int, error) { return len(b), nil }

func request(body string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func drive(b *testing.B, body string, headers []string, serve http.HandlerFunc) {
	b.ReportAllocs()
	r := request(body, headers...)
	in := bytes.NewReader([]byte(body))
	w := &blank{header: http.Header{}}
	for b.Loop() {
		in.Reset([]byte(body))
		r.Body = io.NopCloser(in)
		w.status = http.StatusOK
		serve(w, r)
		if w.status != http.StatusOK {
			b.Fatalf("%d", w.status)
		}
	}
}

func bare(b *testing.B, result json.RawMessage) *gateway.Gateway {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Log: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	events, err := eventlog.New(db, log)
	if err != nil {
		b.Fatal(err)
	}
	g, err := gateway.New(gateway.Options{
		Providers: one{}, Events: events, Log: log,
		Calls:  play(func(context.Context, invoke.Call) (json.RawMessage, error) { return result, nil }),
		Access: local{},
	})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// one is a catalogue of one tool.
type one struct{}

func (one) Snapshot(context.Context) ([]provider.Provider, int64, error) {
	return []provider.Provider{{ID: "math"}}, 0, nil
}

func (one) Get(context.Context, provider.ID) (provider.Provider, error) {
	return provider.Provider{ID: "math"}, nil
}

func (one) Catalogue(context.Context, provider.ID) (provider.Catalogue, error) {
	return provider.Catalogue{{Kind: provider.Tool, Name: "add", Raw: json.RawMessage(`{"name":"add"}`)}}, nil
}

func (o one) Catalogues(ctx context.Context) (map[provider.ID]provider.Catalogue, error) {
	items, err := o.Catalogue(ctx, "math")
	return map[provider.ID]provider.Catalogue{"math": items}, err
}
