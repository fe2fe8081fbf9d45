package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"hangar/backend/bridge"
	"hangar/backend/clientconfig"
	"hangar/backend/config"
	"hangar/backend/edge"
	"hangar/backend/gateway"
	"hangar/backend/manage"
	"hangar/backend/provider"
	"hangar/backend/secret"
)

// buildGateway makes the MCP door, and has it told of what providers say unasked.
func (a *App) buildGateway(ctx context.Context) error {
	seal, err := a.sealer(ctx)
	if err != nil {
		return fmt.Errorf("the key of the MCP door: %w", err)
	}
	a.gateway, err = gateway.New(gateway.Options{
		Providers: a.providers, Events: a.events, Calls: a.invoke, Groups: a.groups, GroupCalls: a.groupCalls,
		Own: manage.New(manage.Options{
			Do: a.inside, Offers: a.providers.Tools, Catalogue: a.providers.Catalogue, Exists: a.exists, Rights: a.auth.Rights,
			Groups: a.groups, Calls: a.invoke, GroupCalls: a.groupCalls, Refused: a.refusedTool, Over: a.batchOver,
			Listed: a.opts.Config.MCP.Management, Results: kept(a.opts.Config.MCP),
			Reload: func(ctx context.Context, graceful bool) (any, error) {
				return a.Reload(ctx, config.ReloadRequest{Hurry: !graceful, By: config.ByTool})
			},
		}),
		Seal: seal, Watch: a.fleet.Watch, Leave: a.fleet.Leave, RootsChanged: a.fleet.RootsChanged, Prefix: gateway.Prefix(a.opts.Config.MCP.Prefix),
		Access: a.auth, Refused: a.refusedTool, Version: a.opts.Version, Log: a.opts.Log,
	})
	if err != nil {
		return err
	}
	a.fleet.Told(a.gateway.Told)
	return nil
}

func kept(c config.MCP) manage.Results {
	return manage.Results{Bytes: c.ResultBytes, Keep: time.Duration(c.ResultKeepS) * time.Second, Memory: c.ResultMemory}
}

// inside makes a request of our own routes for the caller of the context: past what only a request from outside needs, and
// through the same row of the table of permissions.
func (a *App) inside(ctx context.Context, method, target string, body []byte) (status int, answer []byte) {
	// chi keeps its place in the path in the context; this one begins a new path.
	ctx = context.WithValue(edge.Inside(ctx), chi.RouteCtxKey, (*chi.Context)(nil))
	r, err := http.NewRequestWithContext(ctx, method, "http://hangar.internal"+target, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadRequest, nil
	}
	r.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	w := &record{header: http.Header{}, status: http.StatusOK}
	a.routing.ServeHTTP(w, r)
	return w.status, w.body.Bytes()
}

// record is an answer that stays here.
type record struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *record) Header() http.Header         { return w.header }
func (w *record) WriteHeader(status int)      { w.status = status }
func (w *record) Write(b []byte) (int, error) { return w.body.Write(b) }

func (a *App) exists(ctx context.Context, id provider.ID) error {
	_, err := a.providers.Get(ctx, id)
	return err
}

// sealer seals what clients keep for us. Its key outlives the process: tasks of a provider do, too.
func (a *App) sealer(ctx context.Context) (*bridge.Sealer, error) {
	const scope, name = "mcp", "state"
	key, err := a.vault.Get(ctx, scope, name)
	if errors.Is(err, secret.ErrMissing) || errors.Is(err, secret.ErrUnreadable) { // the vault's own key may have been replaced
		key = make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		err = a.vault.Put(ctx, scope, name, key)
	}
	if err != nil {
		return nil, err
	}
	return bridge.NewSealer(key)
}

// reach is how clients find us: by our address from outside, or the one by which whoever asks has found us.
func (a *App) reach(host string, secure bool) clientconfig.Reach {
	c := a.opts.Config
	base := c.PublicURL
	if base == "" {
		scheme := "http"
		if secure {
			scheme = "https"
		}
		base = scheme + "://" + host + c.BasePath
	}
	program, err := os.Executable()
	if err != nil {
		program = "hangar"
	}
	stdio := []string{program, "serve", "--stdio", "--data", c.DataDir}
	if c.Path() != "" {
		stdio = append(stdio, "--config", c.Path())
	}
	return clientconfig.Reach{URL: strings.TrimSuffix(base, "/") + "/", Signed: c.Auth.Enabled, Stdio: stdio}
}
