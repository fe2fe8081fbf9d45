package edge

import (
	"errors"
	"net/http"
	"strings"

	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/fault"
)

// origin is the way by which a request came, for the record of what it changes.
func (g *Gate) origin(r *http.Request, p Pass) event.Origin {
	o := event.Origin{Via: "rest", Address: g.Address(r).String(), RequestID: g.o.RequestID(r.Context())}
	switch {
	case r.URL.Path == "/mcp" || strings.HasPrefix(r.URL.Path, "/mcp/"):
		o.Via = "mcp"
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		o.Via = "socket"
	case p.Caller.Via == auth.ViaSession, r.Header.Get("Sec-Fetch-Site") == "same-origin": // browsers set it, and pages cannot
		o.Via = "ui"
	case strings.HasPrefix(r.UserAgent(), "hangar/"):
		o.Via = "cli"
	}
	return o
}

// nobody is who has shown nothing that says who they are.
const nobody = "anonymous"

// tell puts a refusal on record, unless it only asks somebody to sign in.
func (g *Gate) tell(r *http.Request, door string, p Pass, f *fault.Error) {
	n := audit.Refusal{
		Principal: p.Caller.Principal, Address: g.Address(r).String(), Door: door, Thing: p.thing, Reason: f.Message, ErrorType: f.Type,
		RequestID: g.o.RequestID(r.Context()),
	}
	if inside(r.Context()) {
		n.Address = event.OriginFrom(r.Context()).Address
	}
	if n.Principal == "" {
		n.Principal = nobody
	}
	switch {
	case errors.Is(f, errNobody):
		return
	case f.Kind == fault.Unauthenticated:
		n.What = audit.KindSignInFailed
	case f.Kind == fault.Denied:
		n.What = audit.KindAccessDenied
	case f.Kind == fault.Limited:
		n.What = audit.KindRateLimited
	default:
		return
	}
	g.o.Refused(n)
}
