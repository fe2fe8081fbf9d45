package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hangar/backend/provider"
)

// machine is a directory with, optionally, node on its PATH and the reference servers installed above the working
// directory. The names hold what YAML could trip over.
func machine(t *testing.T, node, servers bool) Source {
	t.Helper()
	base := t.TempDir()
	root, path := filepath.Join(base, `it's "a": #dir`), filepath.Join(base, "path") // a colon would part PATH
	src := Source{
		Dir: filepath.Join(root, "deep", "er"), Binary: filepath.Join(root, "bin", "hangar"),
		Env: lookup(map[string]string{"PATH": path}),
	}
	files := map[string]bool{"deep/er/x": true, "../path/node": node}
	for _, bin := range []string{everythingBin, filesystemBin} {
		files["node_modules/.bin/"+bin] = servers
	}
	for name, wanted := range files {
		if !wanted {
			continue
		}
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return src
}

func TestSampleListsWhatCanStart(t *testing.T) {
	tests := []struct {
		name          string
		node, servers bool
		want          []provider.ID
	}{
		{"a machine without Node has the demo", false, true, []provider.ID{"demo"}},
		{"without the packages too", true, false, []provider.ID{"demo"}},
		{"with both it has all three", true, true, []provider.ID{"demo", "everything", "filesystem"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := machine(t, tt.node, tt.servers)
			c, err := Load(src)
			if err != nil {
				t.Fatal(err)
			}
			var got []provider.ID
			for id := range c.Providers {
				got = append(got, id)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Fatalf("providers %v, want %v", got, tt.want)
			}
			if cmd := c.Providers["demo"].Command; !slices.Equal(cmd, []string{src.Binary, "demo"}) {
				t.Errorf("the demo runs %q", cmd)
			}
			if tt.node && tt.servers {
				cmd := c.Providers["filesystem"].Command
				if filepath.Base(cmd[0]) != "node" || cmd[2] != filepath.Join(src.Dir, "data", "sandbox") {
					t.Errorf("the filesystem runs %q", cmd)
				}
			}
		})
	}
}

func TestPrepareMakesTheSandboxOnceAndLeavesItAlone(t *testing.T) {
	src := machine(t, false, false)
	c, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(src.Dir, "data", "sandbox", "welcome.txt")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestPrepareDoesNothingForAFile(t *testing.T) {
	c, dir, err := load(t, "data: state\n", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); !os.IsNotExist(err) {
		t.Errorf("the data directory was made: %v", err)
	}
}
