package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hangar/backend/auth"
	"hangar/backend/bridge"
	"hangar/backend/eventlog"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Providers is what the catalogue reads; provider.Service is one.
type Providers interface {
	Snapshot(ctx context.Context) (all []provider.Provider, position int64, err error)
	Get(ctx context.Context, id provider.ID) (provider.Provider, error)
	Catalogue(ctx context.Context, id provider.ID) (provider.Catalogue, error)
	Catalogues(ctx context.Context) (map[provider.ID]provider.Catalogue, error)
}

// Caller makes calls and carries other requests to a provider; invoke.Service is one. It must not keep the parameters, nor
// tell or ask anything after it has returned.
type Caller interface {
	Call(ctx context.Context, c invoke.Call) (json.RawMessage, error)
	Relay(ctx context.Context, r invoke.Relay) (json.RawMessage, error)
}

// GroupCaller does the same for groups, and tells who took a request; invoke.Groups is one.
type GroupCaller interface {
	Call(ctx context.Context, id group.ID, c invoke.Call) (json.RawMessage, error)
	Relay(ctx context.Context, id group.ID, r invoke.Relay) (json.RawMessage, provider.ID, error)
}

// Groups finds groups; group.Service is one.
type Groups interface {
	Live(id group.ID) (*group.Group, bool)
}

// Own are the tools of Hangar itself, on the aggregate.
type Own interface {
	// Tools are those that somebody may use, each a definition; search: only those that find and call others.
	Tools(rights *auth.Rights, search bool) []json.RawMessage
	Has(name string) bool
	// Call calls one. Errors are *fault.Error or *mcp.Error.
	Call(ctx context.Context, c OwnCall) (json.RawMessage, error)
}

// OwnCall is a call of a tool of Hangar's.
type OwnCall struct {
	Name      string
	Arguments json.RawMessage // an object
	Client    mcp.Client
	Peer      mcp.Peer
	Progress  bool // notifications/progress are wanted
}

// Access says who calls and what they may; auth.Service is one.
type Access interface {
	Rights(ctx context.Context) *auth.Rights // of the caller of the context
	Valid(c auth.Caller) error               // whether what they came in with still opens
}

// Options of a gateway.
type Options struct {
	Providers Providers
	Events    *eventlog.Log
	Calls     Caller
	// Groups and GroupCalls serve the doors of groups; nil: there are none.
	Groups     Groups
	GroupCalls GroupCaller
	Own        Own // nil: no tools of Hangar itself
	// Seal seals what clients keep for us; default a key of this process.
	Seal *bridge.Sealer
	// Watch watches a resource of a provider; nil: none can be watched. Leave is told of a session that is over,
	// RootsChanged of one whose roots are others.
	Watch        func(ctx context.Context, id provider.ID, uri string) (stop func(), err error)
	Leave        func(client string)
	RootsChanged func(ctx context.Context, client string)
	Prefix       Prefix // of the aggregate; default Always
	Access       Access
	Refused      func(ctx context.Context, id provider.ID, tool string, err error) // is told of a call that is not allowed; may be nil
	Version      string                                                            // how we introduce ourselves
	Log          *slog.Logger

	BodyLimit   int64         // bytes of one request; default 4 MiB
	PageTools   int           // tools on one page of a list; default 1000
	MaxSessions int           // default 10,000; the longest unused one gives way
	SessionIdle time.Duration // until an unused session ends; default 1 h
	KeepAlive   time.Duration // between comments on a silent stream; default 15 s
	DrainStdio  time.Duration // for running calls at the end of stdio input; default 30 s
	AskPatience time.Duration // for a client that is asked something; default 10 min
	Parking     bridge.Options
}

func (o Options) check() error {
	switch {
	case o.Providers == nil, o.Events == nil, o.Calls == nil, o.Log == nil:
		return errors.New("gateway: Providers, Events, Calls and Log are required")
	case o.Access == nil:
		return errors.New("gateway: Access is required: a door is not left open by omission")
	}
	return nil
}

func (o Options) withDefaults() Options {
	o.BodyLimit = or(o.BodyLimit, 4<<20)
	o.PageTools = or(o.PageTools, 1000)
	o.MaxSessions = or(o.MaxSessions, 10_000)
	o.SessionIdle = or(o.SessionIdle, time.Hour)
	o.KeepAlive = or(o.KeepAlive, 15*time.Second)
	o.DrainStdio = or(o.DrainStdio, 30*time.Second)
	o.AskPatience = or(o.AskPatience, 10*time.Minute)
	o.Prefix = cmp.Or(o.Prefix, Always)
	return o
}

