package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/discovery"
)

func (a *API) discovery(api huma.API) {
	huma.Register(api, op("GET", "/discovery/sources", "list-discovery-sources", "discovery", "List sources", 200), a.listSources)
	huma.Register(api, op("POST", "/discovery/sources", "add-discovery-source", "discovery", "Add a source", 201, 400), a.addSource)
	huma.Register(api, op("PUT", "/discovery/sources/{source_id}", "update-discovery-source", "discovery", "Change a source", 200, 404), a.updateSource)
	huma.Register(api, op("DELETE", "/discovery/sources/{source_id}", "delete-discovery-source", "discovery", "Remove a source; the providers found there stay", 200, 404), a.deleteSource)
	huma.Register(api, op("POST", "/discovery/sources/{source_id}/scan", "scan-discovery-source", "discovery", "Look at a source now", 200, 404, 409, 503), a.scanSource)
	huma.Register(api, op("PUT", "/discovery/sources/{source_id}/enable", "enable-discovery-source", "discovery", "Enable or disable a source", 200, 400, 404), a.enableSource)
	huma.Register(api, op("GET", "/discovery/providers", "list-discovered", "discovery", "Everything that was found, and what became of it", 200), a.listDiscovered)
	huma.Register(api, op("GET", "/discovery/pending", "list-pending", "discovery", "What waits for approval", 200), a.listPending)
	huma.Register(api, op("GET", "/discovery/quarantined", "list-quarantined", "discovery", "What cannot be used as it is, with reason and evidence", 200), a.listQuarantined)
	approve := op("POST", "/discovery/approve/{name}", "approve-discovered", "discovery", "Register what was found", 200, 404, 409)
	approve.Description = "One transaction with registering the provider, which starts nothing. Only the definition that is shown now is approved: " +
		"give its fingerprint, and one that was exchanged since you looked is refused."
	huma.Register(api, approve, a.approveDiscovered)
	huma.Register(api, op("POST", "/discovery/reject/{name}", "reject-discovered", "discovery", "Do not ask about this definition again", 200, 404, 409), a.rejectDiscovered)
}

// OnSource is the path of what is about one source.
type OnSource struct {
	SourceID string `path:"source_id" doc:"The source's id"`
}

func (s OnSource) id() discovery.SourceID { return discovery.SourceID(s.SourceID) }

// DiscoverySource is a source.
type DiscoverySource struct {
	SourceID       string           `json:"source_id"`
	Type           string           `json:"type" enum:"docker,filesystem,kubernetes,entrypoint"`
	Mode           string           `json:"mode" enum:"additive,authoritative"`
	Enabled        bool             `json:"enabled"`
	LastScan       *time.Time       `json:"last_scan" nullable:"true" doc:"The last one that succeeded"`
	Config         discovery.Config `json:"config"`
	Source         string           `json:"source" enum:"file,api" doc:"Who defined it"`
	IsHealthy      bool             `json:"is_healthy"`
	ErrorMessage   *string          `json:"error_message" nullable:"true" doc:"Why it could not be looked at, or what was left out"`
	ProvidersCount int              `json:"providers_count" doc:"Names that it shows"`
	CreatedAt      time.Time        `json:"created_at"`
	UpdatedAt      time.Time        `json:"updated_at"`
}

