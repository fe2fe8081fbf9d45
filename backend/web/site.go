package web

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"hangar/backend/fault"
)

// Options says what a Site serves and where it stands.
type Options struct {
	Dist       fs.FS                                           // the built dashboard; may hold nothing
	Examples   fs.FS                                           // what stands below /examples/; nil is nothing
	AsyncAPI   []byte                                          // the document of the sockets, YAML
	BasePath   string                                          // as the browser sees it: "/" or "/ops/"; "" means "/"
	Version    string                                          // told to the dashboard
	StoreID    string                                          // told to the dashboard, which starts over when it changes
	CSRFCookie string                                          // told to the dashboard: where the token of its changes is
	DevURL     string                                          // Vite's address in development; "" serves Dist
	WriteError func(http.ResponseWriter, *http.Request, error) // answers what is no page: a missing file, a wrong method
}

// Site makes the pages.
type Site struct {
	opts     Options
	files    *files
	examples *files
	sockets  func() (*socketsView, error) // made from the document when first asked for
	entry    entry
	built    bool // the dashboard is there, or Vite is
	docsOK   bool // Swagger UI is there
}

// boot is what the dashboard must know before its first request.
type boot struct {
	BasePath string `json:"base_path"`
	Version  string `json:"version"`
	StoreID  string `json:"store_id"`
	CSRF     string `json:"csrf_cookie"`
}

// New reads the manifest. A folder that was never built is no error: the shell says what to do.
func New(o Options) (*Site, error) {
	if o.WriteError == nil {
		return nil, fmt.Errorf("web: Options.WriteError is required")
	}
	o.BasePath = CleanBase(o.BasePath)
	o.DevURL = strings.TrimSuffix(o.DevURL, "/")
	list, err := readFiles(o.Dist)
	if err != nil {
		return nil, fmt.Errorf("read the built dashboard: %w", err)
	}
	s := &Site{opts: o, files: list, examples: &files{}, docsOK: list.has(swaggerScript) && list.has(swaggerStyle)}
	s.sockets = sync.OnceValues(func() (*socketsView, error) { return viewSockets(o.AsyncAPI) })
	if o.Examples != nil {
		if s.examples, err = readFiles(o.Examples); err != nil {
			return nil, fmt.Errorf("read the examples: %w", err)
		}
	}
	if o.DevURL != "" {
		s.built = true
		return s, nil
	}
	if list.has(manifestFile) {
		if s.entry, err = readManifest(o.Dist); err != nil {
			return nil, err
		}
		s.built = true
	}
	return s, nil
}

// CleanBase gives a base path its one spelling: a slash at both ends.
func CleanBase(base string) string {
	if base = path.Clean("/" + base); base == "/" {
		return base
	}
	return base + "/"
}

// Prefix serves next under the base path and at the root as well: a reverse proxy may keep the prefix or strip it.
// The prefix without its slash is redirected, for the sake of relative addresses.
func Prefix(base string, next http.Handler) http.Handler {
	base = CleanBase(base)
	if base == "/" {
		return next
	}
	bare := strings.TrimSuffix(base, "/")
	stripped := http.StripPrefix(bare, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == bare:
			to := url.URL{Path: base, RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, base):
			stripped.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Shell answers every path that belongs to the dashboard's own router. It is the router's last resort.
func (s *Site) Shell(w http.ResponseWriter, r *http.Request) {
	if !s.reads(w, r) {
		return
	}
	if !s.built {
		s.page(w, r, http.StatusServiceUnavailable, strictPolicy, func(n string) templ.Component {
			return notBuilt(s.opts.BasePath, n, s.docsOK)
		})
		return
	}
	s.page(w, r, http.StatusOK, s.policy(), func(n string) templ.Component { return shell(s.view(n)) })
}

// Docs answers with Swagger UI over the API's own document.
func (s *Site) Docs(w http.ResponseWriter, r *http.Request) {
	if !s.reads(w, r) {
		return
	}
	if !s.docsOK {
		s.page(w, r, http.StatusServiceUnavailable, strictPolicy, func(n string) templ.Component {
			return notBuilt(s.opts.BasePath, n, false)
		})
		return
	}
	s.page(w, r, http.StatusOK, strictPolicy, func(n string) templ.Component {
		return docs(s.opts.BasePath, n, s.opts.CSRFCookie)
	})
}

// Assets serves /assets/ and /vendor/; what is not there is an error for a machine, never the shell.
func (s *Site) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.reads(w, r) {
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if !s.files.has(name) || strings.HasPrefix(name, ".") {
			s.opts.WriteError(w, r, fault.New(fault.Missing, "there is no file %s in this build of the dashboard; reload the page", r.URL.Path))
			return
		}
		if err := s.files.serve(w, r, name); err != nil {
			s.opts.WriteError(w, r, err)
		}
	})
}

func (s *Site) reads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	s.opts.WriteError(w, r, fault.New(fault.BadMethod, "%s is not allowed on %s; it answers GET and HEAD", r.Method, r.URL.Path))
	return false
}

// page renders completely before it answers, so that a failure is still an error and not half a page.
func (s *Site) page(w http.ResponseWriter, r *http.Request, status int, policy func(nonce string) string, render func(nonce string) templ.Component) {
	n := newNonce()
	var b bytes.Buffer
	if err := render(n).Render(r.Context(), &b); err != nil {
		s.opts.WriteError(w, r, fmt.Errorf("render %s: %w", r.URL.Path, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", fmt.Sprint(b.Len()))
	h.Set("Content-Security-Policy", policy(n))
	h.Set("Cache-Control", "no-store") // the nonce is good for one answer
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a reader that left is nobody's error
	}
}

// view is everything the shell's template shows.
type view struct {
	Nonce string
	Boot  boot
	Entry entry
	Dev   string
}

func (s *Site) view(nonce string) view {
	return view{
		Nonce: nonce,
		Boot:  boot{BasePath: s.opts.BasePath, Version: s.opts.Version, StoreID: s.opts.StoreID, CSRF: s.opts.CSRFCookie},
		Entry: s.entry,
		Dev:   s.opts.DevURL,
	}
}
