package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
)

func wantsStream(accept string) bool { return strings.Contains(accept, "text/event-stream") }

// streamCall makes the call while its progress streams to the client.
func (a *API) streamCall(hc huma.Context, call invoke.Call, do caller) {
	hc.SetHeader("Content-Type", "text/event-stream")
	hc.SetHeader("Cache-Control", "no-store")
	hc.SetHeader("X-Accel-Buffering", "no")
	hc.SetStatus(http.StatusOK)
	flush := func() {}
	if f, ok := hc.BodyWriter().(http.Flusher); ok {
		flush = f.Flush
	}
	send := func(event string, data []byte) {
		frame := append([]byte("event: "+event+"\ndata: "), mcp.OneLine(bytes.Clone(data))...)
		// The client may be gone; then the context ends the call.
		_, _ = hc.BodyWriter().Write(append(frame, "\n\n"...))
		flush()
	}
	flush()
	call.Progress = func(params json.RawMessage) {
		if report, err := mcp.Delete(params, "progressToken"); err == nil {
			send("progress", report)
		}
	}
	begun := time.Now()
	result, err := do(hc.Context(), call)
	if err == nil {
		result, err = withDuration(result, begun)
	}
	if err == nil {
		send("result", result)
		return
	}
	if fault.From(err).Kind == fault.Broken {
		a.Log.ErrorContext(hc.Context(), "tool call failed", "error", err)
	}
	// ErrorBody always marshals.
	refusal, _ := json.Marshal(body(hc.Context(), fault.From(callFault(err))))
	send("error", refusal)
}
