package e2e

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a subcommand of the binary against the server.
func (s *server) command(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary, args...)
	cmd.Env = append(cmd.Environ(), "HANGAR_URL="+s.url)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		s.t.Fatal(err)
	}
	return out.String(), talk.String(), cmd.ProcessState.ExitCode()
}

// From the catalog to an answer: the MCP project's own server, the demo, and the command line in between.
func TestTheCatalogRunsRealServers(t *testing.T) {
	s := serve(t, t.TempDir(), "--config", emptyFile(t))
	for _, entry := range []string{"everything", "demo"} { // npx finds the first one in node_modules, from the lockfile
		got := s.do(201, "POST", "/api/catalog/"+entry+"/deploy", map[string]any{"start": true})
		if got["started"] != true {
			t.Fatalf("%s: %v", entry, got)
		}
	}
	if out, talk, code := s.command("call", "everything", "echo", "message=hello from afar"); code != 0 || !strings.Contains(out, "hello from afar") {
		t.Errorf("echo: %d %s %s", code, out, talk)
	}
	if out, talk, code := s.command("call", "demo", "add", "a=40", "b=2"); code != 0 || !strings.Contains(out, "42") {
		t.Errorf("add: %d %s %s", code, out, talk)
	}
	if out, talk, code := s.command("call", "demo", "fail"); code != 1 || !strings.Contains(talk, "reports an error") {
		t.Errorf("fail: %d %s %s", code, out, talk)
	}
	if _, talk, code := s.command("call", "demo", "nothing"); code != 2 || !strings.Contains(talk, "it offers add") {
		t.Errorf("an unknown tool: %d %s", code, talk)
	}
	dir := t.TempDir()
	s.do(201, "POST", "/api/catalog/filesystem/deploy", map[string]any{"provider_id": "files", "variables": map[string]any{"directories": []string{dir}}})
	if out, talk, code := s.command("call", "files", "list_allowed_directories"); code != 0 || !strings.Contains(out, filepath.Base(dir)) {
		t.Errorf("the file system's server, started by its first call: %d %s %s", code, out, talk)
	}
	if out, talk, code := s.command("status"); code != 0 || !strings.Contains(out, "everything") || !strings.Contains(out, "Running with") {
		t.Errorf("status: %d %s %s", code, out, talk)
	}
}
