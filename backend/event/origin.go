package event

import "context"

// Origin is the way by which a change came, beside who caused it.
type Origin struct {
	Via       string `json:"via,omitempty"`        // ui, cli, rest, mcp, stdio, socket, config; empty for what Hangar does by itself
	Address   string `json:"address,omitempty"`    // of the client
	RequestID string `json:"request_id,omitempty"` // as the answer and the log name it
}

type originKey struct{}

// WithOrigin puts the origin into the context.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom finds the origin of the context; the zero value when there is none.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
