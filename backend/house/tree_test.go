package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pkg is what `go list -json` tells of a package.
type pkg struct {
	ImportPath, Name, Dir, Doc         string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
	Deps                               []string
	Error                              *struct{ Err string }
}

// root is the top of the source tree; tests run in their package's folder.
const root = "../.."

func packages(t *testing.T) []pkg {
	t.Helper()
	fields := "-json=ImportPath,Name,Dir,Doc,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports,Deps,Error"
	cmd := exec.CommandContext(t.Context(), "go", "list", fields, "./...")
	cmd.Dir = root
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	var list []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// source is one file that people wrote.
type source struct {
	path string // relative to the root
	text []byte
}

// sources gives every hand-written source file of the tree.
func sources(t *testing.T) []source {
	t.Helper()
	ends := map[string]bool{".go": true, ".templ": true, ".ts": true, ".tsx": true, ".mjs": true, ".js": true, ".css": true, ".sql": true, ".sh": true}
	var list []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case d.IsDir() && (name == "node_modules" || name == "dist" || name == "data" || name == "test-results" ||
			strings.HasPrefix(name, ".") && name != ".." && name != ".ci"):
			return filepath.SkipDir
		case d.IsDir() || !ends[filepath.Ext(name)] && filepath.Base(filepath.Dir(path)) != "scripts":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if generated(name, text) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		list = append(list, source{rel, text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 20 {
		t.Fatalf("only %d source files found from %s", len(list), root)
	}
	return list
}

func generated(name string, text []byte) bool {
	head := text[:min(len(text), 300)]
	return strings.Contains(name, ".gen.") || bytes.Contains(head, []byte("// Code generated ")) && bytes.Contains(head, []byte("DO NOT EDIT"))
}
