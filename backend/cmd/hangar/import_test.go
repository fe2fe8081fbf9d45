package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/config"
	"hangar/backend/mcptest"
)

const canary = "canary-51b0"

const clientFile = `{
  // Cursor's
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "${workspaceFolder}"]},
    "github": {"command": "npx", "args": ["-y", "gh"], "env": {"GITHUB_TOKEN": "canary-51b0", "LOG": "debug"}},
    "far": {"url": "https://far.example/mcp", "headers": {"Authorization": "Bearer canary-51b0"}},
    "argv": {"command": "x", "args": ["--token", "canary-51b0"]},
    "off": {"command": "y", "disabled": true},
    "hangar": {"command": "hangar", "args": ["serve", "--stdio"]},
    "broken": {"note": "?"},
  }
}`

func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	full := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(full, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return full
}

func lines(t *testing.T, r result, want ...string) {
	t.Helper()
	for _, w := range want {
		found := false
		for line := range strings.Lines(r.out) {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(line), " "), w)
		}
		if !found {
			t.Errorf("no line %q in\n%s", w, r.out)
		}
	}
	if strings.Contains(r.out+r.err, canary) {
		t.Errorf("it tells a secret:\n%s%s", r.out, r.err)
	}
}

func TestImportIntoARunningHangar(t *testing.T) {
	a := running(t)
	file := fileOf(t, "mcp.json", clientFile)
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "far", "mode": "subprocess", "command": []string{"another"}})
	r := command(t, "", "import", file)
	r.expect(t, "the plan", 0, "SERVER", "Nothing was done. --yes makes 3 providers.")
	lines(t, r, "files files subprocess new npx (3 arguments)", "github github subprocess new", `far far-2 remote renamed there is another provider "far"`,
		"argv - subprocess refused argument 2 looks like a secret", "off - subprocess skipped it is disabled there", "hangar - subprocess skipped it is Hangar itself",
		"broken - - refused it has neither a command nor a url")
	if n := len(a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any)); n != 1 {
		t.Fatalf("the plan made %d providers", n-1)
	}
	r = command(t, "", "import", file, "--yes")
	r.expect(t, "doing it", exitWrong, "", "Made 3 providers.")
	lines(t, r)
	for _, want := range []string{"Set these where Hangar runs", "GITHUB_TOKEN  (github env.GITHUB_TOKEN)", "FAR_TOKEN  (far-2 auth.bearer_token)"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("it does not say %q:\n%s", want, r.err)
		}
	}
	files := a.Want(200, "GET", "/api/providers/files", nil).Body["configuration"].(map[string]any)
	if dir := files["command"].([]any)[3]; dir != filepath.Dir(file) {
		t.Errorf("the workspace is %v", dir)
	}
	r = command(t, "", "import", file, "--yes", "--only", "files,github")
	r.expect(t, "again", 0, "it is there already", "There is nothing to take.")
	command(t, "", "import", file, "--only", "nobody").expect(t, "an unknown name", exitUsage, "", `no server "nobody"`)
	r = command(t, "", "import", file, "--yes", "--only", "off,argv", "--all", "--allow-exposed-secrets")
	r.expect(t, "what was left out", 0, "", "Made 2 providers.")
}

