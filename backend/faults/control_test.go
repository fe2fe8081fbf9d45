package faults

import (
	"path/filepath"
	"slices"
	"testing"
)

// sabotaged builds the binary with something taken away.
func sabotaged(t *testing.T, tag string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hangar")
	if err := build(file, tag); err != nil {
		t.Fatal(err)
	}
	return file
}

// misses fails the test unless the judge found one of these.
func (r *rig) misses(invariants ...string) {
	r.t.Helper()
	found := r.h.names()
	for _, want := range invariants {
		if !slices.Contains(found, want) {
			r.t.Errorf("%s is broken and nobody noticed; found: %v", want, found)
		}
	}
}

// A build that loses what it acknowledged, or that cleans up after nobody, does not pass TestKilled.
func TestTheJudgeSeesWhatAKillLoses(t *testing.T) {
	onlyLong(t)
	for tag, invariants := range map[string][]string{
		"sabotage_commit":   {"I1"},
		"sabotage_recovery": {"I9"},
	} {
		t.Run(tag, func(t *testing.T) {
			r := newRig(t, sabotaged(t, tag))
			r.killing(20)
			r.misses(invariants...)
		})
	}
}
