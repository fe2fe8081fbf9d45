package upstream

import (
	"context"
	"encoding/json"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Conversation is what the rest of the house knows of a talk with a provider, whatever carries it: the pipes of a
// process or a container (Conn), or HTTP (Remote). Safe for concurrent use.
type Conversation interface {
	// Handshake introduces us and tells what the provider said of itself. It comes first, once.
	Handshake(ctx context.Context) (Hello, error)
	// Catalogue reads all that the provider offers.
	Catalogue(ctx context.Context, h Hello) (provider.Catalogue, error)
	// Request sends a request and waits for its answer. A JSON-RPC error is a *mcp.Error, the end of the conversation
	// ErrClosed.
	Request(ctx context.Context, x mcp.Exchange) (json.RawMessage, error)
	// Watch has the provider tell (Options.Notify) when a resource changes, or tell no more.
	Watch(ctx context.Context, uri string, on bool) error
	// Tell sends a notification of a client's.
	Tell(ctx context.Context, method string, params json.RawMessage) error
	// Probe asks whether the provider is alive.
	Probe(ctx context.Context) error
	// Done is closed when the conversation is over; Err then says why.
	Done() <-chan struct{}
	Err() error
	// Close ends it; Wait returns when nothing of it runs any more.
	Close()
	Wait()
	Counts() Counts
}

var (
	_ Conversation = (*Conn)(nil)
	_ Conversation = (*Remote)(nil)
)
