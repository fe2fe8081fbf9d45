package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"hangar/backend/event"
	"hangar/backend/mcp"
)

// Via is the door that a call came in by.
type Via string

// The doors.
const (
	ViaMCP  Via = "mcp"
	ViaREST Via = "rest"
)

// CallFacts is what the record of a call says, however it ended. The three parts of the time add up to the whole.
type CallFacts struct {
	ToolName         string  `json:"tool_name"`
	CorrelationID    string  `json:"correlation_id"` // the call's own id
	DurationMS       float64 `json:"duration_ms"`
	QueueMS          float64 `json:"queue_ms"`      // waiting for its place
	ColdStartMS      float64 `json:"cold_start_ms"` // waiting for the provider to be up
	ExecuteMS        float64 `json:"execute_ms"`    // the provider had it
	RequestSizeBytes int     `json:"request_size_bytes"`
	Via              Via     `json:"via,omitempty"`
	GroupID          string  `json:"group_id,omitempty"` // the group that was called, and chose this provider
	BatchID          string  `json:"batch_id,omitempty"`
	TraceID          string  `json:"trace_id,omitempty"` // W3C, 32 hex digits
	// Arguments is what the configuration wants to be kept of them: "sha256:" and 64 hex digits, or JSON, as text.
	Arguments string `json:"arguments,omitempty"`
}

// CallCompleted: a tool answered; IsError says whether the tool itself reported failure.
type CallCompleted struct {
	base
	CallFacts
	ResultSizeBytes int  `json:"result_size_bytes"`
	IsError         bool `json:"is_error"`
}

// CallFailed: no result came back.
type CallFailed struct {
	base
	CallFacts
	ErrorMessage string `json:"error_message"`
	ErrorType    string `json:"error_type"`
}

// NewCallCompleted names its provider; events outside this package are made through such constructors.
func NewCallCompleted(id ID, c CallCompleted) CallCompleted { c.base = base{id}; return c }

// NewCallFailed names its provider.
func NewCallFailed(id ID, c CallFailed) CallFailed { c.base = base{id}; return c }

// AppendJSON writes what json.Marshal would, in a fifth of the time: there is one for every call.
func (c CallCompleted) AppendJSON(b []byte) []byte {
	b = c.CallFacts.append(b, c.ProviderID)
	b = strconv.AppendInt(append(b, `,"result_size_bytes":`...), int64(c.ResultSizeBytes), 10)
	b = strconv.AppendBool(append(b, `,"is_error":`...), c.IsError)
	return append(b, '}')
}

// AppendJSON is CallCompleted's.
func (c CallFailed) AppendJSON(b []byte) []byte {
	b = c.CallFacts.append(b, c.ProviderID)
	b = mcp.AppendQuote(append(b, `,"error_message":`...), c.ErrorMessage)
	b = mcp.AppendQuote(append(b, `,"error_type":`...), c.ErrorType)
	return append(b, '}')
}

func (f CallFacts) append(b []byte, id ID) []byte {
	text := func(name, value string) {
		if value != "" {
			b = mcp.AppendQuote(append(append(append(b, `,"`...), name...), `":`...), value)
		}
	}
	number := func(name string, ms float64) {
		b = appendMS(append(append(append(b, `,"`...), name...), `":`...), ms)
	}
	b = mcp.AppendQuote(append(b, `{"provider_id":`...), string(id))
	b = mcp.AppendQuote(append(b, `,"tool_name":`...), f.ToolName)
	b = mcp.AppendQuote(append(b, `,"correlation_id":`...), f.CorrelationID)
	number("duration_ms", f.DurationMS)
	number("queue_ms", f.QueueMS)
	number("cold_start_ms", f.ColdStartMS)
	number("execute_ms", f.ExecuteMS)
	b = strconv.AppendInt(append(b, `,"request_size_bytes":`...), int64(f.RequestSizeBytes), 10)
	text("via", string(f.Via))
	text("group_id", f.GroupID)
	text("batch_id", f.BatchID)
	text("trace_id", f.TraceID)
	text("arguments", f.Arguments)
	return b
}

// appendMS writes a number as strconv would. Times are whole microseconds, which need no search for the shortest form.
func appendMS(b []byte, ms float64) []byte {
	const most = 1e12 // so far a decimal of three places is its own shortest form
	us := int64(math.Round(min(max(ms, -1), most) * 1000))
	if us < 0 || float64(us)/1000 != ms {
		return strconv.AppendFloat(b, ms, 'f', -1, 64)
	}
	b = strconv.AppendInt(b, us/1000, 10)
	if rest := us % 1000; rest > 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		b = bytes.TrimRight(b, "0")
	}
	return b
}

// Outcome is how a call ended.
type Outcome string

// The outcomes. A tool that answers with isError has done its part: it is no failure of the provider.
const (
	CallSucceeded Outcome = "success"
	CallToolError Outcome = "tool_error" // the tool reported failure
	CallError     Outcome = "error"      // no result came back
)

// ToolErrorType stands for the class of error of a tool that reported failure itself.
const ToolErrorType = "tool_error"

// Call is the record of a call, whichever of the two events told it.
type Call struct {
	Provider ID
	CallFacts
	ResultSizeBytes int
	Outcome         Outcome
	ErrorType       string // "" when it succeeded
	ErrorMessage    string // of a call without a result
}

// Told is the event that told of a call.
func (c Call) Told() event.Appender {
	if c.Outcome == CallError {
		return CallFailed{base{c.Provider}, c.CallFacts, c.ErrorMessage, c.ErrorType}
	}
	return CallCompleted{base{c.Provider}, c.CallFacts, c.ResultSizeBytes, c.Outcome == CallToolError}
}

// payloadOf is what an event was made of, or read from its data where it comes from the disk.
func payloadOf[P event.Payload](e event.Envelope) (P, error) {
	if p, known := e.Payload.(P); known {
		return p, nil
	}
	p := new(P) // apart, so that the usual way allocates nothing
	err := json.Unmarshal(e.Data, p)
	return *p, err
}

// CallOf reads the record of a call; ok is false for an event that is none.
func CallOf(e event.Envelope) (c Call, ok bool, err error) {
	switch e.Kind {
	case KindCallCompleted:
		var p CallCompleted
		p, err = payloadOf[CallCompleted](e)
		c = Call{Provider: p.ProviderID, CallFacts: p.CallFacts, ResultSizeBytes: p.ResultSizeBytes, Outcome: CallSucceeded}
		if p.IsError {
			c.Outcome, c.ErrorType = CallToolError, ToolErrorType
		}
	case KindCallFailed:
		var p CallFailed
		p, err = payloadOf[CallFailed](e)
		c = Call{Provider: p.ProviderID, CallFacts: p.CallFacts, Outcome: CallError, ErrorType: p.ErrorType, ErrorMessage: p.ErrorMessage}
	default:
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("record of a call at position %d: %w", e.Position, err)
	}
	return c, true, nil
}
