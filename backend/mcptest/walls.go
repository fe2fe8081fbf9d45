package mcptest

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// walls tells what holds this process: it pushes against everything once.
func walls() any {
	tell := func(err error) string {
		if err == nil {
			return "ok"
		}
		return err.Error()
	}
	found := map[string]string{
		"write_root": tell(scribble("/", []byte("x"), nil)),
		"write_tmp":  tell(scribble("/tmp", []byte("x"), nil)),
		"fill_tmp":   tell(scribble("/tmp", make([]byte, 65<<20), nil)),
	}
	conn, err := net.DialTimeout("tcp", "192.0.2.1:80", time.Second) // an address for documentation: nobody is there
	if err == nil {
		_ = conn.Close()
	}
	found["dial"] = tell(err)
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = scribble("/tmp", self, func(program string) error { return exec.Command(program, "good").Run() })
	}
	found["exec_tmp"] = tell(err)
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if name, value, _ := strings.Cut(line, ":"); strings.HasPrefix(name, "Cap") || name == "NoNewPrivs" || name == "Seccomp" || name == "Uid" {
			found[name] = strings.Join(strings.Fields(value), " ")
		}
	}
	first, _ := os.ReadFile("/proc/1/cmdline")
	found["init"] = strings.ReplaceAll(string(first), "\x00", " ")
	return found
}

// scribble makes a file, lets it be used and leaves nothing: somebody may try this mode outside of a container.
func scribble(dir string, content []byte, use func(name string) error) error {
	f, err := os.CreateTemp(dir, "walls-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o700), f.Close())
	if err == nil && use != nil {
		err = use(f.Name())
	}
	return err
}
