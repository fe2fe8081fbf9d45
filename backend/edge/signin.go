package edge

import (
	"crypto/subtle"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hangar/backend/fault"
)

// Pages are what a person sees here; package web has them.
type Pages struct {
	Login func(w http.ResponseWriter, r *http.Request, status int, p LoginPage)
	Setup func(w http.ResponseWriter, r *http.Request, status int, p SetupPage)
}

// LoginPage asks for a key, or offers to sign out.
type LoginPage struct {
	Token     string // to be sent back with the form
	Next      string // where to go on
	Error     string
	Principal string // who is signed in already, or ""
}

// SetupPage asks for the name of the first admin, then shows the key.
type SetupPage struct {
	Token     string
	Link      string // the set-up token that was sent, so that a mistake elsewhere does not cost it
	Principal string
	Key       string // shown once, when all is done
	Error     string
}

const maxForm = 16 << 10

// Login is GET /login.
func (g *Gate) Login(w http.ResponseWriter, r *http.Request) {
	next := g.next(r.URL.Query().Get("next"))
	if !g.o.Spec.Enabled {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	p := LoginPage{Next: next}
	if token := g.cookies.session(r, g.secure(r)); token != "" {
		if c, err := g.o.Auth.BySession(token); err == nil {
			p.Principal, p.Token = c.Principal, csrfOf(token)
			g.o.Pages.Login(w, r, http.StatusOK, p)
			return
		}
	}
	p.Token = g.cookies.formToken(w, r, g.secure(r))
	g.o.Pages.Login(w, r, http.StatusOK, p)
}

// SignIn is POST /login: a key for a session.
func (g *Gate) SignIn(w http.ResponseWriter, r *http.Request) {
	if err := g.form(w, r); err != nil {
		g.o.WriteError(w, r, err)
		return
	}
	next := g.next(r.PostForm.Get("next"))
	if !g.o.Spec.Enabled {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	c, err := g.byKey(r, strings.TrimSpace(r.PostForm.Get("key")))
	var token string
	var expires time.Time
	if err == nil {
		token, expires, err = g.o.Auth.SignIn(r.Context(), c)
	}
	if err != nil {
		g.again(w, err, func(status int, message string) {
			g.o.Pages.Login(w, r, status, LoginPage{Token: g.cookies.formToken(w, r, g.secure(r)), Next: next, Error: message})
		})
		return
	}
	g.cookies.set(w, token, expires, g.secure(r))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// again shows a form once more, with what was wrong.
func (g *Gate) again(w http.ResponseWriter, err error, show func(status int, message string)) {
	f := fault.From(err)
	if f.Kind == fault.Broken {
		g.o.Log.Error("a form could not be answered", "error", err)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	show(f.Kind.Status(), f.Message)
}

// SignOut is POST /logout.
func (g *Gate) SignOut(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	token := g.cookies.session(r, g.secure(r))
	if c, err := g.o.Auth.BySession(token); err == nil {
		csrf := r.Header.Get("X-CSRF-Token")
		if csrf == "" {
			csrf = r.PostFormValue("token")
		}
		if err = g.proven(r, token, csrf); err == nil {
			err = g.o.Auth.SignOut(r.Context(), c)
		}
		if err != nil {
			g.o.WriteError(w, r, err)
			return
		}
	}
	g.cookies.clear(w, g.secure(r))
	http.Redirect(w, r, g.o.BasePath+"login", http.StatusSeeOther)
}

// SetupForm is GET /setup. The token of the link is in the address's fragment, which no server and no log ever sees; the
// page puts it into the form.
func (g *Gate) SetupForm(w http.ResponseWriter, r *http.Request) {
	if !g.o.Spec.Enabled {
		http.Redirect(w, r, g.o.BasePath, http.StatusSeeOther)
		return
	}
	g.o.Pages.Setup(w, r, http.StatusOK, SetupPage{Token: g.cookies.formToken(w, r, g.secure(r)), Principal: "admin"})
}

// Setup is POST /setup: the token of the set-up link for the first admin's key and session.
func (g *Gate) Setup(w http.ResponseWriter, r *http.Request) {
	if err := g.form(w, r); err != nil {
		g.o.WriteError(w, r, err)
		return
	}
	if !g.o.Spec.Enabled {
		http.Redirect(w, r, g.o.BasePath, http.StatusSeeOther)
		return
	}
	name := strings.TrimSpace(r.PostForm.Get("principal"))
	link := strings.TrimSpace(r.PostForm.Get("setup"))
	key, token, expires, err := g.setup(r, link, name)
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			link = "" // it is of no use
		}
		g.again(w, err, func(status int, message string) {
			g.o.Pages.Setup(w, r, status, SetupPage{Token: g.cookies.formToken(w, r, g.secure(r)), Link: link, Principal: name, Error: message})
		})
		return
	}
	g.cookies.set(w, token, expires, g.secure(r))
	g.o.Pages.Setup(w, r, http.StatusOK, SetupPage{Principal: name, Key: key})
}

func (g *Gate) setup(r *http.Request, link, name string) (key, session string, expires time.Time, err error) {
	addr, now := g.Address(r), time.Now()
	if wait := g.lockouts.address(addr, now); wait > 0 && !addr.IsLoopback() {
		return "", "", expires, lockedOut(wait)
	}
	key, session, expires, err = g.o.Auth.Setup(r.Context(), link, name)
	if fault.Is(err, fault.Unauthenticated) {
		err = g.guessed(addr, link, now, err)
	}
	return key, session, expires, err
}

// form reads a form of somebody who has not signed in, and makes sure that it is one of ours: another site must not sign
// people in as somebody else.
func (g *Gate) form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Malformed, "the form cannot be read").Because(err)
	}
	if g.cross.Check(r) != nil {
		return fault.New(fault.Denied, "the form comes from a page of another site")
	}
	cookie, err := r.Cookie(g.cookies.form())
	sent := r.PostForm.Get("token")
	if err != nil || sent == "" || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(sent)) != 1 {
		return fault.New(fault.Denied, "the form is out of date, or cookies are off; reload the page and try again")
	}
	return nil
}

// next is where to go after signing in: a path below ours, whatever a link says.
func (g *Gate) next(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, g.o.BasePath) ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(text, "\\\t\r\n") {
		return g.o.BasePath
	}
	return u.String()
}
