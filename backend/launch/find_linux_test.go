package launch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := write("plain", "hello", 0o600)
	script := write("script", "#!/no/such/interpreter\n", 0o700)
	blob := write("blob", "\x00\x01\x02", 0o700)
	l := testLauncher(t)
	for _, tt := range []struct {
		name   string
		spec   Spec
		reason Reason
		says   string
	}{
		{"no command", Spec{}, ReasonInvalid, "command is empty"},
		{"an empty command", Spec{Command: []string{""}}, ReasonInvalid, "command is empty"},
		{"a command that is not in PATH", Spec{Command: []string{"no-such-server"}, Env: map[string]string{"PATH": "/nowhere:/usr/nowhere"}}, ReasonNotFound, `"no-such-server" not found in PATH (/nowhere:/usr/nowhere)`},
		{"an empty PATH", Spec{Command: []string{"sh"}, Env: map[string]string{"PATH": ""}}, ReasonNotFound, "not found in PATH (which is empty)"},
		{"relative entries of PATH are passed over", Spec{Command: []string{"script"}, Dir: dir, Env: map[string]string{"PATH": ".:"}}, ReasonNotFound, "not found in PATH (.:)"},
		{"a path that does not exist", Spec{Command: []string{"/no/such/server"}}, ReasonNotFound, `command "/no/such/server" does not exist`},
		{"a relative path belongs to the working directory", Spec{Command: []string{"./server"}, Dir: dir}, ReasonNotFound, dir + "/server"},
		{"a directory", Spec{Command: []string{dir}}, ReasonNotExecutable, "is a directory"},
		{"a file without the x bit", Spec{Command: []string{plain}}, ReasonNotExecutable, "permission denied"},
		{"the same in PATH", Spec{Command: []string{"plain"}, Env: map[string]string{"PATH": dir}}, ReasonNotExecutable, "permission denied"},
		{"a script whose interpreter is missing", Spec{Command: []string{script}}, ReasonNotExecutable, "interpreter"},
		{"no program at all", Spec{Command: []string{blob}}, ReasonNotExecutable, "#! line"},
		{"a working directory that does not exist", Spec{Command: []string{"sh"}, Dir: dir + "/no"}, ReasonDirectory, "no such file"},
		{"a working directory that is a file", Spec{Command: []string{"sh"}, Dir: plain}, ReasonDirectory, "not a directory"},
		{"a variable without a name", Spec{Command: []string{"sh"}, Env: map[string]string{"": "x"}}, ReasonInvalid, "environment variable"},
		{"a name with an equals sign", Spec{Command: []string{"sh"}, Env: map[string]string{"A=B": "x"}}, ReasonInvalid, `"A=B"`},
		{"a value with a NUL", Spec{Command: []string{"sh"}, Env: map[string]string{"A": "secret\x00"}}, ReasonInvalid, `"A"`},
		{"an argument with a NUL", Spec{Command: []string{"sh", "\x00"}}, ReasonFailed, "invalid argument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Provider = "math"
			p, err := l.Start(t.Context(), tt.spec, nil)
			if p != nil {
				p.Stop(t.Context())
			}
			var got *StartError
			if !errors.As(err, &got) {
				t.Fatalf("error %v", err)
			}
			if got.Reason != tt.reason || got.Provider != "math" || got.Err == nil || !errors.Is(err, got.Err) {
				t.Errorf("error %+v, want %s", got, tt.reason)
			}
			if text := err.Error(); !strings.Contains(text, tt.says) || !strings.HasPrefix(text, `cannot start provider "math": `) {
				t.Errorf("it says %q, want %q in it", text, tt.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("it tells a value: %v", err)
			}
		})
	}
}

func TestStartAfterTheEndOfTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := testLauncher(t).Start(ctx, Spec{Command: []string{"true"}}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestDeclaredPathIsSearched(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "my-server"), []byte("#!/bin/sh\nexit 9\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	d := startSpec(t, testLauncher(t), Spec{Command: []string{"my-server"}, Env: map[string]string{"PATH": "/nowhere:" + dir}})
	if exit := d.wait(); exit.Code != 9 {
		t.Errorf("exit %+v", exit)
	}
}
