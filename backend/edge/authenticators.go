package edge

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"hangar/backend/auth"
	"hangar/backend/fault"
)

// Authenticator recognises one kind of credential. Another kind (a signed token of somebody else's) is one more of these.
type Authenticator interface {
	// Authenticate names who sends a request. found is false where the request holds no credential of this kind; then
	// another authenticator is asked. An error is the end: what is wrong is not overlooked in favour of something else.
	Authenticate(r *http.Request) (c auth.Caller, found bool, err error)
}

// errNobody is a request without any credential.
var errNobody = fault.New(fault.Unauthenticated, "sign in first: send a key as X-API-Key or Authorization: Bearer")

func (g *Gate) authenticate(r *http.Request) (auth.Caller, error) {
	for _, a := range g.authenticators {
		if c, found, err := a.Authenticate(r); found || err != nil {
			return c, err
		}
	}
	return auth.Caller{}, errNobody
}

// presented is the key that a request's headers hold, or "". Two that differ could be read in two ways, so they are none.
func presented(r *http.Request) (key string, err error) {
	candidates := append([]string{}, r.Header.Values("X-API-Key")...)
	for _, value := range r.Header.Values("Authorization") {
		if scheme, token, ok := strings.Cut(value, " "); ok && strings.EqualFold(scheme, "Bearer") {
			candidates = append(candidates, strings.TrimSpace(token))
		}
	}
	for _, one := range candidates {
		if key != "" && one != key {
			return "", fault.New(fault.Unauthenticated, "the request holds two different keys; send one")
		}
		key = one
	}
	if key == "" && len(candidates) > 0 {
		return "", fault.New(fault.Unauthenticated, "the key is empty")
	}
	return key, nil
}

// LocalKeyStart begins a key that this machine's owner reads from the data directory.
const LocalKeyStart = "loc_"

// localKey is for other programs of this machine's owner, such as a second `hangar serve --stdio`.
type localKey struct{ *Gate }

func (a localKey) Authenticate(r *http.Request) (auth.Caller, bool, error) {
	key, err := presented(r)
	if err != nil || a.o.LocalKey == "" || !strings.HasPrefix(key, LocalKeyStart) {
		return auth.Caller{}, false, err
	}
	sum := sha256.Sum256([]byte(key))
	if subtle.ConstantTimeCompare(sum[:], a.local[:]) != 1 {
		return auth.Caller{}, true, fault.New(fault.Unauthenticated, "this is not the local key of this run")
	}
	return auth.Local(), true, nil
}

// apiKey is a key in X-API-Key or Authorization: Bearer.
type apiKey struct{ *Gate }

func (a apiKey) Authenticate(r *http.Request) (auth.Caller, bool, error) {
	key, err := presented(r)
	if key == "" {
		return auth.Caller{}, false, err
	}
	c, err := a.byKey(r, key)
	return c, true, err
}

// ticket is ?ticket= of a socket.
type ticket struct{ *Gate }

func (a ticket) Authenticate(r *http.Request) (auth.Caller, bool, error) {
	if !isUpgrade(r) || !r.URL.Query().Has("ticket") {
		return auth.Caller{}, false, nil
	}
	c, err := a.o.Auth.ByTicket(r.URL.Query().Get("ticket"))
	return c, true, err
}

func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// session is the dashboard's cookie.
type session struct{ *Gate }

func (a session) Authenticate(r *http.Request) (auth.Caller, bool, error) {
	token := a.cookies.session(r, a.secure(r))
	if token == "" {
		return auth.Caller{}, false, nil
	}
	c, err := a.o.Auth.BySession(token)
	if err == nil {
		err = a.ours(r, token)
	}
	return c, true, err
}

// ours refuses what another site's page may have sent: its browser adds our cookie all by itself. A socket says which
// page opens it; a change besides holds a token that only our page can read.
func (g *Gate) ours(r *http.Request, token string) error {
	if isUpgrade(r) {
		if !sameOrigin(r) {
			return fault.New(fault.Denied, "a socket with a cookie must come from our own page; use a ticket")
		}
		return nil
	}
	if safe(r.Method) {
		return nil
	}
	return g.proven(r, token, r.Header.Get("X-CSRF-Token"))
}

// proven checks a change that a cookie stands for.
func (g *Gate) proven(r *http.Request, token, csrf string) error {
	if g.cross.Check(r) != nil {
		return fault.New(fault.Denied, "the request comes from a page of another site")
	}
	if want := csrfOf(token); subtle.ConstantTimeCompare([]byte(want), []byte(csrf)) != 1 {
		return fault.New(fault.Denied, "the X-CSRF-Token is missing or not that of this session; reload the page")
	}
	return nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// sameOrigin reports a request of which the browser says that our own page sends it. Sec-Fetch-Site also holds behind a
// proxy that changes the Host.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	_, host, ok := strings.Cut(r.Header.Get("Origin"), "://")
	return ok && strings.EqualFold(host, r.Host)
}
