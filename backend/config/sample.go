package config

import (
	"bytes"
	_ "embed" // the sample's text
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed sample.yaml.tmpl
var sampleText string

// sample is what this machine offers to the sample configuration. The reference servers are listed only where Node and
// their files are, so that every listed provider can start offline (decisions.md 32).
type sample struct {
	Binary, Node, Everything, Filesystem, Sandbox string
}

const (
	everythingBin = "mcp-server-everything"
	filesystemBin = "mcp-server-filesystem"
	sandboxDir    = "sandbox"
)

func (c *Config) addSample(src Source, found *finder) error {
	s := sample{Binary: src.Binary, Sandbox: filepath.Join(c.DataDir, sandboxDir)}
	if s.Node = findNode(src); s.Node != "" {
		s.Everything = findServer(src, everythingBin)
		s.Filesystem = findServer(src, filesystemBin)
	}
	text, err := s.render()
	if err != nil {
		return fmt.Errorf("write the sample configuration: %w", err)
	}
	found.name = "the built-in sample"
	c.read(text, found)
	return nil
}

// render quotes as JSON does, which YAML reads back exactly: paths may hold anything, a $ included.
func (s sample) render() ([]byte, error) {
	quote := func(text string) (string, error) {
		b, err := json.Marshal(escaped(text))
		return string(b), err
	}
	t, err := template.New("sample").Funcs(template.FuncMap{"quote": quote}).Parse(sampleText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, s)
	return b.Bytes(), err
}

// findNode looks along PATH, as a shell would.
func findNode(src Source) string {
	list, _ := src.Env("PATH")
	for _, dir := range filepath.SplitList(list) {
		if dir == "" {
			continue
		}
		path := filepath.Join(absolute(src.Dir, dir), "node")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// findServer looks for an installed package's program from the working directory upward, then from this program's
// folder upward. It gives the script behind npm's link: node runs that without needing its executable bit.
func findServer(src Source, name string) string {
	for _, from := range []string{src.Dir, filepath.Dir(src.Binary)} {
		for dir := from; ; dir = filepath.Dir(dir) {
			path, err := filepath.EvalSymlinks(filepath.Join(dir, "node_modules", ".bin", name))
			if err == nil {
				return path
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return ""
}

// Prepare makes what the sample's providers expect to find: a folder with one file in it. It does nothing where a
// configuration file was given.
func (c *Config) Prepare() error {
	if c.src.File != "" {
		return nil
	}
	dir := filepath.Join(c.DataDir, sandboxDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the sample's folder: %w", err)
	}
	welcome, err := os.OpenFile(filepath.Join(dir, "welcome.txt"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return nil // whatever stands there is the user's by now
	}
	if err != nil {
		return fmt.Errorf("write the sample's file: %w", err)
	}
	_, err = welcome.WriteString("The sample's filesystem provider may read and write in this folder, and nowhere else.\n")
	if cerr := welcome.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write the sample's file: %w", err)
	}
	return nil
}
