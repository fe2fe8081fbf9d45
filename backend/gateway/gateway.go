package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hangar/backend/auth"
	"hangar/backend/eventlog"
	"hangar/backend/invoke"
	"hangar/backend/provider"
)

// Providers is what the catalogue reads; provider.Service is one.
type Providers interface {
	Snapshot(ctx context.Context) (all []provider.Provider, position int64, err error)
	Get(ctx context.Context, id provider.ID) (provider.Provider, error)
	Catalogue(ctx context.Context, id provider.ID) (provider.Catalogue, error)
}

// Caller makes tool calls; invoke.Service is one. It must not keep Params or hand out Progress after it has returned.
type Caller interface {
	Call(ctx context.Context, c invoke.Call) (json.RawMessage, error)
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
	// Guard refuses an HTTP request by its Host and Origin, with a *fault.Error.
	Guard   func(*http.Request) error
	Access  Access
	Refused func(ctx context.Context, id provider.ID, tool string, err error) // is told of a call that is not allowed; may be nil
	Version string                                                            // how we introduce ourselves
	Log     *slog.Logger

	BodyLimit   int64         // bytes of one request; default 4 MiB
	PageTools   int           // tools on one page of a list; default 1000
	MaxSessions int           // default 10,000; the longest unused one gives way
	SessionIdle time.Duration // until an unused session ends; default 1 h
	KeepAlive   time.Duration // between comments on a silent stream; default 15 s
	DrainStdio  time.Duration // for running calls at the end of stdio input; default 30 s
}

func (o Options) check() error {
	switch {
	case o.Providers == nil, o.Events == nil, o.Calls == nil, o.Log == nil:
		return errors.New("gateway: Providers, Events, Calls and Log are required")
	case o.Guard == nil, o.Access == nil:
		return errors.New("gateway: Guard and Access are required: a door is not left open by omission")
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
	methods  map[string]method
	shelves  *catalogue
	parts    glimpses
	sessions *sessions
	hello    hello
	buffers  sync.Pool // of *[]byte: the answers on their way out
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
	g := &Gateway{
		opts: o, methods: methods, sessions: newSessions(o.MaxSessions, o.SessionIdle), hello: newHello(o.Version),
		shelves: newCatalogue(o),
		buffers: sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }},
	}
	if err := g.shelves.loadAll(context.Background()); err != nil {
		return nil, fmt.Errorf("gateway: read the catalogue: %w", err)
	}
	return g, nil
}

// Run follows the log and expires sessions until ctx ends.
func (g *Gateway) Run(ctx context.Context) error {
	var sweeper sync.WaitGroup
	sweeper.Go(func() { g.sessions.expire(ctx) })
	defer sweeper.Wait()
	return g.shelves.follow(ctx)
}

// Close ends all sessions and cancels their calls: what the session era does not do when a connection breaks. Call it
// when the time for running calls is over.
func (g *Gateway) Close() { g.sessions.closeAll(errShutdown) }

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
