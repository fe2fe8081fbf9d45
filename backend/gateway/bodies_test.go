package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hangar/backend/auth"
	"hangar/backend/gateway"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
)

// givenBack collects the bodies whose memory was given back.
type givenBack struct {
	mu  sync.Mutex
	all []string
}

func (g *givenBack) see(body []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, string(body))
}

func (g *givenBack) had(part string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, body := range g.all {
		if strings.Contains(body, part) {
			return true
		}
	}
	return false
}

// hoarder is a tool of Hangar itself that keeps what it was called with.
type hoarder struct{ kept json.RawMessage }

func (*hoarder) Tools(*auth.Rights, bool) []json.RawMessage { return nil }
func (*hoarder) Has(name string) bool                       { return name == "own_tool" }
func (h *hoarder) Call(_ context.Context, c gateway.OwnCall) (json.RawMessage, error) {
	h.kept = c.Arguments
	return json.RawMessage(`{"content":[]}`), nil
}

func TestTheMemoryOfABodyIsUsedAgainOnlyWhenNothingKeepsIt(t *testing.T) {
	own := &hoarder{}
	r := setup(t, nil, func(o *gateway.Options) { o.Own = own })
	var given givenBack
	r.WatchBodies(given.see)
	session := r.session(r.url)
	call := func(tool, mark string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":%q,"arguments":{"mark":%q}}}`, tool, mark)
	}
	if a := r.post(r.url, call("math__add", "of a provider"), "Mcp-Session-Id", session); !strings.Contains(a.body, "of a provider") {
		t.Errorf("the answer was made of overwritten bytes: %s", a.body)
	}
	eventually(t, "the body of a call in a session is given back", func() bool { return given.had("of a provider") })
	r.post(r.url, call("own_tool", "of our own"), "Mcp-Session-Id", session)
	if string(own.kept) != `{"mark":"of our own"}` || given.had("of our own") {
		t.Errorf("a tool of Hangar itself may keep its arguments: %s", own.kept)
	}
	parked := fmt.Sprintf(`{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"math__add","arguments":{"mark":"stateless"},%s}}`, meta)
	r.post(r.url, parked, stateless("tools/call", "math__add")...)
	if given.had("stateless") || given.had("clientInfo") {
		t.Error("a request that can be parked, and one that opens a session, keep their bodies")
	}
}

func TestCallsAtOnceNeverSeeEachOthersBodies(t *testing.T) {
	r := setup(t, play(func(_ context.Context, c invoke.Call) (json.RawMessage, error) {
		arguments, _ := mcp.Get(c.Params, "arguments")
		return json.RawMessage(fmt.Sprintf(`{"content":[],"back":%s}`, arguments)), nil
	}))
	session := r.session(r.url)
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			for i := range 40 {
				id := caller*1000 + i
				mark := strings.Repeat(fmt.Sprintf("%d.", id), 1+i*7)
				body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"math__add","arguments":{"mark":%q}}}`, id, mark)
				a := r.post(r.url, body, "Mcp-Session-Id", session)
				if want := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"content":[],"back":{"mark":%q}}}`, id, mark); a.body != want {
					t.Errorf("got %s, want %s", a.body, want)
				}
			}
		})
	}
	all.Wait()
}
