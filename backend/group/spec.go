package group

import (
	"cmp"
	"fmt"
	"slices"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Spec says what a group is: the type of a group in the configuration file.
type Spec struct {
	Strategy    Strategy     `json:"strategy" yaml:"strategy" default:"round_robin" enum:"round_robin,weighted_round_robin,least_connections,random,priority,sticky" doc:"which member is called"`
	MinHealthy  int          `json:"min_healthy" yaml:"min_healthy" default:"1" minimum:"1" maximum:"1000" doc:"members that must be callable for the group to be healthy"`
	Description string       `json:"description,omitempty" yaml:"description" doc:"for people, at most 1000 characters"`
	Members     []MemberSpec `json:"members" yaml:"members" nullable:"false" doc:"who does the work; each is the id of a provider, or a mapping"`
}

// MemberSpec is a member in the configuration file. A member may be defined where it is named: it is a provider like any
// other then, and Definition is empty once the configuration has been read.
type MemberSpec struct {
	ID         provider.ID   `json:"id" yaml:"id" doc:"a provider that the file defines; any key of a provider beside it defines the provider here"`
	Weight     int           `json:"weight" yaml:"weight" default:"1" minimum:"1" maximum:"100" doc:"its share of the calls, relative to the others"`
	Priority   int           `json:"priority" yaml:"priority" default:"1" minimum:"1" maximum:"100" doc:"strategy priority: the lowest number is called first"`
	Definition provider.Spec `json:"-" yaml:",inline"`
}

// Shorthand is the key that a member stands for when it is plain text.
func (MemberSpec) Shorthand() string { return "id" }

// WithDefaults fills what was left out and puts the members in order, by id, as they are stored.
func (s Spec) WithDefaults() Spec {
	s.Strategy, s.MinHealthy = cmp.Or(s.Strategy, RoundRobin), cmp.Or(s.MinHealthy, 1)
	s.Members = slices.Clone(s.Members)
	if s.Members == nil {
		s.Members = []MemberSpec{}
	}
	for i, m := range s.Members {
		s.Members[i].Weight, s.Members[i].Priority = cmp.Or(m.Weight, 1), cmp.Or(m.Priority, 1)
	}
	slices.SortStableFunc(s.Members, func(a, b MemberSpec) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

// Check is the rule of what a Spec may be; its error names the field. Whether the members exist is asked elsewhere.
func (s Spec) Check() error {
	if err := (Group{Strategy: s.Strategy, MinHealthy: s.MinHealthy, Description: s.Description}).check(); err != nil {
		return err
	}
	seen := map[provider.ID]bool{}
	for i, m := range s.Members {
		at := fmt.Sprintf("members[%d]", i)
		switch err := (Member{Weight: m.Weight, Priority: m.Priority}).check(); {
		case m.ID == "":
			return fault.Field(at, "has no id")
		case seen[m.ID]:
			return fault.Field(at+".id", "%q is a member twice", string(m.ID))
		case err != nil:
			return fault.Within(at, err)
		}
		seen[m.ID] = true
	}
	return nil
}

// Spec is what a group is at present, as a file would say it.
func (g Group) Spec() Spec {
	s := Spec{Strategy: g.Strategy, MinHealthy: g.MinHealthy, Description: g.Description}
	for _, m := range g.Members {
		s.Members = append(s.Members, MemberSpec{ID: m.ID, Weight: m.Weight, Priority: m.Priority})
	}
	return s.WithDefaults()
}
