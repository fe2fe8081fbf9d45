package app

import (
	"context"
	"strings"

	"hangar/backend/engine"
	"hangar/backend/event"
	"hangar/backend/fleet"
	"hangar/backend/launch"
	"hangar/backend/oauth"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

// means makes what the modes are run with: processes, containers, remote connections.
func (a *App) means(ctx context.Context, launcher *launch.Launcher) (fleet.Means, error) {
	c := a.opts.Config
	a.engine = engine.New(engine.Options{})
	a.undo.push("engine", a.engine.Close)
	a.docker = launch.NewDocker(launch.DockerOptions{
		Options: launch.Options{Instance: a.instance, DataDir: c.DataDir, Log: a.opts.Log}, Engine: a.engine, Store: a.db.StoreID(), WatchPull: a.watchPull,
	})
	a.undo.push("containers", func() error { a.docker.Close(); return nil })
	a.oauth = oauth.New(oauth.Options{Vault: a.vault, RedirectURL: a.callbackURL, Authorized: a.authorized, Log: a.opts.Log})
	return fleet.Means{Launcher: launcher, Docker: a.docker, Remotes: &upstream.Remotes{OAuth: a.oauth.For, Blocked: a.blocked}}, nil
}

// watchPull shows the pull of an image as an operation.
func (a *App) watchPull(ref string, cancel context.CancelCauseFunc) launch.Report {
	ctx := event.WithActor(context.Background(), event.System("docker"))
	return a.operations.Track(ctx, "image_pull", struct {
		Image string `json:"image"`
	}{ref}, cancel)
}

// callbackURL is where an authorization server sends the browser back to.
func (a *App) callbackURL() string {
	base := a.opts.Config.PublicURL
	if base == "" {
		base = a.URL() + a.opts.Config.BasePath
	}
	return strings.TrimSuffix(base, "/") + "/oauth/callback"
}

// authorized starts a provider that a person has just given us the right to use; nobody waits for it here.
func (a *App) authorized(ctx context.Context, id string) {
	if err := a.fleet.Begin(ctx, provider.ID(id)); err != nil {
		a.opts.Log.Warn("an authorized provider could not be started", "provider", id, "error", err)
	}
}

// forget removes the tokens of providers that are deleted, until ctx ends.
func (a *App) forget(ctx context.Context) error {
	tail := a.events.Tail(a.events.Head())
	for {
		batch, err := tail.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range batch {
			id, ok := strings.CutPrefix(e.Stream, provider.ID("").Stream())
			if !ok || e.Kind != provider.KindDeregistered {
				continue
			}
			if err := a.oauth.Forget(ctx, id); err != nil {
				a.opts.Log.Error("the tokens of a deleted provider could not be removed", "provider", id, "error", err)
			}
		}
	}
}
