package faults

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// What a run is told. TestMain sets them once; tests only read them.
var (
	kills  = flag.Int("faults.kills", 20, "how often TestKilled kills the binary")
	seed   = flag.Uint64("faults.seed", 0, "of everything that is random; 0: another one every time")
	binary string
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixMilli())
	}
	dir, err := os.MkdirTemp("", "hangar-faults")
	if err != nil {
		panic(err)
	}
	if binary = os.Getenv("HANGAR_BIN"); binary == "" {
		binary = filepath.Join(dir, "hangar")
		if err := build(binary, ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if binary, err = filepath.Abs(binary); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(tidy{m}, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// tidy closes the connections that the tests left open before leaks are looked for.
type tidy struct{ *testing.M }

// Run runs the tests.
func (t tidy) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return t.M.Run()
}

// build makes the binary as it is shipped, but for a tag.
func build(file, tag string) error {
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-tags", tag, "-o", file, "hangar/backend/cmd/hangar")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return nil
}
