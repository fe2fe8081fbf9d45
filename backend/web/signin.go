package web

import (
	"net/http"

	"github.com/a-h/templ"
)

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

// Login answers with the page where one signs in. It works without scripts.
func (s *Site) Login(w http.ResponseWriter, r *http.Request, status int, p LoginPage) {
	s.page(w, r, status, strictPolicy, func(n string) templ.Component { return login(s.opts.BasePath, n, p) })
}

// Setup answers with the page that makes the first admin. A script takes the token from the address's fragment, where no
// server sees it, into the form.
func (s *Site) Setup(w http.ResponseWriter, r *http.Request, status int, p SetupPage) {
	s.page(w, r, status, strictPolicy, func(n string) templ.Component { return setup(s.opts.BasePath, n, p) })
}
