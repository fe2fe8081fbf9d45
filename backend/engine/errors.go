package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// ErrAbsent is the cause of an UnavailableError when there is no engine at any of the usual places.
var ErrAbsent = errors.New("no container engine found")

// UnavailableError is an engine that cannot be reached, or that was lost in the middle.
type UnavailableError struct {
	Host string
	Err  error
}

// Error names the engine and the cause.
func (e *UnavailableError) Error() string {
	if e.Host == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("the container engine at %s does not answer: %s", e.Host, strings.TrimSuffix(e.Err.Error(), "."))
}

// Unwrap gives the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Error is a refusal by an engine that answers.
type Error struct {
	What     string // what was asked, "create a container"
	Message  string // the engine's own words
	NotFound bool   // what it was asked about does not exist
	Conflict bool   // it is being done already
}

// Error says what was asked and what the engine answered.
func (e *Error) Error() string { return "the container engine could not " + e.What + ": " + e.Message }

func isUnavailable(err error) bool {
	var lost *UnavailableError
	return errors.As(err, &lost)
}

// IsNotFound reports whether the engine says that what it was asked about does not exist.
func IsNotFound(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.NotFound
}

// explain gives an error of the client its kind. The end of the caller's patience stays what it is: only the caller
// knows whether that says anything about the engine.
func explain(ctx context.Context, host, what string, err error) error {
	var of *net.OpError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	case client.IsErrConnectionFailed(err), errors.As(err, &of), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, os.ErrNotExist):
		return &UnavailableError{Host: host, Err: err}
	}
	return &Error{
		What: what, Message: strings.TrimPrefix(err.Error(), "Error response from daemon: "),
		NotFound: errdefs.IsNotFound(err), Conflict: errdefs.IsConflict(err),
	}
}
