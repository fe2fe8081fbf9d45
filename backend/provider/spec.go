package provider

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"hangar/backend/fault"
)

// Mode is how a provider is run.
type Mode string

// The modes.
const (
	Subprocess Mode = "subprocess"
	Docker     Mode = "docker"
	Remote     Mode = "remote"
)

// Limits of a Spec (contract/routes.json "ranges"; reference/hangar.md 1.12).
const (
	MinIdleTTL, MaxIdleTTL, DefaultIdleTTL                = 1, 86_400, 300
	MinHealthInterval, MaxHealthInterval, DefaultInterval = 5, 3600, 60
	maxArgs, maxEnv, maxEnvKey, maxEnvValue               = 100, 100, 256, 32_768
	maxDescription                                        = 1000
)

// Masked stands for a value that is not shown. In an update it means: keep what is stored.
const Masked = "***"

// Spec says how a provider is to be run. It is the same type in YAML, in REST and in the store.
type Spec struct {
	Mode                Mode              `json:"mode" yaml:"mode"`
	Command             []string          `json:"command,omitempty" yaml:"command,omitempty"`
	Image               string            `json:"image,omitempty" yaml:"image,omitempty"`
	Endpoint            string            `json:"endpoint,omitempty" yaml:"endpoint,omitempty"`
	Env                 map[string]string `json:"env,omitempty" yaml:"env,omitempty"`
	IdleTTL             int               `json:"idle_ttl_s" yaml:"idle_ttl_s,omitempty"`                           // seconds
	HealthCheckInterval int               `json:"health_check_interval_s" yaml:"health_check_interval_s,omitempty"` // seconds
	Description         string            `json:"description,omitempty" yaml:"description,omitempty"`
	Volumes             []string          `json:"volumes,omitempty" yaml:"volumes,omitempty"`
	Network             string            `json:"network,omitempty" yaml:"network,omitempty"`
	ReadOnly            *bool             `json:"read_only,omitempty" yaml:"read_only,omitempty"` // nil means true
}

// WithDefaults fills what was left out (decisions.md 3).
func (s Spec) WithDefaults() Spec {
	if s.IdleTTL == 0 {
		s.IdleTTL = DefaultIdleTTL
	}
	if s.HealthCheckInterval == 0 {
		s.HealthCheckInterval = DefaultInterval
	}
	if s.Network == "" {
		s.Network = "none"
	}
	if s.ReadOnly == nil {
		yes := true
		s.ReadOnly = &yes
	}
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	return s
}

// Check is the rule of what a Spec may be; its error names the field.
func (s Spec) Check() error {
	if err := s.checkMode(); err != nil {
		return err
	}
	if err := between("idle_ttl_s", s.IdleTTL, MinIdleTTL, MaxIdleTTL); err != nil {
		return err
	}
	if err := between("health_check_interval_s", s.HealthCheckInterval, MinHealthInterval, MaxHealthInterval); err != nil {
		return err
	}
	if len(s.Description) > maxDescription {
		return fault.Field("description", "at most %d characters", maxDescription)
	}
	return checkEnv(s.Env)
}

func between(field string, n, low, high int) error {
	if n < low || n > high {
		return fault.Field(field, "must be between %d and %d seconds, not %d", low, high, n)
	}
	return nil
}

func (s Spec) checkMode() error {
	switch s.Mode {
	case Subprocess:
		return checkCommand(s.Command)
	case Docker:
		if strings.TrimSpace(s.Image) == "" {
			return fault.Field("image", "mode docker needs an image")
		}
		return nil
	case Remote:
		return checkEndpoint(s.Endpoint)
	}
	return fault.Field("mode", "must be subprocess, docker or remote, not %q", string(s.Mode))
}

func checkCommand(command []string) error {
	if len(command) == 0 || strings.TrimSpace(command[0]) == "" {
		return fault.Field("command", "mode subprocess needs a command: the program, then its arguments")
	}
	if len(command) > maxArgs {
		return fault.Field("command", "at most %d arguments", maxArgs)
	}
	if slices.ContainsFunc(command, func(a string) bool { return strings.ContainsRune(a, 0) }) {
		return fault.Field("command", "must not contain NUL")
	}
	return nil
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return fault.Field("endpoint", "mode remote needs an endpoint URL")
	}
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fault.Field("endpoint", "must be an http or https URL with a host")
	}
	if u.User != nil {
		return fault.Field("endpoint", "must not carry credentials")
	}
	return nil
}

func checkEnv(env map[string]string) error {
	if len(env) > maxEnv {
		return fault.Field("env", "at most %d variables", maxEnv)
	}
	for k, v := range env {
		switch {
		case k == "" || len(k) > maxEnvKey || strings.ContainsAny(k, "=\x00"):
			return fault.Field("env", "%q is not a variable name", k)
		case strings.HasPrefix(k, "HANGAR_"):
			return fault.Field("env."+k, "names beginning with HANGAR_ are reserved")
		case len(v) > maxEnvValue || strings.ContainsRune(v, 0):
			return fault.Field("env."+k, "value too long (at most %d bytes) or with NUL", maxEnvValue)
		}
	}
	return nil
}

// MaskedEnv is the environment with every value hidden: any of them may be a secret.
func (s Spec) MaskedEnv() map[string]string {
	out := make(map[string]string, len(s.Env))
	for k := range s.Env {
		out[k] = Masked
	}
	return out
}

// Patch changes what may be changed after creation; nil leaves a field alone.
type Patch struct {
	Description         *string
	Env                 map[string]string
	IdleTTL             *int
	HealthCheckInterval *int
}

// With applies a patch. A masked value keeps what is stored, so that a form can send back what it was shown.
func (s Spec) With(p Patch) (Spec, error) {
	if p.Description != nil {
		s.Description = *p.Description
	}
	if p.IdleTTL != nil {
		s.IdleTTL = *p.IdleTTL
	}
	if p.HealthCheckInterval != nil {
		s.HealthCheckInterval = *p.HealthCheckInterval
	}
	if p.Env != nil {
		env := make(map[string]string, len(p.Env))
		for k, v := range p.Env {
			if v == Masked {
				old, ok := s.Env[k]
				if !ok {
					return Spec{}, fault.Field("env."+k, "is %s, but no value is stored under this name", Masked)
				}
				v = old
			}
			env[k] = v
		}
		s.Env = env
	}
	return s, s.Check()
}

// Summary says in a few words what is run, without arguments that could be secrets.
func (s Spec) Summary() string {
	switch s.Mode {
	case Docker:
		return s.Image
	case Remote:
		return s.Endpoint
	default:
		if len(s.Command) == 0 {
			return ""
		}
		return fmt.Sprintf("%s (%d arguments)", s.Command[0], len(s.Command)-1)
	}
}
