package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hangar/backend/group"
	"hangar/backend/provider"
)

// standing is what there is once a file has been declared, with every provider running and two calls under way at "busy".
func standing(c *Config) Standing {
	have := Standing{
		Config: c, Providers: map[provider.ID]provider.Standing{}, Groups: map[group.ID]group.Standing{},
		Running: func(id provider.ID) (bool, int) {
			if id == "busy" {
				return true, 2
			}
			return id != "cold", 0
		},
	}
	for id, spec := range c.Providers {
		have.Providers[id] = provider.Standing{Spec: spec, Source: provider.SourceFile, Declared: &spec}
	}
	for id, spec := range c.Groups {
		have.Groups[id] = group.Standing{Spec: spec, Source: provider.SourceFile, Declared: &spec}
	}
	return have
}

func TestAPlan(t *testing.T) {
	is := again(t, `
data: /d
providers: {same: {command: [x]}, busy: {command: [x]}, cold: {command: [x]}, told: {command: [x]}, gone: {command: [x]}}
groups: {g: {members: [same]}, h: {}}
`)
	next := again(t, `
data: /d
base_path: /ops/
limits: {max_concurrency: 9}
allowed_hosts: [a.example]
providers: {same: {command: [x]}, busy: {command: [y]}, cold: {command: [y]}, told: {command: [x], description: d}, new: {command: [x]}}
groups: {g: {members: [same, new]}, i: {}}
`)
	p, err := NewPlan(standing(is), next, false)
	if err != nil {
		t.Fatal(err)
	}
	updated := []Affected{
		{ID: "busy", Fields: []string{"command"}, Restarts: true, Running: true, InFlight: 2}, {ID: "cold", Fields: []string{"command"}},
		{ID: "told", Fields: []string{"description"}, Running: true},
	}
	if !slices.EqualFunc(p.Providers.Updated, updated, func(a, b Affected) bool {
		return a.ID == b.ID && slices.Equal(a.Fields, b.Fields) && a.Restarts == b.Restarts && a.Running == b.Running && a.InFlight == b.InFlight
	}) {
		t.Errorf("updated %+v", p.Providers.Updated)
	}
	if !slices.Equal(p.Providers.Added, []provider.ID{"new"}) || len(p.Providers.Removed) != 1 || p.Providers.Removed[0].ID != "gone" || !slices.Equal(p.Providers.Unchanged, []provider.ID{"same"}) {
		t.Errorf("%+v", p.Providers)
	}
	if !slices.Equal(p.Groups.Added, []group.ID{"i"}) || !slices.Equal(p.Groups.Removed, []group.ID{"h"}) || len(p.Groups.Updated) != 1 || !slices.Equal(p.Groups.Updated[0].Fields, []string{"members"}) {
		t.Errorf("%+v", p.Groups)
	}
	if !slices.Equal(p.Renewed(), []provider.ID{"busy", "cold"}) || !slices.Equal(p.NeedsRestart(), []string{"base_path"}) || p.Empty() {
		t.Errorf("renewed %v, needs restart %v", p.Renewed(), p.NeedsRestart())
	}
	settings := []SettingChange{{"base_path", "/", "/ops/", true}, {"allowed_hosts", "", "a.example", false}, {"limits.max_concurrency", "256", "9", false}}
	if !slices.Equal(p.Settings, settings) {
		t.Errorf("settings %+v", p.Settings)
	}
	now := is.Adopt(next)
	if now.BasePath != "/" || now.Limits.MaxConcurrency != 9 || now.AllowedHosts[0] != "a.example" || now.Origin("limits.max_concurrency") != "file hangar.yaml" || len(now.Providers) != 5 {
		t.Errorf("in effect: %+v", now)
	}
	if is.Limits.MaxConcurrency != 256 || is.Origin("limits.max_concurrency") != "default" {
		t.Error("the configuration of before was changed")
	}
	if same, err := NewPlan(standing(next), next, false); err != nil || !same.Empty() || same.Providers.Added == nil {
		t.Errorf("%+v, %v", same, err)
	}
}

