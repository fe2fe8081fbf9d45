package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/event"
	"hangar/backend/fleet"
	"hangar/backend/provider"
)

// timestamp is ISO 8601 in UTC with microseconds.
const timestamp = "2006-01-02T15:04:05.000000Z"

// CreateBody is a new definition.
type CreateBody struct {
	ProviderID          string            `json:"provider_id" minLength:"1" maxLength:"64" doc:"Unique id: letters, digits, _ and -"`
	Mode                string            `json:"mode" enum:"subprocess,docker,remote" doc:"How it is run"`
	Command             []string          `json:"command,omitempty" nullable:"false" doc:"subprocess: the program and its arguments; never a shell"`
	Image               string            `json:"image,omitempty" doc:"docker: the image"`
	Endpoint            string            `json:"endpoint,omitempty" doc:"remote: http or https URL"`
	Env                 map[string]string `json:"env,omitempty" doc:"Environment of the provider; values are never shown again"`
	IdleTTL             int               `json:"idle_ttl_s,omitempty" minimum:"1" maximum:"86400" default:"300" doc:"Seconds without a call until it is stopped"`
	HealthCheckInterval int               `json:"health_check_interval_s,omitempty" minimum:"5" maximum:"3600" default:"60" doc:"Seconds between health checks"`
	Description         string            `json:"description,omitempty" maxLength:"1000"`
	Volumes             []string          `json:"volumes,omitempty" nullable:"false" doc:"docker: host:container[:ro|rw]"`
	Network             string            `json:"network,omitempty" default:"none" doc:"docker: network mode"`
	ReadOnly            *bool             `json:"read_only,omitempty" default:"true" doc:"docker: read-only root file system"`

	Args                   []string            `json:"args,omitempty" nullable:"false" doc:"docker: arguments behind the image"`
	User                   string              `json:"user,omitempty" doc:"docker: uid[:gid], a name in the image, or current"`
	Pull                   string              `json:"pull,omitempty" enum:"never,if_missing,always" default:"if_missing" doc:"docker: when to fetch the image"`
	Resources              *provider.Resources `json:"resources,omitempty" doc:"docker: memory, cpu, pids"`
	Auth                   *provider.Auth      `json:"auth,omitempty" doc:"remote: how we prove ourselves; secrets are never shown again"`
	TLS                    *provider.TLS       `json:"tls,omitempty" doc:"remote: how the certificate is checked"`
	HTTP                   *provider.HTTP      `json:"http,omitempty" doc:"remote: headers, timeouts, protocol"`
	MaxConcurrency         int                 `json:"max_concurrency,omitempty" minimum:"0" maximum:"100000" doc:"Calls at once; 0 is the server's default"`
	MaxConsecutiveFailures int                 `json:"max_consecutive_failures,omitempty" minimum:"0" maximum:"100" doc:"Failures in a row until degraded; 0 is 3"`
	AutoDisableAfter       int                 `json:"auto_disable_after,omitempty" minimum:"0" maximum:"1000" doc:"Failure cycles until it is disabled; 0 is 5"`
	Prewarm                bool                `json:"prewarm,omitempty" doc:"Start it with Hangar"`
	HoldWarm               bool                `json:"hold_warm,omitempty" doc:"Never stop it for idleness"`
}

func (b CreateBody) spec() provider.Spec {
	return provider.Spec{
		Mode: provider.Mode(b.Mode), Command: b.Command, Image: b.Image, Endpoint: b.Endpoint, Env: b.Env,
		IdleTTL: b.IdleTTL, HealthCheckInterval: b.HealthCheckInterval, Description: b.Description,
		Volumes: b.Volumes, Network: b.Network, ReadOnly: b.ReadOnly,
		Args: b.Args, User: b.User, Pull: b.Pull, Resources: b.Resources, Auth: b.Auth, TLS: b.TLS, HTTP: b.HTTP,
		MaxConcurrency: b.MaxConcurrency, MaxConsecutiveFailures: b.MaxConsecutiveFailures, AutoDisableAfter: b.AutoDisableAfter,
		Prewarm: b.Prewarm, HoldWarm: b.HoldWarm,
	}
}

// UpdateBody changes a definition; what is left out stays.
type UpdateBody struct {
	Description         *string           `json:"description,omitempty" maxLength:"1000"`
	Env                 map[string]string `json:"env,omitempty" doc:"Replaces all; the value *** keeps what is stored"`
	IdleTTL             *int              `json:"idle_ttl_s,omitempty" minimum:"1" maximum:"86400"`
	HealthCheckInterval *int              `json:"health_check_interval_s,omitempty" minimum:"5" maximum:"3600"`
}

