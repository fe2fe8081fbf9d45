package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"
)

// overview is what the list of providers says of one.
type overview struct {
	Provider string `json:"provider"`
	State    string `json:"state"`
	Stopping bool   `json:"stopping"`
	Tools    int    `json:"tools_count"`
	Calls    int64  `json:"calls_total"`
	Failed   int64  `json:"calls_failed"`
	Disabled any    `json:"disabled"`
	Status   struct {
		Level   string `json:"level"`
		Summary string `json:"summary"`
		Detail  string `json:"detail"`
	} `json:"status"`
}

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the fleet of a running Hangar; exit code 1 when a provider is not well",
		Long: "Show every provider of a running Hangar: its state, how it is, its tools and its calls.\n\n" +
			"Exit codes: 0 all is well, 1 a provider is not, 2 wrong usage, 3 Hangar does not answer, 4 a key is needed.",
		Example: "  hangar status\n  hangar status -o json | jq -r '.providers[] | select(.status.level==\"error\").provider'",
		Args:    cobra.NoArgs,
	}
	connect, asJSON := remote(cmd), output(cmd)
	ready := cmd.Flags().Bool("ready", false, "ask only whether it takes requests, which needs no key; for health checks of containers")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		raw, err := asJSON()
		if err != nil {
			return err
		}
		c, err := connect()
		if err != nil {
			return err
		}
		defer c.close()
		if *ready {
			_, err := c.do(cmd.Context(), http.MethodGet, "/readyz", nil)
			return err
		}
		var answer json.RawMessage
		if err := c.get(cmd.Context(), "/api/providers", &answer); err != nil {
			return err
		}
		var list struct {
			Providers []overview `json:"providers"`
		}
		if err := json.Unmarshal(answer, &list); err != nil {
			return ending(exitUnreachable, "%s answered with something else than was expected: %w", c.base, err)
		}
		if raw {
			err = writeJSON(cmd.OutOrStdout(), answer)
		} else {
			err = writeStatus(cmd, list.Providers)
		}
		if err != nil {
			return err
		}
		return verdict(cmd, list.Providers)
	}
	return cmd
}

// widest is what the table shows of how a provider is, in characters; -o json has all of it.
const widest = 120

func writeStatus(cmd *cobra.Command, list []overview) error {
	if len(list) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "There are no providers yet.")
		return nil
	}
	var rows [][]string
	for _, p := range list {
		health := p.Status.Summary
		if wrong(p) && p.Status.Detail != "" {
			health += ": " + p.Status.Detail
		}
		if long := []rune(health); len(long) > widest {
			health = string(long[:widest-1]) + "…"
		}
		calls := strconv.FormatInt(p.Calls, 10)
		if p.Failed > 0 {
			calls += fmt.Sprintf(" (%d failed)", p.Failed)
		}
		rows = append(rows, []string{p.Provider, stateOf(p), health, strconv.Itoa(p.Tools), calls})
	}
	return writeTable(cmd.OutOrStdout(), []string{"PROVIDER", "STATE", "HEALTH", "TOOLS", "CALLS"}, rows)
}

// stateOf is the state, with the two flags that stand beside it.
func stateOf(p overview) string {
	switch {
	case p.Disabled != nil:
		return "disabled"
	case p.Stopping:
		return "stopping"
	}
	return p.State
}

func wrong(p overview) bool { return p.Status.Level == "warn" || p.Status.Level == "error" }

func verdict(cmd *cobra.Command, list []overview) error {
	n := 0
	for _, p := range list {
		if wrong(p) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d of %s not well.\n", n, map[bool]string{true: "1 provider is", false: fmt.Sprintf("%d providers are", len(list))}[len(list) == 1])
	return &exitError{code: exitWrong}
}
