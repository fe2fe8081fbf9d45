package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hangar runs a command of the binary to its end.
func hangar(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, talk strings.Builder
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &out, &talk
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return out.String(), talk.String(), cmd.ProcessState.ExitCode()
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hangar.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckingAConfiguration(t *testing.T) {
	good, bad := file(t, "providers: {a: {command: [x]}}\ngroups: {g: {members: [a]}}\n"), file(t, "listne: x\nproviders:\n  a: {comand: [x]}\n")
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
		talk string // on stderr
	}{
		"a good one":                   {[]string{"config", "check", good}, 0, good + ": good (providers: 1, groups: 1)\n", ""},
		"a good one, by the flag":      {[]string{"config", "check", "--config", good}, 0, good + ": good (providers: 1, groups: 1)\n", ""},
		"every mistake, at its place":  {[]string{"config", "check", bad}, 1, bad + ":1:1: listne: unknown key; did you mean listen?\n" + bad + ":3:7: providers.a.comand: unknown key; did you mean command?\n", ""},
		"a mistake of a flag":          {[]string{"config", "check", good, "--listen", "nowhere"}, 1, `flag --listen: must be host:port, such as 127.0.0.1:8000, not "nowhere"` + "\n", ""},
		"one that cannot be read":      {[]string{"config", "check", good + ".gone"}, 2, "", "no such file"},
		"what stands in for a file":    {[]string{"config", "check"}, 0, "the built-in sample: good (", ""},
		"two of them are one too many": {[]string{"config", "check", good, bad}, 2, "", "more arguments than it takes: hangar config check [FILE]"},
	} {
		t.Run(name, func(t *testing.T) {
			out, talk, code := hangar(t, tt.args...)
			if code != tt.code || tt.says == "" && out != "" || !strings.HasPrefix(out, tt.says) || !strings.Contains(talk, tt.talk) {
				t.Errorf("code %d, said %q, and %q", code, out, talk)
			}
		})
	}
}

func TestTheSchemaIsPrinted(t *testing.T) {
	out, _, code := hangar(t, "config", "schema")
	var schema map[string]any
	if err := json.Unmarshal([]byte(out), &schema); code != 0 || err != nil || schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("code %d, %v", code, err)
	}
}

// A data directory can be exported while an instance runs on it and when none does; what comes out starts another one.
func TestExportingADataDirectory(t *testing.T) {
	data := t.TempDir()
	config := file(t, "providers: {filed: {command: [/bin/true], env: {TOKEN: canary}}}\n")
	if _, talk, code := hangar(t, "config", "export", "--data", data, "--config", config); code != 1 || !strings.Contains(talk, "there is no database") {
		t.Errorf("of nothing: code %d, %s", code, talk)
	}
	s := serve(t, data, "--config", config)
	s.demo("made", "x")
	running, talk, code := hangar(t, "config", "export", "--data", data, "--config", config, "--secrets", "variables")
	if code != 0 || !strings.Contains(talk, "2 secrets are not in it") || strings.Contains(running, "canary") || !strings.Contains(running, "made:") {
		t.Errorf("code %d, %s, %s", code, talk, running)
	}
	if _, err := s.terminate(); err != nil {
		t.Error(err)
	}
	stopped, _, code := hangar(t, "config", "export", "--data", data, "--config", config, "--secrets", "variables")
	if code != 0 || stopped != running {
		t.Errorf("code %d:\n%s\n%s", code, stopped, running)
	}
	other := serve(t, t.TempDir(), "--config", file(t, stopped))
	if got := other.do(200, "GET", "/api/config/diff", nil); got["has_changes"] != false {
		t.Errorf("%v", got["diff"])
	}
	if got := other.do(200, "GET", "/api/providers", nil)["providers"].([]any); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if _, talk, code := hangar(t, "config", "export", "--data", data, "--secrets", "clear"); code != 1 || !strings.Contains(talk, "--secrets must be") {
		t.Errorf("code %d, %s", code, talk)
	}
}

func TestSIGHUPReloads(t *testing.T) {
	config := file(t, "config_reload: {watch: false}\nproviders: {one: {command: [/bin/true]}}\n")
	s := serve(t, t.TempDir(), "--config", config, "--log-level", "info")
	if err := os.WriteFile(config, []byte("config_reload: {watch: false}\nproviders: {two: {command: [/bin/true]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the new file is in effect", func() bool {
		list := s.do(200, "GET", "/api/providers", nil)["providers"].([]any)
		return len(list) == 1 && list[0].(map[string]any)["provider"] == "two"
	})
	if _, err := s.terminate(); err != nil {
		t.Error(err)
	}
}