func (b UpdateBody) patch() provider.Patch {
	return provider.Patch{Description: b.Description, Env: b.Env, IdleTTL: b.IdleTTL, HealthCheckInterval: b.HealthCheckInterval}
}

// Facts is what a list and a detail say alike.
type Facts struct {
	State           string                      `json:"state" enum:"cold,initializing,ready,degraded,dead"`
	Mode            string                      `json:"mode" enum:"subprocess,docker,remote"`
	Alive           bool                        `json:"alive" doc:"Its process or connection is up"`
	ToolsCount      int                         `json:"tools_count"`
	HealthStatus    string                      `json:"health_status" enum:"healthy,degraded,unhealthy,unknown"`
	ToolsPredefined bool                        `json:"tools_predefined"`
	Description     string                      `json:"description"`
	Stopping        bool                        `json:"stopping" doc:"A stop is under way"`
	Source          string                      `json:"source" enum:"file,api,discovery,catalog" doc:"Who owns the definition"`
	LastCallAt      *time.Time                  `json:"last_call_at" nullable:"true"`
	CallsTotal      int64                       `json:"calls_total"`
	CallsFailed     int64                       `json:"calls_failed"`
	CircuitState    string                      `json:"circuit_state" enum:"closed,open,half_open"`
	RetryAt         *time.Time                  `json:"retry_at" nullable:"true" doc:"When it is started again by itself"`
	Disabled        Nullable[provider.Disabled] `json:"disabled" doc:"Why it is not started any more until a person asks; null while it is"`
	Status          provider.Status             `json:"status" doc:"The one health sentence"`
}

// Summary is a provider in a list.
type Summary struct {
	Provider string `json:"provider" doc:"The provider's id"`
	Facts
}

func facts(p provider.Provider, live fleet.Live) Facts {
	return Facts{
		State: string(p.State), Mode: string(p.Spec.Mode), Alive: live.Alive, ToolsCount: p.Tools,
		HealthStatus: p.Health(), Description: p.Spec.Description, Stopping: live.Stopping, Source: string(p.Source),
		LastCallAt: p.Stats.LastCallAt, CallsTotal: p.Stats.Calls, CallsFailed: p.Stats.Failed, Status: p.Status(live.Stopping),
		CircuitState: string(p.Circuit), RetryAt: p.RetryAt, Disabled: Nullable[provider.Disabled]{p.Disabled},
	}
}

func summary(p provider.Provider, live fleet.Live) Summary {
	return Summary{Provider: string(p.ID), Facts: facts(p, live)}
}

// Configuration is a definition as it may be shown.
type Configuration struct {
	Command             []string          `json:"command" nullable:"false"`
	Image               string            `json:"image"`
	Endpoint            string            `json:"endpoint"`
	Env                 map[string]string `json:"env" doc:"Values are masked"`
	IdleTTL             int               `json:"idle_ttl_s"`
	HealthCheckInterval int               `json:"health_check_interval_s"`
	Description         string            `json:"description"`
	Volumes             []string          `json:"volumes" nullable:"false"`
	Network             string            `json:"network"`
	ReadOnly            bool              `json:"read_only"`

	Args                   []string                     `json:"args" nullable:"false"`
	User                   string                       `json:"user"`
	Pull                   string                       `json:"pull"`
	Resources              Nullable[provider.Resources] `json:"resources"`
	Auth                   Nullable[provider.Auth]      `json:"auth" doc:"Secrets are masked"`
	TLS                    Nullable[provider.TLS]       `json:"tls"`
	HTTP                   Nullable[provider.HTTP]      `json:"http" doc:"Header values are masked"`
	MaxConcurrency         int                          `json:"max_concurrency"`
	MaxConsecutiveFailures int                          `json:"max_consecutive_failures"`
	AutoDisableAfter       int                          `json:"auto_disable_after"`
	Prewarm                bool                         `json:"prewarm"`
	HoldWarm               bool                         `json:"hold_warm"`
}

func configuration(s provider.Spec) Configuration {
	s = s.WithDefaults().Masked()
	return Configuration{
		Command: listed(s.Command), Image: s.Image, Endpoint: s.Endpoint, Env: s.Env, IdleTTL: s.IdleTTL,
		HealthCheckInterval: s.HealthCheckInterval, Description: s.Description, Volumes: listed(s.Volumes),
		Network: s.Network, ReadOnly: *s.ReadOnly,
		Args: listed(s.Args), User: s.User, Pull: s.Pull, Resources: Nullable[provider.Resources]{s.Resources},
		Auth: Nullable[provider.Auth]{s.Auth}, TLS: Nullable[provider.TLS]{s.TLS}, HTTP: Nullable[provider.HTTP]{s.HTTP},
		MaxConcurrency: s.MaxConcurrency, MaxConsecutiveFailures: s.FailureThreshold(), AutoDisableAfter: s.DisableAfter(),
		Prewarm: s.Prewarm, HoldWarm: s.HoldWarm,
	}
}

