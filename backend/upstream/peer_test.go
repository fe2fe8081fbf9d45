package upstream

import (
	"context"
	"encoding/json"

	"hangar/backend/mcp"
)

// listener is a Peer that takes progress and nothing else.
type listener func(params json.RawMessage)

func (l listener) Hear(method string, params json.RawMessage) {
	if method == mcp.NoteProgress {
		l(params)
	}
}

func (listener) Ask(_ context.Context, method string, _ json.RawMessage) (json.RawMessage, error) {
	return nil, mcp.Errorf(mcp.CodeMethodNotFound, "no %s here", method)
}

// plain is a request of a client that may want progress.
func plain(method string, params json.RawMessage, progress func(json.RawMessage)) mcp.Exchange {
	x := mcp.Exchange{Method: method, Params: params, Progress: progress != nil}
	if progress != nil {
		x.Peer = listener(progress)
	}
	return x
}
