package storetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// shared names, in the environment of the tests and their children, the directory of the package's server.
const shared = "HANGAR_TEST_POSTGRES"

// Postgres reports whether the suite runs on PostgreSQL.
func Postgres() bool { return os.Getenv("HANGAR_TEST_STORE") == "postgres" }

// Suite is a testing.M with a server to run on.
type Suite struct {
	m      *testing.M
	always bool
}

// Main wraps the tests of a package: goleak.VerifyTestMain(storetest.Main(m)).
func Main(m *testing.M) Suite { return Suite{m: m} }

// Both is Main for a package with tests that use Database, whatever the suite runs on.
func Both(m *testing.M) Suite { return Suite{m, true} }

// Run runs the tests.
func (s Suite) Run() int {
	if !s.always && !Postgres() {
		return s.m.Run()
	}
	server, err := New()
	if errors.Is(err, ErrNone) && !Postgres() {
		return s.m.Run() // those that need it say so
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(shared, server.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := s.m.Run()
	if err := server.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, "the PostgreSQL server of the tests:", err)
		return 1
	}
	return code
}

// URL is what a store of this test opens: empty for SQLite, or that of a PostgreSQL database of its own. A directory that
// is named has the same database every time.
func URL(t testing.TB, dir string) string {
	t.Helper()
	if url := Known(dir); url != "" || !Postgres() {
		return url
	}
	url := Database(t)
	if dir != "" {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, noted), []byte(url), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return url
}

// noted is the file that says which database belongs to a directory.
const noted = "storetest.url"

// Known is the URL that a directory has already; also for a child process of a test.
func Known(dir string) string {
	if dir == "" {
		return ""
	}
	url, err := os.ReadFile(filepath.Join(dir, noted))
	if err != nil {
		return ""
	}
	return string(url)
}

// Database is the URL of an empty PostgreSQL database.
func Database(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(shared)
	if dir == "" {
		t.Fatal(ErrNone)
	}
	s := &Server{dir: dir}
	name, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Drop(name); err != nil {
			t.Error(err)
		}
	})
	return s.URL(name)
}

// Own starts a server for one test, to be stopped and killed, and makes a database.
func Own(t testing.TB) (s *Server, url string) {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	name, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	return s, s.URL(name)
}
