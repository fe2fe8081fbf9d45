package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hangar/backend/clientconfig"
)

// carryOut does what is due.
func carryOut(ctx context.Context, to target, list []clientconfig.Step) error {
	var due []*clientconfig.Step
	for i := range list {
		if list[i].Due() {
			due = append(due, &list[i])
		}
	}
	if len(due) == 0 {
		return nil
	}
	return to.add(ctx, due)
}

func writePlan(cmd *cobra.Command, list []clientconfig.Step, o importOptions, raw bool) error {
	if raw {
		return writeJSON(cmd.OutOrStdout(), map[string]any{"dry_run": !o.yes, "servers": list})
	}
	var rows [][]string
	for _, s := range list {
		what := s.Reason
		if what == "" && s.Due() {
			what = s.Spec.Summary()
		}
		rows = append(rows, []string{s.Name, orDash(string(s.ID)), orDash(s.Mode), s.Verdict, what})
	}
	if err := writeTable(cmd.OutOrStdout(), []string{"SERVER", "PROVIDER", "MODE", "VERDICT", ""}, rows); err != nil {
		return err
	}
	talk(cmd, list, o)
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// talk says what a person has to know beside the plan.
func talk(cmd *cobra.Command, list []clientconfig.Step, o importOptions) {
	say := cmd.ErrOrStderr()
	due, done := 0, 0
	for _, s := range list {
		if s.Due() {
			due++
		}
		if s.Done {
			done++
		}
		for _, note := range s.Notes {
			if s.Due() {
				fmt.Fprintf(say, "%s: %s.\n", s.Name, oneLine(note))
			}
		}
	}
	wants := variables(list)
	if len(wants) > 0 {
		fmt.Fprintln(say, "\nSet these where Hangar runs, then start the providers:")
		for _, name := range slices.Sorted(maps.Keys(wants)) {
			fmt.Fprintf(say, "  %s  (%s)\n", name, strings.Join(wants[name], ", "))
		}
	}
	switch {
	case !o.yes && due > 0:
		fmt.Fprintf(say, "\nNothing was done. --yes makes %s%s.\n", plural(due, "provider"), into(o))
	case !o.yes || due == 0:
		fmt.Fprintln(say, "\nThere is nothing to take.")
	default:
		fmt.Fprintf(say, "\nMade %s%s.\n", plural(done, "provider"), into(o))
	}
}

func into(o importOptions) string {
	if o.write != "" {
		return " in " + o.write
	}
	return ""
}

// variables are the names that have to be set, with the providers that want them.
func variables(list []clientconfig.Step) map[string][]string {
	out := map[string][]string{}
	for _, s := range list {
		for _, k := range s.Secrets {
			if who := string(s.ID) + " " + k.Field; s.Due() && !slices.Contains(out[k.Variable], who) {
				out[k.Variable] = append(out[k.Variable], who)
			}
		}
	}
	return out
}
