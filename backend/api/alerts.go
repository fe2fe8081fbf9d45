package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/alert"
	"hangar/backend/auth"
	"hangar/backend/provider"
)

func (a *API) alerts(api huma.API) {
	list := op("GET", "/observability/alerts", "list-alerts", "observability", "What is wrong, and what was", 200)
	list.Description = "Those that fire first, each part newest first. The last 1,000 that are resolved are kept."
	huma.Register(api, list, a.listAlerts)
	huma.Register(api, op("POST", "/observability/alerts/{alert_id}/acknowledge", "acknowledge-alert", "observability", "Say that somebody is at it", 200, 400, 404, 409), a.acknowledgeAlert)
	huma.Register(api, op("DELETE", "/observability/alerts/{alert_id}/acknowledge", "end-alert-acknowledgement", "observability", "Take it back: nobody is at it", 200, 404, 409), a.endAcknowledgement)
	huma.Register(api, op("GET", "/observability/silences", "list-silences", "observability", "What nobody wants to hear of at the moment", 200), a.listSilences)
	huma.Register(api, op("POST", "/observability/silences", "add-silence", "observability", "Keep quiet about a rule, a subject, or both together", 201, 400), a.addSilence)
	huma.Register(api, op("DELETE", "/observability/silences/{silence_id}", "end-silence", "observability", "Take a silence back", 200, 404), a.endSilence)
}

// Alert is a state of something that is wrong, or was.
type Alert struct {
	AlertID        string          `json:"alert_id"`
	Rule           string          `json:"rule"`
	Subject        string          `json:"subject" doc:"provider:math, group:pool, group:pool/math, system"`
	ProviderID     string          `json:"provider_id" doc:"When the subject is a provider"`
	Level          string          `json:"level" enum:"critical,warning,info"`
	State          string          `json:"state" enum:"firing,resolved"`
	Message        string          `json:"message"`
	EventType      string          `json:"event_type" doc:"The kind of event that tells of such a thing"`
	Details        json.RawMessage `json:"details"`
	Timestamp      string          `json:"timestamp" doc:"When it fired last, or changed its level"`
	CreatedAt      string          `json:"created_at" doc:"When it fired first"`
	ResolvedAt     *string         `json:"resolved_at" nullable:"true"`
	Count          int             `json:"count" doc:"How often it fired; one that comes back within five minutes is the same alert"`
	AcknowledgedAt *string         `json:"acknowledged_at" nullable:"true"`
	AcknowledgedBy string          `json:"acknowledged_by"`
	Note           string          `json:"note" doc:"Of who acknowledged it"`
	Silenced       bool            `json:"silenced"`
}

func alertBody(a alert.Alert) Alert {
	out := Alert{
		AlertID: a.ID, Rule: string(a.Rule), Subject: a.Subject, ProviderID: a.Provider(), Level: string(a.Level), State: "firing", Message: a.Message,
		EventType: a.EventType, Details: a.Details, Timestamp: a.ChangedAt.Format(timestamp), CreatedAt: a.FiredAt.Format(timestamp), Count: a.Count, Silenced: a.Silenced,
	}
	if !a.Firing() {
		at := a.ResolvedAt.Format(timestamp)
		out.State, out.ResolvedAt = "resolved", &at
	}
	if ack := a.Acknowledged; ack != nil {
		at := ack.At.Format(timestamp)
		out.AcknowledgedAt, out.AcknowledgedBy, out.Note = &at, ack.By, ack.Note
	}
	return out
}

