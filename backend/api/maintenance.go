package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

func (a *API) maintenance(api huma.API) {
	compact := op("POST", "/maintenance/compact", "compact-stream", "maintenance", "Remove the events of a stream before its snapshot", 200, 400)
	compact.Description = "Records of calls stay. 500 when the stream has no snapshot yet: one is taken when it has grown by storage.snapshot_events."
	huma.Register(api, compact, a.compact)
}

type compactInput struct {
	Body struct {
		StreamID string `json:"stream_id" minLength:"1" maxLength:"300" doc:"provider:math, group:pool"`
	}
}

// CompactedStream is what was removed.
type CompactedStream struct {
	StreamID      string `json:"stream_id"`
	EventsDeleted int64  `json:"events_deleted"`
}

type compactOutput struct {
	Body struct {
		Compacted CompactedStream `json:"compacted"`
	}
}

func (a *API) compact(ctx context.Context, in *compactInput) (*compactOutput, error) {
	removed, err := a.Compact(ctx, in.Body.StreamID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &compactOutput{}
	out.Body.Compacted = CompactedStream{in.Body.StreamID, removed}
	return out, nil
}
