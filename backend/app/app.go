package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"hangar"
	"hangar/backend/alert"
	"hangar/backend/api"
	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/call"
	"hangar/backend/catalog"
	"hangar/backend/config"
	"hangar/backend/discovery"
	"hangar/backend/edge"
	"hangar/backend/engine"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/fleet"
	"hangar/backend/gateway"
	"hangar/backend/group"
	"hangar/backend/history"
	"hangar/backend/invoke"
	"hangar/backend/launch"
	"hangar/backend/oauth"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/registry"
	"hangar/backend/sabotage"
	"hangar/backend/secret"
	"hangar/backend/store"
	"hangar/backend/stream"
	"hangar/backend/telemetry"
	"hangar/backend/upkeep"
	"hangar/backend/web"
)

// Options of the process.
type Options struct {
	Config  *config.Config
	Dist    fs.FS // the built dashboard
	Version string
	Log     *slog.Logger
	Level   *slog.LevelVar   // of Log; nil: it cannot be changed
	Stdio   *Stdio           // also serve MCP on these
	Hangup  <-chan os.Signal // reload the configuration; nil: nobody asks that way
}

// Stdio is where `hangar serve --stdio` speaks MCP.
type Stdio struct {
	In  io.Reader
	Out io.Writer
}

// App is the process.
type App struct {
	opts     Options
	instance string
	started  time.Time
	undo     undoStack

	db         *store.DB
	events     *eventlog.Log
	operations *operation.Service
	refusals   *audit.Watch
	vault      *secret.Vault
	desk       *desk
	guard      *guard
	providers  *provider.Service
	engine     *engine.Engine
	docker     *launch.Docker
	oauth      *oauth.Client
	auth       *auth.Service
	gate       *edge.Gate
	setupToken string // the token of the set-up link, or ""
	localKey   string // lets this machine's owner's other programs in, or ""
	fleet      *fleet.Fleet
	invoke     *invoke.Service
	groups     *group.Service
	groupCalls *invoke.Groups
	catalog    *catalog.Service
	registry   *registry.Mirror
	discovery  *discovery.Service
	gateway    *gateway.Gateway
	hub        *stream.Hub
	telemetry  *telemetry.Telemetry
	calls      *call.Keeper
	history    *history.History
	alerts     *alert.Service
	watcher    *alert.Watcher
	upkeep     *upkeep.Keeper
	site       *web.Site
	listener   net.Listener
	routing    http.Handler // every door, without the base path
	server     *http.Server
	draining   atomic.Bool

	sockets         *http.Server // of the second listener; nil: there is none
	socketsListener net.Listener
}

// New builds everything and begins to listen. Requests are answered once Run runs.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{opts: o, instance: uuid.NewString(), started: time.Now()}
	ctx = event.WithActor(ctx, event.System("app"))
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"configuration", func(context.Context) error { return o.Config.Prepare() }},
		{"store", a.openStore},
		{"access", a.buildAccess},
		{"operations", a.buildOperations},
		{"fleet", a.buildFleet},
		{"discovery", a.buildDiscovery},
		{"definitions", a.declare},
		{"groups", a.buildGroups},
		{"alerts", a.buildAlerts},
		{"upkeep", a.buildUpkeep},
		{"catalog", a.buildCatalog},
		{"faces", a.buildFaces},
		{"listener", a.listen},
		{"second listener", a.listenForOperations},
	} {
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.name, err), a.undo.unwind(o.Log))
		}
	}
	return a, nil
}

func (a *App) openStore(ctx context.Context) (err error) {
	url, err := databaseURL(a.opts.Config.Storage.URL)
	if err != nil {
		return err
	}
	a.db, err = store.Open(ctx, store.Options{Dir: a.opts.Config.DataDir, URL: url, Instance: a.instance, Log: a.opts.Log})
	if err != nil {
		return err
	}
	a.undo.push("store", a.db.Close)
	if a.events, err = eventlog.New(a.db, a.opts.Log); err != nil {
		return err
	}
	if a.vault, err = secret.Open(ctx, a.db, a.opts.Config.DataDir, a.opts.Log); err != nil {
		return err
	}
	a.refusals = audit.NewWatch(audit.Options{DB: a.db, Events: a.events, Log: a.opts.Log})
	a.providers = provider.New(a.db, a.events, provider.Sealed(a.vault))
	a.groups = group.New(a.db, a.events, a.providers, a.opts.Log)
	a.events.OnRecord(a.providers.CountCalls)
	a.telemetry = telemetry.New(telemetry.Options{Events: a.events, Version: a.opts.Version, Log: a.opts.Log})
	if a.history, err = history.New(ctx, a.db); err != nil {
		return err
	}
	if err := a.recallStates(ctx); err != nil {
		return err
	}
	a.calls = call.New(call.Options{DB: a.db, Events: a.events, Sums: a.history, Log: a.opts.Log})
	return nil
}

