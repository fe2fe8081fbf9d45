package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hangar/backend/engine"
	"hangar/backend/provider"
)

// containerOf is the container of a definition: pure but for the number of our own user. The definition is checked here
// too, whoever stored it: this is the one way from a definition to an engine.
func containerOf(spec provider.Spec) (engine.Container, error) {
	if spec.Mode != provider.Docker {
		return engine.Container{}, fmt.Errorf("mode %q is not docker", spec.Mode)
	}
	if err := spec.Check(); err != nil {
		return engine.Container{}, err
	}
	limits, err := spec.Resources.Limits()
	if err != nil {
		return engine.Container{}, err
	}
	volumes, err := spec.Mounts()
	if err != nil {
		return engine.Container{}, err
	}
	c := engine.Container{
		Image: spec.Image, Args: spec.Args, Env: spec.Env, User: spec.User, Network: spec.Network,
		Writable: spec.ReadOnly != nil && !*spec.ReadOnly,
		Memory:   limits.Memory, CPU: limits.CPU, PIDs: limits.PIDs,
	}
	if len(spec.Command) > 0 { // it takes the place of the image's entrypoint (reference/hangar.md 1.2)
		c.Entrypoint = spec.Command[:1]
		c.Args = append(append([]string{}, spec.Command[1:]...), spec.Args...)
	}
	if spec.User == provider.CurrentUser {
		c.User = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	}
	for _, v := range volumes {
		c.Mounts = append(c.Mounts, engine.Mount{Source: v.Source, Volume: v.Named, Target: v.Target, ReadOnly: v.ReadOnly})
	}
	return c, nil
}

// resolveMounts follows the links in host paths and asks again whether what they lead to may be mounted. Hangar's own data
// and home directories are beyond reach under any name. A path that we cannot see is the engine's to judge.
func resolveMounts(mounts []engine.Mount, dataDir string) error {
	home, _ := os.UserHomeDir() // without one there is nothing to protect
	for i := range mounts {
		m := &mounts[i]
		if m.Volume {
			continue
		}
		real, err := filepath.EvalSymlinks(m.Source)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
			continue
		}
		if err != nil {
			return fmt.Errorf("volume %s: %w", m.Source, unwrapPath(err))
		}
		why := provider.HostPathDenied(real)
		switch {
		case why != "":
		case holds(real, dataDir) || holds(dataDir, real):
			why = "it would give the provider Hangar's own data"
		case home != "" && holds(real, realPath(home)):
			why = "it holds the home directory of the user that Hangar runs as"
		case home != "" && strings.HasPrefix(real, realPath(home)+"/."):
			why = "hidden entries of a home directory hold keys and settings"
		}
		if why != "" {
			return fmt.Errorf("volume %s leads to %s, which must not be mounted: %s", m.Source, real, why)
		}
		m.Source = real
	}
	return nil
}

func holds(dir, path string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
