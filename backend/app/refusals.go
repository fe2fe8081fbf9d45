package app

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/egress"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/provider"
)

// refusedTool puts on record that somebody called a tool that they may not call.
func (a *App) refusedTool(ctx context.Context, id provider.ID, tool string, err error) {
	caller, _ := auth.CallerFrom(ctx)
	from := event.OriginFrom(ctx)
	f := fault.From(err)
	a.refusals.Tell(audit.Refusal{
		What: audit.KindAccessDenied, Principal: caller.Principal, Address: from.Address, Door: "tools/call", Thing: string(id) + "/" + tool,
		Reason: f.Message, ErrorType: f.Type, RequestID: from.RequestID,
	})
}

// batchOver puts on record that a batch of calls is over.
func (a *App) batchOver(ctx context.Context, b invoke.Batch) {
	if err := a.events.Record(ctx, b); err != nil {
		a.opts.Log.Error("the end of a batch is not on record", "batch", b.ID, "error", err)
	}
}

// strange puts on record that a page of somebody else, or under a name that is not ours, wanted something.
func (a *App) strange(r *http.Request, err error) {
	f := fault.From(err)
	a.refusals.Tell(audit.Refusal{
		What: audit.KindAccessDenied, Principal: "anonymous", Address: a.gate.Address(r).String(), Door: r.Method + " (any)",
		Reason: f.Message, ErrorType: f.Type, RequestID: middleware.GetReqID(r.Context()),
	})
}

// blocked puts on record that a provider wanted to reach an address that nobody may.
func (a *App) blocked(id provider.ID, b *egress.BlockedError) {
	a.refusals.Tell(audit.Refusal{
		What: audit.KindAddressBlocked, Principal: "egress", Address: b.Addr.String(), Thing: string(id), Reason: "it is " + b.Why, ErrorType: "AddressNotAllowedError",
	})
}
