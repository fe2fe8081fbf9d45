package edge

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"hangar/backend/audit"
	"hangar/backend/auth"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/sabotage"
)

// Options are what a Gate works with.
type Options struct {
	Auth      *auth.Service
	Spec      auth.Spec
	Proxies   []netip.Prefix // that are believed about who is behind them
	PublicURL string         // our address from outside, or ""
	BasePath  string         // as the browser sees it: "/" or "/ops/"
	StoreID   string         // tells our cookies from those of another Hangar at the same host
	LocalKey  string         // opens as auth.Local, for other programs of this machine's owner; "" for none
	Pages     Pages
	// WriteError answers with an error.
	WriteError func(http.ResponseWriter, *http.Request, error)
	Refused    func(audit.Refusal) // is told what was refused; it must not wait
	RequestID  func(context.Context) string
	Log        *slog.Logger
}

// shell is the door of what no route serves.
const shell = "GET /*"

// Finder names the route that will serve a request, as the router knows it, and reads the parameters of its path; ""
// when there is none.
type Finder func(r *http.Request) (pattern string, param func(name string) string)

// Gate lets requests in, or not.
type Gate struct {
	o              Options
	doors          map[string]auth.Door
	authenticators []Authenticator
	lockouts       *lockouts
	limits         limits
	cookies        cookies
	cross          *http.CrossOriginProtection
	local          [sha256.Size]byte
	open           open
}

// New makes a gate.
func New(o Options) *Gate {
	o.Spec = o.Spec.WithDefaults()
	g := &Gate{
		o: o, doors: auth.Doors(), lockouts: newLockouts(), limits: newLimits(o.Spec.RateLimit), cookies: newCookies(o.StoreID, o.BasePath),
		cross: http.NewCrossOriginProtection(), local: sha256.Sum256([]byte(o.LocalKey)),
	}
	g.authenticators = []Authenticator{localKey{g}, apiKey{g}, ticket{g}, session{g}}
	return g
}

// Pass is what a request was let in for.
type Pass struct {
	gate   *Gate
	Caller auth.Caller
	door   auth.Door
	thing  string
}

type passKey struct{}

// PassFrom finds the pass of a request that was let in.
func PassFrom(ctx context.Context) (Pass, bool) {
	p, ok := ctx.Value(passKey{}).(Pass)
	return p, ok
}

// Again asks whether the request would still be let in.
func (p Pass) Again() error {
	if p.door.Permission == auth.Public {
		return nil
	}
	if err := p.gate.o.Auth.Valid(p.Caller); err != nil {
		return err
	}
	return p.may()
}

func (p Pass) may() error {
	rights := p.gate.o.Auth.Snapshot().Rights(p.Caller.Principal)
	d := rights.Opens(p.door)
	if p.door.Scope == auth.One {
		d = rights.Can(p.door.Permission, p.thing)
	}
	if d.Allowed || sabotage.Gate {
		return nil
	}
	f := fault.New(fault.Denied, "this needs %s: %s", p.door.Permission, d.Reason()).With("permission", string(p.door.Permission))
	if p.thing != "" {
		f = f.With("resource_id", p.thing)
	}
	return f
}

// Admit is the middleware. It stands before the router, so that no route can be forgotten.
func (g *Gate) Admit(find Finder) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pattern, param := find(r)
			door := auth.DoorName(r.Method, pattern)
			if pattern == "" {
				door = shell // nothing is there: the router says so, or shows the dashboard
			}
			g.serve(w, r, door, param, next)
		})
	}
}

// For is the middleware of a listener that has one door only, whatever the path.
func (g *Gate) For(door string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.serve(w, r, door, func(string) string { return "" }, next)
		})
	}
}

func (g *Gate) serve(w http.ResponseWriter, r *http.Request, door string, param func(string) string, next http.Handler) {
	p, err := g.judge(r, door, param)
	if err != nil {
		g.refuse(w, r, door, p, err)
		return
	}
	if inside(r.Context()) { // it goes on with who acts and by which way
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), passKey{}, p)))
		return
	}
	ctx, done := g.enter(event.WithOrigin(r.Context(), g.origin(r, p)), p)
	defer done()
	next.ServeHTTP(w, r.WithContext(ctx))
}

