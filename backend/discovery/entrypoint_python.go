package discovery

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"hangar/backend/provider"
)

// group is the entry point group whose every entry is a provider; of the console scripts only those whose names fit are.
const (
	groupProviders = "mcp.providers"
	groupScripts   = "console_scripts"
)

var pythonModule = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// pythonPrograms are the entry points of the Python packages in a directory, which is a site-packages itself or a virtual
// environment that has one. Only the packages' metadata is read: nothing is imported.
func (p *programs) pythonPrograms(ctx context.Context, root *os.Root) (found []Candidate, err error) {
	for _, pattern := range []string{"*.dist-info", "lib/python3*/site-packages/*.dist-info"} {
		files, err := fs.Glob(root.FS(), pattern+"/entry_points.txt")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			found = append(found, p.pythonPackage(root, file)...)
		}
	}
	return found, nil
}

func (p *programs) pythonPackage(root *os.Root, file string) (found []Candidate) {
	text, err := readRegular(root, file, maxPackage)
	if err != nil {
		return nil // what cannot be read offers nothing
	}
	origin := filepath.Join(root.Name(), file)
	group, dir := "", filepath.Dir(origin)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";"):
			continue
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			group = strings.TrimSpace(line[1 : len(line)-1])
			continue
		}
		name, object, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || group != groupProviders && (group != groupScripts || !matches(p.patterns, name)) {
			continue
		}
		c := pythonProgram(filepath.Dir(dir), group, name, strings.TrimSpace(object))
		if c.Problem == nil {
			c.Problem = writable(origin)
		}
		c.Origin = fmt.Sprintf("%s, %s %s", origin, group, name)
		c.Metadata = map[string]string{"package": strings.TrimSuffix(filepath.Base(dir), ".dist-info")}
		found = append(found, c)
	}
	return found
}

func pythonProgram(site, group, name, object string) Candidate {
	module, _, _ := strings.Cut(object, ":")
	module = strings.TrimSpace(module)
	if !pythonModule.MatchString(module) {
		return bad(name, "", ReasonDefinition, "%s is not the name of a Python module", object)
	}
	bin := filepath.Join(site, "..", "..", "..", "bin") // <prefix>/lib/python3.x/site-packages
	if filepath.Base(site) != "site-packages" {
		bin = ""
	}
	if group == groupScripts {
		script := filepath.Join(bin, name)
		if info, err := os.Stat(script); bin == "" || strings.ContainsAny(name, `/\`) || err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
			return bad(name, "", ReasonDefinition, "its script is not at %s", script)
		}
		return Candidate{Name: asID(name), Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{script}}, Problem: writable(script)}
	}
	python := "python3"
	if own := filepath.Join(bin, "python3"); bin != "" {
		if info, err := os.Stat(own); err == nil && info.Mode().IsRegular() {
			python = own
		}
	}
	return Candidate{Name: asID(name), Spec: provider.Spec{Mode: provider.Subprocess, Command: []string{python, "-m", module}}}
}
