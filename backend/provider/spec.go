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

// Spec says how a provider is to be run. It is the same type in YAML, in REST and in the store.
//
// Tags: doc, enum, default and the like describe a key to people and editors; secret marks what is never shown unless it
// is a reference; reload:"live" marks what changes nothing about what runs already.
type Spec struct {
	Mode                Mode              `json:"mode" yaml:"mode" enum:"subprocess,docker,remote" doc:"how it is run; left out, it follows from command, image or endpoint"`
	Command             []string          `json:"command,omitempty" yaml:"command,omitempty" doc:"subprocess: the program and its arguments; never a shell"`
	Image               string            `json:"image,omitempty" yaml:"image,omitempty" doc:"docker: the image"`
	Endpoint            string            `json:"endpoint,omitempty" yaml:"endpoint,omitempty" doc:"remote: http or https URL"`
	Env                 map[string]string `json:"env,omitempty" yaml:"env,omitempty" secret:"true" doc:"its environment; any value may be a reference: ${env:NAME}, ${file:/path}"`
	IdleTTL             int               `json:"idle_ttl_s" yaml:"idle_ttl_s,omitempty" default:"300" minimum:"1" maximum:"86400" reload:"live" doc:"seconds without a call until it is stopped; the next call starts it again"`
	HealthCheckInterval int               `json:"health_check_interval_s" yaml:"health_check_interval_s,omitempty" default:"60" minimum:"5" maximum:"3600" reload:"live" doc:"seconds between health checks"`
	Description         string            `json:"description,omitempty" yaml:"description,omitempty" reload:"live" doc:"for people, at most 1000 characters"`
	Volumes             []string          `json:"volumes,omitempty" yaml:"volumes,omitempty" doc:"docker: host:container[:ro|rw]"`
	Network             string            `json:"network,omitempty" yaml:"network,omitempty" default:"none" doc:"docker: network mode"`
	ReadOnly            *bool             `json:"read_only,omitempty" yaml:"read_only,omitempty" default:"true" doc:"docker: read-only root file system"`

	Protocol string `json:"protocol,omitempty" yaml:"protocol,omitempty" enum:"auto,stateless,session" doc:"era of the conversation; auto finds out and remembers. For a remote provider http.protocol comes first"`

	Args      []string   `json:"args,omitempty" yaml:"args,omitempty" doc:"docker: arguments behind the image"`
	User      string     `json:"user,omitempty" yaml:"user,omitempty" doc:"docker: uid[:gid], a name in the image, or current, which is Hangar's own"`
	Pull      string     `json:"pull,omitempty" yaml:"pull,omitempty" enum:"never,if_missing,always" doc:"docker: when to fetch the image; left out, if_missing"`
	Resources *Resources `json:"resources,omitempty" yaml:"resources,omitempty" doc:"docker: bounds; left out, safe ones"`

	Auth *Auth `json:"auth,omitempty" yaml:"auth,omitempty" doc:"remote: how Hangar proves itself"`
	TLS  *TLS  `json:"tls,omitempty" yaml:"tls,omitempty" doc:"remote: how the certificate is checked"`
	HTTP *HTTP `json:"http,omitempty" yaml:"http,omitempty" doc:"remote: headers, timeouts, protocol"`

	MaxConcurrency         int  `json:"max_concurrency,omitempty" yaml:"max_concurrency,omitempty" minimum:"0" maximum:"100000" reload:"live" doc:"calls at once; 0 is limits.provider_concurrency"`
	MaxConsecutiveFailures int  `json:"max_consecutive_failures,omitempty" yaml:"max_consecutive_failures,omitempty" minimum:"0" maximum:"100" reload:"live" doc:"failures in a row until it is degraded; 0 is 3"`
	AutoDisableAfter       int  `json:"auto_disable_after,omitempty" yaml:"auto_disable_after,omitempty" minimum:"0" maximum:"1000" reload:"live" doc:"failure cycles until it is disabled; 0 is 5"`
	Prewarm                bool `json:"prewarm,omitempty" yaml:"prewarm,omitempty" reload:"live" doc:"start it with Hangar"`
	HoldWarm               bool `json:"hold_warm,omitempty" yaml:"hold_warm,omitempty" reload:"live" doc:"never stop it for idleness, and restart it when it ends"`
}

