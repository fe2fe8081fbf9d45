package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind says what sort of thing went wrong; it decides the HTTP status.
type Kind uint8

// The kinds, in the order of their statuses.
const (
	Broken          Kind = iota // 500: our fault
	Malformed                   // 400: the bytes cannot be read
	Unauthenticated             // 401
	Denied                      // 403
	Missing                     // 404
	BadMethod                   // 405
	Conflict                    // 409: exists already, or an illegal state for this
	TooLarge                    // 413
	MediaType                   // 415
	Invalid                     // 422: readable, but a field is wrong
	Limited                     // 429
	Upstream                    // 502: the provider answered with nonsense
	Unavailable                 // 503: the provider is not there
	Timeout                     // 504
	Full                        // 507: the store cannot take more
)

type row struct {
	status int
	name   string
}

// table is the only place where kinds, statuses and default names meet (decisions.md 2).
func (k Kind) row() row {
	switch k {
	case Malformed:
		return row{400, "MalformedRequestError"}
	case Unauthenticated:
		return row{401, "AuthenticationError"}
	case Denied:
		return row{403, "AccessDeniedError"}
	case Missing:
		return row{404, "NotFoundError"}
	case BadMethod:
		return row{405, "MethodNotAllowedError"}
	case Conflict:
		return row{409, "ConflictError"}
	case TooLarge:
		return row{413, "RequestTooLargeError"}
	case MediaType:
		return row{415, "UnsupportedMediaTypeError"}
	case Invalid:
		return row{422, "ValidationError"}
	case Limited:
		return row{429, "RateLimitExceededError"}
	case Upstream:
		return row{502, "UpstreamError"}
	case Unavailable:
		return row{503, "ProviderUnavailableError"}
	case Timeout:
		return row{504, "TimeoutError"}
	case Full:
		return row{507, "StorageFullError"}
	default:
		return row{500, "InternalServerError"}
	}
}

// Status is the HTTP status of the kind.
func (k Kind) Status() int { return k.row().status }

// Name is the default type name of the kind.
func (k Kind) Name() string { return k.row().name }

// OfStatus is the kind whose status this is; an unknown 4xx is Malformed, anything else Broken.
func OfStatus(status int) Kind {
	for k := Broken; k <= Full; k++ {
		if k.Status() == status {
			return k
		}
	}
	if status >= 400 && status < 500 {
		return Malformed
	}
	return Broken
}

// Error is an error that may be shown to a client. Err, the cause, is for our log only.
type Error struct {
	Kind       Kind
	Type       string         // stable name; empty means Kind.Name()
	Message    string         // what happened, to what, what to do
	Details    map[string]any // machine-readable, may be nil
	RetryAfter time.Duration  // zero means no advice
	Err        error          // cause, never shown
}

// New makes an error with the default type name of its kind.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Type: k.Name(), Message: fmt.Sprintf(format, args...)}
}

// Named makes an error with a type name of its own.
func Named(k Kind, name, format string, args ...any) *Error {
	return &Error{Kind: k, Type: name, Message: fmt.Sprintf(format, args...)}
}

// Field is a ValidationError (422) that names the wrong field.
func Field(field, format string, args ...any) *Error {
	msg := fmt.Sprintf(format, args...)
	return New(Invalid, "%s: %s", field, msg).
		With("errors", []FieldError{{Field: field, Message: msg}})
}

// Within says of an error about fields that they are part of a larger one: "weight" within "members[0]" is
// "members[0].weight". Other errors stay as they are.
func Within(prefix string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	fields, ok := e.Details["errors"].([]FieldError)
	if !ok || len(fields) == 0 {
		return err
	}
	inside := make([]FieldError, len(fields))
	for i, f := range fields {
		inside[i] = FieldError{prefix + "." + f.Field, f.Message}
	}
	c := e.With("errors", inside)
	c.Message = inside[0].Field + ": " + inside[0].Message
	return c
}

// FieldError is one entry of details.errors of a ValidationError.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// With returns a copy with one more detail.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Details = maps.Clone(e.Details)
	if c.Details == nil {
		c.Details = map[string]any{}
	}
	c.Details[key] = value
	return &c
}

// Because returns a copy that carries its cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// Error is the message, followed by the cause for our own log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// From finds the Error in a chain. A deadline becomes Timeout, a cancelled context Unavailable, and anything unknown
// becomes Broken with a message that gives nothing away.
func From(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return New(Timeout, "the request took longer than its deadline").Because(err)
	case errors.Is(err, context.Canceled):
		return Named(Unavailable, "RequestCancelledError", "the request was cancelled").Because(err)
	default:
		return New(Broken, "an internal error occurred; the server's log has the cause under this request id").Because(err)
	}
}

// Is reports whether the chain holds an Error of this kind.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