// What is written down for a shell keeps its form: the plan as JSON, the secrets only as names.
func TestThePlanAsJSON(t *testing.T) {
	running(t)
	r := command(t, clientFile, "import", "-", "-o", "json", "--workspace", "/srv")
	lines(t, r)
	var got struct {
		DryRun  bool `json:"dry_run"`
		Servers []struct {
			Name    string `json:"name"`
			Verdict string `json:"verdict"`
			Done    bool   `json:"done"`
			Secrets []struct {
				Variable string `json:"variable"`
			} `json:"secrets"`
		} `json:"servers"`
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || !got.DryRun || len(got.Servers) != 7 || got.Servers[4].Name != "github" || got.Servers[4].Secrets[0].Variable != "GITHUB_TOKEN" || r.code != 0 {
		t.Errorf("%v: %s", err, r.out)
	}
}

// With --copy-secrets the running Hangar gets the values, which it never shows, and the provider works at once.
func TestImportWithSecrets(t *testing.T) {
	a := running(t)
	argv, env := mcptest.Command(t, "good")
	env["API_KEY"] = canary
	file, err := json.Marshal(map[string]any{"servers": map[string]any{"math": map[string]any{"command": argv[0], "args": argv[1:], "env": env}}})
	if err != nil {
		t.Fatal(err)
	}
	r := command(t, string(file), "import", "-", "--yes", "--copy-secrets")
	r.expect(t, "copying", 0, "", "Made 1 provider.")
	lines(t, r, "math math subprocess new")
	if strings.Contains(r.err, "Set these") {
		t.Errorf("it asks for what it has:\n%s", r.err)
	}
	command(t, "", "call", "math", "add", "a=1", "b=2").expect(t, "calling it", 0, "3\n", "")
	if got := a.Want(200, "GET", "/api/providers/math", nil); strings.Contains(string(got.Raw), canary) {
		t.Errorf("the secret is shown: %s", got.Raw)
	}
}

func TestImportIntoAFile(t *testing.T) {
	t.Setenv("HANGAR_URL", "http://127.0.0.1:1") // nobody is asked
	from := fileOf(t, "mcp.json", clientFile)
	const before = "# ours\nbase_path: /ops/ # loud\n\nproviders:\n  # the first\n  github: { mode: subprocess, command: [other] }\n"
	into := fileOf(t, "hangar.yaml", before)
	r := command(t, "", "import", from, "--write", into)
	r.expect(t, "the plan", 0, "", "--yes makes 3 providers in "+into)
	lines(t, r, "github github-2 subprocess renamed")
	if text, err := os.ReadFile(into); err != nil || string(text) != before {
		t.Fatalf("the plan changed the file: %v\n%s", err, text)
	}
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(into, link); err != nil {
		t.Fatal(err)
	}
	r = command(t, "", "import", from, "--write", link, "--yes")
	r.expect(t, "doing it", exitWrong, "", "Made 3 providers")
	lines(t, r)
	text, err := os.ReadFile(into)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# ours\nbase_path: /ops/ # loud\n\nproviders:\n") || !strings.HasSuffix(string(text), "  # the first\n  github: { mode: subprocess, command: [other] }\n") ||
		strings.Contains(string(text), canary) || !strings.Contains(string(text), "GITHUB_TOKEN: ${env:GITHUB_TOKEN}") {
		t.Errorf("the file reads\n%s", text)
	}
	if kept, err := os.ReadFile(into + ".bak"); err != nil || string(kept) != before {
		t.Errorf("the backup reads %q, %v", kept, err)
	}
	if info, err := os.Stat(into); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	c, err := config.Load(config.Source{File: into, Env: standIn, Dir: t.TempDir(), Binary: "hangar"})
	if err != nil || len(c.Providers) != 4 || c.Providers["far"].Endpoint != "https://far.example/mcp" {
		t.Errorf("%v, %+v", err, c)
	}
	command(t, "", "import", from, "--write", into, "--yes", "--only", "files").expect(t, "again", 0, "it is there already", "nothing to take")
	fresh := filepath.Join(t.TempDir(), "new.yaml")
	command(t, "", "import", from, "--write", fresh, "--yes", "--only", "files").expect(t, "a new file", 0, "", "Made 1 provider")
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the new file: %v, %v", info, err)
	}
	bad := fileOf(t, "bad.yaml", "basepath: /ops/\n")
	command(t, "", "import", from, "--write", bad, "--yes", "--only", "files").expect(t, "a file that Hangar would not take", exitUsage, "", "base_path")
	odd := fileOf(t, "odd.json", `{"mcpServers": {"odd": {"command": "sh", "args": ["-c", "echo ${UNSET_HERE}"]}}}`)
	command(t, "", "import", odd, "--write", fresh, "--yes").expect(t, "a dollar of another meaning", exitWrong, "by hand", "")
}

// Without a running Hangar there is still a plan, but nothing can be done.
func TestAPlanWithoutHangar(t *testing.T) {
	t.Setenv("HANGAR_URL", "http://127.0.0.1:1")
	command(t, clientFile, "import", "-").expect(t, "a plan", 0, "github", "does not know what runs there")
	command(t, clientFile, "import", "-", "--yes").expect(t, "doing it", exitUnreachable, "", "no answer")
}
