package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"hangar/backend/fault"
)

var errTakenBack = errors.New("the member was not ready in time; another one of the group is called")

// handover is the one moment at which a call goes to a member or is taken back from it, never both.
type handover struct{ state atomic.Int32 }

const (
	waiting int32 = iota // for the member to be ready
	sent
	takenBack
)

func (h *handover) send() error {
	if !h.state.CompareAndSwap(waiting, sent) {
		return errTakenBack
	}
	return nil
}

// try makes a call of one member and tells whether that one may have seen it. A call that could not be handed over
// within the patience is taken back; 0 waits until the deadline.
func (g *Groups) try(ctx context.Context, c Call, patience time.Duration) (result json.RawMessage, mayHaveSeen bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var h handover
	c.sending = h.send
	if patience > 0 {
		limit := time.AfterFunc(patience, func() {
			if h.state.CompareAndSwap(waiting, takenBack) {
				cancel(errTakenBack)
			}
		})
		defer limit.Stop()
	}
	result, err = g.Calls.Call(ctx, c)
	switch h.state.Load() {
	case sent:
		return result, !unsent(err), err
	case takenBack:
		err = fault.Named(fault.Unavailable, "ProviderStartingError", "provider %q took longer than %s to be ready", string(c.Provider), patience)
	}
	return nil, false, err
}
