package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5/middleware"

	"hangar/backend/fault"
)

// ErrorBody is every error, whatever its cause (decisions.md 2).
type ErrorBody struct {
	Type      string         `json:"error" doc:"Stable name of the error" example:"ProviderNotFoundError"`
	Message   string         `json:"message" doc:"What happened, to what, and what to do"`
	Status    int            `json:"status_code" example:"404"`
	Details   map[string]any `json:"details,omitempty" doc:"Machine-readable particulars; details.errors lists wrong fields"`
	RequestID string         `json:"request_id,omitempty" doc:"Names this request in the server's log"`
}

// Error is the message.
func (e *ErrorBody) Error() string { return e.Message }

// GetStatus is the HTTP status; it makes ErrorBody a huma.StatusError.
func (e *ErrorBody) GetStatus() int { return e.Status }

// ContentType keeps huma from calling it application/problem+json.
func (e *ErrorBody) ContentType(string) string { return "application/json" }

func body(ctx context.Context, f *fault.Error) *ErrorBody {
	return &ErrorBody{
		Type: f.Type, Message: f.Message, Status: f.Kind.Status(), Details: f.Details, RequestID: middleware.GetReqID(ctx),
	}
}

// useErrorBody makes huma speak ErrorBody, and read names of fields as they are written. These are huma's process-wide
// settings (decisions.md 28).
var useErrorBody = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return body(context.Background(), ofHuma(status, msg, errs))
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		ctx := context.Background()
		if hc != nil {
			ctx = hc.Context()
		}
		return body(ctx, ofHuma(status, msg, errs))
	}
})

// ofHuma turns what huma found wrong with a request into a fault. For our own failures the cause is not repeated.
func ofHuma(status int, msg string, errs []error) *fault.Error {
	f := fault.New(fault.OfStatus(status), "%s", msg)
	if f.Kind == fault.Broken {
		return fault.From(errors.Join(errs...))
	}
	if status == http.StatusRequestEntityTooLarge {
		f.Message = strings.Replace(msg, " limit=", "; the limit is ", 1)
	}
	unread := status == http.StatusBadRequest || status == http.StatusUnsupportedMediaType
	var fields []fault.FieldError
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			e := fault.FieldError{Field: d.ErrorDetail().Location, Message: d.ErrorDetail().Message}
			if unread && strings.HasPrefix(e.Field, "body.") {
				continue // said of a body that could not be read
			}
			if name, ok := strings.CutPrefix(e.Message, huma.ErrUnknownContentType.Error()+": "); ok {
				e.Message = fmt.Sprintf("the content type %s is not read here; send JSON, with the header Content-Type: application/json", name)
			}
			fields = append(fields, e)
		} else if err != nil {
			fields = append(fields, fault.FieldError{Message: err.Error()})
		}
	}
	if len(fields) == 0 {
		return f
	}
	var said []string
	for _, e := range fields {
		said = append(said, strings.TrimPrefix(e.Field+": "+e.Message, ": "))
	}
	f.Message = msg + ": " + strings.Join(said, "; ")
	return f.With("errors", fields)
}

// refuse turns an error of a noun into an answer and writes our own failures to the log.
func (a *API) refuse(ctx context.Context, err error) error {
	f := fault.From(err)
	if f.Kind == fault.Broken {
		a.Log.ErrorContext(ctx, "request failed", "error", err)
	}
	if f.RetryAfter > 0 {
		return huma.ErrorWithHeaders(body(ctx, f), http.Header{"Retry-After": {seconds(f.RetryAfter)}})
	}
	return body(ctx, f)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// WriteError answers with an ErrorBody outside of huma: unknown paths, refused upgrades, guards.
func WriteError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	f := fault.From(err)
	if f.Kind == fault.Broken {
		log.ErrorContext(r.Context(), "request failed", "error", err)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(f.RetryAfter))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Kind.Status())
	// The client may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(body(r.Context(), f))
}

// NotFound is the fault of a path that does not exist.
func NotFound(r *http.Request) error {
	return fault.New(fault.Missing, "there is no %s %s", r.Method, r.URL.Path)
}

// NotAllowed is the fault of a method that a path does not know.
func NotAllowed(r *http.Request, allowed []string) error {
	return fault.New(fault.BadMethod, "%s does not know %s; it knows %s", r.URL.Path, r.Method, strings.Join(allowed, ", "))
}

func fieldError(location, format string, args ...any) error {
	return &huma.ErrorDetail{Location: location, Message: fmt.Sprintf(format, args...)}
}
