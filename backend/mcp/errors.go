package mcp

import (
	"encoding/json"
	"fmt"
)

// JSON-RPC's codes, and those that MCP 2026-07-28 reserves.
const (
	CodeParse              = -32700
	CodeInvalidRequest     = -32600
	CodeMethodNotFound     = -32601
	CodeInvalidParams      = -32602
	CodeInternal           = -32603
	CodeHeaderMismatch     = -32020
	CodeMissingCapability  = -32021
	CodeUnsupportedVersion = -32022
	// CodeUnavailable and CodeUpstream are our own, outside the range that JSON-RPC and MCP reserve: the provider could not be
	// used, and it answered with what cannot be passed on.
	CodeUnavailable = -31000
	CodeUpstream    = -31002
)

// Error is a JSON-RPC error; what a provider sent is kept byte for byte in Raw.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
	Raw     json.RawMessage `json:"-"` // as received, nil for our own
}

// Errorf makes an error of our own.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ParseError reads the error member of a response; nonsense becomes CodeInternal with the bytes kept.
func ParseError(raw json.RawMessage) *Error {
	e := &Error{}
	if json.Unmarshal(raw, e) != nil {
		return Errorf(CodeInternal, "the provider sent an error that cannot be read")
	}
	e.Raw = raw
	return e
}

// Error is the code and the message.
func (e *Error) Error() string { return fmt.Sprintf("%s (code %d)", e.Message, e.Code) }

// JSON is the error object.
func (e *Error) JSON() json.RawMessage {
	if e.Raw != nil {
		return e.Raw
	}
	b, err := json.Marshal(e)
	if err != nil { // Data was not JSON
		b, _ = json.Marshal(Error{Code: e.Code, Message: e.Message})
	}
	return b
}

// HTTPStatus is the status that goes with an error of our own on streamable HTTP in revision 2026-07-28.
func (e *Error) HTTPStatus() int {
	switch e.Code {
	case CodeMethodNotFound:
		return 404
	case CodeParse, CodeInvalidRequest, CodeInvalidParams, CodeHeaderMismatch, CodeMissingCapability, CodeUnsupportedVersion:
		return 400
	}
	return 200
}
