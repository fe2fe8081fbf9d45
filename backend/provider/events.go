package provider

import (
	"hangar/backend/breaker"
	"hangar/backend/event"
)

// The events of this noun. Kinds and fields are the seeds' (decisions.md 1); values never hold secrets.

type base struct {
	ProviderID ID `json:"provider_id"`
}

// Stream is the provider's stream.
func (b base) Stream() string { return b.ProviderID.Stream() }

// Registered: a definition was made.
type Registered struct {
	base
	Source     Source `json:"source"`
	Mode       Mode   `json:"mode"`
	Definition Spec   `json:"definition"`
}

// Updated: a definition was changed.
type Updated struct {
	base
	Source  Source         `json:"source"`
	Changes []event.Change `json:"changes"`
}

// Deregistered: a definition was removed.
type Deregistered struct {
	base
	Source     Source `json:"source"`
	Definition Spec   `json:"definition"`
}

// StateChanged: every change of state, without exception.
type StateChanged struct {
	base
	OldState State  `json:"old_state"`
	NewState State  `json:"new_state"`
	Reason   string `json:"reason"`
}

// Started: the handshake is complete.
type Started struct {
	base
	Mode              Mode  `json:"mode"`
	ToolsCount        int   `json:"tools_count"`
	StartupDurationMS int64 `json:"startup_duration_ms"`
}

// Stopped: it was running and was stopped.
type Stopped struct {
	base
	Reason string `json:"reason"`
}

// DegradedEvent: health checks or starts failed too often in a row.
type DegradedEvent struct {
	base
	ConsecutiveFailures int    `json:"consecutive_failures"`
	TotalFailures       int64  `json:"total_failures"`
	Reason              string `json:"reason"`
}

// IdleDetected: nobody called it for its idle time; a stop follows.
type IdleDetected struct {
	base
	IdleDurationS float64 `json:"idle_duration_s"`
	LastUsedAt    float64 `json:"last_used_at"` // unix seconds
}

// ToolsChanged: the stored catalogue of tools is another one.
type ToolsChanged struct {
	base
	ToolsCount int      `json:"tools_count"`
	Added      []string `json:"added"`
	Removed    []string `json:"removed"`
	Changed    []string `json:"changed"`
}

// HealthPassed: a probe was answered.
type HealthPassed struct {
	base
	DurationMS float64 `json:"duration_ms"`
}

// HealthFailed: a probe was not answered.
type HealthFailed struct {
	base
	DurationMS          float64 `json:"duration_ms"`
	ConsecutiveFailures int     `json:"consecutive_failures"`
	ErrorMessage        string  `json:"error_message"`
}

// AutoDisabled: it failed so often that it is not started any more until a person asks.
type AutoDisabled struct {
	base
	Reason        string `json:"reason"`
	FailureCycles int    `json:"failure_cycles"`
}

// Enabled: a person asked for a disabled one.
type Enabled struct{ base }

// CircuitChanged: the provider's own breaker turned.
type CircuitChanged struct {
	base
	OldState     breaker.State `json:"old_state"` // lower case, as everywhere (decisions.md 12)
	NewState     breaker.State `json:"new_state"`
	FailureCount int           `json:"failure_count"`
}

// The kinds, as the seeds name them.
const (
	KindRegistered            = "ProviderRegistered"
	KindUpdated               = "ProviderUpdated"
	KindDeregistered          = "ProviderDeregistered"
	KindStateChanged          = "ProviderStateChanged"
	KindStarted               = "ProviderStarted"
	KindStopped               = "ProviderStopped"
	KindDegraded              = "ProviderDegraded"
	KindIdleDetected          = "ProviderIdleDetected"
	KindToolsChanged          = "ProviderToolsChanged"
	KindPromptsChanged        = "ProviderPromptsChanged"
	KindResourcesChanged      = "ProviderResourcesChanged"
	KindToolDefinitionChanged = "ToolDefinitionChanged"
	KindHealthPassed          = "HealthCheckPassed"
	KindHealthFailed          = "HealthCheckFailed"
	KindCallCompleted         = "ToolInvocationCompleted"
	KindCallFailed            = "ToolInvocationFailed"
	KindAutoDisabled          = "ProviderAutoDisabled"
	KindEnabled               = "ProviderEnabled"
	KindCircuit               = "CircuitBreakerStateChanged"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{
		KindRegistered, KindUpdated, KindDeregistered, KindStateChanged, KindStarted, KindStopped, KindDegraded,
		KindIdleDetected, KindToolsChanged, KindPromptsChanged, KindResourcesChanged, KindToolDefinitionChanged, KindHealthPassed, KindHealthFailed, KindCallCompleted, KindCallFailed,
		KindAutoDisabled, KindEnabled, KindCircuit,
	}
}

// Kind methods give each event its name.

// Kind is ProviderRegistered.
func (Registered) Kind() string { return KindRegistered }

// Kind is ProviderUpdated.
func (Updated) Kind() string { return KindUpdated }

// Kind is ProviderDeregistered.
func (Deregistered) Kind() string { return KindDeregistered }

// Kind is ProviderStateChanged.
func (StateChanged) Kind() string { return KindStateChanged }

// Kind is ProviderStarted.
func (Started) Kind() string { return KindStarted }

// Kind is ProviderStopped.
func (Stopped) Kind() string { return KindStopped }

// Kind is ProviderDegraded.
func (DegradedEvent) Kind() string { return KindDegraded }

// Kind is ProviderIdleDetected.
func (IdleDetected) Kind() string { return KindIdleDetected }

// Kind is ProviderToolsChanged.
func (ToolsChanged) Kind() string { return KindToolsChanged }

// Kind is HealthCheckPassed.
func (HealthPassed) Kind() string { return KindHealthPassed }

// Kind is HealthCheckFailed.
func (HealthFailed) Kind() string { return KindHealthFailed }

// Kind is ToolInvocationCompleted.
func (CallCompleted) Kind() string { return KindCallCompleted }

// Kind is ToolInvocationFailed.
func (CallFailed) Kind() string { return KindCallFailed }

// Kind is ProviderAutoDisabled.
func (AutoDisabled) Kind() string { return KindAutoDisabled }

// Kind is ProviderEnabled.
func (Enabled) Kind() string { return KindEnabled }

// Kind is CircuitBreakerStateChanged.
func (CircuitChanged) Kind() string { return KindCircuit }
