package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hangar/backend/clientconfig"
	"hangar/backend/provider"
)

// importOptions are the flags of import.
type importOptions struct {
	write, workspace       string
	only                   []string
	yes, all, copy, expose bool
}

func importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take over the servers of an MCP client's configuration",
		Long: "Take over the servers that an MCP client is configured with: Claude Desktop, Claude Code, Cursor, VS Code, Windsurf, Zed,\n" +
			"Gemini CLI, OpenCode and whoever else writes mcpServers. FILE is told by its shape; - is standard input. FILE itself is not changed.\n\n" +
			"Without --yes it shows what it would do and does nothing. With --yes the servers become providers of the running Hangar, or,\n" +
			"with --write, of a configuration file, which keeps its comments and its order; what it was is kept beside it as .bak.\n\n" +
			"What looks like a secret is not copied but becomes a reference, ${env:NAME}; the names that have to be set where Hangar runs are listed.\n\n" +
			"Exit codes: 0 done, or shown; 1 not everything could be taken; 2 wrong usage, or a file that cannot be read; 3 Hangar does not\n" +
			"answer; 4 a key is needed.",
		Example: "  hangar import ~/.cursor/mcp.json\n  hangar import ~/.cursor/mcp.json --yes --only github,linear\n  hangar import .vscode/mcp.json --write hangar.yaml --yes",
		Args:    cobra.ExactArgs(1),
	}
	connect, asJSON := remote(cmd), output(cmd)
	f := cmd.Flags()
	f.BoolVarP(&o.yes, "yes", "y", false, "do it")
	f.StringVar(&o.write, "write", "", "write into this configuration file instead of asking the running Hangar")
	f.StringSliceVar(&o.only, "only", nil, "only these servers, by the names that the file gives them")
	f.BoolVar(&o.all, "all", false, "also those that are disabled there")
	f.BoolVar(&o.copy, "copy-secrets", false, "hand the secrets over to the running Hangar instead of referring to variables")
	f.BoolVar(&o.expose, "allow-exposed-secrets", false, "also take servers that have a secret on their command line or in their address")
	f.StringVar(&o.workspace, "workspace", "", "what ${workspaceFolder} stands for (default: the directory of the file, or the one above .vscode and the like)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		raw, err := asJSON()
		if err != nil {
			return err
		}
		if o.copy && o.write != "" {
			return usage("--copy-secrets would write secrets into a file; it goes with the running Hangar only")
		}
		candidates, err := readCandidates(cmd, args[0], o)
		if err != nil {
			return err
		}
		c, err := connect()
		if err != nil {
			return err
		}
		defer c.close()
		return run(cmd, o, c, candidates, raw)
	}
	return cmd
}

func readCandidates(cmd *cobra.Command, name string, o importOptions) ([]clientconfig.Candidate, error) {
	text, err := readInput(cmd, name)
	if err != nil {
		return nil, err
	}
	home, _ := os.UserHomeDir() // without one nothing refers to it
	list, err := clientconfig.Parse(text, clientconfig.Options{Home: home, Workspace: workspace(name, o.workspace), Env: os.LookupEnv})
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	for _, wanted := range o.only {
		if !slices.ContainsFunc(list, func(c clientconfig.Candidate) bool { return c.Name == wanted }) {
			return nil, usage("%s has no server %q", name, wanted)
		}
	}
	return slices.DeleteFunc(list, func(c clientconfig.Candidate) bool {
		return len(o.only) > 0 && !slices.Contains(o.only, c.Name)
	}), nil
}

// workspace is the directory that a project's file belongs to.
func workspace(file, given string) string {
	if given != "" || file == "-" {
		return given
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	dir := filepath.Dir(full)
	if strings.HasPrefix(filepath.Base(dir), ".") {
		dir = filepath.Dir(dir)
	}
	return dir
}

// run plans, shows the plan, and carries it out when it is meant.
func run(cmd *cobra.Command, o importOptions, c *client, candidates []clientconfig.Candidate, raw bool) error {
	var to target = c
	if o.write != "" {
		file, err := openFile(o.write)
		if err != nil {
			return err
		}
		to = file
	}
	taken, err := to.taken(cmd.Context())
	if err != nil && (o.yes || !errors.As(err, new(*exitError)) || o.write != "") {
		return err
	}
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s\nThe plan below does not know what runs there.\n\n", err)
	}
	list := clientconfig.Plan(candidates, taken, clientconfig.Choice{All: o.all, Copy: o.copy, Expose: o.expose})
	var failed error
	if o.yes {
		failed = carryOut(cmd.Context(), to, list)
	}
	if err := writePlan(cmd, list, o, raw); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if o.yes && slices.ContainsFunc(list, func(s clientconfig.Step) bool {
		return s.Verdict == clientconfig.Refused || s.Verdict == clientconfig.Failed
	}) {
		return &exitError{code: exitWrong}
	}
	return nil
}

// target is where providers are made.
type target interface {
	// taken are the providers that are there.
	taken(ctx context.Context) (map[provider.ID]clientconfig.Existing, error)
	// add makes providers. What becomes of each is told in its step; an error ends the whole.
	add(ctx context.Context, steps []*clientconfig.Step) error
}

func (c *client) taken(ctx context.Context) (map[provider.ID]clientconfig.Existing, error) {
	var list struct {
		Providers []struct {
			Provider provider.ID `json:"provider"`
		} `json:"providers"`
	}
	if err := c.get(ctx, "/api/providers", &list); err != nil {
		return nil, err
	}
	out := map[provider.ID]clientconfig.Existing{}
	for _, p := range list.Providers {
		var one struct {
			Configuration clientconfig.Existing `json:"configuration"`
		}
		err := c.get(ctx, "/api/providers/"+string(p.Provider), &one)
		if err != nil && !refusedWith(err, http.StatusNotFound) { // it may be deleted meanwhile
			return nil, err
		}
		out[p.Provider] = one.Configuration
	}
	return out, nil
}

func (c *client) add(ctx context.Context, steps []*clientconfig.Step) error {
	for _, s := range steps {
		text, err := json.Marshal(s.Spec.WithDefaults())
		if err != nil {
			return err
		}
		body := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &body); err != nil {
			return err
		}
		id, _ := json.Marshal(s.ID) // a text
		body["provider_id"] = id
		_, err = c.do(ctx, http.MethodPost, "/api/providers", body)
		var refused *refusal
		switch {
		case errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusUnauthorized && refused.Status != http.StatusForbidden:
			s.Verdict, s.Reason = clientconfig.Failed, refused.Message
		case err != nil:
			return err
		default:
			s.Done = true
		}
	}
	return nil
}
