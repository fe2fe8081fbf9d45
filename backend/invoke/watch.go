package invoke

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"hangar/backend/mcp"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// slowAfter is how long a call may take before it is shown as an operation.
const slowAfter = time.Second

// watch shows a call as an operation: from its start when its caller wants to know the progress, else when it is slow.
type watch struct {
	begin func() *operation.Tracker
	timer *time.Timer

	mu    sync.Mutex
	shown *operation.Tracker
	over  bool
}

// watch begins to watch a call. cancel is what cancelling the operation does. The call's progress goes both ways.
func (s *Service) watch(ctx context.Context, c *Call, cancel context.CancelCauseFunc) *watch {
	if s.Operations == nil {
		return &watch{over: true}
	}
	id, tool := c.Provider, c.Tool
	w := &watch{begin: func() *operation.Tracker {
		return s.Operations.Track(ctx, "tool_call", struct {
			Provider provider.ID `json:"provider_id"`
			Tool     string      `json:"tool_name"`
		}{id, tool}, cancel, string(id))
	}}
	w.timer = time.AfterFunc(slowAfter, w.show)
	if wanted := c.Progress; wanted != nil {
		w.show()
		c.Progress = func(params json.RawMessage) {
			w.progress(params)
			wanted(params)
		}
	}
	return w
}

func (w *watch) show() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over && w.shown == nil {
		w.shown = w.begin()
	}
}

// progress reports what the provider said. Where it named no total nobody knows how far it is: the count alone is told.
func (w *watch) progress(params json.RawMessage) {
	message, _ := mcp.GetString(params, "message")
	done, known := number(params, "progress")
	total, bounded := number(params, "total")
	part := 0.0
	if known && bounded && total > 0 {
		part = done / total
	}
	details := map[string]float64{}
	if known {
		details["progress"] = done
	}
	if bounded {
		details["total"] = total
	}
	w.shown.Progress(part, message, details)
}

// number reads a member that is a finite number; a provider may send anything.
func number(params json.RawMessage, name string) (float64, bool) {
	raw, ok := mcp.Get(params, name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	return n, err == nil && n-n == 0
}

// end tells how the call ended. The result itself may be nobody's business but the caller's, so only its size is told.
func (w *watch) end(took time.Duration, result json.RawMessage, err error) {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.shown == nil {
		return
	}
	if err != nil {
		w.shown.End(nil, err)
		return
	}
	failed, _ := mcp.Get(result, "isError")
	w.shown.End(struct {
		IsError bool    `json:"is_error"`
		Size    int     `json:"result_size_bytes"`
		Took    float64 `json:"duration_ms"`
	}{string(failed) == "true", len(result), float64(took.Microseconds()) / 1000}, nil)
}
