package mcp

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Message is one JSON-RPC message with its parts raw. A field that is absent is nil; `"id":null` counts as absent.
type Message struct {
	ID     json.RawMessage // a string or an integer, as sent
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  json.RawMessage
}

// IsRequest reports a message that wants an answer.
func (m *Message) IsRequest() bool { return m.Method != "" && m.ID != nil }

// IsNotification reports a message that wants none.
func (m *Message) IsNotification() bool { return m.Method != "" && m.ID == nil }

// IsResponse reports an answer.
func (m *Message) IsResponse() bool { return m.Method == "" && (m.Result != nil || m.Error != nil) }

func duplicate(key string) error { return fmt.Errorf("duplicate key %q", key) }

// Parse reads one message strictly: one object, exact key names, no duplicate among the envelope's keys, a legal id.
// The raw parts alias b.
func Parse(b []byte) (Message, error) {
	var m Message
	var version, method json.RawMessage
	err := object(b, func(at member) error {
		var slot *json.RawMessage
		switch key := string(b[at.keyStart+1 : at.keyEnd-1]); key {
		case "jsonrpc":
			slot = &version
		case "id":
			slot = &m.ID
		case "method":
			slot = &method
		case "params":
			slot = &m.Params
		case "result":
			slot = &m.Result
		case "error":
			slot = &m.Error
		default:
			return unknownKey(b, at)
		}
		if *slot != nil {
			return duplicate(string(b[at.keyStart+1 : at.keyEnd-1]))
		}
		*slot = b[at.valStart:at.valEnd]
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	return m, m.finish(version, method)
}

// unknownKey refuses a key that another reader could take for one of the envelope's: escaped or differently cased.
func unknownKey(b []byte, at member) error {
	for _, known := range [...]string{"jsonrpc", "id", "method", "params", "result", "error"} {
		if disguised(b, at, known) {
			return fmt.Errorf("key %s stands for %q in disguise", b[at.keyStart:at.keyEnd], known)
		}
	}
	return nil
}

func (m *Message) finish(version, method json.RawMessage) error {
	if string(version) != `"2.0"` {
		return errors.New(`"jsonrpc" must be "2.0"`)
	}
	if string(m.ID) == "null" {
		m.ID = nil
	}
	if m.ID != nil && m.ID[0] != '"' && m.ID[0] != '-' && !isDigit(m.ID[0]) {
		return errors.New(`"id" must be a string or a number`)
	}
	if method != nil {
		var ok bool
		if m.Method, ok = String(method); !ok || m.Method == "" {
			return errors.New(`"method" must be a non-empty string`)
		}
		if m.Result != nil || m.Error != nil {
			return errors.New("a message cannot be a request and a response")
		}
		if m.Params != nil && m.Params[0] != '{' {
			return errors.New(`"params" must be an object`)
		}
		return nil
	}
	if m.Result != nil && m.Error != nil {
		return errors.New("a response cannot carry both a result and an error")
	}
	if m.Result == nil && m.Error == nil {
		return errors.New("a message needs a method, a result or an error")
	}
	return nil
}

// AppendRequest appends a request; params may be nil.
func AppendRequest(dst []byte, id json.RawMessage, method string, params json.RawMessage) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = append(dst, id...)
	return appendMethod(append(dst, ','), method, params)
}

// AppendNotification appends a notification; params may be nil.
func AppendNotification(dst []byte, method string, params json.RawMessage) []byte {
	return appendMethod(append(dst, `{"jsonrpc":"2.0",`...), method, params)
}

func appendMethod(dst []byte, method string, params json.RawMessage) []byte {
	dst = append(dst, `"method":`...)
	dst = append(dst, Quote(method)...)
	if params != nil {
		dst = append(dst, `,"params":`...)
		dst = append(dst, params...)
	}
	return append(dst, '}')
}

// AppendResult appends a response with a result.
func AppendResult(dst []byte, id, result json.RawMessage) []byte {
	dst = appendID(dst, id)
	dst = append(dst, `,"result":`...)
	dst = append(dst, result...)
	return append(dst, '}')
}

// AppendError appends a response with an error; id may be nil (unknown).
func AppendError(dst []byte, id json.RawMessage, e *Error) []byte {
	dst = appendID(dst, id)
	dst = append(dst, `,"error":`...)
	return append(append(dst, e.JSON()...), '}')
}

func appendID(dst []byte, id json.RawMessage) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	if id == nil {
		return append(dst, "null"...)
	}
	return append(dst, id...)
}

// PeekID finds the id of a message whose end is missing, when the id stands before the part that was cut.
func PeekID(b []byte) json.RawMessage {
	var id json.RawMessage
	// The walk ends with an error at the cut; what was visited before counts.
	_ = object(b, func(at member) error {
		if string(b[at.keyStart+1:at.keyEnd-1]) == "id" {
			id = b[at.valStart:at.valEnd]
		}
		return nil
	})
	return id
}
