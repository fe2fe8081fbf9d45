package provider

import (
	"slices"
	"strings"
)

// Filter says which providers of a list are meant; the zero filter means all of them. The dashboard's list filters by the
// same rules.
type Filter struct {
	Text      string  // in the id, the description or the mode, in either case
	States    []State // none: any
	Attention bool    // only what wants a person's attention
}

// Match tells whether a provider is meant. stopping is what only the fleet knows of it.
func (f Filter) Match(p Provider, stopping bool) bool {
	if len(f.States) > 0 && !slices.Contains(f.States, p.State) {
		return false
	}
	if level := p.Status(stopping).Level; f.Attention && level != "warn" && level != "error" {
		return false
	}
	text := strings.ToLower(string(p.ID) + " " + p.Spec.Description + " " + string(p.Spec.Mode))
	return strings.Contains(text, strings.ToLower(strings.TrimSpace(f.Text)))
}
