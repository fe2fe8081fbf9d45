package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxLines is where a file is certainly two (decisions.md 36); from 400 on one looks twice.
const maxLines = 600

func TestNoFileIsTooLong(t *testing.T) {
	for _, s := range sources(t) {
		switch n := bytes.Count(s.text, []byte("\n")); {
		case n > maxLines:
			t.Errorf("%s has %d lines; at most %d", s.path, n, maxLines)
		case n > 400:
			t.Logf("%s has %d lines: one room or two?", s.path, n)
		}
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	open := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`) // in pieces, or this line would be found
	for _, s := range sources(t) {
		for i, line := range bytes.Split(s.text, []byte("\n")) {
			if open.Match(line) {
				t.Errorf("%s:%d: %s", s.path, i+1, bytes.TrimSpace(line))
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Error != nil {
			t.Errorf("%s: %s", p.ImportPath, p.Error.Err)
			continue
		}
		name := "Package " + filepath.Base(p.ImportPath)
		if strings.Contains(p.ImportPath, "/cmd/") {
			name = "Command " + filepath.Base(p.ImportPath)
		}
		if !strings.HasPrefix(p.Doc, name+" ") && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment that begins with %q", p.ImportPath, name)
		}
		if _, err := os.Stat(filepath.Join(p.Dir, "doc.go")); err != nil && p.ImportPath != module && !strings.Contains(p.ImportPath, "/cmd/") {
			t.Errorf("%s has no doc.go", p.ImportPath)
		}
	}
}

// Whoever starts a goroutine ends it: each package's tests end with a look at what still runs.
func TestEveryPackageWatchesForLeaks(t *testing.T) {
	for _, p := range packages(t) {
		files := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		watches := slices.ContainsFunc(files, func(name string) bool {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			return err == nil && bytes.Contains(text, []byte("goleak."+"Verify"))
		})
		if len(files) > 0 && !watches {
			t.Errorf("the tests of %s have no TestMain that calls goleak.VerifyTestMain", p.ImportPath)
		}
	}
}

// states are the two that there are: huma's error type, a global of that library, set once by whoever makes the API; and the
// bytes that a process of tests makes once, which no test could pass to the next.
const states = "api.useErrorBody fresh.made"

// State is passed, never ambient: no init, and at package level only what nobody can change or what go:embed demands.
func TestNothingLivesAtPackageLevel(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if generated(name, text) {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, d := range file.Decls {
				for _, what := range ambient(d) {
					if !slices.Contains(strings.Fields(states), p.Name+"."+what) {
						t.Errorf("%s: %s lives at package level: pass it, or make it a function", set.Position(d.Pos()), what)
					}
				}
			}
		}
	}
}

func ambient(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.Name == "init" && d.Recv == nil {
			return []string{"init"}
		}
	case *ast.GenDecl:
		if d.Tok != token.VAR || embeds(d.Doc) {
			return nil
		}
		var found []string
		for _, s := range d.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names {
				if name.Name != "_" && !embeds(v.Doc) && !constant(v, i) {
					found = append(found, name.Name)
				}
			}
		}
		return found
	}
	return nil
}

// constant allows sentinels (ErrStopped, errStopped), compiled patterns, and what only the linker can set.
func constant(v *ast.ValueSpec, i int) bool {
	if name := v.Names[i].Name; name == "version" || name == "revision" || strings.HasPrefix(strings.ToLower(name), "err") {
		return true
	}
	if i >= len(v.Values) {
		return false
	}
	call, ok := v.Values[i].(*ast.CallExpr)
	if !ok {
		return false
	}
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := fun.X.(*ast.Ident)
	return ok && pkg.Name == "regexp" && fun.Sel.Name == "MustCompile"
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// The generator of the pages and the library that runs them are one release.
func TestTemplIsOneVersion(t *testing.T) {
	line := regexp.MustCompile(`github\.com/a-h/templ (v\S+)`)
	var seen []string
	for _, name := range []string{"go.mod", "tools/go.mod"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		m := line.FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s does not require templ", name)
		}
		seen = append(seen, string(m[1]))
	}
	if seen[0] != seen[1] {
		t.Errorf("go.mod has templ %s, tools/go.mod %s", seen[0], seen[1])
	}
}
