package app

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"hangar/backend/config"
	"hangar/backend/fault"
	"hangar/backend/sabotage"
)

// guard keeps web pages of other sites out: a name that resolves to us (DNS rebinding) and a page that calls us from
// elsewhere (cross-origin). It stands before every door, sockets and MCP included.
type guard struct {
	loopback bool     // we listen on loopback, so a request can only honestly name loopback
	own      []string // origins of our pages, for a listener that does not serve them itself
	named    *atomic.Pointer[admitted]
}

// admitted is who else is let in; a reload changes it.
type admitted struct{ hosts, origins []string }

func newGuard(c *config.Config) *guard {
	g := &guard{loopback: config.Loopback(c.Listen), named: &atomic.Pointer[admitted]{}}
	g.set(c)
	return g
}

// at is the guard of another listener: the same names, whatever they become, and pages of ours from elsewhere.
func (g *guard) at(listen string, own ...string) *guard {
	return &guard{loopback: config.Loopback(listen), own: own, named: g.named}
}

func (g *guard) set(c *config.Config) { g.named.Store(&admitted{c.AllowedHosts, c.AllowedOrigins}) }

// check refuses a request whose Host or Origin is not ours.
func (g *guard) check(r *http.Request) error {
	if !g.host(r.Host) {
		return fault.New(fault.Denied, "host %q is not served here; list it in allowed_hosts if it is a name of this server", r.Host)
	}
	if !g.origin(r) {
		return fault.New(fault.Denied, "origin %q may not call this server; list it in allowed_origins if it should", r.Header.Get("Origin"))
	}
	return nil
}

func (g *guard) host(host string) bool {
	name, hosts := hostname(host), g.named.Load().hosts
	if slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) }) {
		return true
	}
	if g.loopback {
		return isLoopback(name)
	}
	return len(hosts) == 0 // an open listener without a list has no names of its own to compare with
}

// origin accepts requests without one (no browser), from our own pages, and from listed sites.
func (g *guard) origin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if sabotage.Origin {
		return true
	}
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") != "cross-site" || r.Method == http.MethodGet
	}
	allowed := g.named.Load()
	same := func(o string) bool { return strings.EqualFold(o, origin) }
	if slices.ContainsFunc(allowed.origins, same) || slices.ContainsFunc(g.own, same) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null" among them: a sandboxed frame or a file
	}
	return strings.EqualFold(u.Host, r.Host) || slices.ContainsFunc(allowed.hosts, func(h string) bool { return strings.EqualFold(h, u.Hostname()) })
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func isLoopback(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// originOf is the origin of an address of ours, "" for none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
