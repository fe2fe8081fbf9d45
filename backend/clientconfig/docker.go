package clientconfig

import (
	"path"
	"strings"

	"hangar/backend/provider"
)

// dockerRun makes a definition of `docker run OPTIONS IMAGE ARGS`. why says what has no counterpart, where something has
// not; both are empty for another command. env is what the client gives to the docker command itself.
func dockerRun(command []string, env map[string]string) (s *provider.Spec, why string) {
	if len(command) < 3 || path.Base(command[0]) != "docker" && path.Base(command[0]) != "podman" || command[1] != "run" {
		return nil, ""
	}
	s = &provider.Spec{Mode: provider.Docker, Network: "bridge", Env: map[string]string{}}
	rest := command[2:]
	for i := 0; i < len(rest); i++ {
		word := rest[i]
		if !strings.HasPrefix(word, "-") {
			s.Image, s.Args = word, rest[i+1:]
			return s, ""
		}
		name, value, inline := strings.Cut(word, "=")
		if flag(name) {
			continue
		}
		if !inline {
			if i++; i >= len(rest) {
				return nil, "the option " + name + " has no value"
			}
			value = rest[i]
		}
		if !option(s, name, value, env) {
			return nil, "the option " + name + " has no counterpart"
		}
	}
	return nil, "it names no image"
}

// flag reports whether an option of docker run takes no value and says nothing that is not so here anyway.
func flag(name string) bool {
	switch name {
	case "-i", "--interactive", "--rm", "-t", "--tty", "-it", "-ti", "--init", "-q", "--quiet", "--read-only":
		return true
	}
	return false
}

func option(s *provider.Spec, name, value string, env map[string]string) bool {
	switch name {
	case "-e", "--env":
		variable, text, given := strings.Cut(value, "=")
		if !given {
			text = env[variable]
			if text == "" { // docker takes it from wherever the client was started
				text = "${env:" + variable + "}"
			}
		}
		s.Env[variable] = text
	case "-v", "--volume":
		s.Volumes = append(s.Volumes, value)
	case "--mount":
		volume, ok := provider.VolumeOf(value)
		if !ok {
			return false
		}
		s.Volumes = append(s.Volumes, volume)
	case "--network", "--net":
		s.Network = value
	case "-u", "--user":
		s.User = value
	case "--name", "--label", "-l": // how it is called is Hangar's business
	case "--pull":
		policy, known := map[string]string{"always": provider.PullAlways, "missing": provider.PullIfMissing, "never": provider.PullNever}[value]
		if s.Pull = policy; !known {
			return false
		}
	default:
		return false
	}
	return true
}
