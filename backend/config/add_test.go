package config

import (
	"regexp"
	"strings"
	"testing"

	"hangar/backend/provider"
)

func TestProvidersAreAddedToAFile(t *testing.T) {
	add := map[provider.ID]provider.Spec{
		"new": {Mode: provider.Subprocess, Command: []string{"npx", "-y", "@a/b", "- x", "true", "#no"}, Env: map[string]string{"TOKEN": "${env:TOKEN}", "N": "007"}},
		"far": {Mode: provider.Remote, Endpoint: "https://far.example/mcp", Auth: &provider.Auth{Type: "oauth"}},
	}
	const far = "far:\nmode: remote\nendpoint: https://far.example/mcp\nauth:\ntype: oauth\n"
	for name, c := range map[string]struct{ before, keeps string }{
		"an empty file":                 {"", ""},
		"a file of comments":            {"# mine\n", "# mine\n"},
		"an empty mapping":              {"{}\n", ""},
		"a file without providers":      {"base_path: /ops/ # loud\n", "base_path: /ops/ # loud\nproviders:\n"},
		"no newline at its end":         {"base_path: /ops/", "base_path: /ops/\nproviders:\n"},
		"an empty key":                  {"providers:\nbase_path: /ops/\n", "base_path: /ops/\n"},
		"an empty key at the end":       {"base_path: /ops/\nproviders:", "base_path: /ops/\nproviders:\n"},
		"empty braces":                  {"providers: {} # none yet\nbase_path: /ops/\n", " # none yet\n"},
		"providers that are there":      {"providers:\n  # the old one\n  old: { mode: subprocess, command: [x] }\n\nbase_path: /ops/\n", "  # the old one\n  old: { mode: subprocess, command: [x] }\n\nbase_path: /ops/\n"},
		"another indentation":           {"providers:\n      old:\n        mode: subprocess\n        command: [x] # stays\n", "      old:\n        mode: subprocess\n        command: [x] # stays\n"},
		"Windows' line ends in a part":  {"base_path: /ops/\r\nproviders:\n  old: { mode: subprocess, command: [x] }\n", "base_path: /ops/\r\n"},
		"one that is declared by merge": {"providers:\n  old: &o { mode: subprocess, command: [x] }\n  other: { <<: *o }\n", "other: { <<: *o }\n"},
	} {
		after, err := AddProviders([]byte(c.before), add)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, _, err := load(t, string(after), nil, nil)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, after)
			continue
		}
		n := got.Providers["new"]
		if strings.Join(n.Command, "|") != "npx|-y|@a/b|- x|true|#no" || n.Env["N"] != "007" || n.Env["TOKEN"] != "${env:TOKEN}" || got.Providers["far"].Auth.Type != "oauth" {
			t.Errorf("%s: %+v\n%s", name, n, after)
		}
		if strings.Contains(c.before, "old") != (got.Providers["old"].Mode != "") || !strings.Contains(string(after), c.keeps) {
			t.Errorf("%s: something was lost:\n%s", name, after)
		}
		if !strings.Contains(regexp.MustCompile(`(?m)^ +`).ReplaceAllString(string(after), ""), far) {
			t.Errorf("%s: it reads\n%s", name, after)
		}
	}
	for name, before := range map[string]string{
		"a file in braces":    "{base_path: /ops/}\n",
		"providers in braces": "providers: {old: {mode: subprocess, command: [x]}}\n",
		"an id that is there": "providers:\n  new: { mode: subprocess, command: [x] }\n",
		"a list":              "providers: [a]\n",
		"two documents":       "a: 1\n---\nb: 2\n",
		"no YAML":             "providers: {\n",
	} {
		if after, err := AddProviders([]byte(before), add); err == nil {
			t.Errorf("%s was taken:\n%s", name, after)
		}
	}
}
