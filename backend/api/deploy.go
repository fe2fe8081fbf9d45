package api

import (
	"context"
	"encoding/json"
	"errors"

	"hangar/backend/catalog"
	"hangar/backend/fault"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

type deployInput struct {
	OnEntry
	Body *struct {
		ProviderID string                     `json:"provider_id,omitempty" maxLength:"64" doc:"Left out: the entry's own"`
		Variables  map[string]json.RawMessage `json:"variables,omitempty" doc:"By name: a text, number or boolean, or a list where the form says so"`
		Secrets    map[string]json.RawMessage `json:"secrets,omitempty" doc:"By name; a secret may be a reference such as ${env:NAME}"`
		Start      bool                       `json:"start,omitempty" doc:"Start it, too"`
		Wait       *bool                      `json:"wait,omitempty" default:"true" doc:"With start: answer when it is ready, or has failed"`
	} `required:"false"`
}

// StartFailure is why a provider that was deployed does not run.
type StartFailure struct {
	Error   string `json:"error" example:"ProviderUnavailableError"`
	Message string `json:"message"`
}

type deployOutput struct {
	Body struct {
		ProviderID  string                 `json:"provider_id"`
		Deployed    bool                   `json:"deployed"`
		Started     bool                   `json:"started" doc:"It is ready"`
		StartError  Nullable[StartFailure] `json:"start_error" doc:"Why it is not, when its start was waited for; null otherwise"`
		OperationID string                 `json:"operation_id" doc:"Of the deploy; empty when nothing was to be started"`
	}
}

func (a *API) deployEntry(ctx context.Context, in *deployInput) (*deployOutput, error) {
	order, start, wait := catalog.Order{}, false, true
	if b := in.Body; b != nil {
		order = catalog.Order{ProviderID: provider.ID(b.ProviderID), Variables: b.Variables, Secrets: b.Secrets}
		start, wait = b.Start, b.Wait == nil || *b.Wait
	}
	id, err := a.Catalog.Deploy(ctx, in.EntryID, order)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deployOutput{}
	out.Body.ProviderID, out.Body.Deployed = string(id), true
	switch {
	case start && wait:
		var why error
		out.Body.OperationID, why = a.startDeployed(ctx, in.EntryID, id)
		out.Body.Started = why == nil
		if why != nil {
			f := fault.From(why)
			out.Body.StartError.Value = &StartFailure{f.Type, f.Message}
		}
	case start:
		if err := a.Fleet.Begin(ctx, id); err != nil {
			return nil, a.refuse(ctx, err)
		}
	}
	return out, nil
}

// startDeployed starts a provider and shows that as an operation; cancelling it stops the provider.
func (a *API) startDeployed(ctx context.Context, entry string, id provider.ID) (op string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	report := a.Operations.Track(ctx, "catalog_deploy", struct {
		Entry    string      `json:"entry_id"`
		Provider provider.ID `json:"provider_id"`
	}{entry, id}, cancel, string(id))
	report.Status("starting", "")
	err = a.Fleet.Start(ctx, id)
	if errors.Is(context.Cause(ctx), operation.ErrCancelled) {
		err = errors.Join(operation.ErrCancelled, a.Fleet.Stop(context.WithoutCancel(ctx), id, "operation_cancelled"))
	}
	report.End(struct {
		Provider provider.ID `json:"provider_id"`
	}{id}, err)
	return string(report.ID()), err
}
