package egress

import (
	"net/http"
	"net/url"
)

// Do is c.Do, for a client of this package, without what only a redirect needs: net/http copies the headers of every request
// in case that one follows.
func Do(c *http.Client, rq *http.Request) (*http.Response, error) {
	if rq.URL.User != nil { // net/http makes a header of it
		return c.Do(rq)
	}
	rs, err := c.Transport.RoundTrip(rq)
	switch {
	case err != nil:
		return nil, &url.Error{Op: rq.Method, URL: rq.URL.Redacted(), Err: err}
	case !redirects(rs.StatusCode):
		return rs, nil
	}
	following := *c
	following.Transport = &replay{c.Transport, rs}
	return following.Do(rq)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// replay gives an answer that has come already, and makes the requests after it.
type replay struct {
	http.RoundTripper
	first *http.Response
}

// RoundTrip is http.RoundTripper's.
func (r *replay) RoundTrip(rq *http.Request) (*http.Response, error) {
	if rs := r.first; rs != nil {
		r.first = nil
		return rs, nil
	}
	return r.RoundTripper.RoundTrip(rq)
}
