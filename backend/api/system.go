package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

func (a *API) system(api huma.API) {
	huma.Register(api, op("GET", "/system", "get-system", "system", "Totals of the whole system", 200), a.getSystem)
}

func (a *API) events(api huma.API) {
	huma.Register(api, op("GET", "/events", "list-events", "events", "Read the event log", 200), a.listEvents)
}

type systemOutput struct {
	Body struct {
		System   System `json:"system"`
		Position int64  `json:"position"`
		StoreID  string `json:"store_id"`
	}
}

// System is the whole in numbers.
type System struct {
	TotalProviders     int            `json:"total_providers"`
	ProvidersByState   map[string]int `json:"providers_by_state"`
	TotalTools         int            `json:"total_tools"`
	TotalToolCalls     int64          `json:"total_tool_calls"`
	TotalFailures      int64          `json:"total_failures"`
	OverallSuccessRate float64        `json:"overall_success_rate"`
	UptimeSeconds      float64        `json:"uptime_seconds"`
	Version            string         `json:"version"`
}

func (a *API) getSystem(ctx context.Context, _ *struct{}) (*systemOutput, error) {
	all, position, err := a.Providers.Snapshot(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	calls, failed, err := a.Providers.Totals(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	if rights := a.Auth.Rights(ctx); !rights.Can(auth.ProvidersRead, "*").Allowed { // only of what they may read
		all = slices.DeleteFunc(all, func(p provider.Provider) bool { return !rights.Can(auth.ProvidersRead, string(p.ID)).Allowed })
		calls, failed = 0, 0
		for _, p := range all {
			calls, failed = calls+p.Stats.Calls, failed+p.Stats.Failed
		}
	}
	s := System{
		TotalProviders: len(all), ProvidersByState: map[string]int{}, TotalToolCalls: calls, TotalFailures: failed,
		OverallSuccessRate: provider.Stats{Calls: calls, Failed: failed}.SuccessRate(),
		UptimeSeconds:      time.Since(a.Started).Seconds(), Version: a.Version,
	}
	for _, p := range all {
		s.ProvidersByState[string(p.State)]++
		s.TotalTools += p.Tools
	}
	out := &systemOutput{}
	out.Body.System, out.Body.Position, out.Body.StoreID = s, position, a.StoreID
	return out, nil
}

type eventsInput struct {
	Stretch
	Limit      int      `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Before     int64    `query:"before" minimum:"0" doc:"Only events before this position; 0 means from the newest"`
	ProviderID []string `query:"provider_id,explode" doc:"Only events of these providers"`
	EventType  []string `query:"event_type,explode" doc:"Only events of these types"`
}

type eventsOutput struct {
	Body struct {
		Events []json.RawMessage `json:"events" nullable:"false" doc:"Like the frames of the event socket, states in lower case; newest last"`
		Oldest int64             `json:"oldest" doc:"Position of the oldest event that is kept"`
		Head   int64             `json:"head" doc:"Position of the newest event"`
		Next   int64             `json:"next_before" doc:"Where the page of older events begins; 0 when there is none"`
	}
}

func (a *API) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	f := eventlog.Filter{Kinds: in.EventType}
	for _, id := range in.ProviderID {
		f.Streams = append(f.Streams, provider.ID(id).Stream())
	}
	out := &eventsOutput{}
	out.Body.Head = a.Events.Head()
	before := in.Before
	if before == 0 {
		before = out.Body.Head + 1
	}
	rights, found := a.Auth.Rights(ctx), []event.Envelope{}
	next, err := a.past(ctx, in.Stretch, before, f, in.Limit, func(e event.Envelope) bool {
		if !a.Auth.Sees(rights, auth.EventsRead, e.Stream) {
			return false
		}
		found = append(found, e)
		return true
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	if out.Body.Oldest, err = a.Events.Oldest(ctx); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out.Body.Next, out.Body.Events = next, []json.RawMessage{}
	for _, e := range slices.Backward(found) {
		out.Body.Events = append(out.Body.Events, a.Frame(e))
	}
	return out, nil
}