func TestAPlanThatCannotBe(t *testing.T) {
	is := again(t, "")
	have := standing(is)
	have.Providers["theirs"] = provider.Standing{Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}.WithDefaults(), Source: provider.SourceCatalog}
	have.Providers["also"] = have.Providers["theirs"]
	have.Groups["group"] = group.Standing{Spec: group.Spec{Strategy: group.Sticky}, Source: provider.SourceAPI}
	next := again(t, "providers:\n  theirs: {command: [y]}\ngroups:\n  group:\n    members:\n      - {id: also, command: [z]}\n")
	_, err := NewPlan(have, next, false)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{
		`hangar.yaml:6:9: groups.group.members[0]: a provider "also" was made from the catalog and is defined otherwise`,
		`hangar.yaml:2:3: providers.theirs: a provider "theirs" was made from the catalog`,
		`hangar.yaml:4:3: groups.group: a group "group" was made through REST`,
	} {
		if !strings.HasPrefix(problems[i].String(), want) {
			t.Errorf("got %s\nwant %s", problems[i], want)
		}
	}
}

func TestABackupReadsBackAndARestoreIsPlanned(t *testing.T) {
	c := again(t, "providers: {a: {command: ['$$x', y], env: {T: hidden, R: '${env:R}'}}, b: {command: [x]}}\ngroups: {g: {members: [{id: a, weight: 3}, b]}}\n")
	shot := Snapshot{TakenAt: "2026-01-02T03:04:05Z", Version: "1", Label: "it's: #1", Providers: map[provider.ID]provider.Source{"a": provider.SourceFile, "b": provider.SourceDiscovery}}
	text := c.Backup(shot, func(key, value string) string { return "K" + strings.ToUpper(key+value) })
	if strings.Contains(text, "hidden") || !strings.Contains(text, `T: "${sealed:KPROVIDERS.A.ENV.THIDDEN}"`) {
		t.Fatalf("%s", text)
	}
	open := func(key, sealed string) (string, error) {
		return strings.ToLower(strings.TrimPrefix(sealed, "K"+strings.ToUpper(key))), nil
	}
	back, was, err := ReadBackup("b.yaml", []byte(text), open)
	if err != nil || was.Label != shot.Label || was.Taken().Year() != 2026 || was.Providers["b"] != provider.SourceDiscovery {
		t.Fatalf("%+v, %v", was, err)
	}
	same(t, back, c)

	have := standing(again(t, "providers: {file: {command: [x]}}\n"))
	have.Providers["found"] = provider.Standing{Spec: provider.Spec{Command: []string{"x"}}.WithDefaults(), Source: provider.SourceDiscovery}
	p := NewRestore(have, back, was)
	if !slices.Equal(p.Providers.Added, []provider.ID{"a"}) || len(p.Providers.Removed) != 1 || p.Providers.Removed[0].ID != "file" || !slices.Equal(p.Groups.Added, []group.ID{"g"}) {
		t.Errorf("what discovery owns is not left to it: %+v %+v", p.Providers, p.Groups)
	}
	for name, broken := range map[string]string{
		"no YAML":          "a: [",
		"a file":           "listne: x\n",
		"a bad definition": "snapshot: {}\nproviders: {a: {}}\n",
		"a lost member":    "snapshot: {}\ngroups: {g: {members: [a]}}\n",
	} {
		if _, _, err := ReadBackup("b.yaml", []byte(broken), open); err == nil {
			t.Errorf("%s is taken for a backup", name)
		}
	}
	for id, good := range map[string]bool{"20260102T030405.000006Z": true, "": false, "../x": false, "20260102T030405.000006Z/..": false, "20260102T030405.000006Z.yaml": false} {
		if _, err := BackupFile(id); (err == nil) != good {
			t.Errorf("%q: %v", id, err)
		}
	}
}
