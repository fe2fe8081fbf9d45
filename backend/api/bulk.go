package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/provider"
)

func (a *API) bulk(api huma.API) {
	huma.Register(api, op("POST", "/providers/bulk", "bulk-providers", "providers",
		"Start, stop, restart or delete many providers, as an operation", 200, 400, 404, 409), a.bulkProviders)
}

// maxBulk is how many providers one bulk takes; a line for each has room in an operation.
const maxBulk = 5000

// BulkFilter says which providers are meant, by the rules of the dashboard's list.
type BulkFilter struct {
	Search    string   `json:"search,omitempty" maxLength:"200" doc:"In the id, the description or the mode, in either case"`
	States    []string `json:"states,omitempty" nullable:"false" maxItems:"5" enum:"cold,initializing,ready,degraded,dead" doc:"Any of these; none: all states"`
	Attention bool     `json:"attention,omitempty" doc:"Only what wants a person's attention"`
}

// BulkBody says what is to be done, and with which providers.
type BulkBody struct {
	Verb        string      `json:"verb" enum:"start,stop,restart,delete"`
	ProviderIDs []string    `json:"provider_ids,omitempty" nullable:"false" minItems:"1" maxItems:"5000" doc:"Either these"`
	Filter      *BulkFilter `json:"filter,omitempty" doc:"Or all of those that you may see and that match; {} means all"`
	Expect      *int        `json:"expect,omitempty" minimum:"0" doc:"How many you mean: another number is a ConflictError, and nothing is done. A delete by filter needs it"`
	Reason      string      `json:"reason,omitempty" maxLength:"200" default:"user_request" doc:"Of a stop; goes into its event"`
	MaxFailures int         `json:"max_failures,omitempty" minimum:"1" doc:"After so many failures no more are tried; left out: all are"`
	DryRun      bool        `json:"dry_run,omitempty" doc:"Only say what would be done"`
}

// Resolve refuses what the types cannot say.
func (b *BulkBody) Resolve(huma.Context) []error {
	switch {
	case (b.Filter == nil) == (len(b.ProviderIDs) == 0):
		return []error{fieldError("body.filter", "give either provider_ids or a filter")}
	case b.Filter != nil && b.Verb == string(fleet.BulkDelete) && b.Expect == nil && !b.DryRun:
		return []error{fieldError("body.expect", "a delete by filter needs the number of providers that you mean; dry_run tells it")}
	}
	return nil
}

// BulkLeft is a provider for which nothing is done.
type BulkLeft struct {
	ProviderID string `json:"provider_id"`
	Reason     string `json:"reason" example:"it is not running"`
}

type bulkOutput struct {
	Body struct {
		Verb        string     `json:"verb"`
		DryRun      bool       `json:"dry_run"`
		Matched     int        `json:"matched" doc:"How many were meant"`
		ProviderIDs []string   `json:"provider_ids" nullable:"false" doc:"Those for which it is done, or would be"`
		Skipped     []BulkLeft `json:"skipped" nullable:"false" doc:"The others, and why"`
		OperationID string     `json:"operation_id" doc:"Shows progress and what becomes of each, and can be cancelled; empty when nothing is to be done"`
	}
}

