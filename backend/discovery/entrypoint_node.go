package discovery

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"hangar/backend/provider"
)

const maxPackage = 1 << 20 // bytes of a package.json

// nodePrograms are the programs ("bin") of the npm package in a directory and of those in its node_modules, by their names.
func (p *programs) nodePrograms(ctx context.Context, root *os.Root) (found []Candidate, err error) {
	packages := []string{"."}
	for _, pattern := range []string{"node_modules/*/package.json", "node_modules/@*/*/package.json"} {
		files, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			packages = append(packages, path.Dir(file))
		}
	}
	for _, dir := range packages {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		found = append(found, p.nodePackage(root, dir)...)
	}
	return found, nil
}

func (p *programs) nodePackage(root *os.Root, dir string) (found []Candidate) {
	file := path.Join(dir, "package.json")
	text, err := readRegular(root, file, maxPackage)
	if absent(err) {
		return nil
	}
	var about struct {
		Name    string          `json:"name"`
		Version string          `json:"version"`
		Bin     json.RawMessage `json:"bin"`
	}
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err != nil { // a broken package is npm's business, unless its name says that it is ours
		name := path.Base(dir)
		if dir == "." || !matches(p.patterns, name) {
			return nil
		}
		return []Candidate{bad(name, filepath.Join(root.Name(), file), ReasonDefinition, "its package.json cannot be read: %s", plain(err))}
	}
	bins := map[string]string{}
	var one string
	if json.Unmarshal(about.Bin, &one) == nil && one != "" { // named as its package, without the scope
		bins[path.Base(about.Name)] = one
	} else if json.Unmarshal(about.Bin, &bins) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(bins)) {
		if !matches(p.patterns, name) {
			continue
		}
		c := nodeProgram(root, dir, name, bins[name])
		if c.Problem == nil {
			c.Problem = writable(filepath.Join(root.Name(), file))
		}
		c.Metadata = map[string]string{"package": about.Name, "version": about.Version}
		found = append(found, c)
	}
	return found
}

func nodeProgram(root *os.Root, dir, name, script string) Candidate {
	origin := fmt.Sprintf("%s, bin %s", filepath.Join(root.Name(), dir, "package.json"), name)
	file := path.Join(dir, script)
	switch {
	case !filepath.IsLocal(script):
		return bad(name, origin, ReasonDefinition, "its script %s leads out of its package", script)
	case !regular(root, file):
		return bad(name, origin, ReasonDefinition, "its script %s is not there", script)
	}
	whole := filepath.Join(root.Name(), file)
	return Candidate{
		Name: name, Origin: origin, Problem: writable(whole),
		Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{"node", whole}},
	}
}