// recallStates tells the history of the changes of state before this run: of more than these the oldest are not worth a wait.
func (a *App) recallStates(ctx context.Context) error {
	const most = 2000
	changes, err := a.events.Before(ctx, 0, eventlog.Filter{Kinds: history.StateKinds()}, most)
	if err != nil {
		return err
	}
	return a.history.RecallStates(changes, time.Now())
}

// buildOperations comes early: nearly everything reports through it.
func (a *App) buildOperations(ctx context.Context) error {
	a.operations = operation.New(operation.Options{
		DB: a.db, Events: a.events, Keep: a.opts.Config.Storage.OperationsKept, Log: a.opts.Log,
	})
	a.undo.push("operations", func() error {
		patience, cancel := context.WithTimeout(context.Background(), answerThem)
		defer cancel()
		a.operations.Close(patience)
		return nil
	})
	if sabotage.Recovery {
		return nil
	}
	return a.operations.Recover(ctx)
}

func (a *App) buildFleet(ctx context.Context) error {
	launcher := launch.New(launch.Options{Instance: a.instance, DataDir: a.opts.Config.DataDir, Log: a.opts.Log})
	swept, err := 0, error(nil)
	if !sabotage.Recovery {
		swept, err = launcher.Sweep(ctx)
	}
	if err != nil { // what we may not kill must not keep us from serving
		a.opts.Log.Warn("leftovers of an earlier run could not all be removed", "error", err)
	}
	means, err := a.means(ctx, launcher)
	if err != nil {
		return err
	}
	a.fleet = fleet.New(fleet.Options{
		Providers: a.providers, Events: a.events, Dial: fleet.Launch(means), Operations: a.operations,
		Version: a.opts.Version, Log: a.opts.Log,
	})
	a.undo.push("fleet", func() error {
		patience, cancel := context.WithTimeout(context.Background(), stopProviders)
		defer cancel()
		a.fleet.Close(patience)
		return nil
	})
	c := a.opts.Config
	a.invoke = invoke.New(invoke.Options{
		Permit: a.permit, Lease: a.lease, Record: a.recorder(), Timeout: c.CallTimeout(), Operations: a.operations, Log: a.opts.Log,
		Limits: limits(c), Arguments: invoke.Arguments(c.Records.Arguments), Strict: c.Records.Strict,
	})
	return a.tell(ctx, Started{Version: a.opts.Version, InstanceID: a.instance, Swept: swept})
}

func (a *App) permit(ctx context.Context, id provider.ID, tool string) error {
	err := a.auth.Permit(ctx, string(id), tool)
	if fault.Is(err, fault.Denied) {
		a.refusedTool(ctx, id, tool, err)
	}
	return err
}

// recorder takes the records of calls, unless the configuration wants none.
func (a *App) recorder() invoke.Recorder {
	switch records := a.opts.Config.Records; {
	case !records.Calls:
		return noRecords{}
	case records.Strict:
		return atOnce{a.events}
	}
	return a.events
}

// atOnce has each record on the disk before the call is answered.
type atOnce struct{ events *eventlog.Log }

func (r atOnce) Record(ctx context.Context, p event.Payload) error { return r.events.RecordNow(ctx, p) }

type noRecords struct{}

func (noRecords) Record(context.Context, event.Payload) error { return nil }

func (a *App) lease(ctx context.Context, id provider.ID) (invoke.Session, error) {
	l, err := a.fleet.Lease(ctx, id)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// declare makes providers and groups what the file says, then lets the fleet take up what is due.
func (a *App) declare(ctx context.Context) (err error) {
	if a.desk, err = newDesk(ctx, a, a.vault); err != nil {
		return err
	}
	if err := a.desk.begin(ctx); err != nil {
		return err
	}
	return a.fleet.Recover(ctx)
}

// buildGroups comes after the definitions, because a member that the file does not define any more has left.
func (a *App) buildGroups(ctx context.Context) error {
	a.groupCalls = invoke.NewGroups(invoke.GroupOptions{
		Calls: a.invoke, Groups: a.groups, Catalogue: a.providers.Catalogue, Log: a.opts.Log,
		InFlight: func(id provider.ID) int { return a.fleet.Live(id).InFlight },
	})
	return a.groups.Recover(ctx)
}

// buildDiscovery comes before the definitions, which say where to look; Run looks.
func (a *App) buildDiscovery(context.Context) error {
	a.discovery = discovery.New(discovery.Options{
		DB: a.db, Events: a.events, Providers: a.providers, Fleet: a.fleet, Engine: a.engine, Operations: a.operations, Vault: a.vault, Log: a.opts.Log,
	})
	return nil
}

// tell appends an event that changes no row.
func (a *App) tell(ctx context.Context, p event.Payload) error {
	return a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return a.events.Append(ctx, tx, p) })
}