// Resources bound a container.
type Resources struct {
	Memory string  `json:"memory,omitempty" yaml:"memory,omitempty" doc:"such as 512m or 1g"`
	CPU    float64 `json:"cpu,omitempty" yaml:"cpu,omitempty" doc:"cores"`
	PIDs   int     `json:"pids,omitempty" yaml:"pids,omitempty" doc:"processes and threads"`
}

// Auth is how we prove ourselves to a remote provider. Its secrets are never shown.
type Auth struct {
	Type         string   `json:"type" yaml:"type" doc:"none, bearer, api_key, basic or oauth"`
	BearerToken  string   `json:"bearer_token,omitempty" yaml:"bearer_token,omitempty" secret:"true" doc:"bearer: the token"`
	APIKey       string   `json:"api_key,omitempty" yaml:"api_key,omitempty" secret:"true" doc:"api_key: the key"`
	APIKeyHeader string   `json:"api_key_header,omitempty" yaml:"api_key_header,omitempty" doc:"api_key: the header that carries it; left out, X-API-Key"`
	Username     string   `json:"username,omitempty" yaml:"username,omitempty" doc:"basic: the user"`
	Password     string   `json:"password,omitempty" yaml:"password,omitempty" secret:"true" doc:"basic: the password"`
	ClientID     string   `json:"client_id,omitempty" yaml:"client_id,omitempty" doc:"oauth: our client, where one is registered already"`
	ClientSecret string   `json:"client_secret,omitempty" yaml:"client_secret,omitempty" secret:"true" doc:"oauth: its secret"`
	Scopes       []string `json:"scopes,omitempty" yaml:"scopes,omitempty" doc:"oauth: what to ask for"`
}

// TLS is how a remote provider's certificate is checked.
type TLS struct {
	VerifySSL  *bool  `json:"verify_ssl,omitempty" yaml:"verify_ssl,omitempty" doc:"whether it is checked at all; left out, true"`
	CACertPath string `json:"ca_cert_path,omitempty" yaml:"ca_cert_path,omitempty" doc:"file with the authorities to trust instead of the system's"`
}

// HTTP is how a remote provider is spoken to.
type HTTP struct {
	Headers         map[string]string `json:"headers,omitempty" yaml:"headers,omitempty" secret:"true" doc:"sent with every request; values are never shown and may be references"`
	ConnectTimeoutS int               `json:"connect_timeout_s,omitempty" yaml:"connect_timeout_s,omitempty" doc:"seconds to connect (1 to 120)"`
	Protocol        string            `json:"protocol,omitempty" yaml:"protocol,omitempty" doc:"auto, stateless, session or sse; left out, auto"`
}

// WithDefaults fills what was left out (decisions.md 3).
func (s Spec) WithDefaults() Spec {
	if s.Mode == "" {
		s.Mode = s.likelyMode()
	}
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

// likelyMode is what a definition without a mode must mean; "" when nothing tells.
func (s Spec) likelyMode() Mode {
	switch {
	case s.Image != "":
		return Docker
	case s.Endpoint != "":
		return Remote
	case len(s.Command) > 0:
		return Subprocess
	default:
		return ""
	}
}

// Check is the rule of what a Spec may be; its error names the field.
func (s Spec) Check() error {
	if err := s.checkSecrets(); err != nil {
		return err
	}
	return s.check()
}

// check leaves open what the secrets are: references, or what they lead to.
func (s Spec) check() error {
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
	if s.Mode == "" {
		return fault.Field("mode", "is missing, and there is no command, image or endpoint from which it would follow")
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
