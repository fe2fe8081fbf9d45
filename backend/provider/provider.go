package provider

import (
	"encoding/json"
	"regexp"
	"time"

	"hangar/backend/breaker"
	"hangar/backend/fault"
)

// ID names a provider: 1 to 64 of A-Z a-z 0-9 _ -, beginning with a letter or a digit.
type ID string

// Stream is the event stream of a provider.
func (id ID) Stream() string { return "provider:" + string(id) }

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Check refuses an id that could not stand in a path, a tool prefix or a metric label.
func (id ID) Check() error {
	if !idPattern.MatchString(string(id)) {
		return fault.Field("provider_id", "must be 1 to 64 letters, digits, _ or -, beginning with a letter or a digit")
	}
	return nil
}

// Source says who owns a definition.
type Source string

// The owners (decisions.md 6).
const (
	SourceFile      Source = "file"
	SourceAPI       Source = "api"
	SourceDiscovery Source = "discovery"
	SourceCatalog   Source = "catalog"
)

// Provider is a definition and its present state.
type Provider struct {
	ID        ID
	Spec      Spec
	Source    Source
	State     State
	Failures  int        // consecutive: failed starts, deaths and failed probes since the last success
	LastError *LastError // why it is not ready; nil once it is
	Cycles    int        // failure cycles since it last ran well; each ended dead or degraded
	RetryAt   *time.Time // when it is started again by itself; nil: it is not
	Circuit   breaker.State
	Disabled  *Disabled // why it is not started any more until a person asks; nil: it is
	Meta      Meta      // what the last handshake told
	Stats     Stats
	Tools     int // in the stored catalogue
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LastError is why the last start or the running process failed.
type LastError struct {
	Type     string    `json:"type"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
	Stderr   []string  `json:"stderr"` // the last lines, oldest first
	ExitCode *int      `json:"exit_code,omitempty"`
	Signal   string    `json:"signal,omitempty"`
	// AuthorizationURL is where a person signs in, when that is what it waits for.
	AuthorizationURL string `json:"authorization_url,omitempty"`
}

// Meta is what a provider said of itself in its last handshake.
type Meta struct {
	ProtocolVersion   string          `json:"protocol_version,omitempty"`
	ServerInfo        json.RawMessage `json:"server_info,omitempty"`
	Capabilities      json.RawMessage `json:"capabilities,omitempty"`
	Instructions      string          `json:"instructions,omitempty"`
	StartedAt         *time.Time      `json:"started_at,omitempty"`
	StartupDurationMS int64           `json:"startup_duration_ms,omitempty"`
	// SupportedVersions is what it said it speaks, when it was asked in the stateless way; nil when it does not know that.
	SupportedVersions []string `json:"supported_versions,omitempty"`
	// ProbedAt is when it was last found out which era it speaks; ProbedFor is the definition for which that holds.
	ProbedAt  *time.Time `json:"probed_at,omitempty"`
	ProbedFor string     `json:"probed_for,omitempty"`
}

// Stats counts calls, over restarts.
type Stats struct {
	Calls         int64
	Failed        int64
	LastCallAt    *time.Time
	LastSuccessAt *time.Time
	LastFailureAt *time.Time
}

// SuccessRate is 0 to 1; 1 while nothing was called.
func (s Stats) SuccessRate() float64 {
	if s.Calls == 0 {
		return 1
	}
	return float64(s.Calls-s.Failed) / float64(s.Calls)
}

// Health classifies a provider: healthy, degraded, unhealthy or unknown (reference/hangar.md 1.8).
func (p Provider) Health() string {
	switch {
	case p.State == Ready && p.Failures == 0:
		return "healthy"
	case p.State == Ready, p.State == Degraded:
		return "degraded"
	case p.State == Dead:
		return "unhealthy"
	default:
		return "unknown"
	}
}
