package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// signInFile writes a configuration that turns sign-in on.
func signInFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hangar.yaml")
	if err := os.WriteFile(file, []byte("auth: {enabled: true}\nproviders:\n  demo: {mode: subprocess, command: ["+binary+", demo]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// keysCreate runs `hangar keys create`.
func keysCreate(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"keys", "create"}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

func status(t *testing.T, url, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("X-API-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// The owner of the data directory gets in without the server, and only without it.
func TestKeysCreateBootstrap(t *testing.T) {
	data := t.TempDir()
	out, said, err := keysCreate(t, "--data", data)
	if err == nil || out != "" || !strings.Contains(said, "--bootstrap") {
		t.Errorf("without --bootstrap: %q %q %v", out, said, err)
	}
	out, said, err = keysCreate(t, "--bootstrap", "--data", data, "--principal", "owner", "--expires-days", "1")
	key := strings.TrimSpace(out)
	if err != nil || len(key) != 47 || strings.Contains(said, key) || !strings.Contains(said, "owner") {
		t.Fatalf("%q %q %v", out, said, err)
	}
	s := serve(t, data, "--config", signInFile(t))
	if got := status(t, s.url+"/api/auth/keys/owner", key); got != 200 {
		t.Errorf("with the key: %d", got)
	}
	if got := status(t, s.url+"/api/providers", ""); got != 401 {
		t.Errorf("without: %d", got)
	}
	if strings.Contains(s.output(), "/setup#") {
		t.Error("there is an admin, and a set-up link is printed")
	}
	out, said, err = keysCreate(t, "--bootstrap", "--data", data)
	if err == nil || out != "" || !strings.Contains(said, s.url) || !strings.Contains(said, "/api/auth/keys") || !strings.Contains(said, "stop it") {
		t.Errorf("on a directory in use: %q %q %v", out, said, err)
	}
}

// The link is printed, once, to whoever started the process, and is in no log line.
func TestTheSetUpLinkIsPrinted(t *testing.T) {
	s := serve(t, t.TempDir(), "--config", signInFile(t))
	var link string
	eventually(t, 10*time.Second, "the link is printed", func() bool {
		_, rest, ok := strings.Cut(s.output(), s.url+"/setup#")
		link, _, _ = strings.Cut(rest, "\n")
		return ok && link != ""
	})
	if strings.Count(s.output(), link) != 1 || strings.Contains(s.output(), `"`+link) {
		t.Errorf("%s", s.output())
	}
}

// A client that starts `hangar serve --stdio` beside a running instance is its owner's, and needs no key.
func TestStdioNeedsNoKey(t *testing.T) {
	s := serve(t, t.TempDir(), "--config", signInFile(t))
	client := connect(t, &mcp.CommandTransport{Command: exec.Command(binary, "serve", "--stdio", "--data", s.data)})
	result, err := client.CallTool(t.Context(), &mcp.CallToolParams{Name: "demo__add", Arguments: map[string]any{"a": 1, "b": 2}})
	if err != nil || result.IsError {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := status(t, s.url+"/api/providers", ""); got != 401 {
		t.Errorf("everybody else: %d", got)
	}
}
