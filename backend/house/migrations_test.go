package house

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A migration is written twice, for each of the databases. That they make the same tables is asked by the store's tests.
func TestEachMigrationIsThereForBothDatabases(t *testing.T) {
	names := func(dialect string) []string {
		found, err := filepath.Glob(filepath.Join(root, "backend/store/migrations", dialect, "*.sql"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", dialect, found, err)
		}
		for i, path := range found {
			found[i] = filepath.Base(path)
		}
		return found
	}
	lite, server := names("sqlite"), names("postgres")
	lacks := func(dialect string, has, needs []string) {
		for _, name := range needs {
			if !slices.Contains(has, name) {
				t.Errorf("backend/store/migrations/%s/%s is missing; how to write it stands in the README there", dialect, name)
			}
		}
	}
	lacks("postgres", server, lite)
	lacks("sqlite", lite, server)
	if _, err := os.Stat(filepath.Join(root, "backend/store/migrations/README.md")); err != nil {
		t.Error(err)
	}
}
