package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

func (a *API) providers(api huma.API) {
	huma.Register(api, op("GET", "/providers", "list-providers", "providers", "List providers", 200), a.listProviders)
	huma.Register(api, op("POST", "/providers", "create-provider", "providers", "Create a provider", 201, 400, 409), a.createProvider)
	huma.Register(api, op("GET", "/providers/{provider_id}", "get-provider", "providers", "Get a provider", 200, 404), a.getProvider)
	huma.Register(api, op("PUT", "/providers/{provider_id}", "update-provider", "providers", "Update a provider", 200, 404), a.updateProvider)
	huma.Register(api, op("DELETE", "/providers/{provider_id}", "delete-provider", "providers", "Stop and delete a provider", 200, 404), a.deleteProvider)
	huma.Register(api, op("POST", "/providers/{provider_id}/start", "start-provider", "providers", "Start a provider and wait until it is ready", 200, 404, 503), a.startProvider)
	huma.Register(api, op("POST", "/providers/{provider_id}/stop", "stop-provider", "providers", "Stop a provider", 200, 404), a.stopProvider)
	huma.Register(api, op("GET", "/providers/{provider_id}/health", "get-provider-health", "providers", "Health with the last 100 checks", 200, 404), a.providerHealth)
	huma.Register(api, op("GET", "/providers/{provider_id}/logs", "get-provider-logs", "providers", "Recent stderr lines", 200, 404), a.providerLogs)
}

// OnProvider is the path of what is about one provider.
type OnProvider struct {
	ProviderID string `path:"provider_id" doc:"The provider's id"`
}

func (p OnProvider) id() provider.ID { return provider.ID(p.ProviderID) }

type listInput struct {
	State string `query:"state" enum:"cold,initializing,ready,degraded,dead" doc:"Only providers in this state"`
}

type listOutput struct {
	Body struct {
		Providers []Summary `json:"providers" nullable:"false"`
		Position  int64     `json:"position" doc:"Position of the log at which this was so: open a socket with since=position"`
		StoreID   string    `json:"store_id" doc:"Changes when the database is replaced"`
	}
}

