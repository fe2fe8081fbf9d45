package discovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// programs finds what is installed: executables in directories and on PATH, programs of npm packages, entry points of Python
// packages. None of them is run to find out what it is: its name says that it wants to be found.
type programs struct {
	directories []string
	patterns    []string
	search      bool
}

func checkEntrypoint(c Config) error {
	if len(c.Directories) == 0 && !c.SearchPath {
		return fault.Field("config.directories", "type entrypoint needs directories, or search_path: true")
	}
	if len(c.Directories) > maxDirectories {
		return fault.Field("config.directories", "at most %d", maxDirectories)
	}
	for i, dir := range c.Directories {
		if err := checkDirectory(fmt.Sprintf("config.directories[%d]", i), dir); err != nil {
			return err
		}
	}
	return checkPatterns(c.Patterns)
}

func openEntrypoint(c Config, _ means) (finder, error) {
	p := &programs{patterns: c.Patterns, search: c.SearchPath}
	for _, dir := range c.Directories {
		p.directories = append(p.directories, filepath.Clean(dir))
	}
	if len(p.patterns) == 0 {
		p.patterns = []string{"mcp-server-*"}
	}
	return p, nil
}

// onPath are the directories of PATH that are there. Relative ones are passed over: what a name means must not depend on
// where we stand.
func (p *programs) onPath() (dirs []string) {
	if !p.search {
		return nil
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && filepath.IsAbs(dir) && !slices.Contains(dirs, filepath.Clean(dir)) {
			dirs = append(dirs, filepath.Clean(dir))
		}
	}
	return dirs
}

// Watch follows the directories. What happens deeper down, in node_modules say, waits for the next look.
func (p *programs) Watch(ctx context.Context, wake func()) error {
	return watchDirectories(ctx, wake, slices.Concat(p.directories, p.onPath())...)
}

// Scan looks through all of them. A directory that was named must be there; else what it held would seem to be gone.
func (p *programs) Scan(ctx context.Context) ([]Candidate, error) {
	found := []Candidate{}
	for _, dir := range p.directories {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		some, err := p.directory(ctx, root)
		_ = root.Close()
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	seen := map[string]bool{}
	for _, dir := range p.onPath() {
		some, err := p.executables(dir)
		if err != nil { // one that we may not read is no use to a shell either
			continue
		}
		for _, c := range some { // the first one along PATH is the one that is meant
			if !seen[c.Name] {
				seen[c.Name] = true
				found = append(found, c)
			}
		}
	}
	return found, nil
}

func (p *programs) directory(ctx context.Context, root *os.Root) ([]Candidate, error) {
	found, err := p.executables(root.Name())
	if err != nil {
		return nil, err
	}
	node, err := p.nodePrograms(ctx, root)
	if err != nil {
		return nil, err
	}
	python, err := p.pythonPrograms(ctx, root)
	return slices.Concat(found, node, python), err
}

// executables are the programs of a directory whose names fit.
func (p *programs) executables(dir string) (found []Candidate, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, it := range list {
		stem := strings.TrimSuffix(it.Name(), filepath.Ext(it.Name()))
		if strings.HasPrefix(it.Name(), ".") || !matches(p.patterns, it.Name()) && !matches(p.patterns, stem) {
			continue
		}
		file := filepath.Join(dir, it.Name())
		info, err := os.Stat(file) // through links
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
			continue
		}
		c := Candidate{Name: stem, Origin: file, Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{file}}}
		c.Problem = writable(file)
		found = append(found, c)
	}
	return found, nil
}

// writable finds a program that anybody on the machine could exchange for another one.
func writable(file string) *Problem {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return &Problem{ReasonWritable, "where it leads to cannot be told: " + plain(err).Error()}
	}
	for _, one := range []string{real, filepath.Dir(real), filepath.Dir(file)} {
		info, err := os.Stat(one)
		if err != nil {
			return &Problem{ReasonWritable, fmt.Sprintf("%s cannot be looked at: %s", one, plain(err))}
		}
		if info.Mode().Perm()&0o002 != 0 {
			return &Problem{ReasonWritable, fmt.Sprintf("every user of this machine may write to %s (mode %04o), and so decide what would run", one, info.Mode().Perm())}
		}
	}
	return nil
}

// absent reports that there is nothing to be read at a place, which is no error: most directories have no package.json.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoFile) || errors.Is(err, syscall.ENOTDIR)
}

// regular reports whether there is a regular file at a place below root.
func regular(root *os.Root, name string) bool {
	info, err := root.Stat(path.Clean(name))
	return err == nil && info.Mode().IsRegular()
}
