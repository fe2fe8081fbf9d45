package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes (docs/cli.md).
const (
	exitWrong       = 1   // the tool reported an error, a provider is not well, not everything could be imported; any failure of serve
	exitUsage       = 2   // what was asked for cannot be: flags, arguments, an unknown provider or tool
	exitUnreachable = 3   // Hangar is not there, or failed
	exitSignIn      = 4   // a key is needed, or another one
	exitInterrupted = 130 // as shells have it for SIGINT
)

// exitError ends the program with a code. Without a cause everything has been said already.
type exitError struct {
	code int
	err  error
}

// Error is the cause's.
func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap gives the cause.
func (e *exitError) Unwrap() error { return e.err }

func ending(code int, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return ending(exitUsage, format, args...) }

// conclude says what went wrong and gives the code for it.
func conclude(err error, stderr io.Writer) int {
	var known *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &known):
		if known.err != nil {
			fmt.Fprintln(stderr, "hangar:", known.err)
		}
		return known.code
	case errors.Is(err, context.Canceled): // a signal ended what runs until it is ended
		return 0
	}
	fmt.Fprintln(stderr, "hangar:", err)
	return exitWrong
}

// arguments makes cobra's complaint about arguments one of usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%w\n%s", err, cmd.UseLine())
		}
		return nil
	}
}
