package discovery

import (
	"context"
	"maps"
	"slices"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// restart has a provider that runs with an older definition stopped when nobody calls it; the next call starts the new one.
// It may be called by the store's writer.
func (s *Service) restart(id provider.ID) {
	s.mu.Lock()
	s.changed[id] = true
	s.mu.Unlock()
	select {
	case s.redo <- struct{}{}:
	default: // it is about to look
	}
}

// restarts does that until ctx ends.
func (s *Service) restarts(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-s.redo:
		case <-again.C:
		case <-ctx.Done():
			return
		}
		if s.restartIdle(ctx) {
			again.Reset(busyWait)
		}
	}
}

// restartIdle stops those that nobody calls now; busy says that some are being called.
func (s *Service) restartIdle(ctx context.Context) (busy bool) {
	s.mu.Lock()
	due := slices.Sorted(maps.Keys(s.changed))
	s.mu.Unlock()
	for _, id := range due {
		stopped, err := s.o.Fleet.StopIdle(ctx, id, "definition_changed")
		if err == nil && !stopped {
			busy = true
			continue
		}
		if err != nil && !fault.Is(err, fault.Missing) && ctx.Err() == nil {
			s.o.Log.Warn("a provider with a new definition could not be stopped", "provider", id, "error", err)
		}
		s.mu.Lock()
		delete(s.changed, id)
		s.mu.Unlock()
	}
	return busy
}
