package api

import (
	"context"
	"time"

	"hangar/backend/discovery"
)

// DiscoveredProvider is what a source says of a name, and what became of it.
type DiscoveredProvider struct {
	Name           string            `json:"name"`
	Key            string            `json:"key" doc:"What approve and reject call it: its name, with @source behind it where another source comes first"`
	Source         string            `json:"source" enum:"docker,filesystem,kubernetes,entrypoint" doc:"Type of its source"`
	SourceType     string            `json:"source_type" enum:"docker,filesystem,kubernetes,entrypoint"`
	SourceID       string            `json:"source_id"`
	Mode           string            `json:"mode" enum:",subprocess,docker,remote" doc:"How it would be run; empty where the definition cannot be used"`
	Status         string            `json:"status" enum:"pending,quarantined,registered,rejected"`
	Reason         string            `json:"reason" doc:"Why it is so; empty when there is nothing to say"`
	Evidence       string            `json:"evidence"`
	Origin         string            `json:"origin" doc:"Where to find it: a file, a container, an object"`
	ConnectionInfo Configuration     `json:"connection_info" doc:"The definition that would be registered; secrets are masked"`
	Metadata       map[string]string `json:"metadata"`
	Risks          []string          `json:"risks" nullable:"false" doc:"What to look at before it is approved"`
	AlsoAt         []string          `json:"also_at" nullable:"false" doc:"Other places in the same source that claim the name"`
	Fingerprint    string            `json:"fingerprint" doc:"Of the definition that is shown"`
	Registered     *string           `json:"registered_fingerprint" nullable:"true" doc:"Of the definition that the provider has; null when there is none"`
	DiscoveredAt   time.Time         `json:"discovered_at"`
	LastSeenAt     time.Time         `json:"last_seen_at"`
	Since          time.Time         `json:"since" doc:"When it got its status"`
	TTL            int               `json:"ttl_seconds"`
	IsExpired      bool              `json:"is_expired"`
	IsMissing      bool              `json:"is_missing" doc:"Its source did not show it when it was last looked at"`
}

func discovered(e discovery.Entry) DiscoveredProvider {
	c := e.Candidate
	d := DiscoveredProvider{
		Name: e.Name, Key: e.Key, Source: string(e.Type), SourceType: string(e.Type), SourceID: string(e.SourceID), Mode: string(c.Spec.Mode),
		Status: string(e.Status), Reason: string(e.Reason), Evidence: e.Evidence, Origin: c.Origin, ConnectionInfo: configuration(c.Spec),
		Metadata: c.Metadata, Risks: listed(c.Risks), AlsoAt: listed(c.Rivals), Fingerprint: e.Fingerprint,
		DiscoveredAt: e.FoundAt, LastSeenAt: e.SeenAt, Since: e.StatusAt, TTL: int(e.TTL.Seconds()),
		IsExpired: e.Expired(time.Now()), IsMissing: e.Missing != nil,
	}
	if d.Metadata == nil {
		d.Metadata = map[string]string{}
	}
	if e.Registered != "" {
		d.Registered = &e.Registered
	}
	return d
}

type listDiscoveredInput struct {
	Status string `query:"status" enum:"pending,quarantined,registered,rejected" doc:"Only what has this status"`
}

type listDiscoveredOutput struct {
	Body struct {
		Providers []DiscoveredProvider `json:"providers" nullable:"false"`
	}
}

func (a *API) listDiscovered(ctx context.Context, in *listDiscoveredInput) (*listDiscoveredOutput, error) {
	all, err := a.Discovery.Entries(ctx, discovery.Status(in.Status))
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listDiscoveredOutput{}
	out.Body.Providers = []DiscoveredProvider{}
	for _, e := range all {
		out.Body.Providers = append(out.Body.Providers, discovered(e))
	}
	return out, nil
}

type listPendingOutput struct {
	Body struct {
		Pending []DiscoveredProvider `json:"pending" nullable:"false"`
	}
}

func (a *API) listPending(ctx context.Context, _ *struct{}) (*listPendingOutput, error) {
	all, err := a.Discovery.Entries(ctx, discovery.Pending)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listPendingOutput{}
	out.Body.Pending = []DiscoveredProvider{}
	for _, e := range all {
		out.Body.Pending = append(out.Body.Pending, discovered(e))
	}
	return out, nil
}

// QuarantinedProvider is what cannot be used, and why.
type QuarantinedProvider struct {
	Provider       DiscoveredProvider `json:"provider"`
	Reason         string             `json:"reason"`
	Evidence       string             `json:"evidence"`
	QuarantineTime time.Time          `json:"quarantine_time"`
}

type listQuarantinedOutput struct {
	Body struct {
		Quarantined map[string]QuarantinedProvider `json:"quarantined" doc:"By key"`
	}
}

func (a *API) listQuarantined(ctx context.Context, _ *struct{}) (*listQuarantinedOutput, error) {
	all, err := a.Discovery.Entries(ctx, discovery.Quarantined)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listQuarantinedOutput{}
	out.Body.Quarantined = map[string]QuarantinedProvider{}
	for _, e := range all {
		out.Body.Quarantined[e.Key] = QuarantinedProvider{discovered(e), string(e.Reason), e.Evidence, e.StatusAt}
	}
	return out, nil
}

type approveInput struct {
	Name string `path:"name" doc:"The key of what was found"`
	Body *struct {
		Fingerprint string `json:"fingerprint,omitempty" maxLength:"64" doc:"Of the definition that you saw; another one is refused"`
	}
}

type approveOutput struct {
	Body struct {
		Approved bool   `json:"approved"`
		Provider string `json:"provider"`
		Status   string `json:"status" example:"registered"`
		SourceID string `json:"source_id"`
	}
}

func (a *API) approveDiscovered(ctx context.Context, in *approveInput) (*approveOutput, error) {
	seen := ""
	if in.Body != nil {
		seen = in.Body.Fingerprint
	}
	e, err := a.Discovery.Approve(ctx, in.Name, seen)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &approveOutput{}
	out.Body.Approved, out.Body.Provider, out.Body.Status, out.Body.SourceID = true, e.Name, string(e.Status), string(e.SourceID)
	return out, nil
}

type rejectInput struct {
	Name string `path:"name" doc:"The key of what was found"`
}

type rejectOutput struct {
	Body struct {
		Rejected bool   `json:"rejected"`
		Provider string `json:"provider"`
		SourceID string `json:"source_id"`
	}
}

func (a *API) rejectDiscovered(ctx context.Context, in *rejectInput) (*rejectOutput, error) {
	e, err := a.Discovery.Reject(ctx, in.Name)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &rejectOutput{}
	out.Body.Rejected, out.Body.Provider, out.Body.SourceID = true, e.Name, string(e.SourceID)
	return out, nil
}
