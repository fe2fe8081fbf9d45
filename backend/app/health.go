package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// health is for whoever runs the process: is it alive, is it ready, has it started. They are asked without a sign-in, so
// they say nothing about the fleet; and a fleet of which nothing runs is no reason to send nobody here.
func (a *App) health(r chi.Router) {
	r.Get("/livez", a.probe(func(context.Context) []check { return nil }, nil))
	r.Get("/readyz", a.probe(a.readiness, nil))
	r.Get("/startupz", a.probe(a.startup, nil))
	// The paths of MCP Hangar 0.12, with its bodies as far as they say nothing about the fleet.
	r.Get("/health/live", a.probe(func(context.Context) []check { return nil }, map[string]any{}))
	r.Get("/health/ready", a.probe(a.readiness, map[string]any{}))
	r.Get("/health/startup", a.probe(a.startup, map[string]any{"startup_complete": true, "uptime_seconds": nil}))
}

// check is one thing that must be so.
type check struct {
	name string
	err  error
}

// readiness is whether requests should come here.
func (a *App) readiness(ctx context.Context) []check {
	stopping := check{name: "shutdown"}
	if a.draining.Load() {
		stopping.err = errDraining
	}
	return []check{{"store", a.db.Ready(ctx)}, stopping}
}

var errDraining = errors.New("shutting down")

// startup is trivially true: the listener is served last.
func (a *App) startup(context.Context) []check {
	return []check{{name: "store"}, {name: "definitions"}, {name: "listener"}}
}

// probe answers 200 when all checks hold, else 503: a line of text, or with ?verbose a line for each; JSON for those who
// ask for it and on the old paths.
func (a *App) probe(checks func(context.Context) []check, old map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		list, status, word := checks(r.Context()), http.StatusOK, "ok"
		var lines strings.Builder
		outcomes := map[string]string{}
		for _, c := range list {
			mark, said := "+", "ok"
			if c.err != nil {
				mark, said = "-", c.err.Error()
				if status == http.StatusOK {
					status, word = http.StatusServiceUnavailable, said
				}
			}
			outcomes[c.name] = said
			fmt.Fprintf(&lines, "[%s] %s: %s\n", mark, c.name, said)
		}
		switch {
		case old != nil || strings.Contains(r.Header.Get("Accept"), "application/json"):
			a.probeJSON(w, status, outcomes, old)
		case r.URL.Query().Has("verbose"):
			say(w, status, lines.String()+word)
		default:
			say(w, status, word)
		}
	}
}

func (a *App) probeJSON(w http.ResponseWriter, status int, outcomes map[string]string, old map[string]any) {
	body := map[string]any{"status": "healthy", "checks": outcomes}
	if status != http.StatusOK {
		body["status"] = "unhealthy"
	}
	for key, value := range old {
		if key == "uptime_seconds" {
			value = time.Since(a.started).Seconds()
		}
		body[key] = value
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone.
	_ = json.NewEncoder(w).Encode(body)
}

// probing are the paths that are answered to whoever runs the process, under whatever name they reach it.
func probing(path string) bool {
	switch path {
	case "/livez", "/readyz", "/startupz", "/health/live", "/health/ready", "/health/startup":
		return true
	}
	return false
}

// profiles serves the runtime's profiles. The command line is not among them.
func profiles(r chi.Router) {
	r.Get("/debug/pprof/", pprof.Index)
	r.Get("/debug/pprof/profile", pprof.Profile)
	r.Get("/debug/pprof/trace", pprof.Trace)
	r.Get("/debug/pprof/{profile}", pprof.Index)
}
