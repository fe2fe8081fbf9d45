package fleet

import (
	"context"
	"encoding/json"
	"sync"

	"hangar/backend/mcp"
	"hangar/backend/upstream"
)

// levels keeps the log level of one session with a provider. A session that several clients share has the lowest level
// that one of them wants; each hears what it wants of that.
type levels struct {
	mu  sync.Mutex
	set string
}

// want sets the level before a request, when it is another one. That the provider does not take it is its own affair.
func (l *levels) want(ctx context.Context, conn upstream.Conversation, h upstream.Hello, level string, shared bool) {
	rank, known := mcp.LevelRank(level)
	if !known || h.Stateless() {
		return
	}
	if _, logs := mcp.Get(h.Capabilities, "logging"); !logs {
		return
	}
	l.mu.Lock()
	before, any := mcp.LevelRank(l.set)
	if l.set == level || shared && any && before <= rank {
		l.mu.Unlock()
		return
	}
	l.set = level
	l.mu.Unlock()
	params := append(append(json.RawMessage(`{"level":`), mcp.Quote(level)...), '}')
	_, _ = conn.Request(ctx, mcp.Exchange{Method: mcp.MethodSetLevel, Params: params, Own: true})
}