func (a *App) buildFaces(ctx context.Context) (err error) {
	c := a.opts.Config
	a.guard = newGuard(c)
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { api.WriteError(w, r, a.opts.Log, err) }
	if err = a.buildGateway(ctx); err != nil {
		return err
	}
	a.buildGate(refuse)
	a.hub = stream.New(stream.Options{
		Events: a.events, Providers: a.providers, Operations: a.operations, Rows: api.Rows{Providers: a.providers, Fleet: a.fleet},
		Lines: a.lines, StoreID: a.db.StoreID(), Authorize: edge.Socket, Visible: sight, WriteError: refuse, Log: a.opts.Log,
	})
	a.auth.AtOnce(a.hub.Recheck) // no frame of what comes after the answer to a revocation
	a.watch()
	a.site, err = web.New(web.Options{
		Dist: a.opts.Dist, Examples: hangar.Examples(), AsyncAPI: hangar.AsyncAPI(), BasePath: c.BasePath, Version: a.opts.Version,
		StoreID: a.db.StoreID(), DevURL: c.DevURL, WriteError: refuse, CSRFCookie: edge.CSRFCookie(a.db.StoreID()),
	})
	if err != nil {
		return err
	}
	a.routing = a.router(a.guard)
	a.server = a.serverOf(web.Prefix(c.BasePath, a.routing))
	return nil
}

// serverOf is a server with our limits.
func (a *App) serverOf(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.opts.Log.Handler(), slog.LevelDebug),
	}
}

// sight is what whoever opens a socket may see.
func sight(r *http.Request) stream.Sight {
	class, may := edge.Visible(r)
	return stream.Sight{Class: class, May: may}
}

// lines finds the log lines of a provider that exists.
func (a *App) lines(ctx context.Context, id string) (stream.LogLines, error) {
	p, err := a.providers.Get(ctx, provider.ID(id))
	if err != nil {
		return nil, err
	}
	return ring{a.fleet.Ring(p.ID)}, nil
}

// ring is a launch.Ring in the words of the sockets.
type ring struct{ *launch.Ring }

// Tail is launch.Ring.Tail.
func (r ring) Tail(since int64, n int) ([]stream.LogLine, int64) {
	found, next := r.Ring.Tail(since, n)
	lines := make([]stream.LogLine, len(found))
	for i, l := range found {
		lines[i] = stream.LogLine(l)
	}
	return lines, next
}

// listen opens the port. Beyond loopback is refused while nobody has to sign in.
func (a *App) listen(ctx context.Context) (err error) {
	c := a.opts.Config
	if !config.Loopback(c.Listen) && !c.UnsafeNoAuth && !c.Auth.Enabled {
		return fmt.Errorf("refusing to listen on %s: beyond loopback anybody could run programs here, because authentication "+
			"is off; listen on 127.0.0.1, or turn it on (auth: {enabled: true}), or pass --unsafe-no-auth if something in front "+
			"of Hangar decides who may", c.Listen)
	}
	var lc net.ListenConfig
	a.listener, err = lc.Listen(ctx, "tcp", c.Listen)
	if err != nil && a.opts.Stdio != nil { // a client starts us on stdio: a taken port is no reason to fail it
		a.listener, err = lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; stop what uses the port or choose another one with --listen", c.Listen, err)
	}
	if c.Auth.Enabled && !config.Loopback(c.Listen) && c.PublicURL == "" && len(c.TrustedProxies) == 0 {
		a.opts.Log.Warn("listening beyond loopback without TLS: keys can be read on the way; put a proxy with TLS in front", "listen", c.Listen)
	}
	a.undo.push("listener", func() error {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return a.db.SetHolder(a.URL())
}

// URL is where the process is reached, without the base path.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// frame is an event as REST shows it.
func frame(e event.Envelope) json.RawMessage { return stream.Encode(e) }

func shutdownFault() error {
	f := fault.Named(fault.Unavailable, "ShuttingDownError", "Hangar is shutting down; try again in a moment")
	f.RetryAfter = 2 * time.Second
	return f
}
