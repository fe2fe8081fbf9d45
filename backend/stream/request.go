package stream

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hangar/backend/fault"
)

// upgrades refuses a request that asks for no WebSocket, with an answer that a person understands.
func upgrades(r *http.Request) error {
	if !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket") {
		return fault.New(fault.Malformed, "%s is a WebSocket: connect with ws:// or wss://", r.URL.Path)
	}
	return nil
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

// flag reads 0 or 1 from the query.
func flag(q url.Values, name string) (bool, error) {
	n, _, err := number(q, name, 0, 1, 0)
	return n == 1, err
}
