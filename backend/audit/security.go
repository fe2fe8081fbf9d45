package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hangar/backend/event"
)

// Security is an event as security people read it (reference/hangar.md 5.4).
type Security struct {
	EventID   string         `json:"event_id"`
	EventType string         `json:"event_type" enum:"access_granted,access_denied,rate_limit_exceeded,validation_failed,provider_start_blocked,unauthorized_tool,repeated_failures,provider_compromise_suspected,config_change"`
	Severity  string         `json:"severity" enum:"info,low,medium,high,critical"`
	Message   string         `json:"message"`
	Timestamp time.Time      `json:"timestamp"`
	Provider  string         `json:"provider_id,omitempty"`
	Tool      string         `json:"tool_name,omitempty"`
	SourceIP  string         `json:"source_ip,omitempty"`
	UserID    string         `json:"user_id,omitempty" doc:"Who acted, or tried to"`
	Details   map[string]any `json:"details" doc:"The event's own fields"`
	RequestID string         `json:"correlation_id,omitempty"`
	Position  int64          `json:"position" doc:"In the log; the next page is what lies before the smallest"`
}

// class is how a kind of event is told.
type class struct {
	kind, eventType, severity string
	message                   string // {field} is replaced
}

func classes() []class {
	return []class{
		{KindAccessDenied, "access_denied", "medium", "{principal_id} was denied {door}: {reason}"},
		{KindSignInFailed, "access_denied", "low", "a sign-in from {address} failed: {reason}"},
		{KindLockedOut, "repeated_failures", "high", "{address} is locked out: {reason}"},
		{KindRateLimited, "rate_limit_exceeded", "low", "{principal_id} sends too much: {reason}"},
		{KindAddressBlocked, "provider_start_blocked", "high", "{resource} was kept from {address}: {reason}"},
		{"ToolDefinitionChanged", "provider_compromise_suspected", "medium", "tool {tool_name} of {provider_id} is not what it was"},
		{"ProviderQuarantined", "validation_failed", "medium", "{provider_name} was found and quarantined: {validation_result}"},
		{"ProviderAutoDisabled", "repeated_failures", "high", "{provider_id} was disabled: {reason}"},
		{"ProviderRegistered", "config_change", "info", "{provider_id} was defined ({source})"},
		{"ProviderUpdated", "config_change", "info", "{provider_id} was changed ({source})"},
		{"ProviderDeregistered", "config_change", "info", "{provider_id} was removed ({source})"},
		{"ProviderApproved", "config_change", "info", "{provider_name}, which was found, was approved by {approved_by}"},
		{"ConfigurationReloaded", "config_change", "info", "{config_path} was loaded ({requested_by})"},
		{"ConfigurationReloadFailed", "validation_failed", "low", "{config_path} could not be used: {reason}"},
		{"ConfigurationRestored", "config_change", "medium", "the backup {backup_id} was restored"},
		{"ApiKeyCreated", "config_change", "info", "{principal_id} got the key {key_name}"},
		{"ApiKeyRevoked", "config_change", "info", "a key of {principal_id} was revoked: {reason}"},
		{"KeyRotated", "config_change", "info", "a key of {principal_id} was rotated"},
		{"PrincipalCreated", "config_change", "info", "{principal_id} was made"},
		{"PrincipalUpdated", "config_change", "info", "{principal_id} was changed"},
		{"PrincipalDeleted", "config_change", "info", "{principal_id} was deleted"},
		{"RoleAssigned", "config_change", "low", "{principal_id} has the role {role_name}"},
		{"RoleRevoked", "config_change", "info", "{principal_id} lost the role {role_name}"},
		{"CustomRoleCreated", "config_change", "low", "the role {role_name} was made"},
		{"CustomRoleUpdated", "config_change", "low", "the role {role_name} was changed"},
		{"CustomRoleDeleted", "config_change", "info", "the role {role_name} was deleted"},
		{"ToolAccessPolicySet", "config_change", "info", "{principal_id}: {effect} {tool_name} of {provider_id}"},
		{"ToolAccessPolicyCleared", "config_change", "low", "{principal_id}: no policy any more on {tool_name} of {provider_id}"},
		{"SessionStarted", "access_granted", "info", "{principal_id} signed in"},
	}
}

// SecurityKinds are the events that Secure knows.
func SecurityKinds() []string {
	var kinds []string
	for _, c := range classes() {
		kinds = append(kinds, c.kind)
	}
	return kinds
}

// Secure words an event for security people; false for one that says nothing to them.
func Secure(e event.Envelope) (s Security, ok bool) {
	for _, c := range classes() {
		if c.kind != e.Kind {
			continue
		}
		s = Security{EventID: e.ID, EventType: c.eventType, Severity: c.severity, Timestamp: e.At, UserID: e.Actor.ID, Position: e.Position}
		if err := json.Unmarshal(e.Data, &s.Details); err != nil {
			return s, false // no payload of ours
		}
		s.Message = filled(c.message, s.Details)
		s.Provider, s.Tool, s.SourceIP, s.RequestID = text(s.Details, "provider_id"), text(s.Details, "tool_name"), text(s.Details, "address"), text(s.Details, "request_id")
		if e.Kind == KindAccessDenied && text(s.Details, "door") == "tools/call" {
			s.EventType = "unauthorized_tool"
			s.Provider, s.Tool, _ = strings.Cut(text(s.Details, "resource"), "/")
		}
		if e.Kind == KindAddressBlocked {
			s.Provider, s.SourceIP = text(s.Details, "resource"), ""
		}
		return s, true
	}
	return s, false
}

func text(fields map[string]any, name string) string {
	t, _ := fields[name].(string)
	return t
}

// filled replaces the fields in a message.
func filled(message string, fields map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(message, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if v, ok := fields[name]; ok {
			fmt.Fprint(&b, v)
		}
		message = after
	}
}
