package clientconfig

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hangar/backend/provider"
)

// What becomes of a server.
const (
	New     = "new"
	Renamed = "renamed" // its name is taken by another provider
	Same    = "same"    // it is there already
	Skipped = "skipped"
	Refused = "refused"
	Failed  = "failed"
)

// Step is what is to be done, or was done, about one server.
type Step struct {
	Name    string        `json:"name" doc:"As the file has it"`
	ID      provider.ID   `json:"provider_id,omitempty" doc:"As it is called here"`
	Mode    string        `json:"mode,omitempty"`
	Verdict string        `json:"verdict" enum:"new,renamed,same,skipped,refused,failed"`
	Reason  string        `json:"reason,omitempty"`
	Notes   []string      `json:"notes,omitempty" doc:"What is different here"`
	Secrets []Wanted      `json:"secrets,omitempty" doc:"What has to be set where Hangar runs"`
	Done    bool          `json:"done"`
	Spec    provider.Spec `json:"-"`
}

// Wanted is a variable that has to be set where Hangar runs.
type Wanted struct {
	Variable string `json:"variable"`
	Field    string `json:"field"`
}

// Due says that the step makes a provider.
func (s Step) Due() bool { return s.Verdict == New || s.Verdict == Renamed }

// Choice is what may be taken, and how.
type Choice struct {
	All    bool // also what its client has switched off
	Copy   bool // the secrets themselves instead of references to them
	Expose bool // also what has a secret on its command line or in its address
}

// Existing is as much of a definition as can be seen from outside.
type Existing struct {
	Command  []string          `json:"command"`
	Image    string            `json:"image"`
	Endpoint string            `json:"endpoint"`
	Args     []string          `json:"args"`
	Env      map[string]string `json:"env"`
}

// ExistingOf is what can be seen of a definition.
func ExistingOf(s provider.Spec) Existing {
	return Existing{s.Command, s.Image, s.Endpoint, s.Args, s.Env}
}

func (e Existing) same(s provider.Spec) bool {
	return slices.Equal(e.Command, s.Command) && e.Image == s.Image && e.Endpoint == s.Endpoint && slices.Equal(e.Args, s.Args) &&
		slices.Equal(names(e.Env), names(s.Env))
}

func names(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// Plan decides what becomes of each server where these providers are.
func Plan(candidates []Candidate, taken map[provider.ID]Existing, o Choice) []Step {
	used := map[provider.ID]bool{}
	for id := range taken {
		used[id] = true
	}
	list := make([]Step, 0, len(candidates))
	for _, c := range candidates {
		s := Step{Name: c.Name, Mode: string(c.Spec.Mode), Verdict: New, Notes: c.Notes, Spec: c.Spec}
		there, isThere := taken[c.ID]
		switch {
		case c.Skip != "" && !(o.All && c.Disabled):
			s.Verdict, s.Reason = Skipped, c.Skip
		case c.Problem != "":
			s.Verdict, s.Reason = Refused, c.Problem
		case len(c.Exposed) > 0 && !o.Expose:
			s.Verdict = Refused
			s.Reason = fmt.Sprintf("%s looks like a secret, and would be there for everybody to read; it is taken only where exposed secrets are allowed", strings.Join(c.Exposed, ", "))
		case isThere && there.same(c.Spec):
			s.Verdict, s.Reason, s.ID = Same, "it is there already", c.ID
		default:
			s.take(c, used, o)
		}
		list = append(list, s)
	}
	return list
}

// take gives a server its id and its secrets.
func (s *Step) take(c Candidate, used map[provider.ID]bool, o Choice) {
	s.ID = c.ID
	for n := 2; used[s.ID]; n++ {
		s.ID = provider.ID(fmt.Sprintf("%s-%d", c.ID, n))
		s.Verdict, s.Reason = Renamed, fmt.Sprintf("there is another provider %q", c.ID)
	}
	used[s.ID] = true
	if o.Copy {
		s.Spec = c.WithValues()
	}
	for _, k := range c.Secrets {
		if !o.Copy || !k.Known() {
			s.Secrets = append(s.Secrets, Wanted{k.Variable, k.Field})
		}
	}
}
