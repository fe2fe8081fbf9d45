package reference

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxFile bounds what a file can give; more is no secret but a mistake.
const maxFile = 64 << 10

var (
	begins = regexp.MustCompile(`\$\{(env|file):`)
	whole  = regexp.MustCompile(`\$\{(env|file):([^{}]*)\}`)
	name   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// In reports whether a text holds a reference, a broken one included.
func In(text string) bool { return begins.MatchString(text) }

// Plain reports whether a text is references and nothing that could be a secret itself, so that it may be shown. What may
// stand in front is the scheme of an Authorization header.
func Plain(text string) bool {
	if !In(text) || Check(text) != nil {
		return false
	}
	rest := strings.TrimSpace(strings.ToLower(whole.ReplaceAllString(text, "")))
	return slices.Contains([]string{"", "bearer", "basic", "token", "apikey"}, rest)
}

// Check says what is wrong with the references in a text; whether they lead anywhere is not asked. What is no name and no
// path is not repeated: it may be the secret itself, put where its name belongs.
func Check(text string) error {
	found := whole.FindAllStringSubmatch(text, -1)
	if len(found) != len(begins.FindAllString(text, -1)) {
		return errors.New("a reference is not closed: it is ${env:NAME} or ${file:/path}")
	}
	for _, m := range found {
		switch kind, to := m[1], m[2]; {
		case kind == "env" && !name.MatchString(to):
			return errors.New("${env:...}: what it names is not the name of a variable: letters, digits and _")
		case kind == "file" && (!filepath.IsAbs(to) || filepath.Clean(to) != to || strings.ContainsRune(to, 0)):
			return errors.New("${file:...}: the path must be absolute and plain, such as /run/secrets/token")
		}
	}
	return nil
}

// Source is where values are read. The zero value reads the process's own environment and files.
type Source struct {
	Env  func(string) (string, bool)
	Open func(string) (io.ReadCloser, error)
}

// Resolve puts values in the place of references. What a value holds is not looked at again.
func (s Source) Resolve(text string) (string, error) {
	if !In(text) {
		return text, nil
	}
	if err := Check(text); err != nil {
		return "", err
	}
	var errs []error
	out := whole.ReplaceAllStringFunc(text, func(ref string) string {
		m := whole.FindStringSubmatch(ref)
		value, err := s.value(m[1], m[2])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", ref, err))
		}
		return value
	})
	if len(errs) > 0 {
		return "", errors.Join(errs...)
	}
	return out, nil
}

func (s Source) value(kind, to string) (string, error) {
	if kind == "file" {
		return s.file(to)
	}
	lookup := s.Env
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, ok := lookup(to)
	if !ok {
		return "", errors.New("the variable is not set in Hangar's environment")
	}
	return value, nil
}

// file reads a secret as tools write it into files: the line break at the end is not part of it.
func (s Source) file(path string) (string, error) {
	open := s.Open
	if open == nil {
		open = func(path string) (io.ReadCloser, error) { return os.Open(path) }
	}
	f, err := open(path)
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return "", fmt.Errorf("the file cannot be read: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", errors.New("the file cannot be read")
	case len(b) > maxFile:
		return "", fmt.Errorf("the file is longer than %d bytes", maxFile)
	}
	text := strings.TrimSuffix(string(b), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}
