package mcptest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// EnvMode is the variable that makes a program that calls Child into a double. It does not begin with HANGAR_, because a
// provider must not declare such names.
const EnvMode = "MCPTEST_MODE"

// Child turns this process into a double if Command's environment says so, and then does not return. Call it first
// thing in TestMain:
//
//	func TestMain(m *testing.M) {
//		mcptest.Child()
//		goleak.VerifyTestMain(m)
//	}
func Child() {
	if mode, ok := os.LookupEnv(EnvMode); ok {
		os.Exit(Run(mode, os.Args[1:]))
	}
}

// Command gives the command line and the environment to declare that start a double in this mode. The test's TestMain
// must call Child.
func Command(t testing.TB, mode string, args ...string) (command []string, env map[string]string) {
	t.Helper()
	if !slices.Contains(Modes(), mode) {
		t.Fatalf("mcptest: no mode %q; there are %s", mode, strings.Join(Modes(), ", "))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("mcptest: %v", err)
	}
	env = map[string]string{
		EnvMode:  mode,
		"GORACE": "atexit_sleep_ms=0", // the race detector would else hold every exit for a second
	}
	if testing.CoverMode() != "" {
		env["GOCOVERDIR"] = t.TempDir() // without it a program under coverage complains on stderr
	}
	return append([]string{self}, args...), env
}

// Modes lists the modes.
func Modes() []string {
	var names []string
	for _, m := range modes() {
		names = append(names, m.name)
	}
	return names
}

// Run is a double on this process's own stdin, stdout and stderr; it gives the exit code. Some modes exit by
// themselves.
func Run(mode string, args []string) int {
	if mode == sleeper {
		return sleep()
	}
	for _, m := range modes() {
		if m.name == mode {
			d := newDouble(mode, args)
			m.prepare(d)
			return d.serve()
		}
	}
	fmt.Fprintf(os.Stderr, "mcptest: no mode %q; there are %s\n", mode, strings.Join(Modes(), ", "))
	return 2
}
