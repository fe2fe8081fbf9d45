package fleet

import (
	"context"
	"errors"

	"hangar/backend/operation"
	"hangar/backend/provider"
)

// report shows an attempt as an operation. Whoever cancels it stops the provider, as a person would.
func (a *actor) report(t *attempt, p provider.Provider) {
	ctx, cancel := context.WithCancelCause(a.life)
	stopWatching := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), operation.ErrCancelled) {
			a.post(stop{reply: make(chan error, 1), reason: "operation_cancelled"})
		}
	})
	t.unwatch = func() {
		stopWatching()
		cancel(nil)
	}
	t.operation = a.f.Operations.Track(a.life, "provider_start", struct {
		Provider provider.ID   `json:"provider_id"`
		Mode     provider.Mode `json:"mode"`
	}{p.ID, p.Spec.Mode}, cancel, string(p.ID))
}

// tell ends the report with what became of the attempt.
func (t *attempt) tell(m started) {
	t.unwatch()
	if m.failure != nil {
		t.operation.End(nil, m.failure.fault)
		return
	}
	t.operation.End(struct {
		Tools int   `json:"tools_count"`
		Took  int64 `json:"startup_duration_ms"`
	}{len(m.catalogue.Of(provider.Tool)), m.took.Milliseconds()}, nil)
}