func or[T int | int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// Gateway serves MCP clients.
type Gateway struct {
	opts     Options
	instance string // which process it is, for states that lead back to it
	methods  map[string]method
	shelves  *catalogue
	parts    glimpses
	sessions *sessions
	hub      *hub
	lot      *bridge.Lot
	hello    hello
	old      oldClients
	buffers  sync.Pool // of *[]byte: the answers on their way out
	bodies   bodies

	life context.Context // of streams that stay open, and of what runs beside requests
	end  context.CancelFunc
	work sync.WaitGroup
}

// New reads the stored catalogue; from then on it is current as long as Run runs.
func New(o Options) (*Gateway, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	methods, err := permitted(methodTable(), auth.Rules())
	if err != nil {
		return nil, err
	}
	if o.Seal == nil {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		if o.Seal, err = bridge.NewSealer(key); err != nil {
			return nil, err
		}
	}
	g := &Gateway{
		opts: o, instance: rand.Text(), methods: methods, hello: newHello(o.Version), shelves: newCatalogue(o), lot: bridge.NewLot(o.Parking),
		buffers: sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }},
	}
	g.life, g.end = context.WithCancel(context.Background())
	g.sessions = newSessions(o.MaxSessions, o.SessionIdle, g.left)
	g.hub = newHub(g)
	if err := g.shelves.loadAll(context.Background()); err != nil {
		return nil, fmt.Errorf("gateway: read the catalogue: %w", err)
	}
	g.shelves.changed = g.hub.changed
	return g, nil
}

// left is told of a session that is over.
func (g *Gateway) left(s *session) {
	g.aside(func(context.Context) {
		if s.follow != nil {
			g.hub.leave(s.follow)
		}
		if g.opts.Leave != nil {
			g.opts.Leave(s.contact().key)
		}
	})
}

// aside runs something that nobody waits for but Close.
func (g *Gateway) aside(fn func(ctx context.Context)) { g.work.Go(func() { fn(g.life) }) }

// Run follows the log and expires sessions until ctx ends.
func (g *Gateway) Run(ctx context.Context) error {
	var sweeper sync.WaitGroup
	sweeper.Go(func() { g.sessions.expire(ctx) })
	sweeper.Go(func() { g.hub.run(ctx) })
	defer sweeper.Wait()
	return g.shelves.follow(ctx)
}

// Close ends all sessions and cancels their calls: what the session era does not do when a connection breaks. Call it
// when the time for running calls is over.
func (g *Gateway) Close() {
	g.end()
	g.sessions.closeAll(errShutdown)
	g.lot.Close(errShutdown)
	g.work.Wait()
}

// Parked is how many requests wait for input of their clients.
func (g *Gateway) Parked() int { return g.lot.Count() }

// Conflicts are the names at the aggregate that two things would have.
func (g *Gateway) Conflicts() []Conflict {
	return g.shelves.current.Load().names(door{prefix: g.opts.Prefix}, nil).conflicts
}

// Prefix is how the aggregate calls things, unless a client chooses otherwise.
func (g *Gateway) Prefix() Prefix { return g.opts.Prefix }

// Recheck ends the sessions of those who may not use them any more, and cancels their calls. Call it when something about
// access changed.
func (g *Gateway) Recheck() {
	for _, s := range g.sessions.all() {
		err := g.opts.Access.Valid(s.caller)
		if err == nil {
			err = g.may(auth.As(context.Background(), s.caller), auth.ToolsList, s.door)
		}
		if err != nil {
			g.sessions.end(s, err)
		}
	}
	g.hub.changed()
}

var errShutdown = errors.New("shutting down")

// Sessions is the number of open sessions.
func (g *Gateway) Sessions() int { return g.sessions.count() }

// Method is an MCP method that we serve and what it asks for.
type Method struct {
	Name       string
	Permission auth.Permission
}

// Methods lists what we serve, for the test that no door is without a permission.
func (g *Gateway) Methods() []Method {
	var out []Method
	for _, m := range methodTable() {
		out = append(out, Method{m.name, g.methods[m.name].permission})
	}
	return out
}
