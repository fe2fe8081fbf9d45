package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// block is a fenced block of a page.
type block struct {
	page, lang, text string
	line             int
	excuse           string // why it is not run: <!-- not run: ... --> before the fence
}

var (
	fence  = regexp.MustCompile("^```(\\w+)$")
	excuse = regexp.MustCompile(`^<!-- not run: (.+) -->$`)
)

// blocks gives the fenced blocks of a page.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root(t), page))
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	var open *block
	said := ""
	for i, line := range strings.Split(string(raw), "\n") {
		switch {
		case open != nil && line == "```":
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		case fence.MatchString(line):
			open = &block{page: page, lang: fence.FindStringSubmatch(line)[1], line: i + 1, excuse: said}
			said = ""
		case excuse.MatchString(line):
			said = excuse.FindStringSubmatch(line)[1]
		case said != "" && line != "":
			t.Errorf("%s:%d: %q excuses no block: put it right before one", page, i+1, said)
			said = ""
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block does not end", page, open.line)
	}
	return all
}

func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"}
	docs, err := filepath.Glob(filepath.Join(root(t), "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range docs {
		found = append(found, "docs/"+filepath.Base(page))
	}
	return found
}

// Every command in the documents is run, page by page, from the top to the bottom, as a reader would: on a fresh Hangar, in a
// shell that stops at the first failure. A block that cannot be run here says why, in the document.
func TestTheCommandsInTheDocuments(t *testing.T) {
	for _, page := range pages(t) {
		var script strings.Builder
		for _, b := range blocks(t, page) {
			if b.lang == "sh" && b.excuse == "" {
				fmt.Fprintf(&script, "at %s:%d\n%s", b.page, b.line, b.text)
			}
		}
		if script.Len() == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			follow(t, script.String())
		})
	}
}

// follow runs what a page says to type.
func follow(t *testing.T, script string) {
	home := t.TempDir()
	s := &server{t: t, data: filepath.Join(home, "work/data"), done: make(chan error, 1)}
	s.cmd = exec.Command(binary, "serve", "--listen", "127.0.0.1:0")
	s.cmd.Dir = root(t) // where the sample finds its servers
	s.cmd.Env = append(os.Environ(), "HANGAR_DATA="+s.data, "HOME="+home)
	s.run()
	readerHas(t, home)
	// Ports and addresses of the document are those of the test. curl fails where the answer is an error.
	script = strings.NewReplacer("http://127.0.0.1:8000", s.url, "localhost:8000", strings.TrimPrefix(s.url, "http://")).Replace(script)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // for what was not meant to end
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", `
at() { echo "--- $*"; }
curl() { command curl --fail-with-body --max-time 60 "$@"; }
`+script)
	shell.Dir = filepath.Join(home, "work")
	shell.Env = append(os.Environ(), "HOME="+home, "HANGAR_URL="+s.url, "PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
	shell.WaitDelay = 5 * time.Second
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v, after:\n%s", err, out)
	}
}

// readerHas lays out what a reader of the documents has: the program, a client's configuration, some notes.
func readerHas(t *testing.T, home string) {
	t.Helper()
	for _, dir := range []string{"bin", "work", "notes", ".cursor"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(binary, filepath.Join(home, "bin/hangar")); err != nil {
		t.Fatal(err)
	}
	client := fmt.Sprintf(`{"mcpServers": {"sums": {"command": %q, "args": ["demo"]}}}`, binary)
	if err := os.WriteFile(filepath.Join(home, ".cursor/mcp.json"), []byte(client), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(root(t), "examples/config/minimal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "work/hangar.yaml"), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every piece of configuration in the documents is one.
func TestTheConfigurationInTheDocuments(t *testing.T) {
	dir := t.TempDir()
	n := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.lang != "yaml" || b.excuse != "" {
				continue
			}
			n++
			file := filepath.Join(dir, fmt.Sprintf("%d.yaml", n))
			if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), binary, "config", "check", file).CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", b.page, b.line, err, out)
			}
		}
	}
	if n == 0 {
		t.Error("no document has any configuration")
	}
}
