package launch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hangar/backend/engine"
)

const (
	reconcileEvery = time.Minute
	reconcileAgain = 5 * time.Second // after a failure
	reconcileTime  = 30 * time.Second
)

// Reconcile removes the containers of this data directory that nothing runs: those of earlier runs, and those whose
// start or end was lost with an engine. It says how many there were. Call it once at start, holding the lock of the
// data directory, and let Run do the rest.
func (d *Docker) Reconcile(ctx context.Context) (removed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, reconcileTime)
	defer cancel()
	found, err := d.o.Engine.List(ctx, map[string]string{labelData: d.data})
	if err != nil {
		return 0, fmt.Errorf("look for containers left behind: %w", err)
	}
	for _, c := range found {
		if d.runs(c) {
			continue
		}
		if e := d.o.Engine.Remove(ctx, c.ID); e != nil {
			err = errors.Join(err, fmt.Errorf("remove the container of provider %q: %w", c.Labels[labelProvider], e))
			continue
		}
		removed++
	}
	if removed > 0 {
		d.log.Info("removed containers that nothing runs", "count", removed)
	}
	return removed, err
}

// runs reports whether a container belongs to a provider that runs. It is asked after the list was taken: what started
// since is not in the list, what ended since is removed twice, which does no harm.
func (d *Docker) runs(c engine.Listed) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.running[c.Labels[labelGeneration]]
	return ok && c.Labels[labelInstance] == d.o.Instance && p == c.Labels[labelProvider]
}

// Run reconciles every minute, and soon after something may have been left behind, until ctx ends.
func (d *Docker) Run(ctx context.Context) error {
	failing := false
	for {
		_, err := d.Reconcile(ctx)
		if ctx.Err() != nil {
			return nil
		}
		d.report(&failing, err)
		pause := reconcileEvery
		if err != nil && !errors.Is(err, engine.ErrAbsent) {
			pause = reconcileAgain
		}
		select {
		case <-time.After(pause):
		case <-d.kick:
			if !within(ctx.Done(), time.Second) { // more of the same is on its way
				continue
			}
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// report says once that the engine is out of reach, and once that it is back. Whoever never ran a container is not
// bothered: most likely there is no engine and none is wanted.
func (d *Docker) report(failing *bool, err error) {
	d.mu.Lock()
	concerned := d.started > 0
	d.mu.Unlock()
	switch {
	case err != nil && concerned && !*failing:
		d.log.Warn("cannot look for containers left behind; trying again until it works", "error", err)
		*failing = true
	case err != nil:
		d.log.Debug("cannot look for containers left behind", "error", err)
	case *failing:
		d.log.Info("the container engine is back")
		*failing = false
	}
}
