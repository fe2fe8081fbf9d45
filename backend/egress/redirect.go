package egress

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const maxRedirects = 5

// RedirectError is a redirect that is not followed.
type RedirectError struct {
	To  string // without query
	Why string
}

// Error says where it led and why we did not go there.
func (e *RedirectError) Error() string { return fmt.Sprintf("a redirect to %s, %s", e.To, e.Why) }

// checkRedirect runs after net/http has made the next request and before it is sent.
func checkRedirect(next *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	to := next.URL.Scheme + "://" + next.URL.Host + next.URL.Path
	switch {
	case len(via) > maxRedirects:
		return &RedirectError{to, fmt.Sprintf("which would be the %dth in a row", len(via))}
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return &RedirectError{to, "which is not an http address"}
	case last.URL.Scheme == "https" && next.URL.Scheme != "https":
		return &RedirectError{to, "which would leave https"}
	case last.Method != next.Method:
		return &RedirectError{to, fmt.Sprintf("which would turn a %s into a %s; use that address as the endpoint if it is the right one", last.Method, next.Method)}
	case next.URL.User != nil:
		return &RedirectError{to, "which carries credentials"}
	}
	// Once away from the first origin nothing comes back: net/http copies the first request's headers at each hop.
	if !slices.ContainsFunc(append(via, next), func(r *http.Request) bool { return Origin(r.URL) != Origin(via[0].URL) }) {
		return nil
	}
	if via[0].Body != nil && via[0].Body != http.NoBody { // arguments, or a client secret on its way to a token endpoint
		return &RedirectError{to, "which is another origin and not ours to send this to; use that address if it is the right one"}
	}
	strip(next.Header)
	return nil
}

// ledKey marks the context of a request that a server, not a person, sent to another origin.
type ledKey struct{}

func led(ctx context.Context) bool { return ctx.Value(ledKey{}) != nil }

// follow is checkRedirect, with less trust in what a server names: a server elsewhere does not lead us to loopback, however
// its own address was allowed.
func follow(next *http.Request, via []*http.Request) error {
	if err := checkRedirect(next, via); err != nil {
		return err
	}
	first := via[0].URL
	if Origin(next.URL) == Origin(first) || (Policy{}).CheckHost(first.Hostname()) != nil { // it is on loopback itself
		return nil
	}
	*next = *next.WithContext(context.WithValue(next.Context(), ledKey{}, true))
	return nil
}

// strip leaves what says nothing about who asks. It is a list of what stays, because the names of headers that carry
// credentials are for each provider to choose.
func strip(h http.Header) {
	stays := []string{"Accept", "Content-Type", "User-Agent", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"}
	for name := range h {
		if !slices.Contains(stays, name) {
			delete(h, name)
		}
	}
}

// Origin is scheme, host and port, the port spelled out.
func Origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
