package manage

import (
	"context"
	"encoding/json"
	"sync"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// catalogues are what the providers of a batch list, each read once.
type catalogues struct {
	t *Tools

	mu sync.Mutex
	of map[string]map[string]bool // by provider and tool: twice is as good as once
}

func (t *Tools) newCatalogues() *catalogues {
	return &catalogues{t: t, of: map[string]map[string]bool{}}
}

// tools are those of a provider; none when it never listed any.
func (k *catalogues) tools(ctx context.Context, id string) map[string]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found, ok := k.of[id]; ok {
		return found
	}
	found := map[string]bool{}
	items, err := k.t.o.Catalogue(ctx, provider.ID(id))
	if err == nil { // what cannot be read is not known
		for _, it := range items.Of(provider.Tool) {
			found[it.Name] = hint(it.Raw, "readOnlyHint") || hint(it.Raw, "idempotentHint")
		}
	}
	k.of[id] = found
	return found
}

func hint(raw json.RawMessage, name string) bool {
	v, _ := mcp.Get(raw, "annotations", name)
	return string(v) == "true"
}

func (k *catalogues) ids(c one) []string {
	if g := k.t.group(c.Provider); g != nil {
		return members(g)
	}
	return []string{c.Provider}
}

// mayHave is false where every list is known and none has the tool.
func (k *catalogues) mayHave(ctx context.Context, c one) bool {
	ids := k.ids(c)
	for _, id := range ids {
		tools := k.tools(ctx, id)
		if _, has := tools[c.Tool]; has || len(tools) == 0 {
			return true
		}
	}
	return len(ids) == 0 // an empty group says so itself
}

// repeatable reports whether a tool says of itself, wherever it may have run, that twice is as good as once.
func (k *catalogues) repeatable(ctx context.Context, c one) bool {
	some := false
	for _, id := range k.ids(c) {
		repeats, has := k.tools(ctx, id)[c.Tool]
		if has && !repeats {
			return false
		}
		some = some || has
	}
	return some
}
