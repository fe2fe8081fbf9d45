package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/edge"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/operation"
	"hangar/backend/store"
	"hangar/backend/web"
)

// buildAccess reads who may do what. When everybody has to sign in and nobody could, it offers the way to the first admin.
func (a *App) buildAccess(ctx context.Context) (err error) {
	a.auth, err = auth.New(ctx, auth.Options{DB: a.db, Events: a.events, Spec: a.opts.Config.Auth, Work: a.workOf, Log: a.opts.Log})
	if err != nil || !a.opts.Config.Auth.Enabled {
		return err
	}
	if !a.auth.Manageable() {
		if a.setupToken, err = a.auth.OfferSetup(ctx); err != nil {
			return err
		}
	}
	a.localKey, err = writeLocalKey(a.opts.Config.DataDir)
	a.undo.push("local key", func() error { return removeLocalKey(a.opts.Config.DataDir) })
	return err
}

// buildGate makes the choke point of everything that listens.
func (a *App) buildGate(refuse func(http.ResponseWriter, *http.Request, error)) {
	c := a.opts.Config
	a.gate = edge.New(edge.Options{
		Auth: a.auth, Spec: c.Auth, Proxies: c.Proxies(), PublicURL: c.PublicURL, BasePath: web.CleanBase(c.BasePath), StoreID: a.db.StoreID(),
		LocalKey: a.localKey, WriteError: refuse, Refused: a.refusals.Tell, RequestID: middleware.GetReqID, Log: a.opts.Log,
		Pages: edge.Pages{
			Login: func(w http.ResponseWriter, r *http.Request, status int, p edge.LoginPage) {
				a.site.Login(w, r, status, web.LoginPage(p))
			},
			Setup: func(w http.ResponseWriter, r *http.Request, status int, p edge.SetupPage) {
				a.site.Setup(w, r, status, web.SetupPage(p))
			},
		},
	})
	a.auth.OnChange(a.gate.Recheck)
	a.auth.OnChange(a.gateway.Recheck)
}

// workOf tells what an operation is about, which decides who may see it.
func (a *App) workOf(stream string) (w auth.Work, known bool) {
	id, ok := strings.CutPrefix(stream, operation.ID("").Stream())
	if !ok {
		return w, false
	}
	about, known := a.operations.Subject(operation.ID(id))
	w.Providers = about.Providers
	switch auth.Kind(about.Actor.Type) {
	case auth.User, auth.ServiceAccount:
		w.Principal = about.Actor.ID
	}
	return w, known
}

// finder asks the router which route will serve a request, in the way in which the router itself looks.
func finder(routes *chi.Mux) edge.Finder {
	return func(r *http.Request) (string, func(string) string) {
		path, decode := r.URL.Path, func(s string) string { return s }
		if r.URL.RawPath != "" {
			path, decode = r.URL.RawPath, unescape
		}
		if path == "" {
			path = "/"
		}
		at := chi.NewRouteContext()
		pattern := routes.Find(at, r.Method, path)
		return pattern, func(name string) string { return decode(at.URLParam(name)) }
	}
}

// unescape reads a parameter as the REST face does (humachi).
func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// SetupLink is where the first admin is made, or "" when there is one, or nobody has to sign in. It is a secret: whoever
// opens it first is that admin. The token stands behind the #, which browsers send to nobody.
func (a *App) SetupLink() string {
	if a.setupToken == "" {
		return ""
	}
	base := a.opts.Config.PublicURL
	if base == "" {
		base = a.URL() + a.opts.Config.BasePath
		if at, ok := a.listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() { // it is no address to go to
			base = fmt.Sprintf("http://127.0.0.1:%d%s", at.Port, a.opts.Config.BasePath)
		}
	}
	return strings.TrimSuffix(base, "/") + "/setup#" + a.setupToken
}

// localKeyFile holds the key of this run, for other programs of whoever owns the data directory.
const localKeyFile = "local.key"

func writeLocalKey(dir string) (string, error) {
	key := edge.LocalKeyStart + rand.Text() + rand.Text()
	if err := removeLocalKey(dir); err != nil { // of a run that was killed; and whatever it is, it is not written through
		return "", err
	}
	f, err := os.OpenFile(filepath.Join(dir, localKeyFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("write the local key: %w", err)
	}
	_, err = f.WriteString(key + "\n")
	return key, errors.Join(err, f.Close())
}

func removeLocalKey(dir string) error {
	if err := os.Remove(filepath.Join(dir, localKeyFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the local key: %w", err)
	}
	return nil
}

// LocalKey is the key by which the instance that holds a data directory lets its owner's other programs in; "" when that
// instance asks nobody to sign in.
func LocalKey(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, localKeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// Bootstrap makes an admin's key in a data directory that no instance uses: the way back in for whoever owns it. A
// directory in use gives a *store.LockedError.
func Bootstrap(ctx context.Context, c *config.Config, n auth.NewKey, log *slog.Logger) (key auth.Key, raw string, err error) {
	ctx = event.WithActor(ctx, event.System("hangar keys"))
	url, err := databaseURL(c.Storage.URL)
	if err != nil {
		return auth.Key{}, "", err
	}
	db, err := store.Open(ctx, store.Options{Dir: c.DataDir, URL: url, Log: log})
	if err != nil {
		return key, "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	events, err := eventlog.New(db, log)
	if err != nil {
		return key, "", err
	}
	service, err := auth.New(ctx, auth.Options{DB: db, Events: events, Spec: c.Auth, Log: log})
	if err != nil {
		return key, "", err
	}
	return service.Bootstrap(ctx, n)
}
