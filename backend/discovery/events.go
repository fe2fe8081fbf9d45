package discovery

import "hangar/backend/provider"

// The events of this noun. Kinds and fields are the reference's (reference/hangar.md 5.1), with the source's id; that of the
// seed's ProviderRegistered and ProviderDeregistered belongs to the provider.

type base struct {
	SourceID   SourceID `json:"source_id"`
	SourceType Type     `json:"source_type"`
}

// Stream is the source's stream.
func (b base) Stream() string { return b.SourceID.Stream() }

func (e Entry) base() base { return base{e.SourceID, e.Type} }

// Discovered: a source shows a name that it did not show before.
type Discovered struct {
	base
	ProviderName string        `json:"provider_name"`
	Mode         provider.Mode `json:"mode"`
	Fingerprint  string        `json:"fingerprint"`
}

// Lost: a source has not shown a name for its time to live.
type Lost struct {
	base
	ProviderName string `json:"provider_name"`
	Reason       string `json:"reason"` // kept, deregistered, forgotten
}

// ConfigChanged: a source shows another definition under a name.
type ConfigChanged struct {
	base
	ProviderName   string `json:"provider_name"`
	OldFingerprint string `json:"old_fingerprint"`
	NewFingerprint string `json:"new_fingerprint"`
}

// QuarantinedEvent: what was found cannot be used as it is.
type QuarantinedEvent struct {
	base
	ProviderName     string `json:"provider_name"`
	Reason           Reason `json:"reason"`
	ValidationResult string `json:"validation_result"`
}

// Approved: a definition was approved, and the provider made of it in the same transaction.
type Approved struct {
	base
	ProviderName string `json:"provider_name"`
	ApprovedBy   string `json:"approved_by"` // auto_approve where the source does so by itself
	Fingerprint  string `json:"fingerprint"`
}

// RejectedEvent: a person does not want this definition.
type RejectedEvent struct {
	base
	ProviderName string `json:"provider_name"`
	RejectedBy   string `json:"rejected_by"`
	Reason       Reason `json:"reason"`
	Fingerprint  string `json:"fingerprint"`
}

// CycleCompleted: a source was looked at and everything that it shows is settled.
type CycleCompleted struct {
	base
	DiscoveredCount   int   `json:"discovered_count"`
	PendingCount      int   `json:"pending_count"`
	QuarantinedCount  int   `json:"quarantined_count"`
	RegisteredCount   int   `json:"registered_count"`   // in this cycle
	DeregisteredCount int   `json:"deregistered_count"` // in this cycle
	ErrorCount        int   `json:"error_count"`
	DurationMS        int64 `json:"duration_ms"`
}

// SourceHealthChanged: a source can be looked at again, or cannot any more.
type SourceHealthChanged struct {
	base
	IsHealthy    bool   `json:"is_healthy"`
	ErrorMessage string `json:"error_message,omitempty"`
}

// SourceRegistered: a source was added.
type SourceRegistered struct {
	base
	Mode    Mode `json:"mode"`
	Enabled bool `json:"enabled"`
}

// SourceUpdated: how it looks, or whether it does, was changed.
type SourceUpdated struct {
	base
	Mode    Mode `json:"mode"`
	Enabled bool `json:"enabled"`
}

// SourceDeregistered: a source was removed. The providers that were found there live on.
type SourceDeregistered struct{ base }

// The kinds.
const (
	KindDiscovered         = "ProviderDiscovered"
	KindLost               = "ProviderDiscoveryLost"
	KindConfigChanged      = "ProviderDiscoveryConfigChanged"
	KindQuarantined        = "ProviderQuarantined"
	KindApproved           = "ProviderApproved"
	KindRejected           = "ProviderRejected"
	KindCycleCompleted     = "DiscoveryCycleCompleted"
	KindHealthChanged      = "DiscoverySourceHealthChanged"
	KindSourceRegistered   = "DiscoverySourceRegistered"
	KindSourceUpdated      = "DiscoverySourceUpdated"
	KindSourceDeregistered = "DiscoverySourceDeregistered"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{
		KindDiscovered, KindLost, KindConfigChanged, KindQuarantined, KindApproved, KindRejected, KindCycleCompleted,
		KindHealthChanged, KindSourceRegistered, KindSourceUpdated, KindSourceDeregistered,
	}
}

// Kind methods give each event its name.

// Kind is ProviderDiscovered.
func (Discovered) Kind() string { return KindDiscovered }

// Kind is ProviderDiscoveryLost.
func (Lost) Kind() string { return KindLost }

// Kind is ProviderDiscoveryConfigChanged.
func (ConfigChanged) Kind() string { return KindConfigChanged }

// Kind is ProviderQuarantined.
func (QuarantinedEvent) Kind() string { return KindQuarantined }

// Kind is ProviderApproved.
func (Approved) Kind() string { return KindApproved }

// Kind is ProviderRejected.
func (RejectedEvent) Kind() string { return KindRejected }

// Kind is DiscoveryCycleCompleted.
func (CycleCompleted) Kind() string { return KindCycleCompleted }

// Kind is DiscoverySourceHealthChanged.
func (SourceHealthChanged) Kind() string { return KindHealthChanged }

// Kind is DiscoverySourceRegistered.
func (SourceRegistered) Kind() string { return KindSourceRegistered }

// Kind is DiscoverySourceUpdated.
func (SourceUpdated) Kind() string { return KindSourceUpdated }

// Kind is DiscoverySourceDeregistered.
func (SourceDeregistered) Kind() string { return KindSourceDeregistered }
