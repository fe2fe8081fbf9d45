//go:build faults

package faults

import (
	"path/filepath"
	"slices"
	"testing"

	"hangar/backend/enginetest"
	"hangar/backend/storetest"
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

// A build that takes a failed commit for stored does not pass what breaks the disk or the database.
func TestTheJudgeSeesWhatAFailedCommitLoses(t *testing.T) {
	program := sabotaged(t, "sabotage_errors")
	t.Run("full disk", func(t *testing.T) {
		r := newRig(t, program)
		r.filling(1)
		r.misses("I1")
	})
	t.Run("failing disk", func(t *testing.T) {
		r := newRig(t, program)
		r.failing(1)
		r.misses("I13")
	})
	t.Run("database", func(t *testing.T) {
		server, url := storetest.Own(t)
		proxy, url := storetest.Through(t, url)
		r := newRig(t, program, "--storage-url", url)
		r.cutting(1, server, proxy)
		r.misses("I1")
	})
}

// A build that does not look for the containers of an earlier run does not pass TestEngine: those of a killed binary stay.
func TestTheJudgeSeesContainersThatStay(t *testing.T) {
	daemon := enginetest.Start(t)
	daemon.Load()
	c := newCrate(t, sabotaged(t, "sabotage_recovery"), daemon)
	c.start(c.command())
	c.up()
	c.crew.workers[0].try(t.Context(), fact{"ProviderRegistered", box, ""}, "POST", "/api/providers",
		object{"provider_id": box, "mode": "docker", "image": enginetest.Image, "args": []string{"good"}})
	c.works()
	c.run.kill()
	c.start(c.command())
	c.up()
	c.containers(0)
	c.misses("I9 of containers")
}

// A build that loses what it acknowledged, or that cleans up after nobody, does not pass TestKilled.
func TestTheJudgeSeesWhatAKillLoses(t *testing.T) {
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
