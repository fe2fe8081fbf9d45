package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func callCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "call PROVIDER|GROUP TOOL [KEY=VALUE | KEY:=JSON | @FILE | -]...",
		Short: "Call a tool of a running Hangar",
		Long: "Call a tool. KEY=VALUE takes the type that the tool's schema says; a key that is a list may be given several times.\n" +
			"KEY:=JSON is JSON as it stands. @FILE, or - for standard input, is a JSON object with arguments; keys given beside it win.\n" +
			"The provider is started when it does not run.\n\n" +
			"Exit codes: 0 the tool answered, 1 it reported an error, 2 wrong usage (an unknown provider or tool, arguments that do not\n" +
			"fit), 3 Hangar or the provider does not answer, 4 a key is needed.",
		Example: "  hangar call demo add a=2 b=3\n  hangar call github create_issue title='It breaks' labels:='[\"bug\"]'\n  jq -n '{path:\"/srv\"}' | hangar call filesystem list_directory -",
		Args:    cobra.MinimumNArgs(2),
	}
	connect, asJSON := remote(cmd), output(cmd)
	timeout := cmd.Flags().Duration("timeout", 30*time.Second, "how long the tool may take (at most 10m)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		raw, err := asJSON()
		if err != nil {
			return err
		}
		if *timeout < time.Millisecond || *timeout > 10*time.Minute {
			return usage("--timeout must be between 1ms and 10m, not %s", *timeout)
		}
		c, err := connect()
		if err != nil {
			return err
		}
		defer c.close()
		schema, at, err := c.callable(cmd.Context(), args[0], args[1])
		if err != nil {
			return err
		}
		given, err := toolArguments(schema, args[2:], func(name string) ([]byte, error) { return readInput(cmd, name) })
		if err != nil {
			return err
		}
		answer, err := c.do(cmd.Context(), http.MethodPost, at+"/call", map[string]any{"arguments": given, "timeout_ms": timeout.Milliseconds()})
		if err != nil {
			return err
		}
		return show(cmd, answer, raw)
	}
	return cmd
}

// callable finds what a tool takes, and where it is called: at a provider, or at a group, whose members offer the same.
func (c *client) callable(ctx context.Context, name, tool string) (schema json.RawMessage, at string, err error) {
	tail := "/" + url.PathEscape(name) + "/tools/" + url.PathEscape(tool)
	schema, err = c.schema(ctx, name, tool)
	if !refusedWith(err, http.StatusNotFound) {
		return schema, "/api/providers" + tail, err
	}
	var group struct {
		Members []struct {
			ID string `json:"id"`
		} `json:"members"`
	}
	err = c.get(ctx, "/api/groups/"+url.PathEscape(name), &group)
	switch {
	case refusedWith(err, http.StatusNotFound):
		return nil, "", usage("there is no provider and no group %q; hangar status lists the providers", name)
	case err != nil:
		return nil, "", err
	case len(group.Members) == 0:
		return nil, "", usage("group %q has no members to call", name)
	}
	for _, member := range group.Members {
		if schema, err = c.schema(ctx, member.ID, tool); err == nil {
			break
		}
	}
	return schema, "/api/groups" + tail, err
}

// readInput reads a file, or standard input for "-".
func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usage("%w", err)
	}
	return text, nil
}

// schema finds what a tool takes. A provider that was never started has to be, to tell.
func (c *client) schema(ctx context.Context, provider, tool string) (json.RawMessage, error) {
	at := "/api/providers/" + url.PathEscape(provider)
	for started := false; ; started = true {
		var list struct {
			Tools []struct {
				Name       string          `json:"name"`
				Parameters json.RawMessage `json:"parameters"`
			} `json:"tools"`
		}
		if err := c.get(ctx, at+"/tools", &list); err != nil {
			return nil, err
		}
		var names []string
		for _, t := range list.Tools {
			if t.Name == tool {
				return t.Parameters, nil
			}
			names = append(names, t.Name)
		}
		if started {
			return nil, usage("provider %q has no tool %q%s", provider, tool, choices(names))
		}
		if _, err := c.do(ctx, http.MethodPost, at+"/start", nil); err != nil {
			return nil, err
		}
	}
}

func choices(names []string) string {
	if len(names) == 0 {
		return "; it offers none"
	}
	return "; it offers " + strings.Join(names, ", ")
}

// content is a part of what a tool answers.
type content struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
	URI      string `json:"uri"`
	Name     string `json:"name"`
	Resource *struct {
		URI  string  `json:"uri"`
		Text *string `json:"text"`
	} `json:"resource"`
}

// show writes what a tool answered: as it came, or what a person reads of it.
func show(cmd *cobra.Command, answer json.RawMessage, raw bool) error {
	var result struct {
		Content    []content       `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
		IsError    bool            `json:"isError"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return ending(exitUnreachable, "the answer is no result of a tool: %w", err)
	}
	out := cmd.OutOrStdout()
	var err error
	switch {
	case raw:
		err = writeJSON(out, answer)
	case len(result.Content) == 0 && len(result.Structured) > 0:
		err = writeJSON(out, result.Structured)
	default:
		for _, part := range result.Content {
			if _, err = fmt.Fprintln(out, part.line()); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	if result.IsError {
		fmt.Fprintln(cmd.ErrOrStderr(), "The tool reports an error.")
		return &exitError{code: exitWrong}
	}
	return nil
}

// line is a part in words, where it is none itself.
func (p content) line() string {
	switch {
	case p.Type == "text":
		return p.Text
	case p.Resource != nil && p.Resource.Text != nil:
		return *p.Resource.Text
	case p.Resource != nil:
		return "[resource " + p.Resource.URI + "]"
	case p.Type == "resource_link":
		return "[" + p.Name + " " + p.URI + "]"
	}
	return fmt.Sprintf("[%s %s, %s; -o json has it]", p.Type, p.MIMEType, plural(len(p.Data)*3/4, "byte"))
}
