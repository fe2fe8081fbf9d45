package gateway

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"hangar/backend/auth"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// coalesce is how long changes of lists are gathered before they are announced.
const coalesce = 100 * time.Millisecond

// hub tells clients that a list is another one than they last heard of, and that a watched resource changed. It compares
// what each of them sees: nothing is announced that a client may not see, and nothing before it can be listed.
type hub struct {
	g    *Gateway
	wake chan struct{}

	mu   sync.Mutex
	subs map[*subscriber]struct{}
}

// subscriber is a client that wants to be told.
type subscriber struct {
	hub    *hub
	door   door
	caller auth.Caller
	wants  [things]bool
	// tell takes a notification; same is set for one that makes an older one of its kind pointless. It must not block.
	tell func(method string, params json.RawMessage, same string)

	mu      sync.Mutex // guards what follows
	lists   [things][digestSize]byte
	watches map[string]*watch // by the URI that the client knows
	over    bool
}

// watch is a resource that a client watches.
type watch struct {
	provider provider.ID
	uri      string
	stop     func()
}

func newHub(g *Gateway) *hub {
	return &hub{g: g, wake: make(chan struct{}, 1), subs: map[*subscriber]struct{}{}}
}

// join enters a subscriber: from now on it hears of changes.
func (h *hub) join(s *subscriber) {
	s.hub, s.watches = h, map[string]*watch{}
	s.lists = h.digests(s)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
}

// leave ends it, and what it watches.
func (h *hub) leave(s *subscriber) {
	h.mu.Lock()
	delete(h.subs, s)
	h.mu.Unlock()
	s.mu.Lock()
	s.over = true
	watches := s.watches
	s.watches = nil
	s.mu.Unlock()
	for _, w := range watches {
		w.stop()
	}
}

// changed is told whenever somebody may see something else than before.
func (h *hub) changed() {
	select {
	case h.wake <- struct{}{}:
	default: // it is about to look
	}
}

// run announces until ctx ends.
func (h *hub) run(ctx context.Context) {
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			return
		}
		pause := time.NewTimer(coalesce)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
		for _, s := range h.all() {
			h.announce(s)
		}
	}
}

func (h *hub) all() []*subscriber {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*subscriber, 0, len(h.subs))
	for s := range h.subs {
		list = append(list, s)
	}
	return list
}

func (h *hub) announce(s *subscriber) {
	now := h.digests(s)
	s.mu.Lock()
	before := s.lists
	s.lists = now
	s.mu.Unlock()
	for t, method := range map[thing]string{tools: mcp.NoteToolsChanged, prompts: mcp.NotePromptsChanged, resources: mcp.NoteResourcesChanged} {
		different := before[t] != now[t] || t == resources && before[templates] != now[templates]
		if s.wants[t] && different {
			s.tell(method, nil, method)
		}
	}
}

// digests are those of the lists that a subscriber wants to hear of.
func (h *hub) digests(s *subscriber) (sums [things][digestSize]byte) {
	seen := h.g.shown(auth.As(context.Background(), s.caller), s.door)
	for t := range things {
		if s.wants[min(t, resources)] {
			sums[t] = seen.list(t).digest
		}
	}
	return sums
}

// updated passes on that a resource of a provider changed.
func (h *hub) updated(id provider.ID, params json.RawMessage) {
	uri, ok := mcp.GetString(params, "uri")
	if !ok {
		return
	}
	for _, s := range h.all() {
		for _, as := range s.known(id, uri) {
			own := params
			if as != uri {
				var err error
				if own, err = mcp.Set(params, mcp.Quote(as), "uri"); err != nil {
					continue
				}
			}
			s.tell(mcp.NoteUpdated, own, "")
		}
	}
}

// known are the names by which a subscriber knows a resource that it watches. A provider may tell of a part of what is
// watched.
func (s *subscriber) known(id provider.ID, uri string) (as []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, w := range s.watches {
		if part, within := strings.CutPrefix(uri, w.uri); w.provider == id && within && (part == "" || strings.HasPrefix(part, "/") || strings.HasSuffix(w.uri, "/")) {
			as = append(as, name+part)
		}
	}
	return as
}

// watch begins to watch a resource for a subscriber; doing so twice is no error.
func (s *subscriber) watch(ctx context.Context, uri string) error {
	s.mu.Lock()
	_, already := s.watches[uri]
	s.mu.Unlock()
	if already {
		return nil
	}
	g := s.hub.g
	to, bad := g.resource(ctx, s.door, uri)
	if bad != nil {
		return bad
	}
	if g.opts.Watch == nil {
		return mcp.Errorf(mcp.CodeMethodNotFound, "resources cannot be watched here")
	}
	stop, err := g.opts.Watch(ctx, to.provider, to.name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, already := s.watches[uri]; already || s.over {
		stop()
		return nil
	}
	s.watches[uri] = &watch{to.provider, to.name, stop}
	return nil
}

func (s *subscriber) unwatch(uri string) {
	s.mu.Lock()
	w := s.watches[uri]
	delete(s.watches, uri)
	s.mu.Unlock()
	if w != nil {
		w.stop()
	}
}

// Told takes what a provider says unasked.
func (g *Gateway) Told(id provider.ID, method string, params json.RawMessage) {
	if method == mcp.NoteUpdated {
		g.hub.updated(id, params)
	}
}
