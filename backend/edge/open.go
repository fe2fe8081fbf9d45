package edge

import (
	"context"
	"sync"
)

// open are the requests that are being served, each with the means to end it.
type open struct {
	mu  sync.Mutex
	all map[*request]struct{}
}

type request struct {
	pass   Pass
	cancel context.CancelCauseFunc
}

func (o *open) enter(ctx context.Context, p Pass) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	one := &request{p, cancel}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = map[*request]struct{}{}
	}
	o.all[one] = struct{}{}
	return ctx, func() { o.leave(one) }
}

func (o *open) leave(one *request) {
	o.mu.Lock()
	delete(o.all, one)
	o.mu.Unlock()
	one.cancel(nil)
}

// recheck cancels those that would not be let in any more.
func (o *open) recheck() {
	o.mu.Lock()
	all := make([]*request, 0, len(o.all))
	for one := range o.all {
		all = append(all, one)
	}
	o.mu.Unlock()
	for _, one := range all {
		if err := one.pass.Again(); err != nil {
			one.cancel(err)
		}
	}
}
