package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/go-chi/chi/v5"

	"hangar/backend/api"
	"hangar/backend/config"
	"hangar/backend/operation"
)

// listenForOperations opens the second listener, which has the operations socket at its root (seed 002). That its port is
// taken is a warning and no more: the same socket is at the main listener.
func (a *App) listenForOperations(ctx context.Context) error {
	c := a.opts.Config.WebSocket
	if !c.Enabled {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		a.opts.Log.Warn("the WebSocket server cannot listen; operations are still told at /api/ws/operations", "listen", c.Listen, "error", err)
		return nil
	}
	a.sockets = a.serverOf(a.socketsRouter())
	a.socketsListener = l
	a.undo.push("WebSocket server", func() error {
		err := a.sockets.Close()
		if lost := l.Close(); lost != nil && !errors.Is(lost, net.ErrClosed) {
			err = errors.Join(err, lost)
		}
		return err
	})
	return nil
}

// socketsRouter lets in whom the main listener lets in, and its pages too, which come from another port.
func (a *App) socketsRouter() http.Handler {
	c, own := a.opts.Config, []string{}
	_, port, _ := net.SplitHostPort(a.listener.Addr().String()) // a listener's address always has a port
	if config.Loopback(c.Listen) {
		for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
			own = append(own, "http://"+host+":"+port)
		}
	}
	if origin := originOf(c.PublicURL); origin != "" {
		own = append(own, origin)
	}
	r := chi.NewRouter()
	r.Use(identify, a.gate.Headers, a.survive, a.admit(a.guard.at(c.WebSocket.Listen, own...)), a.gate.For("WS /api/ws/operations"))
	r.Get("/", a.hub.Operations)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { api.WriteError(w, r, a.opts.Log, api.NotFound(r)) })
	r.MethodNotAllowed(a.notAllowed(r))
	return r
}

// serveOperations serves the second listener until it is closed.
func (a *App) serveOperations() error {
	if a.sockets == nil {
		return nil
	}
	a.opts.Log.Info(fmt.Sprintf("WebSocket server started on ws://%s", a.socketsListener.Addr()))
	if err := a.sockets.Serve(a.socketsListener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// websocketStatus says how the second listener is doing.
func (a *App) websocketStatus(ctx context.Context) (api.WebSocketStatus, error) {
	n, err := a.hub.OperationStats(ctx, func(id operation.ID) bool { return a.auth.Concerns(ctx, id.Stream()) })
	return api.WebSocketStatus{
		Available: a.opts.Config.WebSocket.Enabled, Running: a.sockets != nil && !a.draining.Load(), Stats: api.WebSocketStats(n),
	}, err
}
