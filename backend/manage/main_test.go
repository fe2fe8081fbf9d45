package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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
	over   []invoke.Batch
}

func (f *fleet) Live(id group.ID) (*group.Group, bool) { g, ok := f.groups[id]; return g, ok }

func (f *fleet) Call(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
	f.mu.Lock()
	f.made = append(f.made, c)
	attempts := 0
	for _, earlier := range f.made {
		if earlier.Tool == c.Tool && earlier.Provider == c.Provider {
			attempts++
		}
	}
	f.mu.Unlock()
	switch c.Tool {
	case "fail":
		return nil, fault.New(fault.Upstream, "it broke")
	case "bad":
		return json.RawMessage(`{"content":[],"isError":true}`), nil
	case "flaky": // it does not get there at first
		if attempts < 3 {
			return nil, fault.New(fault.Unavailable, "not there yet")
		}
	case "lost", "safe": // it got there, and nobody knows what became of it
		*c.Sent = true
		if attempts < 3 {
			return nil, fault.New(fault.Upstream, "the connection broke")
		}
	case "big":
		return json.RawMessage(`{"content":[{"type":"text","text":"` + strings.Repeat("é", 100_000) + `"}]}`), nil
	case "deaf": // it comes to its end, whatever happens
		time.Sleep(3 * time.Second)
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
	return setupWith(t, Options{Listed: true}, all...)
}

func setupWith(t *testing.T, o Options, all ...provider.Offer) (*Tools, *fleet) {
	t.Helper()
	f := &fleet{groups: map[group.ID]*group.Group{"pool": {Members: []group.Member{{ID: "p9"}}}}}
	o.Offers = func(context.Context) ([]provider.Offer, error) { return all, nil }
	o.Exists = func(_ context.Context, id provider.ID) error {
		if !strings.HasPrefix(string(id), "p") {
			return fault.Named(fault.Missing, "ProviderNotFoundError", "there is no provider %q", string(id))
		}
		return nil
	}
	o.Catalogue = func(_ context.Context, id provider.ID) (items provider.Catalogue, err error) {
		for _, o := range all {
			if o.Provider == id {
				items = append(items, o.Item)
			}
		}
		return items, nil
	}
	o.Rights = func(ctx context.Context) *auth.Rights { return everybody().Rights(owner(ctx)) }
	o.Groups, o.Calls, o.GroupCalls = f, f, pools{f}
	o.Over = func(_ context.Context, b invoke.Batch) { f.over = append(f.over, b) }
	return New(o), f
}

// everybody are two admins and somebody who may do nothing.
func everybody() *auth.Snapshot {
	people := map[string]auth.Principal{}
	for _, id := range []string{"ada", "bob"} {
		people[id] = auth.Principal{ID: id, Roles: []string{"admin"}}
	}
	people["nobody"] = auth.Principal{ID: "nobody"}
	return auth.NewSnapshot(people, map[string]auth.Role{}, nil)
}

func as(ctx context.Context, id string) context.Context {
	return auth.As(ctx, auth.Caller{Principal: id, Kind: auth.User})
}
