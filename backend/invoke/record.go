package invoke

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// clock is where the time of a call went.
type clock struct {
	begun             time.Time
	took, queue, cold time.Duration
}

// note records the call. The caller's cancellation must not lose the record of it.
func (s *Service) note(ctx context.Context, c Call, split clock, result json.RawMessage, err error) error {
	rec := s.Record.Record(context.WithoutCancel(ctx), entry(c, split, result, err, kept(c.Params, s.Arguments)))
	if rec != nil {
		s.Log.Error("a tool call could not be recorded", "provider", c.Provider, "tool", c.Tool, "error", rec)
	}
	return rec
}

const unrecordedError = "CallNotRecordedError"

// unrecorded takes the place of an answer that nobody may have. It is not one to try again after: the tool may have done its work.
func unrecorded(c Call, why error) error {
	return fault.Named(fault.Full, unrecordedError,
		"tool %q of provider %q was called, but the record of it could not be written, so there is no answer; look what it did before trying again",
		c.Tool, string(c.Provider)).With("provider_id", string(c.Provider)).With("tool_name", c.Tool).Because(why)
}

func entry(c Call, split clock, result json.RawMessage, err error, arguments string) event.Payload {
	facts := provider.CallFacts{
		ToolName: c.Tool, CorrelationID: newID().String(),
		DurationMS: ms(split.took), QueueMS: ms(split.queue), ColdStartMS: ms(split.cold), ExecuteMS: ms(split.took - split.queue - split.cold),
		RequestSizeBytes: len(c.Params), Via: c.Via, GroupID: c.group, BatchID: c.Batch, TraceID: c.Trace,
		Arguments: arguments,
	}
	if facts.TraceID == "" {
		facts.TraceID = traceOf(c.Params)
	}
	if err == nil {
		failed, _ := mcp.Get(result, "isError")
		return provider.NewCallCompleted(c.Provider, provider.CallCompleted{
			CallFacts: facts, ResultSizeBytes: len(result), IsError: string(failed) == "true",
		})
	}
	kind := "ProviderError" // the provider answered with a JSON-RPC error
	var known *fault.Error
	if errors.As(err, &known) {
		kind = known.Type
	}
	return provider.NewCallFailed(c.Provider, provider.CallFailed{CallFacts: facts, ErrorMessage: err.Error(), ErrorType: kind})
}

// newID names a call. It need not be a secret, so it comes from the runtime's generator: asking the system costs
// several times as much.
func newID() (id uuid.UUID) {
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	id[6] = id[6]&0x0f | 0x40 // version 4: random
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id
}

func ms(d time.Duration) float64 { return float64(max(d, 0).Microseconds()) / 1000 }

// traceOf finds the trace id in params._meta.traceparent (W3C Trace Context; MCP carries it there). The search for the
// word comes first, so that the arguments of a call that has none are not walked through.
func traceOf(params json.RawMessage) string {
	if !bytes.Contains(params, []byte(`"traceparent"`)) {
		return ""
	}
	parent, _ := mcp.GetString(params, "_meta", "traceparent")
	return TraceID(parent)
}

// TraceID is the trace id of a traceparent, or "" when it is not one.
func TraceID(parent string) string {
	const version, id = 3, 32
	if len(parent) < version+id+1 || parent[2] != '-' || parent[version+id] != '-' {
		return ""
	}
	zero := true
	for _, r := range parent[version : version+id] {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return ""
		}
		zero = zero && r == '0'
	}
	if zero {
		return ""
	}
	return parent[version : version+id]
}
