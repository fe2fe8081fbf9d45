package config

import "github.com/aymanbagabas/go-udiff"

// Difference is how two configurations differ, as text.
type Difference struct {
	Diff       string `json:"diff" doc:"Unified; secrets are masks that change when the secret does"`
	HasChanges bool   `json:"has_changes"`
}

// Diff compares two configurations, each called by a name. What they say alike, defaults and order included, is no
// difference.
func Diff(nameA string, a *Config, nameB string, b *Config, mask Secret) Difference {
	before, after := render(a, mask, nil), render(b, mask, nil)
	if before == after {
		return Difference{}
	}
	return Difference{Diff: udiff.Unified(nameA, nameB, before, after), HasChanges: true}
}
