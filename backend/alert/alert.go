package alert

import (
	"encoding/json"
	"strings"
	"time"
)

// Level is how urgent an alert is.
type Level string

// The levels.
const (
	Critical Level = "critical" // somebody is without service, or data are being lost
	Warning  Level = "warning"  // it may come to that
	Info     Level = "info"     // worth knowing
)

// Rule is why an alert fires.
type Rule string

// The rules.
const (
	ProviderDead     Rule = "provider_dead"
	ProviderDegraded Rule = "provider_degraded"
	ProviderDisabled Rule = "provider_disabled"
	BreakerOpen      Rule = "breaker_open"
	GroupBelowMin    Rule = "group_below_minimum"
	CallsFail        Rule = "calls_fail"
	CallsSlow        Rule = "calls_slow"
	ColdStartSlow    Rule = "cold_start_slow"
	Drift            Rule = "tool_drift"
	DiskLow          Rule = "disk_low"
	StorageFails     Rule = "storage_fails"
	RecordsLost      Rule = "records_lost"
	FramesDropped    Rule = "frames_dropped"
)

// Rules lists them.
func Rules() []Rule {
	return []Rule{
		ProviderDead, ProviderDegraded, ProviderDisabled, BreakerOpen, GroupBelowMin, CallsFail, CallsSlow, ColdStartSlow, Drift,
		DiskLow, StorageFails, RecordsLost, FramesDropped,
	}
}

// Condition is what a rule finds wrong with a subject: "provider:math", "group:pool", "system".
type Condition struct {
	Rule      Rule
	Subject   string
	Level     Level
	Message   string
	EventType string // the kind of event that tells of such a thing; "" when none does
	Details   map[string]any
	Open      bool // being decided: the alert stays when it fires, and none begins
}

// key is what there is one firing alert of.
type key struct {
	rule    Rule
	subject string
}

func (c Condition) key() key { return key{c.Rule, c.Subject} }

// Alert is a condition in time.
type Alert struct {
	ID           string
	Rule         Rule
	Subject      string
	Level        Level
	Message      string
	EventType    string
	Details      json.RawMessage
	FiredAt      time.Time // the first time
	ChangedAt    time.Time // fired again, or on another level
	ResolvedAt   time.Time // zero while it fires
	Count        int       // how often it fired
	Acknowledged *Acknowledged
	Silenced     bool // by a silence of now
}

// Provider is the id of the provider that it is about, or "".
func (a Alert) Provider() string {
	id, is := strings.CutPrefix(a.Subject, "provider:")
	if !is {
		return ""
	}
	return id
}

// Firing says whether it lasts.
func (a Alert) Firing() bool { return a.ResolvedAt.IsZero() }

// Acknowledged is who is at it.
type Acknowledged struct {
	At   time.Time
	By   string
	Note string
}

// Silence keeps quiet about alerts. An empty Rule or Subject means any.
type Silence struct {
	ID      string
	Rule    Rule
	Subject string
	Reason  string
	By      string
	MadeAt  time.Time
	Until   time.Time
}

func (s Silence) covers(k key) bool {
	return (s.Rule == "" || s.Rule == k.rule) && (s.Subject == "" || s.Subject == k.subject)
}

const (
	sameAgain = 5 * time.Minute // an alert that comes back within it is the same one
	driftLife = 24 * time.Hour
	kept      = 1000 // resolved alerts
)
