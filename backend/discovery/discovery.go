package discovery

import (
	"regexp"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// SourceID names a source.
type SourceID string

// Stream is the event stream of a source. What it found has no stream of its own: names that a source makes up are data.
func (id SourceID) Stream() string { return "discovery:" + string(id) }

// Type is what sort of place a source is.
type Type string

// The types.
const (
	Docker     Type = "docker"
	Filesystem Type = "filesystem"
	Kubernetes Type = "kubernetes"
	Entrypoint Type = "entrypoint"
)

// Mode is what a source may do.
type Mode string

// The modes.
const (
	Additive      Mode = "additive"      // it only adds
	Authoritative Mode = "authoritative" // what it does not show any more is deregistered
)

// Source is a place to look at.
type Source struct {
	ID        SourceID
	Type      Type
	Mode      Mode
	Enabled   bool
	Config    Config
	FromFile  bool       // the configuration file defines it
	Healthy   bool       // its last look succeeded
	Error     string     // why it did not
	LastScan  *time.Time // that succeeded
	Providers int        // names that it knows of now
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Limits and defaults of a Config.
const (
	defaultTTL, maxTTL                     = 90, 30 * 86_400 // seconds
	defaultInterval, minInterval           = 60, 5           // seconds
	defaultProviders, maxProviders         = 100, 100_000
	defaultPerMinute, maxPerMinute         = 60, 100_000
	maxPatterns, maxDirectories, maxSpaces = 50, 100, 100
)

// Config is how a source looks. The first five belong to every type, each of the others to the types that it names.
type Config struct {
	AutoApprove  bool `json:"auto_approve,omitempty" yaml:"auto_approve,omitempty" doc:"Register what is found without asking a person"`
	TTL          int  `json:"ttl_s,omitempty" yaml:"ttl_s,omitempty" minimum:"1" maximum:"2592000" doc:"Seconds after which what is not there any more is given up; 90 unless said otherwise"`
	Interval     int  `json:"interval_s,omitempty" yaml:"interval_s,omitempty" minimum:"5" maximum:"86400" doc:"Seconds between two looks when nothing is reported in between; 60 unless said otherwise"`
	MaxProviders int  `json:"max_providers,omitempty" yaml:"max_providers,omitempty" minimum:"1" maximum:"100000" doc:"Names that are taken from this source at most; 100 unless said otherwise"`
	MaxPerMinute int  `json:"max_registrations_per_minute,omitempty" yaml:"max_registrations_per_minute,omitempty" minimum:"1" maximum:"100000" doc:"Registrations without a person in a minute; 60 unless said otherwise"`

	Path          string   `json:"path,omitempty" yaml:"path,omitempty" doc:"filesystem: directory of definitions"`
	Patterns      []string `json:"patterns,omitempty" yaml:"patterns,omitempty" nullable:"false" doc:"filesystem, entrypoint: which names, such as *.yaml or mcp-server-*"`
	Directories   []string `json:"directories,omitempty" yaml:"directories,omitempty" nullable:"false" doc:"entrypoint: directories with programs, a package.json, or Python's site-packages"`
	SearchPath    bool     `json:"search_path,omitempty" yaml:"search_path,omitempty" doc:"entrypoint: look along PATH as well"`
	Host          string   `json:"host,omitempty" yaml:"host,omitempty" doc:"docker: unix:///path or tcp://host:port; empty is the engine that Hangar uses"`
	Kubeconfig    string   `json:"kubeconfig,omitempty" yaml:"kubeconfig,omitempty" doc:"kubernetes: file; empty is the account of the pod that Hangar runs in"`
	Context       string   `json:"context,omitempty" yaml:"context,omitempty" doc:"kubernetes: context of the kubeconfig; empty is its current one"`
	Namespaces    []string `json:"namespaces,omitempty" yaml:"namespaces,omitempty" nullable:"false" doc:"kubernetes: where to look; empty is everywhere"`
	Denied        []string `json:"denied_namespaces,omitempty" yaml:"denied_namespaces,omitempty" nullable:"false" doc:"kubernetes: what is found there is quarantined; empty is kube-system, kube-public, kube-node-lease"`
	LabelSelector string   `json:"label_selector,omitempty" yaml:"label_selector,omitempty" doc:"kubernetes: only objects with these labels"`
	Resources     []string `json:"resources,omitempty" yaml:"resources,omitempty" nullable:"false" doc:"kubernetes: pods, services; empty is both"`
}

func (c Config) ttl() time.Duration      { return seconds(c.TTL, defaultTTL) }
func (c Config) interval() time.Duration { return seconds(c.Interval, defaultInterval) }
func (c Config) maxProviders() int       { return or(c.MaxProviders, defaultProviders) }
func (c Config) maxPerMinute() int       { return or(c.MaxPerMinute, defaultPerMinute) }

func seconds(n, otherwise int) time.Duration { return time.Duration(or(n, otherwise)) * time.Second }

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// Check refuses an id that could not stand in a path.
func (id SourceID) Check() error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`).MatchString(string(id)) {
		return fault.Field("id", "must be 1 to 64 letters, digits, _ or -, beginning with a letter or a digit")
	}
	return nil
}

// Status is what became of what was found.
type Status string

// The statuses.
const (
	Pending     Status = "pending"     // waits for a person, or for its turn
	Quarantined Status = "quarantined" // cannot be used as it is
	Registered  Status = "registered"  // a provider is made of it
	Rejected    Status = "rejected"    // a person does not want it
)

// Reason says why an entry is what it is; "" where nothing is to be said.
type Reason string

// The reasons.
const (
	ReasonName       Reason = "invalid_name"
	ReasonDefinition Reason = "invalid_definition"
	ReasonReference  Reason = "reference_to_secrets" // a definition from outside must not read our environment or files
	ReasonAddress    Reason = "forbidden_address"
	ReasonDeceptive  Reason = "hidden_characters"
	ReasonWritable   Reason = "unsafe_permissions"
	ReasonNamespace  Reason = "denied_namespace"
	ReasonConflict   Reason = "conflict"
	ReasonLimit      Reason = "source_limit"

	ReasonChanged  Reason = "changed"      // pending: another definition than the registered one
	ReasonReplaces Reason = "replaces"     // pending: the name is registered from a weaker source
	ReasonRisk     Reason = "needs_person" // pending although the source approves by itself
	ReasonRate     Reason = "rate_limited" // pending until the minute is over

	ReasonPerson  Reason = "person"  // rejected by a person
	ReasonDeleted Reason = "deleted" // rejected, because a person deleted the provider
	ReasonLost    Reason = "lost"    // registered, but its source does not show it any more
)

// Problem is why a candidate cannot be used.
type Problem struct {
	Reason   Reason `json:"reason"`
	Evidence string `json:"evidence"`
}

// Candidate is what a source says of a name.
type Candidate struct {
	Name     string            `json:"name"`
	Origin   string            `json:"origin"` // where a person finds it: a file, a container, an object
	Spec     provider.Spec     `json:"spec"`
	TTL      int               `json:"ttl_s,omitempty"` // seconds; 0: its source's
	Metadata map[string]string `json:"metadata,omitempty"`
	Risks    []string          `json:"risks,omitempty"`  // what a person should see before it is approved, in words
	Rivals   []string          `json:"rivals,omitempty"` // origins in the same source that claim the same name
	Problem  *Problem          `json:"problem,omitempty"`
}

// Entry is a candidate and what became of it.
type Entry struct {
	SourceID    SourceID
	Type        Type // of its source
	Name        string
	Key         string // what Approve and Reject call it; set by Entries
	Candidate   Candidate
	Fingerprint string
	Status      Status
	Reason      Reason
	Evidence    string
	Registered  string // fingerprint of the definition that the provider was made of; "" there is none
	RejectedFor string // fingerprint of the definition that a person does not want
	TTL         time.Duration
	FoundAt     time.Time
	SeenAt      time.Time  // when it was last there
	Missing     *time.Time // since when it is not; nil while it is
	StatusAt    time.Time  // since when the status is what it is

	lost         bool // given up, and said so
	rank         int  // of the type of its source
	sourceAt     time.Time
	sourceOn     bool
	registeredAt time.Time // without a person, for the rate
	raw          []byte    // the candidate as it would be stored with nothing sealed, to compare
	bare         bool      // a secret of it is stored in the clear, by an earlier Hangar
}

// Expired reports whether it has not been there for its time to live.
func (e Entry) Expired(now time.Time) bool { return e.Missing != nil && now.Sub(*e.Missing) >= e.TTL }