type alertsInput struct {
	Level string `query:"level" enum:"critical,warning,info"`
	State string `query:"state" enum:"firing,resolved"`
	Rule  string `query:"rule"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type alertsOutput struct {
	Body struct {
		Alerts []Alert `json:"alerts" nullable:"false"`
		Total  int     `json:"total" doc:"How many match"`
	}
}

// mayHear is which subjects of alerts the caller may see; nil for all. What is about a member of a group is about both.
func (a *API) mayHear(ctx context.Context) func(subject string) bool {
	rights := a.Auth.Rights(ctx)
	if seesAll(rights) {
		return nil
	}
	return func(subject string) bool {
		about, member, both := strings.Cut(subject, "/")
		return rights.MaySeeBy(auth.AlertsRead, about) && (!both || rights.MaySeeBy(auth.AlertsRead, provider.ID(member).Stream()))
	}
}

func (a *API) listAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	found, total, err := a.Alerts.List(ctx, alert.Filter{Level: alert.Level(in.Level), State: in.State, Rule: alert.Rule(in.Rule), Limit: in.Limit, May: a.mayHear(ctx)})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &alertsOutput{}
	out.Body.Alerts, out.Body.Total = []Alert{}, total
	for _, one := range found {
		out.Body.Alerts = append(out.Body.Alerts, alertBody(one))
	}
	return out, nil
}

type acknowledgeInput struct {
	AlertID string `path:"alert_id"`
	Body    struct {
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

type alertOutput struct {
	Body struct {
		Alert Alert `json:"alert"`
	}
}

func (a *API) acknowledgeAlert(ctx context.Context, in *acknowledgeInput) (*alertOutput, error) {
	one, err := a.Alerts.Acknowledge(ctx, in.AlertID, in.Body.Note, a.mayHear(ctx))
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &alertOutput{}
	out.Body.Alert = alertBody(one)
	return out, nil
}

type alertID struct {
	AlertID string `path:"alert_id"`
}

func (a *API) endAcknowledgement(ctx context.Context, in *alertID) (*alertOutput, error) {
	one, err := a.Alerts.EndAcknowledgement(ctx, in.AlertID, a.mayHear(ctx))
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &alertOutput{}
	out.Body.Alert = alertBody(one)
	return out, nil
}

// Silence is what nobody wants to hear of for a time.
type Silence struct {
	SilenceID string `json:"silence_id"`
	Rule      string `json:"rule" doc:"Empty: any"`
	Subject   string `json:"subject" doc:"Empty: any"`
	Reason    string `json:"reason"`
	CreatedBy string `json:"created_by"`
	CreatedAt string `json:"created_at"`
	Until     string `json:"until"`
}

func silenceBody(s alert.Silence) Silence {
	return Silence{s.ID, string(s.Rule), s.Subject, s.Reason, s.By, s.MadeAt.Format(timestamp), s.Until.Format(timestamp)}
}

type silencesOutput struct {
	Body struct {
		Silences []Silence `json:"silences" nullable:"false"`
	}
}

func (a *API) listSilences(ctx context.Context, _ *struct{}) (*silencesOutput, error) {
	all, err := a.Alerts.Silences(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &silencesOutput{}
	out.Body.Silences = []Silence{}
	may := a.mayHear(ctx)
	for _, s := range all {
		if may != nil && s.Subject != "" && !may(s.Subject) {
			continue
		}
		out.Body.Silences = append(out.Body.Silences, silenceBody(s))
	}
	return out, nil
}

type silenceInput struct {
	Body struct {
		Rule    string `json:"rule,omitempty"`
		Subject string `json:"subject,omitempty" maxLength:"1000" doc:"provider:math, group:pool, system"`
		Reason  string `json:"reason,omitempty" maxLength:"1000"`
		Minutes int    `json:"minutes" minimum:"1" maximum:"43200"`
	}
}

type silenceOutput struct {
	Body struct {
		Silence Silence `json:"silence"`
	}
}

func (a *API) addSilence(ctx context.Context, in *silenceInput) (*silenceOutput, error) {
	s, err := a.Alerts.Silence(ctx, alert.Silence{Rule: alert.Rule(in.Body.Rule), Subject: in.Body.Subject, Reason: in.Body.Reason}, time.Duration(in.Body.Minutes)*time.Minute)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &silenceOutput{}
	out.Body.Silence = silenceBody(s)
	return out, nil
}

type silenceID struct {
	SilenceID string `path:"silence_id"`
}

type silenceEndedOutput struct {
	Body struct {
		SilenceID string `json:"silence_id"`
		Ended     bool   `json:"ended"`
	}
}

func (a *API) endSilence(ctx context.Context, in *silenceID) (*silenceEndedOutput, error) {
	if err := a.Alerts.EndSilence(ctx, in.SilenceID); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &silenceEndedOutput{}
	out.Body.SilenceID, out.Body.Ended = in.SilenceID, true
	return out, nil
}
