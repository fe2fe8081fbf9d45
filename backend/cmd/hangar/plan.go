package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hangar/backend/clientconfig"
	"hangar/backend/provider"
)

// What becomes of a server.
const (
	newVerdict     = "new"
	renamedVerdict = "renamed" // its name is taken by another provider
	sameVerdict    = "same"    // it is there already
	skippedVerdict = "skipped"
	refusedVerdict = "refused"
	failedVerdict  = "failed"
)

// step is what is to be done, or was done, about one server.
type step struct {
	Name    string      `json:"name"`
	ID      provider.ID `json:"provider_id,omitempty"`
	Mode    string      `json:"mode,omitempty"`
	Verdict string      `json:"verdict"`
	Reason  string      `json:"reason,omitempty"`
	Notes   []string    `json:"notes,omitempty"`
	Secrets []wanted    `json:"secrets,omitempty"`
	Done    bool        `json:"done"`
	spec    provider.Spec
}

// wanted is a variable that has to be set where Hangar runs.
type wanted struct {
	Variable string `json:"variable"`
	Field    string `json:"field"`
}

// plan decides what becomes of each server.
func plan(candidates []clientconfig.Candidate, taken map[provider.ID]existing, o importOptions) []step {
	used := map[provider.ID]bool{}
	for id := range taken {
		used[id] = true
	}
	list := make([]step, 0, len(candidates))
	for _, c := range candidates {
		s := step{Name: c.Name, Mode: string(c.Spec.Mode), Verdict: newVerdict, Notes: c.Notes, spec: c.Spec}
		there, isThere := taken[c.ID]
		switch {
		case c.Skip != "" && !(o.all && c.Disabled):
			s.Verdict, s.Reason = skippedVerdict, c.Skip
		case c.Problem != "":
			s.Verdict, s.Reason = refusedVerdict, c.Problem
		case len(c.Exposed) > 0 && !o.expose:
			s.Verdict = refusedVerdict
			s.Reason = fmt.Sprintf("%s looks like a secret, and would be there for everybody to read; --allow-exposed-secrets takes it all the same", strings.Join(c.Exposed, ", "))
		case isThere && there.same(c.Spec):
			s.Verdict, s.Reason, s.ID = sameVerdict, "it is there already", c.ID
		default:
			s.take(c, used, o)
		}
		list = append(list, s)
	}
	return list
}

// take gives a server its id and its secrets.
func (s *step) take(c clientconfig.Candidate, used map[provider.ID]bool, o importOptions) {
	s.ID = c.ID
	for n := 2; used[s.ID]; n++ {
		s.ID = provider.ID(fmt.Sprintf("%s-%d", c.ID, n))
		s.Verdict, s.Reason = renamedVerdict, fmt.Sprintf("there is another provider %q", c.ID)
	}
	used[s.ID] = true
	if o.copy {
		s.spec = c.WithValues()
	}
	for _, k := range c.Secrets {
		if !o.copy || !k.Known() {
			s.Secrets = append(s.Secrets, wanted{k.Variable, k.Field})
		}
	}
}

func (s step) due() bool { return s.Verdict == newVerdict || s.Verdict == renamedVerdict }

// carryOut does what is due.
func carryOut(ctx context.Context, to target, list []step) error {
	var due []*step
	for i := range list {
		if list[i].due() {
			due = append(due, &list[i])
		}
	}
	if len(due) == 0 {
		return nil
	}
	return to.add(ctx, due)
}

func writePlan(cmd *cobra.Command, list []step, o importOptions, raw bool) error {
	if raw {
		return writeJSON(cmd.OutOrStdout(), map[string]any{"dry_run": !o.yes, "servers": list})
	}
	var rows [][]string
	for _, s := range list {
		what := s.Reason
		if what == "" && s.due() {
			what = s.spec.Summary()
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
func talk(cmd *cobra.Command, list []step, o importOptions) {
	say := cmd.ErrOrStderr()
	due, done := 0, 0
	for _, s := range list {
		if s.due() {
			due++
		}
		if s.Done {
			done++
		}
		for _, note := range s.Notes {
			if s.due() {
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
func variables(list []step) map[string][]string {
	out := map[string][]string{}
	for _, s := range list {
		for _, k := range s.Secrets {
			if who := string(s.ID) + " " + k.Field; s.due() && !slices.Contains(out[k.Variable], who) {
				out[k.Variable] = append(out[k.Variable], who)
			}
		}
	}
	return out
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
