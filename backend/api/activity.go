package api

import (
	"context"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/history"
	"hangar/backend/provider"
)

func (a *API) activity(api huma.API) {
	o := op("GET", "/observability/activity", "get-activity", "observability", "What every provider did in the last hour, minute by minute", 200)
	o.Description = "For lists and walls: all providers in one answer, from memory. The oldest minute comes first; the last one is not over yet."
	huma.Register(api, o, a.getActivity)
}

// ProviderActivity is the last hour of a provider.
type ProviderActivity struct {
	Provider       string   `json:"provider" doc:"The provider's id"`
	Calls          []uint32 `json:"calls" nullable:"false" doc:"Of each minute; empty when there was none in the hour"`
	Failed         []uint32 `json:"failed" nullable:"false" doc:"Calls of each minute without a result, and those whose tool reported an error; empty when there was none"`
	States         string   `json:"states" doc:"A letter for each minute, the worst of it: x dead, d degraded, r ready, i initializing, c cold, - not there"`
	CallsPerMinute float64  `json:"calls_per_minute" doc:"Of the last sixty seconds"`
	ErrorPercent   *float64 `json:"error_percent" nullable:"true" doc:"Of the calls of the hour; null without any"`
	P95            *float64 `json:"p95_ms" nullable:"true" doc:"What 95 of 100 calls of the hour did not exceed; null without any"`
	Starts         int      `json:"starts" doc:"In the hour"`
	InFlight       int      `json:"in_flight" doc:"Calls under way"`
	Protocol       string   `json:"protocol_version" doc:"Of MCP, as agreed in the last handshake; empty before the first"`
}

type activityOutput struct {
	Body struct {
		Providers []ProviderActivity `json:"providers" nullable:"false"`
		From      time.Time          `json:"from" doc:"Beginning of the first minute"`
		Minutes   int                `json:"minutes" doc:"How many there are of each provider"`
	}
}

func (a *API) getActivity(ctx context.Context, _ *struct{}) (*activityOutput, error) {
	a.Calls.Settled(ctx)
	all, _, err := a.Providers.Snapshot(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	now, rights := time.Now(), a.Auth.Rights(ctx)
	out := &activityOutput{}
	out.Body.Providers, out.Body.Minutes = []ProviderActivity{}, history.Minutes
	out.Body.From = now.UTC().Truncate(time.Minute).Add(-(history.Minutes - 1) * time.Minute)
	for _, p := range all {
		if !rights.Can(auth.ProvidersRead, string(p.ID)).Allowed {
			continue
		}
		row := activityOf(a.History.Activity(p.ID, p.State, now))
		row.Provider, row.InFlight, row.Protocol = string(p.ID), a.Fleet.Live(p.ID).InFlight, p.Meta.ProtocolVersion
		out.Body.Providers = append(out.Body.Providers, row)
	}
	return out, nil
}

func activityOf(h history.Activity) ProviderActivity {
	out := ProviderActivity{Calls: packed(h.Calls[:]), Failed: packed(h.Failed[:]), CallsPerMinute: rounded(h.Rate, 10), Starts: h.Starts}
	letters := make([]byte, 0, len(h.States))
	for _, s := range h.States {
		letters = append(letters, letter(s))
	}
	out.States = string(letters)
	if calls := sum(h.Calls[:]); calls > 0 {
		share, p95 := rounded(100*sum(h.Failed[:])/calls, 100), rounded(float64(h.P95)/float64(time.Millisecond), 10)
		out.ErrorPercent, out.P95 = &share, &p95
	}
	return out
}

func letter(s provider.State) byte {
	switch s {
	case provider.Dead:
		return 'x'
	case provider.Degraded:
		return 'd'
	case provider.Ready:
		return 'r'
	case provider.Initializing:
		return 'i'
	case provider.Cold:
		return 'c'
	}
	return '-'
}

// packed leaves out what says nothing: most of a large fleet does little.
func packed(counts []uint32) []uint32 {
	if sum(counts) == 0 {
		return []uint32{}
	}
	return append([]uint32(nil), counts...)
}

func sum(counts []uint32) (total float64) {
	for _, n := range counts {
		total += float64(n)
	}
	return total
}

func rounded(v, to float64) float64 { return math.Round(v*to) / to }
