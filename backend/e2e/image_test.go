package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hangar/backend/enginetest"
)

// The image holds the binary and nothing else, runs as nobody in particular, and says that it is healthy when it takes requests.
func TestTheImageIsHealthy(t *testing.T) {
	daemon := enginetest.Start(t)
	docker := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "docker", args...)
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+daemon.Host, "DOCKER_BUILDKIT=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	context := t.TempDir() // of the tree only what the image needs
	for _, step := range [][]string{{"cp", "-r", filepath.Join(root(t), "deploy"), context}, {"mkdir", filepath.Join(context, "bin")}, {"cp", binary, filepath.Join(context, "bin", "hangar")}} {
		if out, err := exec.CommandContext(t.Context(), step[0], step[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", step, err, out)
		}
	}
	docker("build", "-q", "-f", filepath.Join(context, "deploy", "Dockerfile"), "-t", "hangar:test", context)
	if user := docker("inspect", "-f", "{{.Config.User}}", "hangar:test"); user != "65532:65532" {
		t.Errorf("it runs as %q", user)
	}
	id := docker("run", "-d", "--network", "none", "--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp", "-v", "/data", "hangar:test")
	health := ""
	for until := time.Now().Add(time.Minute); time.Now().Before(until) && health != "healthy"; time.Sleep(200 * time.Millisecond) {
		health = docker("inspect", "-f", "{{.State.Health.Status}}", id)
		if state := docker("inspect", "-f", "{{.State.Status}}", id); state != "running" {
			break
		}
	}
	said := docker("logs", id)
	if health != "healthy" || !strings.Contains(said, "/setup#set_") {
		t.Errorf("health is %q; it said:\n%s", health, said)
	}
	docker("stop", "-t", "20", id)
	if code := docker("inspect", "-f", "{{.State.ExitCode}}", id); code != "0" {
		t.Errorf("it ended with %s:\n%s", code, docker("logs", id))
	}
	docker("rm", "-v", id)
}
