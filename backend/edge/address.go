package edge

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Address is who sends a request: the peer, or whom it speaks for where the peer is a trusted proxy. X-Forwarded-For is
// read from the right: what a proxy of ours wrote is behind what its client may have made up.
func (g *Gate) Address(r *http.Request) netip.Addr {
	addr := peer(r)
	if !g.trusts(addr) {
		return addr
	}
	var hops []string
	for _, line := range r.Header.Values("X-Forwarded-For") {
		hops = append(hops, strings.Split(line, ",")...)
	}
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr // nonsense, and whatever stands before it is no better
		}
		if addr = next.Unmap().WithZone(""); !g.trusts(addr) {
			return addr
		}
	}
	return addr
}

func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

func (g *Gate) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(g.o.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// secure reports a request whose sender speaks TLS, to us or to a trusted proxy.
func (g *Gate) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if g.trusts(peer(r)) {
		if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
			return strings.EqualFold(proto, "https")
		}
	}
	u, err := url.Parse(g.o.PublicURL)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Host, r.Host)
}

// bucket is what shares a lock or a limit: an address, or all of an IPv6 network that one customer is given.
func bucket(addr netip.Addr) string {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
