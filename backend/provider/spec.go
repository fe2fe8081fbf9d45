package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
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

// How a provider may be spoken to.
const (
	ProtocolAuto      = "auto"      // find out, newest first, and remember
	ProtocolStateless = "stateless" // 2026-07-28
	ProtocolSession   = "session"   // 2024-11-05 to 2025-11-25
	ProtocolSSE       = "sse"       // HTTP+SSE of 2024-11-05
)

// Pin is the protocol that the definition asks for.
func (s Spec) Pin() string {
	if s.HTTP != nil && s.HTTP.Protocol != "" {
		return s.HTTP.Protocol
	}
	return cmp.Or(s.Protocol, ProtocolAuto)
}

// Identity names what is run and where it is reached: what was found out about a provider holds as long as that.
func (s Spec) Identity() string {
	raw, err := json.Marshal([]any{s.Mode, s.Command, s.Image, s.Args, s.Endpoint})
	if err != nil { // strings
		return ""
	}
	return Digest(raw)[:16]
}

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

	// Protocol pins the era of the conversation: auto (default), stateless, session. For a remote provider http.protocol,
	// which also knows sse, comes first.
	Protocol string `json:"protocol,omitempty" yaml:"protocol,omitempty"`

	// docker
	Args      []string   `json:"args,omitempty" yaml:"args,omitempty"`           // behind the image
	User      string     `json:"user,omitempty" yaml:"user,omitempty"`           // uid[:gid] or a name in the image; "current" is ours
	Pull      string     `json:"pull,omitempty" yaml:"pull,omitempty"`           // never, if_missing (default), always
	Resources *Resources `json:"resources,omitempty" yaml:"resources,omitempty"` // nil means the safe defaults

	// remote
	Auth *Auth `json:"auth,omitempty" yaml:"auth,omitempty"`
	TLS  *TLS  `json:"tls,omitempty" yaml:"tls,omitempty"`
	HTTP *HTTP `json:"http,omitempty" yaml:"http,omitempty"`

	// supervision
	MaxConcurrency         int  `json:"max_concurrency,omitempty" yaml:"max_concurrency,omitempty"`                   // calls at once; 0 means the default
	MaxConsecutiveFailures int  `json:"max_consecutive_failures,omitempty" yaml:"max_consecutive_failures,omitempty"` // until degraded; 0 means 3
	AutoDisableAfter       int  `json:"auto_disable_after,omitempty" yaml:"auto_disable_after,omitempty"`             // failure cycles; 0 means 5
	Prewarm                bool `json:"prewarm,omitempty" yaml:"prewarm,omitempty"`                                   // started with Hangar
	HoldWarm               bool `json:"hold_warm,omitempty" yaml:"hold_warm,omitempty"`                               // never stopped for idleness, restarted when it ends
}

// Resources bound a container.
type Resources struct {
	Memory string  `json:"memory,omitempty" yaml:"memory,omitempty"` // 512m, 1g
	CPU    float64 `json:"cpu,omitempty" yaml:"cpu,omitempty"`       // cores
	PIDs   int     `json:"pids,omitempty" yaml:"pids,omitempty"`
}

// Auth is how we prove ourselves to a remote provider. Its secrets are never shown.
type Auth struct {
	Type         string   `json:"type" yaml:"type"` // none, bearer, api_key, basic, oauth
	BearerToken  string   `json:"bearer_token,omitempty" yaml:"bearer_token,omitempty"`
	APIKey       string   `json:"api_key,omitempty" yaml:"api_key,omitempty"`
	APIKeyHeader string   `json:"api_key_header,omitempty" yaml:"api_key_header,omitempty"` // default X-API-Key
	Username     string   `json:"username,omitempty" yaml:"username,omitempty"`
	Password     string   `json:"password,omitempty" yaml:"password,omitempty"`
	ClientID     string   `json:"client_id,omitempty" yaml:"client_id,omitempty"`
	ClientSecret string   `json:"client_secret,omitempty" yaml:"client_secret,omitempty"`
	Scopes       []string `json:"scopes,omitempty" yaml:"scopes,omitempty"`
}

// TLS is how a remote provider's certificate is checked.
type TLS struct {
	VerifySSL  *bool  `json:"verify_ssl,omitempty" yaml:"verify_ssl,omitempty"` // nil means true
	CACertPath string `json:"ca_cert_path,omitempty" yaml:"ca_cert_path,omitempty"`
}

// HTTP is how a remote provider is spoken to.
type HTTP struct {
	Headers         map[string]string `json:"headers,omitempty" yaml:"headers,omitempty"` // values are never shown
	ConnectTimeoutS int               `json:"connect_timeout_s,omitempty" yaml:"connect_timeout_s,omitempty"`
	Protocol        string            `json:"protocol,omitempty" yaml:"protocol,omitempty"` // auto (default), stateless, session, sse
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
	if s.Protocol != "" && !slices.Contains([]string{ProtocolAuto, ProtocolStateless, ProtocolSession}, s.Protocol) {
		return fault.Field("protocol", "must be auto, stateless or session, not %q", s.Protocol)
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
		return s.checkDocker()
	case Remote:
		return s.checkRemote()
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

// Masked is the definition with every secret hidden: any value of the environment or of a header may be one.
func (s Spec) Masked() Spec {
	s.Env = hide(s.Env)
	if s.HTTP != nil {
		h := *s.HTTP
		h.Headers = hide(h.Headers)
		s.HTTP = &h
	}
	if s.Auth != nil {
		a := *s.Auth
		for _, secret := range []*string{&a.BearerToken, &a.APIKey, &a.Password, &a.ClientSecret} {
			if *secret != "" {
				*secret = Masked
			}
		}
		s.Auth = &a
	}
	return s
}

func hide(values map[string]string) map[string]string {
	out := make(map[string]string, len(values))
	for k := range values {
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
