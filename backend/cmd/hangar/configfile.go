package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hangar/backend/clientconfig"
	"hangar/backend/config"
	"hangar/backend/provider"
)

// configFile is a configuration file that import writes into.
type configFile struct {
	path string // where it really is, when it is a link
	text []byte
	mode fs.FileMode
}

func openFile(name string) (*configFile, error) {
	f := &configFile{path: name, mode: 0o600}
	if full, err := filepath.EvalSymlinks(name); err == nil {
		f.path = full
	}
	text, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, usage("%w", err)
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, usage("%w", err)
	}
	f.text, f.mode = text, info.Mode().Perm()
	return f, nil
}

// read loads a text as Hangar will. What it refers to need not be set here.
func (f *configFile) read(text []byte) (*config.Config, error) {
	dir, err := os.MkdirTemp("", "hangar-import")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, filepath.Base(f.path))
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return nil, err
	}
	c, err := config.Load(config.Source{File: name, Dir: dir, Env: standIn})
	if err != nil {
		return nil, usage("%s is not a configuration that Hangar takes:\n%s", f.path, strings.ReplaceAll(err.Error(), name, f.path))
	}
	return c, nil
}

// standIn gives a value to every variable that a file may use, and leaves out those that would change a setting.
func standIn(name string) (string, bool) {
	if strings.HasPrefix(name, "HANGAR_") || name == "ENABLE_WEBSOCKET" || name == "WEBSOCKET_PORT" {
		return "", false
	}
	if text, ok := os.LookupEnv(name); ok && text != "" {
		return text, true
	}
	return "1", true
}

func (f *configFile) taken(context.Context) (map[provider.ID]clientconfig.Existing, error) {
	out := map[provider.ID]clientconfig.Existing{}
	if len(f.text) == 0 {
		return out, nil
	}
	c, err := f.read(f.text)
	if err != nil {
		return nil, err
	}
	for id, s := range c.Providers {
		out[id] = clientconfig.ExistingOf(s)
	}
	return out, nil
}

// add writes all or nothing: the new text is read as Hangar reads it before it takes the place of the old one.
func (f *configFile) add(_ context.Context, steps []*clientconfig.Step) error {
	more := map[provider.ID]provider.Spec{}
	for _, s := range steps {
		if field := dollar(s.Spec); field != "" {
			s.Verdict, s.Reason = clientconfig.Failed, field+" has a ${ that is no reference to a secret; write this one by hand, with $$ for a $"
			continue
		}
		more[s.ID] = s.Spec
	}
	if len(more) == 0 {
		return nil
	}
	text, err := config.AddProviders(f.text, more)
	if err != nil {
		return usage("%s: %w", f.path, err)
	}
	c, err := f.read(text)
	if err != nil {
		return err
	}
	for id := range more {
		if _, ok := c.Providers[id]; !ok {
			return fmt.Errorf("%s was not changed: provider %s would not be read back", f.path, id)
		}
	}
	if err := f.replace(text); err != nil {
		return ending(exitUnreachable, "%w", err)
	}
	for _, s := range steps {
		s.Done = s.Verdict != clientconfig.Failed
	}
	return nil
}

// replace keeps the old text beside the new one, which appears at once and as a whole.
func (f *configFile) replace(text []byte) error {
	if len(f.text) > 0 {
		if err := os.WriteFile(f.path+".bak", f.text, f.mode); err != nil {
			return err
		}
	}
	next, err := os.CreateTemp(filepath.Dir(f.path), ".hangar-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // gone already when all went well
	_, err = next.Write(text)
	err = errors.Join(err, next.Chmod(f.mode), next.Sync(), next.Close())
	if err != nil {
		return err
	}
	return os.Rename(next.Name(), f.path)
}

// dollar names a field in which a $ would mean something else in a configuration file than in a client's.
func dollar(s provider.Spec) string {
	odd := func(text string) bool {
		return strings.Contains(text, "$$") || strings.Contains(strings.ReplaceAll(text, "${env:", ""), "${")
	}
	for i, w := range append(append([]string{}, s.Command...), s.Args...) {
		if odd(w) {
			return fmt.Sprintf("argument %d", i)
		}
	}
	for name, text := range s.Env {
		if odd(text) {
			return "env." + name
		}
	}
	if s.HTTP != nil {
		for name, text := range s.HTTP.Headers {
			if odd(text) {
				return "http.headers." + name
			}
		}
	}
	if odd(s.Endpoint) {
		return "endpoint"
	}
	return ""
}