// listed makes an absent list an empty one.
func listed[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Meta is what the last handshake told, and what runs now.
type Meta struct {
	provider.Meta
	PID int `json:"pid,omitempty"`
}

// Detail is a provider, whole.
type Detail struct {
	ProviderID string `json:"provider_id"`
	Facts
	Tools         []Tool                       `json:"tools" nullable:"false"`
	Health        Health                       `json:"health"`
	Configuration Configuration                `json:"configuration"`
	IdleTime      float64                      `json:"idle_time" doc:"Seconds since the last call ended; 0 when not running"`
	CreatedAt     time.Time                    `json:"created_at"`
	UpdatedAt     time.Time                    `json:"updated_at"`
	Position      int64                        `json:"position" doc:"The picture is at least as new as this position of the log"`
	Meta          Meta                         `json:"meta"`
	LastError     Nullable[provider.LastError] `json:"last_error" doc:"Why it is not ready; null when it is"`
}

func detail(p provider.Provider, live fleet.Live, tools []Tool, h Health, position int64) Detail {
	return Detail{
		ProviderID: string(p.ID), Facts: facts(p, live), Tools: tools, Health: h, Configuration: configuration(p.Spec),
		IdleTime: live.Idle.Seconds(), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Position: position,
		Meta: Meta{p.Meta, live.PID}, LastError: Nullable[provider.LastError]{p.LastError},
	}
}

// Nullable is an object or null; huma's own tag knows that for plain types only.
type Nullable[T any] struct{ Value *T }

// MarshalJSON writes the object, or null.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// Schema tells huma.
func (Nullable[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// Health is how a provider has been doing.
type Health struct {
	Status              string   `json:"status" enum:"healthy,degraded,unhealthy,unknown"`
	ConsecutiveFailures int      `json:"consecutive_failures"`
	TotalInvocations    int64    `json:"total_invocations"`
	TotalFailures       int64    `json:"total_failures"`
	SuccessRate         float64  `json:"success_rate" minimum:"0" maximum:"1"`
	CanRetry            bool     `json:"can_retry" doc:"A start would be tried"`
	LastSuccessAgo      *float64 `json:"last_success_ago" nullable:"true" doc:"Seconds"`
	LastFailureAgo      *float64 `json:"last_failure_ago" nullable:"true" doc:"Seconds"`
	History             []Check  `json:"history" nullable:"false" doc:"The last 100 checks, newest last"`
}

// Check is one health check.
type Check struct {
	Timestamp           string  `json:"timestamp"`
	OK                  bool    `json:"ok"`
	DurationMS          float64 `json:"duration_ms"`
	Error               string  `json:"error"`
	ConsecutiveFailures int     `json:"consecutive_failures"`
}

func health(p provider.Provider, probes []event.Envelope) (Health, error) {
	h := Health{
		Status: p.Health(), ConsecutiveFailures: p.Failures, TotalInvocations: p.Stats.Calls, TotalFailures: p.Stats.Failed,
		SuccessRate: p.Stats.SuccessRate(), CanRetry: p.State != provider.Ready && p.State != provider.Initializing,
		LastSuccessAgo: ago(p.Stats.LastSuccessAt), LastFailureAgo: ago(p.Stats.LastFailureAt), History: []Check{},
	}
	for _, e := range probes {
		var failed provider.HealthFailed // the passed one has a subset of its fields
		if err := json.Unmarshal(e.Data, &failed); err != nil {
			return h, fmt.Errorf("health check %s: %w", e.ID, err)
		}
		h.History = append(h.History, Check{
			Timestamp: e.At.Format(timestamp), OK: e.Kind == provider.KindHealthPassed, DurationMS: failed.DurationMS,
			Error: failed.ErrorMessage, ConsecutiveFailures: failed.ConsecutiveFailures,
		})
	}
	return h, nil
}

func ago(t *time.Time) *float64 {
	if t == nil {
		return nil
	}
	s := time.Since(*t).Seconds()
	return &s
}

// LogLine is one line that a provider wrote to stderr.
type LogLine struct {
	Timestamp  string `json:"timestamp"`
	Line       string `json:"line"`
	ProviderID string `json:"provider_id"`
	Stream     string `json:"stream" enum:"stderr"`
	Seq        int64  `json:"seq" doc:"Counts the provider's lines; the log socket resumes with since=seq"`
}
