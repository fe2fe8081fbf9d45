package config

import (
	"strings"
	"testing"

	"hangar/backend/group"
	"hangar/backend/provider"
)

func TestGroupsFromTheFile(t *testing.T) {
	c, _, err := load(t, `
x-defaults: &defaults { idle_ttl_s: 20 }
mcp_servers:
  one: { command: [/bin/one] }
groups:
  sums:
    strategy: priority
    min_healthy: 2
    description: adds
    members:
      - id: two
        priority: 3
        <<: *defaults
        command: [/bin/two]
      - one
      - { id: far, weight: 7, endpoint: "https://far.example/mcp", auth: { type: bearer, bearer_token: "${env:T}" } }
  lone: {}
`, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := group.Spec{Strategy: group.Priority, MinHealthy: 2, Description: "adds", Members: []group.MemberSpec{
		{ID: "far", Weight: 7, Priority: 1}, {ID: "one", Weight: 1, Priority: 1}, {ID: "two", Weight: 1, Priority: 3},
	}}
	if got := c.Groups["sums"]; len(got.Differs(want)) > 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := c.Groups["lone"]; got.Strategy != group.RoundRobin || got.MinHealthy != 1 || len(got.Members) != 0 {
		t.Errorf("%+v", got)
	}
	two, far := c.Providers["two"], c.Providers["far"]
	if len(c.Providers) != 3 || two.Mode != provider.Subprocess || two.IdleTTL != 20 || two.Command[0] != "/bin/two" ||
		far.Mode != provider.Remote || far.Auth.BearerToken != "${env:T}" {
		t.Errorf("%+v", c.Providers)
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	for name, tt := range map[string]struct{ file, says string }{
		"a member that nobody defines": {"groups:\n  g:\n    members:\n      - gone\n",
			`hangar.yaml:4:9: groups.g.members[0]: there is no provider "gone" in this file`},
		"a member twice": {"providers: {a: {command: [x]}}\ngroups:\n  g: {members: [a, a]}\n",
			`hangar.yaml:3:20: groups.g.members[1].id: "a" is a member twice`},
		"a member without an id": {"groups:\n  g:\n    members:\n      - {weight: 2}\n", "hangar.yaml:4:"},
		"a provider that is defined twice": {"providers: {a: {command: [x]}}\ngroups:\n  g: {members: [{id: a, command: [y]}]}\n",
			`hangar.yaml:3:`},
		"a provider that two groups define": {"groups:\n  g: {members: [{id: a, command: [y]}]}\n  h: {members: [{id: a, command: [y]}]}\n",
			`hangar.yaml:3:`},
		"a strategy that nobody knows": {"groups:\n  g:\n    strategy: fastest\n", "hangar.yaml:3:5: groups.g.strategy: must be one of"},
		"a weight beyond the bound": {"providers: {a: {command: [x]}, b: {command: [x]}}\ngroups:\n  g:\n    members:\n      - b\n      - {id: a, weight: 101}\n",
			"hangar.yaml:6:17: groups.g.members[1].weight: must be between"},
		"a weight of nothing":                  {"groups:\n  g: {members: [{id: a, command: [x], weight: 0}]}\n", "hangar.yaml:2:47: groups.g.members[0].weight: must be at least 1"},
		"an inline definition that is wrong":   {"groups:\n  g:\n    members:\n      - id: a\n        mode: docker\n", "hangar.yaml:4:9: groups.g.members[0].image: "},
		"an unknown key of a member":           {"groups:\n  g:\n    members:\n      - id: a\n        comand: [x]\n", "hangar.yaml:5:9: groups.g.members[0].comand: unknown key; did you mean command?"},
		"a name that cannot be":                {"groups:\n  g/h: {}\n", "hangar.yaml:2:3: groups.g/h: must be 1 to 64"},
		"an inline field at its own place":     {"groups:\n  g:\n    members:\n      - id: a\n        command: [x]\n        idle_ttl_s: 90000\n", "hangar.yaml:6:9: groups.g.members[0].idle_ttl_s: must be between"},
		"a list where a member belongs":        {"groups:\n  g:\n    members: [[a]]\n", "hangar.yaml:3:15: groups.g.members[0]: must be a mapping of keys, not a list"},
		"a backup that is taken for a file":    {"snapshot: {}\nproviders: {}\n", "hangar.yaml:1:1: snapshot: this is a backup"},
		"the same file without the group's id": {"groups:\n  : {}\n", "hangar.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := load(t, tt.file, nil, nil)
			if err == nil || !strings.HasPrefix(err.Error(), tt.says) {
				t.Errorf("got %v\nwant %s", err, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("one mistake, more than one problem: %v", err)
			}
		})
	}
}
