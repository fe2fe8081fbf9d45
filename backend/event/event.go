package event

import (
	"context"
	"encoding/json"
	"time"
)

// Payload is what a noun says happened. It marshals to the event's own fields (snake_case, never secrets).
type Payload interface {
	Kind() string   // the seed's name: ProviderStateChanged
	Stream() string // provider:math, group:g, system
}

// Appender is a payload that writes its JSON itself: those that come by the thousand.
type Appender interface {
	Payload
	AppendJSON(b []byte) []byte
}

// Envelope is an event as the log keeps it.
type Envelope struct {
	Position int64           // 1, 2, 3 ... without holes; commit order
	ID       string          // uuid, stable for ever
	Stream   string          // provider:math
	Version  int64           // 1, 2, 3 ... within the stream
	Kind     string          // ProviderStateChanged
	At       time.Time       // UTC, microseconds
	Actor    Actor           // who caused it
	Origin   Origin          // by which way
	Data     json.RawMessage // the payload, a JSON object

	// Payload is what Data was made of, for readers that take part in the same process; nil when it was read from the disk.
	Payload Payload
}

// Actor is who caused a change.
type Actor struct {
	Type string `json:"type"` // user, system, mcp_client
	ID   string `json:"id"`
}

// System is the actor of what Hangar does by itself; part names the room that acts ("fleet").
func System(part string) Actor { return Actor{Type: "system", ID: part} }

type actorKey struct{}

// WithActor puts the actor into the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom finds the actor of the context.
func ActorFrom(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}
