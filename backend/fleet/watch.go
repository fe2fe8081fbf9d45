package fleet

import (
	"context"
	"encoding/json"
	"slices"

	"hangar/backend/breaker"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Told has fn hear the notifications of providers that belong to no request, other than those of changed lists, which the
// log tells. fn must not block.
func (f *Fleet) Told(fn func(id provider.ID, method string, params json.RawMessage)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []func(provider.ID, string, json.RawMessage)
	if old := f.told.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = append(all, fn)
	f.told.Store(&all)
}

// Watch has a provider tell of changes of a resource until it is told to stop, over restarts. The provider is started when
// need be, and not stopped for idleness meanwhile.
func (f *Fleet) Watch(ctx context.Context, id provider.ID, uri string) (stop func(), err error) {
	l, err := f.Lease(ctx, id)
	if err != nil {
		return nil, err
	}
	defer l.Release()
	a, err := f.actor(ctx, id)
	if err != nil {
		return nil, err
	}
	a.watching.Lock() // whoever comes second must know whether the first one succeeded
	defer a.watching.Unlock()
	if a.watched.add(uri) {
		if err := l.session.conn.Watch(ctx, uri, true); err != nil {
			a.watched.remove(uri)
			return nil, err
		}
	}
	l.outcome = breaker.Neutral
	return func() {
		if !a.watched.remove(uri) {
			return
		}
		if s := a.session.Load(); s != nil {
			f.work.Go(func() {
				ctx, cancel := context.WithTimeout(a.life, f.ProbeTimeout)
				defer cancel()
				if err := s.conn.Watch(ctx, uri, false); err != nil {
					f.Log.Debug("a provider goes on to tell of a resource", "provider", id, "uri", uri, "error", err)
				}
			})
		}
	}, nil
}

// rewatch tells a provider that was started anew what is watched.
func (a *actor) rewatch(s *session) {
	uris := a.watched.list()
	if len(uris) == 0 {
		return
	}
	a.f.work.Go(func() {
		ctx, cancel := context.WithTimeout(a.life, a.f.StartTimeout)
		defer cancel()
		for _, uri := range uris {
			if err := s.conn.Watch(ctx, uri, true); err != nil {
				a.f.Log.Warn("a provider does not tell of a resource any more", "provider", a.id, "uri", uri, "error", err)
				continue
			}
			a.tell(mcp.NoteUpdated, append(append(json.RawMessage(`{"uri":`), mcp.Quote(uri)...), '}')) // it may have changed meanwhile
		}
	})
}

// tell passes on what the provider says unasked.
func (a *actor) tell(method string, params json.RawMessage) {
	if all := a.f.told.Load(); all != nil {
		for _, fn := range *all {
			fn(a.id, method, params)
		}
	}
}

// Leave ends what is kept for one client alone, over all providers.
func (f *Fleet) Leave(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.actors {
		if s := a.session.Load(); s != nil && s.siblings != nil {
			s.siblings.leave(client)
		}
	}
}

// RootsChanged tells the providers that have a conversation with this client alone that its roots are others.
func (f *Fleet) RootsChanged(ctx context.Context, client string) {
	f.mu.Lock()
	all := make([]*session, 0, len(f.actors))
	for _, a := range f.actors {
		if s := a.session.Load(); s != nil && s.siblings != nil {
			all = append(all, s)
		}
	}
	f.mu.Unlock()
	for _, s := range all {
		for _, b := range s.siblings.of(client) {
			_ = b.link.Conn.Tell(ctx, mcp.NoteRootsChanged, nil) // whoever misses it asks again with its next question
		}
	}
}

// of lists the open ones of a client.
func (s *siblings) of(owner string) []*sibling {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*sibling
	for _, b := range s.all {
		if b.owner == owner && b.link.Conn != nil {
			found = append(found, b)
		}
	}
	return found
}