func (a *API) bulkProviders(ctx context.Context, in *struct{ Body BulkBody }) (*bulkOutput, error) {
	b := in.Body
	verb := fleet.Verb(b.Verb)
	plan, err := a.planBulk(ctx, verb, b)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &bulkOutput{}
	out.Body.Verb, out.Body.DryRun, out.Body.Matched = b.Verb, b.DryRun, len(plan.ids)+len(plan.left)
	out.Body.ProviderIDs, out.Body.Skipped = []string{}, []BulkLeft{}
	for _, id := range plan.ids {
		out.Body.ProviderIDs = append(out.Body.ProviderIDs, string(id))
	}
	for _, l := range plan.left {
		out.Body.Skipped = append(out.Body.Skipped, BulkLeft{string(l.Provider), l.Reason})
	}
	if b.DryRun || len(plan.ids) == 0 {
		return out, nil
	}
	op, err := a.Fleet.Bulk(ctx, fleet.Bulk{
		Verb: verb, Providers: plan.ids, Skipped: plan.left, Reason: b.Reason, MaxFailures: b.MaxFailures,
		May: func(ctx context.Context, id provider.ID) error { return a.mayBulk(ctx, verb, id) },
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out.Body.OperationID = string(op)
	return out, nil
}

// bulkPlan is what a bulk will do.
type bulkPlan struct {
	ids  []provider.ID
	left []fleet.Left
}

// planBulk decides about each provider that is meant. What is wrong with the request refuses all of it; so does that the
// caller may do it to none of them.
func (a *API) planBulk(ctx context.Context, verb fleet.Verb, b BulkBody) (plan bulkPlan, err error) {
	meant, refused, err := a.meant(ctx, verb, b)
	if err != nil {
		return plan, err
	}
	var denied error
	for _, id := range refused {
		denied = a.mayBulk(ctx, verb, id)
		plan.left = append(plan.left, fleet.Left{Provider: id, Reason: fault.From(denied).Message})
	}
	for _, p := range meant {
		if err := a.mayBulk(ctx, verb, p.ID); err != nil {
			denied, refused = err, append(refused, p.ID)
			plan.left = append(plan.left, fleet.Left{Provider: p.ID, Reason: fault.From(err).Message})
		} else if why := fleet.Idle(verb, p, a.Fleet.Live(p.ID)); why != "" {
			plan.left = append(plan.left, fleet.Left{Provider: p.ID, Reason: why})
		} else {
			plan.ids = append(plan.ids, p.ID)
		}
	}
	matched := len(plan.ids) + len(plan.left)
	switch {
	case matched > maxBulk:
		return plan, fault.Field("filter", "means %d providers; at most %d are taken at once", matched, maxBulk)
	case b.Expect != nil && *b.Expect != matched:
		return plan, fault.New(fault.Conflict, "%d providers are meant now, not %d; look again", matched, *b.Expect).With("matched", matched)
	case matched > 0 && len(refused) == matched:
		return plan, denied
	}
	return plan, nil
}

// meant are the providers that the request names, in the order of their ids. refused are those of which the caller is not
// even told whether they exist.
func (a *API) meant(ctx context.Context, verb fleet.Verb, b BulkBody) (meant []provider.Provider, refused []provider.ID, err error) {
	all, err := a.Providers.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	rights := a.Auth.Rights(ctx)
	sees := func(id provider.ID) bool { return rights.Can(auth.ProvidersRead, string(id)).Allowed }
	if b.Filter != nil {
		f := provider.Filter{Text: b.Filter.Search, Attention: b.Filter.Attention}
		for _, s := range b.Filter.States {
			f.States = append(f.States, provider.State(s))
		}
		for _, p := range all {
			if sees(p.ID) && f.Match(p, a.Fleet.Live(p.ID).Stopping) {
				meant = append(meant, p)
			}
		}
		return meant, nil, nil
	}
	byID := make(map[string]provider.Provider, len(all))
	for _, p := range all {
		byID[string(p.ID)] = p
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(b.ProviderIDs))) {
		p, known := byID[name]
		id := provider.ID(name)
		switch {
		case !sees(id) && a.mayBulk(ctx, verb, id) != nil:
			refused = append(refused, id)
		case !known:
			return nil, nil, fault.Named(fault.Missing, "ProviderNotFoundError", "there is no provider %q; nothing was done", name).With("provider_id", name)
		default:
			meant = append(meant, p)
		}
	}
	return meant, refused, nil
}

// mayBulk refuses a verb for a provider as the verb's own route would.
func (a *API) mayBulk(ctx context.Context, verb fleet.Verb, id provider.ID) error {
	needs := map[fleet.Verb][]auth.Permission{
		fleet.BulkStart: {auth.ProvidersStart}, fleet.BulkStop: {auth.ProvidersStop}, fleet.BulkDelete: {auth.ProvidersDrop},
		fleet.BulkRestart: {auth.ProvidersStop, auth.ProvidersStart},
	}
	rights := a.Auth.Rights(ctx)
	for _, p := range needs[verb] {
		if d := rights.Can(p, string(id)); !d.Allowed {
			return fault.New(fault.Denied, "this needs %s: %s", p, d.Reason()).With("permission", string(p)).With("resource_id", string(id))
		}
	}
	return nil
}

var _ huma.Resolver = (*BulkBody)(nil)
