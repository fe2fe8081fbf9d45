package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/audit"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

func (a *API) audit(api huma.API) {
	huma.Register(api, op("GET", "/observability/audit", "list-audit", "observability", "Who did what, when, from where, and what it changed", 200), a.listAudit)
	huma.Register(api, op("GET", "/observability/security", "list-security-events", "observability", "What security people look at: refusals, lock-outs, changes of access", 200), a.listSecurity)
}

// AuditRecord is an event of the log with all that is known of its cause.
type AuditRecord struct {
	EventID    string           `json:"event_id"`
	EventType  string           `json:"event_type"`
	OccurredAt string           `json:"occurred_at" doc:"Unix seconds"`
	ProviderID Nullable[string] `json:"provider_id"`
	Data       json.RawMessage  `json:"data" doc:"The event's own fields: what was changed, from what to what; secrets are masked"`
	RecordedAt time.Time        `json:"recorded_at"`
	Position   int64            `json:"position" doc:"In the log; the next page is what lies before the smallest"`
	Stream     string           `json:"stream" doc:"What it is about, such as provider:math"`
	Actor      event.Actor      `json:"actor"`
	Origin     event.Origin     `json:"origin" doc:"By which way it came: ui, cli, rest, mcp, stdio, socket, config; from which address, in which request"`
}

type auditInput struct {
	ProviderID []string `query:"provider_id,explode" doc:"Only what is about these providers"`
	EventType  []string `query:"event_type,explode" doc:"Only these types"`
	Actor      string   `query:"actor" maxLength:"256" doc:"Only what this principal caused; with type:, such as system:fleet, also what a part of Hangar did"`
	By         string   `query:"by" enum:"all,people" default:"all" doc:"people leaves out what Hangar does by itself"`
	Before     int64    `query:"before" minimum:"0" doc:"Only records before this position; 0 means from the newest"`
	Limit      int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type auditOutput struct {
	Body struct {
		Records []AuditRecord `json:"records" nullable:"false" doc:"Newest first"`
		Total   int           `json:"total" doc:"How many are in this answer"`
		Next    int64         `json:"next_before" doc:"Where the next page begins; 0 when there is none"`
	}
}

func (a *API) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	f := eventlog.Filter{Kinds: in.EventType}
	for _, id := range in.ProviderID {
		f.Streams = append(f.Streams, provider.ID(id).Stream())
	}
	out := &auditOutput{}
	out.Body.Records = []AuditRecord{}
	next, err := a.past(ctx, in.Before, 0, f, in.Limit, func(e event.Envelope) bool {
		if !in.wants(e.Actor) {
			return false
		}
		out.Body.Records = append(out.Body.Records, auditRecord(e))
		return true
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out.Body.Total, out.Body.Next = len(out.Body.Records), next
	return out, nil
}

func (in *auditInput) wants(a event.Actor) bool {
	if in.By == "people" && a.Type == "system" {
		return false
	}
	return in.Actor == "" || in.Actor == a.ID || in.Actor == a.Type+":"+a.ID
}

func auditRecord(e event.Envelope) AuditRecord {
	r := AuditRecord{
		EventID: e.ID, EventType: e.Kind, OccurredAt: fmt.Sprintf("%.6f", float64(e.At.UnixMicro())/1e6), Data: e.Data, RecordedAt: e.At,
		Position: e.Position, Stream: e.Stream, Actor: e.Actor, Origin: e.Origin,
	}
	if id, ok := strings.CutPrefix(e.Stream, "provider:"); ok {
		r.ProviderID = Nullable[string]{&id}
	}
	return r
}

type securityInput struct {
	Severity []string `query:"severity,explode" enum:"info,low,medium,high,critical" doc:"Only these"`
	Before   int64    `query:"before" minimum:"0" doc:"Only events before this position; 0 means from the newest"`
	Limit    int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type securityOutput struct {
	Body struct {
		Events []audit.Security `json:"events" nullable:"false" doc:"Newest first"`
		Total  int              `json:"total" doc:"How many are in this answer"`
		Next   int64            `json:"next_before" doc:"Where the next page begins; 0 when there is none"`
	}
}

func (a *API) listSecurity(ctx context.Context, in *securityInput) (*securityOutput, error) {
	out := &securityOutput{}
	out.Body.Events = []audit.Security{}
	next, err := a.past(ctx, in.Before, 0, eventlog.Filter{Kinds: audit.SecurityKinds()}, in.Limit, func(e event.Envelope) bool {
		s, ok := audit.Secure(e)
		if !ok || len(in.Severity) > 0 && !slices.Contains(in.Severity, s.Severity) {
			return false
		}
		out.Body.Events = append(out.Body.Events, s)
		return true
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out.Body.Total, out.Body.Next = len(out.Body.Events), next
	return out, nil
}