// judge is the order of the checks.
func (g *Gate) judge(r *http.Request, name string, param func(string) string) (Pass, error) {
	door, ok := g.doors[name]
	p := Pass{gate: g, door: door}
	if !ok {
		return p, fault.New(fault.Denied, "nobody may do this, because no rule says who")
	}
	if door.Scope == auth.One {
		p.thing = param(door.Param)
	}
	if inside(r.Context()) {
		p.Caller, _ = auth.CallerFrom(r.Context()) // nobody may nothing
		return p, p.may()
	}
	if !g.o.Spec.Enabled {
		p.Caller = auth.Local()
		return p, p.may()
	}
	if door.Permission == auth.Public {
		return p, g.limits.anonymous(g.Address(r))
	}
	var err error
	if p.Caller, err = g.authenticate(r); err != nil {
		return p, g.worse(r, err)
	}
	if err := g.limits.principal(p.Caller.Principal); err != nil {
		return p, err
	}
	return p, p.may()
}

// worse makes a refusal of too many: who fails all the time is told to wait instead.
func (g *Gate) worse(r *http.Request, err error) error {
	if !fault.Is(err, fault.Unauthenticated) {
		return err
	}
	if many := g.limits.anonymous(g.Address(r)); many != nil {
		return many
	}
	return err
}

// enter puts who was let in into the context, and keeps the context so that it can be cancelled.
func (g *Gate) enter(ctx context.Context, p Pass) (context.Context, func()) {
	ctx = context.WithValue(ctx, passKey{}, p)
	if p.Caller == (auth.Caller{}) { // a public door
		return event.WithActor(ctx, event.Actor{Type: "user", ID: nobody}), func() {}
	}
	ctx = auth.As(ctx, p.Caller)
	if !g.o.Spec.Enabled {
		return ctx, func() {}
	}
	return g.open.enter(ctx, p)
}

// Recheck cancels what is open and would not be let in any more.
func (g *Gate) Recheck() { g.open.recheck() }

// Socket is the authorization of a socket's request that came through the gate: again says whether it may stay.
func Socket(r *http.Request) (again func() error, err error) {
	p, ok := PassFrom(r.Context())
	if !ok {
		return nil, fault.New(fault.Denied, "this socket was opened past the gate")
	}
	return p.Again, nil
}

// Visible is what the caller of a request that came through the gate may see of the log, at the moment when it is asked; nil
// for all of it. Who is of one class sees the same.
func Visible(r *http.Request) (class string, may func(stream string) bool) {
	p, ok := PassFrom(r.Context())
	switch {
	case !ok:
		return "nobody", func(string) bool { return false }
	case !p.gate.o.Spec.Enabled:
		return "", nil
	default:
		return string(p.door.Permission) + " " + p.Caller.Principal, func(stream string) bool {
			return p.gate.o.Auth.Sees(p.gate.o.Auth.Snapshot().Rights(p.Caller.Principal), p.door.Permission, stream)
		}
	}
}

// refuse answers. A person's browser is sent to where one signs in.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, door string, p Pass, err error) {
	f := fault.From(err)
	g.tell(r, door, p, f)
	if f.Kind == fault.Unauthenticated {
		if isPage(r) {
			http.Redirect(w, r, g.loginURL(r), http.StatusSeeOther)
			return
		}
		challenge := `Bearer realm="hangar"`
		if !errors.Is(err, errNobody) {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	g.o.WriteError(w, r, err)
}

// isPage tells a person who looks at a page from a program that wants an answer.
func isPage(r *http.Request) bool {
	for _, machine := range []string{"/api/", "/mcp", "/ws/"} {
		if strings.HasPrefix(r.URL.Path, machine) {
			return false
		}
	}
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (g *Gate) loginURL(r *http.Request) string {
	here := url.URL{Path: g.o.BasePath + strings.TrimPrefix(r.URL.Path, "/"), RawQuery: r.URL.RawQuery}
	to := url.URL{Path: g.o.BasePath + "login", RawQuery: url.Values{"next": {here.String()}}.Encode()}
	return to.String()
}