func discoverySource(s discovery.Source) DiscoverySource {
	out := DiscoverySource{
		SourceID: string(s.ID), Type: string(s.Type), Mode: string(s.Mode), Enabled: s.Enabled, LastScan: s.LastScan, Config: s.Config,
		Source: "api", IsHealthy: s.Healthy, ProvidersCount: s.Providers, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if s.FromFile {
		out.Source = "file"
	}
	if s.Error != "" {
		out.ErrorMessage = &s.Error
	}
	return out
}

type listSourcesOutput struct {
	Body struct {
		Sources []DiscoverySource `json:"sources" nullable:"false"`
	}
}

func (a *API) listSources(ctx context.Context, _ *struct{}) (*listSourcesOutput, error) {
	all, err := a.Discovery.Sources(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listSourcesOutput{}
	out.Body.Sources = []DiscoverySource{}
	for _, s := range all {
		out.Body.Sources = append(out.Body.Sources, discoverySource(s))
	}
	return out, nil
}

type addSourceInput struct {
	Body struct {
		SourceType string           `json:"source_type" enum:"docker,filesystem,kubernetes,entrypoint" doc:"What sort of place it is"`
		Mode       string           `json:"mode" enum:"additive,authoritative" doc:"authoritative: what it does not show any more is deregistered after its ttl"`
		Enabled    *bool            `json:"enabled,omitempty" default:"true" doc:"Look at it at once"`
		Config     discovery.Config `json:"config,omitzero" doc:"How it looks; each type knows its own keys"`
	}
}

type addSourceOutput struct {
	Body struct {
		SourceID   string `json:"source_id"`
		Registered bool   `json:"registered"`
	}
}

func (a *API) addSource(ctx context.Context, in *addSourceInput) (*addSourceOutput, error) {
	id, err := a.Discovery.AddSource(ctx, discovery.Source{
		Type: discovery.Type(in.Body.SourceType), Mode: discovery.Mode(in.Body.Mode),
		Enabled: in.Body.Enabled == nil || *in.Body.Enabled, Config: in.Body.Config,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &addSourceOutput{}
	out.Body.SourceID, out.Body.Registered = string(id), true
	return out, nil
}

type updateSourceInput struct {
	OnSource
	Body struct {
		Mode    *string           `json:"mode,omitempty" enum:"additive,authoritative"`
		Enabled *bool             `json:"enabled,omitempty"`
		Config  *discovery.Config `json:"config,omitempty" doc:"Replaces the whole config"`
	}
}

type updateSourceOutput struct {
	Body struct {
		SourceID string `json:"source_id"`
		Updated  bool   `json:"updated"`
	}
}

func (a *API) updateSource(ctx context.Context, in *updateSourceInput) (*updateSourceOutput, error) {
	patch := discovery.SourcePatch{Enabled: in.Body.Enabled, Config: in.Body.Config}
	if in.Body.Mode != nil {
		mode := discovery.Mode(*in.Body.Mode)
		patch.Mode = &mode
	}
	if err := a.Discovery.UpdateSource(ctx, in.id(), patch); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &updateSourceOutput{}
	out.Body.SourceID, out.Body.Updated = in.SourceID, true
	return out, nil
}

type deleteSourceOutput struct {
	Body struct {
		SourceID     string `json:"source_id"`
		Deregistered bool   `json:"deregistered"`
	}
}

func (a *API) deleteSource(ctx context.Context, in *OnSource) (*deleteSourceOutput, error) {
	if err := a.Discovery.RemoveSource(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteSourceOutput{}
	out.Body.SourceID, out.Body.Deregistered = in.SourceID, true
	return out, nil
}

type enableSourceInput struct {
	OnSource
	Body struct {
		Enabled bool `json:"enabled"`
	}
}

type enableSourceOutput struct {
	Body struct {
		SourceID string `json:"source_id"`
		Enabled  bool   `json:"enabled"`
	}
}

func (a *API) enableSource(ctx context.Context, in *enableSourceInput) (*enableSourceOutput, error) {
	if err := a.Discovery.UpdateSource(ctx, in.id(), discovery.SourcePatch{Enabled: &in.Body.Enabled}); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &enableSourceOutput{}
	out.Body.SourceID, out.Body.Enabled = in.SourceID, in.Body.Enabled
	return out, nil
}

// Scanned is a name that a scan found.
type Scanned struct {
	Name   string `json:"name"`
	Status string `json:"status" enum:"pending,quarantined,registered,rejected"`
	Reason string `json:"reason"`
}

type scanSourceOutput struct {
	Body struct {
		SourceID       string    `json:"source_id"`
		ScanTriggered  bool      `json:"scan_triggered"`
		ProvidersFound int       `json:"providers_found" doc:"Names that the source shows"`
		Pending        int       `json:"pending" doc:"Of them"`
		Quarantined    int       `json:"quarantined" doc:"Of them"`
		Registered     int       `json:"registered" doc:"In this scan"`
		Deregistered   int       `json:"deregistered" doc:"In this scan"`
		LeftOut        int       `json:"left_out" doc:"Too many to be kept"`
		DurationMS     float64   `json:"duration_ms"`
		Found          []Scanned `json:"found" nullable:"false"`
	}
}

func (a *API) scanSource(ctx context.Context, in *OnSource) (*scanSourceOutput, error) {
	r, err := a.Discovery.Scan(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &scanSourceOutput{}
	b := &out.Body
	b.SourceID, b.ScanTriggered, b.ProvidersFound = in.SourceID, true, r.Found
	b.Pending, b.Quarantined, b.Registered, b.Deregistered, b.LeftOut = r.Pending, r.Quarantined, r.Registered, r.Deregistered, r.LeftOut
	b.DurationMS, b.Found = float64(r.Took.Microseconds())/1000, []Scanned{}
	for _, n := range r.Names {
		b.Found = append(b.Found, Scanned{n.Name, string(n.Status), string(n.Reason)})
	}
	return out, nil
}
