package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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

// complain has every command refuse arguments that it does not take in the same words, as wrong usage.
func complain(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		complain(sub)
	}
	switch {
	case cmd.HasSubCommands():
		cmd.Args, cmd.RunE, cmd.DisableFlagsInUseLine = cobra.ArbitraryArgs, choose, true
		cmd.SuggestionsMinimumDistance = 2 // letters
	case cmd.Args != nil:
		cmd.Args = arguments(cmd.Args)
	}
}

// choose is a command that is only the name for others.
func choose(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	like := ""
	if found := cmd.SuggestionsFor(args[0]); len(found) > 0 {
		like = "; did you mean " + strings.Join(found, " or ") + "?"
	}
	return usage("there is no command %q%s (%s --help lists them)", cmd.CommandPath()+" "+args[0], like, cmd.CommandPath())
}

// arguments says of too few or too many arguments what is taken.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	const most = 4 // more than any command needs
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		for n := 1; n <= most; n++ {
			if check(cmd, append(slices.Clone(args), make([]string, n)...)) == nil {
				return usage("an argument is missing: %s", cmd.UseLine())
			}
		}
		return usage("more arguments than it takes: %s", cmd.UseLine())
	}
}
