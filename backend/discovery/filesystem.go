package discovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"

	"hangar/backend/fault"
)

// Limits of a directory.
const (
	maxFile  = 64 << 10 // bytes of a definition
	maxFiles = 10_000
)

// directory finds definitions in the files of a directory, one in each.
type directory struct {
	path     string
	patterns []string
}

func checkFilesystem(c Config) error {
	if c.Path == "" {
		return fault.Field("config.path", "type filesystem needs the directory with the definitions")
	}
	if err := checkDirectory("config.path", c.Path); err != nil {
		return err
	}
	return checkPatterns(c.Patterns)
}

func openFilesystem(c Config, _ means) (finder, error) {
	d := &directory{path: filepath.Clean(c.Path), patterns: c.Patterns}
	if len(d.patterns) == 0 {
		d.patterns = []string{"*.yaml", "*.yml", "*.json"}
	}
	return d, nil
}

// Watch follows the directory by the kernel's notices.
func (d *directory) Watch(ctx context.Context, wake func()) error {
	return watchDirectories(ctx, wake, d.path)
}

// watchDirectories wakes at anything that happens in the directories, until ctx ends or one of them goes.
func watchDirectories(ctx context.Context, wake func(), dirs ...string) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	for _, dir := range dirs {
		if err := w.Add(dir); err != nil {
			return fmt.Errorf("watch %s: %w", dir, err)
		}
	}
	wake()
	for {
		select {
		case e, ok := <-w.Events:
			if !ok {
				return errors.New("the watch ended")
			}
			wake()
			for _, dir := range dirs {
				if e.Name == dir && e.Has(fsnotify.Remove|fsnotify.Rename) {
					return fmt.Errorf("%s is gone", dir)
				}
			}
		case err := <-w.Errors: // notices were lost; or the watch ended, and then the next turn says so
			wake()
			if err != nil && !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Scan reads the definitions. A file cannot lead out of the directory.
func (d *directory) Scan(ctx context.Context) ([]Candidate, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	names, err := namesIn(root)
	if err != nil {
		return nil, err
	}
	found := []Candidate{}
	for _, name := range names {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if strings.HasPrefix(name, ".") || !matches(d.patterns, name) {
			continue
		}
		if c, there := d.read(root, name); there {
			found = append(found, c)
		}
	}
	return found, nil
}

func namesIn(root *os.Root) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(maxFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(names) > maxFiles {
		return nil, fmt.Errorf("%s holds more than %d files", root.Name(), maxFiles)
	}
	return names, nil
}

// read reads one file; there is false for what is no definition and for what went away meanwhile.
func (d *directory) read(root *os.Root, name string) (c Candidate, there bool) {
	stem, origin := asID(strings.TrimSuffix(name, filepath.Ext(name))), filepath.Join(d.path, name)
	text, err := readRegular(root, name, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNoFile):
		return c, false
	case err != nil:
		return bad(stem, origin, ReasonDefinition, "the file cannot be read: %s", plain(err)), true
	}
	c, there = parseManifest(text)
	if c.Name == "" {
		c.Name = stem
	}
	c.Origin = origin
	return c, there
}

var errNoFile = errors.New("not a regular file")

// readRegular reads a regular file that is not too long. A pipe or a device would hold the reader, so it is opened without
// waiting and looked at before it is read.
func readRegular(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNoFile
	case info.Size() > most:
		return nil, fmt.Errorf("it is longer than %d bytes", most)
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("it is longer than %d bytes", most)
	}
	return text, err
}

// plain is the cause without the path, which the reader knows.
func plain(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
