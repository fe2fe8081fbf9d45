package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

// relistDelay gathers a burst of list_changed into one look.
const relistDelay = 100 * time.Millisecond

func (a *actor) onProbeTime() {
	s := a.session.Load()
	if s == nil {
		return
	}
	a.armProbe()
	if a.probing {
		return
	}
	a.probing = true
	a.f.work.Go(func() {
		ctx, cancel := context.WithTimeout(a.life, a.f.ProbeTimeout)
		defer cancel()
		begun := time.Now()
		err := s.conn.Probe(ctx)
		a.post(probed{s, provider.Probe{Took: time.Since(begun), Err: err}})
	})
}

func (a *actor) onProbed(m probed) {
	a.probing = false
	if a.session.Load() != m.session || errors.Is(m.probe.Err, upstream.ErrClosed) {
		return // its end is told by the watcher
	}
	if busy, _ := m.session.usage(); m.probe.Err != nil && busy > 0 {
		// A server with one thread cannot answer a ping while it works; killing it would kill the call.
		a.f.Log.Debug("probe unanswered while calls run: not counted", "provider", a.id, "calls", busy)
		return
	}
	if errors.Is(m.probe.Err, context.DeadlineExceeded) {
		m.probe.Err = fmt.Errorf("no answer within %s", a.f.ProbeTimeout)
	}
	failures, err := a.f.Providers.RecordProbe(a.life, a.id, m.probe)
	if err != nil {
		a.f.Log.Error("a probe could not be recorded", "provider", a.id, "error", err)
		return
	}
	if failures >= a.spec.FailureThreshold() {
		a.degrade(m.session, failures, m.probe.Err)
	}
}

func (a *actor) degrade(s *session, failures int, err error) {
	why := a.explain(&provider.LastError{
		Type:    "ProviderUnhealthyError",
		Message: fmt.Sprintf("provider %q failed %d health checks in a row, the last one: %s", a.id, failures, err),
	}, nil)
	a.lose(s, provider.Change{Input: provider.Unhealthy, Reason: "health_check_failures", Err: why.last}, why.fault, time.Now())
}

// hear is told of the provider's notifications by the reader of its stream.
func (a *actor) hear(method string, params json.RawMessage) {
	switch method {
	case mcp.NoteToolsChanged, mcp.NotePromptsChanged, mcp.NoteResourcesChanged:
		select {
		case a.inbox <- relist{}:
		default: // the reader must not wait; a full inbox has had a relist or will see the next one
		}
	default:
		a.tell(method, params)
	}
}

func (a *actor) onRelist() {
	s := a.session.Load()
	if s == nil {
		return
	}
	if a.listing {
		a.relist = true
		return
	}
	a.listing = true
	a.f.work.Go(func() {
		ctx, cancel := context.WithTimeout(a.life, a.f.StartTimeout)
		defer cancel()
		select {
		case <-time.After(relistDelay):
		case <-ctx.Done():
		}
		c, err := s.conn.Catalogue(ctx, s.hello)
		a.post(listed{s, c, err})
	})
}

func (a *actor) onListed(m listed) {
	a.listing = false
	if a.session.Load() != m.session {
		return
	}
	if a.relist {
		a.relist = false
		defer a.onRelist()
	}
	if m.err == nil {
		m.err = a.f.Providers.SaveCatalogue(a.life, a.id, m.catalogue)
	}
	if m.err != nil && !fault.Is(m.err, fault.Missing) {
		a.f.Log.Warn("the changed lists of a provider could not be taken over", "provider", a.id, "error", m.err)
		return
	}
	m.session.offers(m.catalogue)
}
