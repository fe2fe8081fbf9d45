package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"hangar/backend/api"
	"hangar/backend/edge"
	"hangar/backend/fault"
)

// router holds the order of the middleware: name the request, log it, survive a panic, keep other sites' pages out, ask who it
// is and whether they may. All of it stands before the routes, so that none can be without.
func (a *App) router(g *guard) chi.Router {
	r := chi.NewRouter()
	r.Use(edge.Outside(identify), edge.Outside(a.gate.Headers), edge.Outside(a.access), a.survive, edge.Outside(a.admit(g)), a.gate.Admit(finder(r)), named)
	a.routes(r)
	r.NotFound(a.notFound)
	r.MethodNotAllowed(a.notAllowed(r))
	return r
}

// routes is every door; auth.Rules says what each needs, and a test holds the two together.
func (a *App) routes(r chi.Router) {
	a.health(r)
	profiles(r)
	r.Method(http.MethodGet, "/metrics", a.telemetry.Handler())
	api.New(r, api.Options{
		Providers: a.providers, Fleet: a.fleet, Invoke: a.invoke, Groups: a.groups, GroupCalls: a.groupCalls, Auth: a.auth, Discovery: a.discovery,
		Operations: a.operations, WebSocket: a.websocketStatus, Reach: a.reach, Catalog: a.catalog, Registry: a.registry, Configuration: a.desk,
		Events: a.events, Frame: frame,
		Telemetry: a.telemetry, Calls: a.calls, History: a.history, Alerts: a.alerts, Compact: a.upkeep.Compact, Tell: a.tell, Level: a.opts.Level,
		Version: a.opts.Version, StoreID: a.db.StoreID(), Started: a.started, BasePath: a.opts.Config.BasePath, Log: a.opts.Log,
	})
	r.Get("/api/asyncapi.yaml", a.site.AsyncAPI)
	r.Get("/api/ws/events", a.hub.Events)
	r.Get("/api/ws/state", a.hub.State)
	r.Get("/api/ws/operations", a.hub.Operations)
	r.Get("/api/ws/providers/{provider_id}/logs", a.hub.ProviderLogs)
	r.Get("/ws/mcp-status", a.hub.Board)
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		r.MethodFunc(method, "/mcp", a.gateway.ServeAggregate)
		r.MethodFunc(method, "/mcp/providers/{provider_id}", a.gateway.ServeProvider)
		r.MethodFunc(method, "/mcp/groups/{group_id}", a.gateway.ServeGroup)
	}
	r.Get("/oauth/callback", a.oauth.Callback)
	r.Get("/login", a.gate.Login)
	r.Post("/login", a.gate.SignIn)
	r.Post("/logout", a.gate.SignOut)
	r.Get("/setup", a.gate.SetupForm)
	r.Post("/setup", a.gate.Setup)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r.MethodFunc(method, "/docs", a.site.Docs)
		r.MethodFunc(method, "/docs/ws", a.site.SocketsDocs)
		r.MethodFunc(method, "/examples/*", a.site.Examples)
		r.Method(method, "/assets/*", a.site.Assets())
		r.Method(method, "/vendor/*", a.site.Assets())
	}
}

// notFound gives machines an error and people the dashboard, whose own router knows the rest.
func (a *App) notFound(w http.ResponseWriter, r *http.Request) {
	if machine(r.URL.Path) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		api.WriteError(w, r, a.opts.Log, api.NotFound(r))
		return
	}
	a.site.Shell(w, r)
}

// machine is a path that no person opens. A probe that is pointed at a path which others have for it must not find the
// dashboard there, and so be content for ever.
func machine(path string) bool {
	for _, prefix := range []string{"/api", "/mcp", "/ws", "/health", "/healthz"} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

// notAllowed says which methods a path knows; chi would lose the Allow header.
func (a *App) notAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
				allowed = append(allowed, m)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		api.WriteError(w, r, a.opts.Log, api.NotAllowed(r, allowed))
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone.
	_, _ = w.Write([]byte(text + "\n"))
}

// admit refuses strangers, and new work once the shutdown has begun.
func (a *App) admit(g *guard) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var err error
			if !probing(r.URL.Path) {
				if err = g.check(r); err != nil {
					a.strange(r, err)
				} else if a.draining.Load() && r.URL.Path != "/metrics" {
					err = shutdownFault()
				}
			}
			if err != nil {
				api.WriteError(w, r, a.opts.Log, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// identify gives every request an id of ours, which its error body and the log share (a client's own could be anything).
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:16]
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), middleware.RequestIDKey, id)))
	})
}

// survive turns a panic into a 500 with its stack in the log.
func (a *App) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			a.opts.Log.ErrorContext(r.Context(), "a handler panicked", "path", r.URL.Path,
				slog.Any("panic", v), "stack", string(debug.Stack()))
			api.WriteError(w, r, a.opts.Log, fault.New(fault.Broken, "an internal error occurred; the server's log has the cause under this request id"))
		}()
		next.ServeHTTP(w, r)
	})
}
