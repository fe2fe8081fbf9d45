package launch

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Reason says why a start failed.
type Reason string

// The reasons.
const (
	ReasonNotFound      Reason = "command_not_found"
	ReasonNotExecutable Reason = "not_executable"
	ReasonDirectory     Reason = "bad_directory"
	ReasonInvalid       Reason = "invalid_spec"
	ReasonFailed        Reason = "start_failed"
)

// StartError is a start that never became a process. Its text is fit for a client: it names what the client declared.
type StartError struct {
	Provider string
	Reason   Reason
	Command  string // as declared
	Path     string // the PATH that was searched, or the file or directory that was tried
	Err      error
}

// Error says what was tried and, where we know, what to do.
func (e *StartError) Error() string {
	return fmt.Sprintf("cannot start provider %q: %s", e.Provider, e.what())
}

func (e *StartError) what() string {
	switch e.Reason {
	case ReasonNotFound:
		if strings.Contains(e.Command, "/") {
			return fmt.Sprintf("command %q does not exist (looked for %s)", e.Command, e.Path)
		}
		return fmt.Sprintf("command %q not found in PATH (%s)", e.Command, cmp.Or(e.Path, "which is empty"))
	case ReasonNotExecutable:
		return fmt.Sprintf("%s cannot be executed: %v", e.Path, e.Err)
	case ReasonDirectory:
		return fmt.Sprintf("working directory %s: %v", e.Path, e.Err)
	default:
		return e.Err.Error()
	}
}

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.Err }

func startError(spec Spec, reason Reason, path string, err error) *StartError {
	e := &StartError{Provider: spec.Provider, Reason: reason, Path: path, Err: err}
	if len(spec.Command) > 0 {
		e.Command = spec.Command[0]
	}
	return e
}

// explain turns the kernel's answer to exec into a StartError. The file was there a moment ago, so ENOENT means its
// interpreter.
func explain(spec Spec, path string, err error) *StartError {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return startError(spec, ReasonNotExecutable, path, errors.New("the interpreter named in its first line does not exist"))
	case errors.Is(err, syscall.ENOEXEC):
		return startError(spec, ReasonNotExecutable, path, errors.New("neither a program of this machine nor a script with a #! line"))
	case errors.Is(err, syscall.EACCES):
		return startError(spec, ReasonNotExecutable, path, fs.ErrPermission)
	default:
		return startError(spec, ReasonFailed, path, err)
	}
}

// Markers in the environment of every child: how a later run finds what this one left.
const (
	markInstance = "HANGAR_INSTANCE"
	markData     = "HANGAR_DATA"
	markLaunch   = "HANGAR_LAUNCH" // instance/number: the tree of one start
)

// inherited are the variables that a child gets from us. Anything else may be a secret that was meant for us alone.
func inherited(name string) bool {
	switch name {
	case "PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}

// environ is the child's whole environment: allow-list, then declared, then markers.
func (l *Launcher) environ(spec Spec, mark string) ([]string, error) {
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); inherited(name) {
			vars[name] = value
		}
	}
	for name, value := range spec.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return nil, startError(spec, ReasonInvalid, "", fmt.Errorf("environment variable %q: a name is not empty and has no '=', and neither name nor value has a NUL", name))
		}
		vars[name] = value
	}
	vars[markInstance], vars[markData], vars[markLaunch] = l.instance, l.data, mark
	env := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env, nil
}

// find resolves the command to a file, in the PATH that the child will have, and checks the working directory.
func find(spec Spec, env []string) (string, error) {
	if len(spec.Command) == 0 || spec.Command[0] == "" {
		return "", startError(spec, ReasonInvalid, "", errors.New("command is empty"))
	}
	if spec.Dir != "" {
		info, err := os.Stat(spec.Dir)
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err != nil {
			return "", startError(spec, ReasonDirectory, spec.Dir, unwrapPath(err))
		}
	}
	name := spec.Command[0]
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(spec.Dir, name)
		}
		abs, err := filepath.Abs(name)
		if err != nil {
			return "", startError(spec, ReasonFailed, name, err)
		}
		return abs, executable(spec, abs)
	}
	return search(spec, pathOf(env))
}

// search looks through PATH. Relative entries are passed over: what a name means must not depend on where we stand.
func search(spec Spec, path string) (string, error) {
	var refused error
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		file := filepath.Join(dir, spec.Command[0])
		err := executable(spec, file)
		if err == nil {
			return file, nil
		}
		if e := (*StartError)(nil); errors.As(err, &e) && e.Reason == ReasonNotExecutable && refused == nil {
			refused = err
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", startError(spec, ReasonNotFound, path, fs.ErrNotExist)
}

// executable is nil for a regular file that we may execute.
func executable(spec Spec, file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return startError(spec, ReasonNotFound, file, fs.ErrNotExist)
	case err != nil:
		return startError(spec, ReasonNotExecutable, file, unwrapPath(err))
	case info.IsDir():
		return startError(spec, ReasonNotExecutable, file, syscall.EISDIR)
	}
	if err := unix.Access(file, unix.X_OK); err != nil {
		return startError(spec, ReasonNotExecutable, file, err)
	}
	return nil
}

func pathOf(env []string) string {
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PATH="); ok {
			return value
		}
	}
	return ""
}

// unwrapPath takes the path out of an error whose text will name it anyway.
func unwrapPath(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
