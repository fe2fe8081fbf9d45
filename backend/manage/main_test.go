package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fleet answers calls: of the tool "fail" with an error, of "bad" with a result that says so, of "slow" when its time is over.
type fleet struct {
	mu     sync.Mutex
	groups map[group.ID]*group.Group
	made   []invoke.Call
	ended  int // calls that were cancelled
}

func (f *fleet) Live(id group.ID) (*group.Group, bool) { g, ok := f.groups[id]; return g, ok }

func (f *fleet) Call(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
	f.mu.Lock()
	f.made = append(f.made, c)
	f.mu.Unlock()
	switch c.Tool {
	case "fail":
		return nil, fault.New(fault.Upstream, "it broke")
	case "bad":
		return json.RawMessage(`{"content":[],"isError":true}`), nil
	case "slow":
		<-ctx.Done()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.ended++
		return nil, context.Cause(ctx)
	}
	return json.RawMessage(fmt.Sprintf(`{"content":[],"got":%s}`, c.Params)), nil
}

// pools is the same for groups.
type pools struct{ *fleet }

func (p pools) Call(ctx context.Context, id group.ID, c invoke.Call) (json.RawMessage, error) {
	c.Provider = provider.ID("member-of-" + id)
	return p.fleet.Call(ctx, c)
}

func offer(id, name, description, properties string) provider.Offer {
	raw := fmt.Sprintf(`{"name":%q,"description":%q,"inputSchema":{"type":"object","properties":%s}}`, name, description, properties)
	return provider.Offer{Provider: provider.ID(id), Item: provider.Item{Kind: provider.Tool, Name: name, Raw: json.RawMessage(raw)}}
}

func setup(t *testing.T, all ...provider.Offer) (*Tools, *fleet) {
	t.Helper()
	f := &fleet{groups: map[group.ID]*group.Group{"pool": {}}}
	return New(Options{
		Offers: func(context.Context) ([]provider.Offer, error) { return all, nil },
		Exists: func(_ context.Context, id provider.ID) error {
			if !strings.HasPrefix(string(id), "p") {
				return fault.Named(fault.Missing, "ProviderNotFoundError", "there is no provider %q", string(id))
			}
			return nil
		},
		Rights: func(context.Context) *auth.Rights { return nil }, Groups: f, Calls: f, GroupCalls: pools{f},
	}), f
}