func (a *API) listProviders(ctx context.Context, in *listInput) (*listOutput, error) {
	all, position, err := a.Providers.Snapshot(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listOutput{}
	out.Body.Providers = []Summary{}
	out.Body.Position, out.Body.StoreID = position, a.StoreID
	rights := a.Auth.Rights(ctx)
	for _, p := range all {
		if (in.State == "" || string(p.State) == in.State) && rights.Can(auth.ProvidersRead, string(p.ID)).Allowed {
			out.Body.Providers = append(out.Body.Providers, summary(p, a.Fleet.Live(p.ID)))
		}
	}
	return out, nil
}

type createInput struct {
	Body CreateBody
}

type createOutput struct {
	Body struct {
		ProviderID string `json:"provider_id"`
		Created    bool   `json:"created"`
	}
}

func (a *API) createProvider(ctx context.Context, in *createInput) (*createOutput, error) {
	id := provider.ID(in.Body.ProviderID)
	if err := a.Providers.Create(ctx, id, in.Body.spec(), provider.SourceAPI); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &createOutput{}
	out.Body.ProviderID, out.Body.Created = in.Body.ProviderID, true
	return out, nil
}

type detailOutput struct{ Body Detail }

func (a *API) getProvider(ctx context.Context, in *OnProvider) (*detailOutput, error) {
	position := a.Events.Head()
	p, err := a.Providers.Get(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	tools, err := a.toolsOf(ctx, p.ID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	health, err := a.healthOf(ctx, p)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &detailOutput{detail(p, a.Fleet.Live(p.ID), tools, health, position)}, nil
}

type updateInput struct {
	OnProvider
	Body UpdateBody
}

type updateOutput struct {
	Body struct {
		ProviderID string `json:"provider_id"`
		Updated    bool   `json:"updated"`
	}
}

func (a *API) updateProvider(ctx context.Context, in *updateInput) (*updateOutput, error) {
	if err := a.Providers.Update(ctx, in.id(), in.Body.patch()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &updateOutput{}
	out.Body.ProviderID, out.Body.Updated = in.ProviderID, true
	return out, nil
}

type deleteOutput struct {
	Body struct {
		ProviderID string `json:"provider_id"`
		Deleted    bool   `json:"deleted"`
	}
}

func (a *API) deleteProvider(ctx context.Context, in *OnProvider) (*deleteOutput, error) {
	if err := a.Fleet.Remove(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteOutput{}
	out.Body.ProviderID, out.Body.Deleted = in.ProviderID, true
	return out, nil
}

type startOutput struct {
	Body struct {
		Provider string   `json:"provider"`
		State    string   `json:"state" example:"ready"`
		Tools    []string `json:"tools" nullable:"false" doc:"Names of its tools"`
	}
}

func (a *API) startProvider(ctx context.Context, in *OnProvider) (*startOutput, error) {
	if err := a.Fleet.Start(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	items, err := a.Providers.Catalogue(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &startOutput{}
	out.Body.Provider, out.Body.State, out.Body.Tools = in.ProviderID, string(provider.Ready), []string{}
	for _, t := range a.shown(ctx, in.id(), items) {
		out.Body.Tools = append(out.Body.Tools, t.Name)
	}
	return out, nil
}

type stopInput struct {
	OnProvider
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"200" default:"user_request" doc:"Goes into the event"`
	} `required:"false"`
}

type stopOutput struct {
	Body struct {
		Stopped string `json:"stopped" doc:"The provider's id"`
		Reason  string `json:"reason"`
	}
}

func (a *API) stopProvider(ctx context.Context, in *stopInput) (*stopOutput, error) {
	reason := "user_request"
	if in.Body != nil && in.Body.Reason != "" {
		reason = in.Body.Reason
	}
	if err := a.Fleet.Stop(ctx, in.id(), reason); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &stopOutput{}
	out.Body.Stopped, out.Body.Reason = in.ProviderID, reason
	return out, nil
}

type logsInput struct {
	OnProvider
	Lines int `query:"lines" minimum:"1" maximum:"1000" default:"100" doc:"How many recent lines"`
}

type logsOutput struct {
	Body struct {
		Logs       []LogLine `json:"logs" nullable:"false"`
		ProviderID string    `json:"provider_id"`
		Count      int       `json:"count"`
	}
}

func (a *API) providerLogs(ctx context.Context, in *logsInput) (*logsOutput, error) {
	if _, err := a.Providers.Get(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	lines, _ := a.Fleet.Ring(in.id()).Tail(0, in.Lines)
	out := &logsOutput{}
	out.Body.ProviderID, out.Body.Count, out.Body.Logs = in.ProviderID, len(lines), []LogLine{}
	for _, l := range lines {
		out.Body.Logs = append(out.Body.Logs, LogLine{
			Timestamp: l.At.UTC().Format(timestamp), Line: l.Text, ProviderID: in.ProviderID, Stream: "stderr", Seq: l.Seq,
		})
	}
	return out, nil
}

type healthOutput struct{ Body Health }

func (a *API) providerHealth(ctx context.Context, in *OnProvider) (*healthOutput, error) {
	p, err := a.Providers.Get(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	h, err := a.healthOf(ctx, p)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &healthOutput{h}, nil
}

// healthHistory is how many checks the history shows.
const healthHistory = 100

func (a *API) healthOf(ctx context.Context, p provider.Provider) (Health, error) {
	probes, err := a.Providers.Probes(ctx, p.ID, healthHistory)
	if err != nil {
		return Health{}, err
	}
	return health(p, probes)
}

// Resolve refuses what the types of a body cannot say.
func (b *CreateBody) Resolve(huma.Context) []error {
	if b.ProviderID == "" {
		return nil // absent or empty, which is said already
	}
	if err := provider.ID(b.ProviderID).Check(); err != nil {
		return []error{fieldError("body.provider_id", "%s", strings.TrimPrefix(fault.From(err).Message, "provider_id: "))}
	}
	return nil
}

var _ huma.Resolver = (*CreateBody)(nil)
