package stream

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hangar/backend/fault"
)

// guard refuses what must not be upgraded; its errors are answered as JSON.
func (h *Hub) guard(r *http.Request) error {
	if !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket") {
		return fault.New(fault.Malformed, "%s is a WebSocket: connect with ws:// or wss://", r.URL.Path)
	}
	return h.checkOrigin(r)
}

// checkOrigin lets in pages of our own host and those that are allowed by name. Browsers send the Origin with every
// upgrade and no page can forge it; programs need not send one.
func (h *Hub) checkOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host) {
		return nil
	}
	if slices.ContainsFunc(h.o.AllowedOrigins(), func(allowed string) bool { return strings.EqualFold(allowed, origin) }) {
		return nil
	}
	return fault.New(fault.Denied, "pages of %s may not connect here; list it under allowed_origins if they should", origin)
}

func hasToken(header http.Header, name, token string) bool {
	for _, value := range header.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// number reads a whole number between lowest and highest from the query.
func number(q url.Values, name string, lowest, highest, otherwise int64) (n int64, given bool, err error) {
	text := q.Get(name)
	if !q.Has(name) {
		return otherwise, false, nil
	}
	n, err = strconv.ParseInt(text, 10, 64)
	if err != nil || n < lowest || n > highest {
		return 0, true, fault.Field("query."+name, "must be a whole number from %d to %d, not %q", lowest, highest, text)
	}
	return n, true, nil
}

func tooMany(name string) error {
	return fault.Field(name, "must have at most %d entries", maxEntries)
}

func unavailable(message string) error {
	return fault.Named(fault.Unavailable, "SocketsUnavailableError", "%s", message)
}
