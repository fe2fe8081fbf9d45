package discovery

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"hangar/backend/nesting"
	"hangar/backend/provider"
)

// manifest is a definition in a file: the fields of a provider as in the configuration file, and beside them those that only
// discovery knows. connection is the older format's way of saying the same.
type manifest struct {
	Name          string         `yaml:"name"`
	Enabled       *bool          `yaml:"enabled"`
	TTL           int            `yaml:"ttl"`
	Metadata      map[string]any `yaml:"metadata"`
	Connection    *connection    `yaml:"connection"`
	provider.Spec `yaml:",inline"`
}

type connection struct {
	Command    words             `yaml:"command"`
	Args       []string          `yaml:"args"`
	Env        map[string]string `yaml:"env"`
	Image      string            `yaml:"image"`
	Volumes    []string          `yaml:"volumes"`
	Endpoint   string            `yaml:"endpoint"`
	Host       string            `yaml:"host"`
	Port       int               `yaml:"port"`
	HealthPath string            `yaml:"health_path"`
}

// words is a command as a list, or as one text that is parted at its blanks; no shell ever sees it.
type words []string

// UnmarshalYAML takes either.
func (w *words) UnmarshalYAML(text []byte) error {
	var one string
	if err := yaml.Unmarshal(text, &one); err == nil {
		*w = strings.Fields(one)
		return nil
	}
	return yaml.Unmarshal(text, (*[]string)(w))
}

// parseManifest reads a definition. there is false for a file that is something else (of Compose, of Kubernetes) and for one
// that is switched off.
func parseManifest(text []byte) (c Candidate, there bool) {
	keys, err := outline(text)
	if err == nil && !describesProvider(keys) {
		return c, false
	}
	var m manifest
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, &m, yaml.Strict())
	}
	if err != nil {
		return Candidate{Name: nameOnly(text), Problem: &Problem{ReasonDefinition, explain(err)}}, true
	}
	if m.Enabled != nil && !*m.Enabled {
		return c, false
	}
	c = Candidate{Name: m.Name, Spec: m.Spec, TTL: m.TTL, Metadata: map[string]string{}}
	for key, value := range m.Metadata {
		c.Metadata[key] = fmt.Sprint(value)
	}
	if m.Connection != nil {
		m.Connection.into(&c)
	}
	c.Spec.Mode = modeOf(c.Spec)
	if m.Mode == "sse" {
		c.Spec.HTTP = &provider.HTTP{Protocol: "sse"}
	}
	return c, true
}

// outline gives the keys of the one mapping that a definition is. Aliases are refused: a few lines of them can stand for
// gigabytes.
func outline(text []byte) (keys []string, err error) {
	if err := nesting.Check(text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		if len(file.Docs) <= 1 {
			return nil, nil
		}
		return nil, errors.New("a file holds one definition; part it at the ---")
	}
	found := &aliases{}
	ast.Walk(found, file.Docs[0].Body)
	if found.any {
		return nil, errors.New("anchors and aliases (& and *) are not read in a definition")
	}
	switch body := file.Docs[0].Body.(type) {
	case *ast.MappingNode:
		for _, pair := range body.Values {
			keys = append(keys, pair.Key.GetToken().Value)
		}
	case *ast.MappingValueNode:
		keys = append(keys, body.Key.GetToken().Value)
	default:
		return nil, errors.New("a definition is a mapping of keys to values")
	}
	return keys, nil
}

type aliases struct{ any bool }

// Visit is ast.Visitor.
func (a *aliases) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		a.any = true
		return nil
	}
	return a
}

// describesProvider tells a definition from the many other things that YAML files are.
func describesProvider(keys []string) bool {
	ours := false
	for _, key := range keys {
		switch key {
		case "services", "apiVersion", "kind":
			return false
		case "name", "mode", "connection", "command", "image", "endpoint":
			ours = true
		}
	}
	return ours
}

// nameOnly finds the name in a definition that cannot be read as a whole, so that it is quarantined under it.
func nameOnly(text []byte) string {
	var m struct {
		Name string `yaml:"name"`
	}
	if nesting.Check(text) != nil || yaml.Unmarshal(text, &m) != nil { // then the file's name has to do
		return ""
	}
	return m.Name
}

// explain words an error of the library with its line, and without the excerpt, which could hold a secret.
func explain(err error) string {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return fmt.Sprintf("line %d: %s", at.GetToken().Position.Line, at.GetMessage())
	}
	return err.Error()
}

// modeOf knows the older names of the modes as well, and what is meant where none is given.
func modeOf(s provider.Spec) provider.Mode {
	switch s.Mode {
	case "container":
		return provider.Docker
	case "http", "sse":
		return provider.Remote
	case "stdio":
		return provider.Subprocess
	case "":
		switch {
		case s.Endpoint != "":
			return provider.Remote
		case s.Image != "":
			return provider.Docker
		}
		return provider.Subprocess
	}
	return s.Mode
}

// into says in a definition's own words what a connection says.
func (n *connection) into(c *Candidate) {
	s := &c.Spec
	if len(n.Command)+len(n.Args) > 0 {
		s.Command = append(append([]string{}, n.Command...), n.Args...)
	}
	if n.Env != nil {
		s.Env = n.Env
	}
	if n.Image != "" {
		s.Image = n.Image
	}
	if n.Volumes != nil {
		s.Volumes = n.Volumes
	}
	switch {
	case n.Endpoint != "":
		s.Endpoint = n.Endpoint
	case n.Host != "" || n.Port != 0:
		l := labelled{given: map[string]string{}, used: map[string]bool{}}
		if n.Port != 0 {
			l.given["port"] = fmt.Sprint(n.Port)
		}
		one := Candidate{Metadata: map[string]string{}}
		l.server(&one, "http", n.Host)
		s.Endpoint, c.Problem = one.Spec.Endpoint, l.end("connection.")
	}
	if n.HealthPath != "" {
		c.Metadata["health_path"] = n.HealthPath
	}
}
