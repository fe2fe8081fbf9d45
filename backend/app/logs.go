package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"hangar/backend/event"
	"hangar/backend/redact"
)

// Logs is the process's log: JSON or text, without secrets, with the id of the request that a line belongs to.
type Logs struct {
	*slog.Logger
	Level *slog.LevelVar // may be changed while the process runs
}

// NewLogs makes the log. format is text or json.
func NewLogs(out io.Writer, format string, level slog.Level) Logs {
	l := Logs{Level: &slog.LevelVar{}}
	l.Level.Set(level)
	o := &slog.HandlerOptions{Level: l.Level}
	var h slog.Handler = slog.NewTextHandler(out, o)
	if format == "json" {
		h = slog.NewJSONHandler(out, o)
	}
	l.Logger = slog.New(requested{redact.Handler(h)})
	return l
}

// requested adds the id of the request to lines that are logged with its context.
type requested struct{ slog.Handler }

// Handle is slog.Handler's.
func (h requested) Handle(ctx context.Context, r slog.Record) error {
	if id := middleware.GetReqID(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is slog.Handler's.
func (h requested) WithAttrs(a []slog.Attr) slog.Handler { return requested{h.Handler.WithAttrs(a)} }

// WithGroup is slog.Handler's.
func (h requested) WithGroup(name string) slog.Handler { return requested{h.Handler.WithGroup(name)} }

// actorKey is where access learns who it was, which is known further inside.
type actorKey struct{}

// named tells access who made the request, when the gate has found out.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to, ok := r.Context().Value(actorKey{}).(*event.Actor); ok {
			*to, _ = event.ActorFrom(r.Context())
		}
		next.ServeHTTP(w, r)
	})
}

// access logs every request, on the level debug. Its query is left out: sockets and callbacks carry secrets there.
func (a *App) access(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.opts.Log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		begun, seen, actor := time.Now(), middleware.NewWrapResponseWriter(w, r.ProtoMajor), &event.Actor{}
		r = r.WithContext(context.WithValue(r.Context(), actorKey{}, actor))
		defer func() {
			a.opts.Log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", seen.Status(),
				"bytes", seen.BytesWritten(), "took", time.Since(begun), "actor", actor.Type+":"+actor.ID)
		}()
		next.ServeHTTP(seen, r)
	})
}
