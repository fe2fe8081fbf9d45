package edge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// cookies are ours by name: cookies know no ports, so two Hangars at one host would otherwise sign each other out.
type cookies struct{ id, path string }

func newCookies(storeID, basePath string) cookies {
	id, _, _ := strings.Cut(storeID, "-")
	return cookies{id: id, path: basePath}
}

// CSRFCookie is the name of the cookie that holds the token which changes must repeat in X-CSRF-Token. Scripts of our own
// pages read it.
func CSRFCookie(storeID string) string { return newCookies(storeID, "").csrf() }

func (c cookies) csrf() string { return "hangar_csrf_" + c.id }

func (c cookies) form() string { return "hangar_form_" + c.id }

// name is that of the session's cookie. Over TLS its prefix keeps pages of other hosts and of plain HTTP from setting it
// (RFC 6265bis, section 4.1.3).
func (c cookies) name(secure bool) string {
	switch {
	case !secure:
		return "hangar_session_" + c.id
	case c.path == "/":
		return "__Host-hangar_session_" + c.id
	default:
		return "__Secure-hangar_session_" + c.id
	}
}

func (c cookies) session(r *http.Request, secure bool) string {
	cookie, err := r.Cookie(c.name(secure))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// set signs a browser in.
func (c cookies) set(w http.ResponseWriter, token string, expires time.Time, secure bool) {
	http.SetCookie(w, c.make(c.name(secure), token, expires, secure, true))
	http.SetCookie(w, c.make(c.csrf(), csrfOf(token), expires, secure, false))
}

// clear signs it out.
func (c cookies) clear(w http.ResponseWriter, secure bool) {
	for _, name := range []string{c.name(secure), c.csrf()} {
		gone := c.make(name, "", time.Unix(1, 0), secure, true)
		gone.MaxAge = -1
		http.SetCookie(w, gone)
	}
}

func (c cookies) make(name, value string, expires time.Time, secure, httpOnly bool) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: c.path, Expires: expires, Secure: secure, HttpOnly: httpOnly, SameSite: http.SameSiteStrictMode,
	}
}

// formToken is what a form of somebody who has not signed in must repeat; it is made when there is none.
func (c cookies) formToken(w http.ResponseWriter, r *http.Request, secure bool) string {
	if cookie, err := r.Cookie(c.form()); err == nil && len(cookie.Value) == 26 {
		return cookie.Value
	}
	token := rand.Text()
	http.SetCookie(w, c.make(c.form(), token, time.Time{}, secure, true))
	return token
}

// csrfOf is the token of a session: only who has the session's cookie, or a page that may read its twin, knows it.
func csrfOf(token string) string {
	sum := sha256.Sum256([]byte("csrf\x00" + token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
