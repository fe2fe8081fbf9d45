package gateway

import (
	"encoding/json"
	"errors"

	"hangar/backend/fault"
	"hangar/backend/mcp"
)

// The codes of our own errors, outside of what JSON-RPC and MCP reserve. Their data is
// {"type", "retryable", ...details}: type is the name that REST uses for the same thing, stderr holds the last lines of a
// provider that failed, and retryable says that the call did certainly not run.
const (
	codeUnavailable     = mcp.CodeUnavailable // -31000
	codeTimeout         = -31001
	codeUpstream        = mcp.CodeUpstream // -31002
	codeDenied          = -31003
	codeUnauthenticated = -31004
	codeLimited         = -31005
	codeFull            = -31006
	codeCancelled       = -31007
	codeConflict        = -31008
	codeGone            = -31009 // a parked request that is not there any more
)

// problem is the only place where a fault becomes a JSON-RPC error. What a provider answered itself passes as it is.
func (g *Gateway) problem(err error) *mcp.Error {
	var answered *mcp.Error
	if errors.As(err, &answered) {
		return answered
	}
	f := fault.From(err)
	if f.Kind == fault.Broken {
		g.opts.Log.Error("an MCP request failed", "error", err)
	}
	e := mcp.Errorf(codeOf(f), "%s", f.Message)
	data := make(map[string]any, len(f.Details)+3)
	for k, v := range f.Details {
		data[k] = v
	}
	data["type"], data["retryable"] = typeOf(f), retryable(f)
	if f.RetryAfter > 0 {
		data["retry_after_ms"] = f.RetryAfter.Milliseconds()
	}
	e.Data = encode(data)
	if string(e.Data) == "null" { // a detail that does not encode
		e.Data = encode(map[string]any{"type": typeOf(f), "retryable": retryable(f)})
	}
	return e
}

func typeOf(f *fault.Error) string {
	if f.Type == "" {
		return f.Kind.Name()
	}
	return f.Type
}

func codeOf(f *fault.Error) int {
	switch f.Kind {
	case fault.Missing, fault.Invalid, fault.Malformed:
		return mcp.CodeInvalidParams
	case fault.Unavailable:
		if f.Type == "RequestCancelledError" {
			return codeCancelled
		}
		return codeUnavailable
	case fault.Timeout:
		return codeTimeout
	case fault.Upstream:
		return codeUpstream
	case fault.Denied:
		return codeDenied
	case fault.Unauthenticated:
		return codeUnauthenticated
	case fault.Limited:
		return codeLimited
	case fault.Full:
		return codeFull
	case fault.Conflict:
		return codeConflict
	}
	return mcp.CodeInternal
}

// retryable is true where the call did not reach the provider, so that a retry cannot do a thing twice.
func retryable(f *fault.Error) bool {
	switch f.Kind {
	case fault.Limited:
		return true
	case fault.Unavailable:
		if f.Type == "ShuttingDownError" {
			return true
		}
		reason, _ := f.Details["reason"].(string)
		return reason == "ProviderStartError" || reason == "StartTimeoutError"
	}
	return false
}

// statusOf is the HTTP status of an error. The session era puts errors of methods into 200; the stateless era has a
// status for each code. Who may not in has one in both.
func statusOf(era mcp.Era, e *mcp.Error) int {
	switch {
	case e.Raw == nil && e.Code == codeDenied:
		return 403
	case e.Raw == nil && e.Code == codeUnauthenticated:
		return 401
	case era == mcp.Stateless:
		return e.HTTPStatus()
	}
	return 200
}

// unreadable words why bytes are no message: no JSON at all, or not one request.
func unreadable(body []byte, err error) *mcp.Error {
	if !json.Valid(body) {
		return mcp.Errorf(mcp.CodeParse, "the body is not valid JSON: %s", err)
	}
	if first := firstByte(body); first == '[' {
		return mcp.Errorf(mcp.CodeInvalidRequest, "JSON-RPC batches are not accepted; send each message by itself")
	}
	return mcp.Errorf(mcp.CodeInvalidRequest, "not a JSON-RPC message: %s", err)
}

func firstByte(b []byte) byte {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// idOf is the id of a message that could not be accepted, where it can be told.
func idOf(body []byte) json.RawMessage {
	if firstByte(body) != '{' {
		return nil
	}
	id := mcp.PeekID(body)
	if len(id) == 0 || !isID(id) || !json.Valid(id) {
		return nil
	}
	return id
}
