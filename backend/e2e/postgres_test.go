package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hangar/backend/storetest"
)

// From SQLite to PostgreSQL, killed there, and back again: what was acknowledged is there all the way.
func TestMigrateThereAndBack(t *testing.T) {
	const password = "s3cr3t"
	_, database := storetest.Own(t)
	database += "&password=" + password
	t.Setenv("TEST_DATABASE", database)
	reference := "${env:TEST_DATABASE}"
	first, second := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "data")
	make := func(s *server, id string) { s.do(201, "POST", "/api/groups", map[string]any{"group_id": id}) }
	migrate := func(args ...string) {
		t.Helper()
		out, err := exec.Command(binary, append([]string{"migrate"}, args...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "rows: copied and compared") || strings.Contains(string(out), password) {
			t.Fatalf("%v\n%s", err, out)
		}
	}

	s := serve(t, first)
	make(s, "made-on-sqlite")
	store := s.do(200, "GET", "/api/groups", nil)["store_id"]
	if out := run(t, binary, "migrate", "--data", first, "--to", reference); !strings.Contains(out, "in use by process") {
		t.Errorf("while it runs: %s", out)
	}
	if _, err := s.terminate(); err != nil {
		t.Fatal(err)
	}
	migrate("--data", first, "--to", reference)
	if out := run(t, binary, "migrate", "--data", first, "--to", reference); !strings.Contains(out, "not empty") || strings.Contains(out, password) {
		t.Errorf("into what is filled: %s", out)
	}

	s = serve(t, first, "--storage-url", reference)
	s.do(200, "GET", "/api/groups/made-on-sqlite", nil)
	if now := s.do(200, "GET", "/api/groups", nil)["store_id"]; now != store {
		t.Errorf("the store was %v and is %v", store, now)
	}
	make(s, "made-on-postgresql")
	if out := run(t, binary, "serve", "--listen", "127.0.0.1:0", "--data", second, "--storage-url", database); !strings.Contains(out, "another Hangar uses the database") || strings.Contains(out, password) {
		t.Errorf("a second one: %s", out)
	}
	s.kill()
	s = serve(t, first, "--storage-url", database)
	s.do(200, "GET", "/api/groups/made-on-postgresql", nil)
	if strings.Contains(s.output(), password) {
		t.Errorf("it says the password:\n%s", s.output())
	}
	if _, err := s.terminate(); err != nil {
		t.Fatal(err)
	}

	migrate("--data", second, "--from", reference)
	s = serve(t, second)
	for _, id := range []string{"made-on-sqlite", "made-on-postgresql"} {
		s.do(200, "GET", "/api/groups/"+id, nil)
	}
}
