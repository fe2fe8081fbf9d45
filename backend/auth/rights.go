package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Decision is an answer with its reason. The reason is worded only when somebody asks for it.
type Decision struct {
	Allowed bool
	Role    string  // that grants it; also where a policy then takes it away
	Policy  *Policy // that denies it
	Narrows string  // the subject whose allow-list leaves it out

	principal string
	asked     Permission
	thing     string
	state     state
}

// state is whether a principal may do anything at all.
type state uint8

const (
	active state = iota
	unknown
	disabled
)

// Reason says why, in a sentence.
func (d Decision) Reason() string {
	what := string(d.asked)
	if d.thing != "" && d.thing != "*" {
		what += " on " + d.thing
	}
	switch {
	case d.state == unknown:
		return fmt.Sprintf("there is no principal %q", d.principal)
	case d.state == disabled:
		return fmt.Sprintf("principal %q is disabled", d.principal)
	case d.Policy != nil:
		return fmt.Sprintf("the tool policy for %s on %s/%s denies it", d.Policy.Subject, d.Policy.Provider, d.Policy.Tool)
	case d.Narrows != "":
		return fmt.Sprintf("the tool policies for %s list what is allowed, and this is not among it", d.Narrows)
	case d.Allowed && d.Role != "":
		return fmt.Sprintf("role %s grants %s", d.Role, what)
	case d.Allowed:
		return "nobody needs a permission for it"
	default:
		return fmt.Sprintf("no role of %q grants %s", d.principal, what)
	}
}

// Rights is what one principal may do. It never changes; a change of roles or policies makes another one.
type Rights struct {
	principal string
	state     state
	all       string // the role that grants everything, or ""
	grants    map[Permission]*granted
	layers    []layer // of tool policies, one for each subject that the principal is
	held      []Grant // all that was granted, for the question whether somebody has more
}

// granted says where one permission holds, each with the role that says so.
type granted struct {
	whole string
	ids   index[string]
	tools toolIndex[string] // instead of ids, for permissions on tools
}

// layer is the policies of one subject.
type layer struct {
	subject     string
	deny, allow toolIndex[*Policy]
}

// newRights compiles. roles are the principal's own and its groups'; layers are the policies of each of its subjects.
func newRights(principal string, s state, roles []Role, layers []layer) *Rights {
	r := &Rights{principal: principal, state: s, grants: map[Permission]*granted{}, layers: layers}
	for _, role := range roles {
		for _, g := range role.grants() {
			r.held = append(r.held, g)
			if g == (Grant{"*", "*", "*"}) && r.all == "" {
				r.all = role.Name
			}
			for _, p := range g.permissions() {
				r.grant(p, g.ID, role.Name)
			}
		}
	}
	return r
}

func (r *Rights) grant(p Permission, id, role string) {
	g := r.grants[p]
	if g == nil {
		g = &granted{}
		r.grants[p] = g
	}
	switch {
	case id == "*" || onTools(p) && id == "*/*":
		if g.whole == "" {
			g.whole = role
		}
	case onTools(p):
		provider, tool := splitTool(id)
		g.tools.add(provider, tool, role)
	default:
		g.ids.add(id, role)
	}
}

func onTools(p Permission) bool { return strings.HasPrefix(string(p), "tool:") }

// splitTool reads provider/tool; a provider alone means all of its tools.
func splitTool(id string) (provider, tool string) {
	provider, tool, ok := strings.Cut(id, "/")
	if !ok {
		tool = "*"
	}
	return provider, tool
}

// Can decides about one thing. An empty id or * asks for all things of the kind. The id of a tool is provider/tool; a
// provider alone asks whether any tool of it is meant.
func (r *Rights) Can(p Permission, id string) Decision {
	if onTools(p) && id != "" && id != "*" {
		if provider, tool, ok := strings.Cut(id, "/"); ok {
			return r.Tool(p, provider, tool)
		}
	}
	d := Decision{principal: r.principal, asked: p, thing: id, state: r.state}
	switch {
	case p == Public:
		d.Allowed, d.state = true, active
	case r.state != active:
	case p == SignedIn:
		d.Allowed = true
	default:
		d.Role = r.role(p, id)
		d.Allowed = d.Role != ""
	}
	return d
}

// role finds a role that grants a permission, or "".
func (r *Rights) role(p Permission, id string) (role string) {
	if r.all != "" {
		return r.all
	}
	g := r.grants[p]
	if g == nil || g.whole != "" || id == "" || id == "*" {
		if g != nil {
			role = g.whole
		}
		return role
	}
	first := func(found string) bool {
		role = found
		return false
	}
	if onTools(p) { // a provider: does anything speak of its tools?
		g.tools.providers.find(id, func(tools *index[string]) bool {
			tools.any(first)
			return role == ""
		})
		return role
	}
	g.ids.find(id, first)
	return role
}

// Some reports whether there is anything that the permission is held for.
func (r *Rights) Some(p Permission) Decision {
	d := Decision{principal: r.principal, asked: p, state: r.state}
	if p == Public || p == SignedIn {
		return r.Can(p, "")
	}
	if r.state != active {
		return d
	}
	if d.Role = r.role(p, "*"); d.Role == "" {
		if g := r.grants[p]; g != nil {
			first := func(found string) bool {
				d.Role = found
				return false
			}
			g.ids.any(first)
			g.tools.providers.any(func(tools *index[string]) bool {
				tools.any(first)
				return d.Role == ""
			})
		}
	}
	d.Allowed = d.Role != ""
	return d
}

// Opens reports whether a door may be open to somebody at all: the one thing that it asks about is named only later.
func (r *Rights) Opens(d Door) Decision {
	switch d.Scope {
	case Whole:
		return r.Can(d.Permission, "*")
	case Fleet:
		if r.limited() {
			return r.Can(ProvidersRead, "*")
		}
		return r.Can(d.Permission, "*")
	default:
		return r.Some(d.Permission)
	}
}

// Tool decides about a tool: a role must grant it, then the policies narrow. It is asked for every call.
func (r *Rights) Tool(p Permission, provider, tool string) Decision {
	d := Decision{principal: r.principal, asked: p, state: r.state}
	if r.state == active {
		d.Role = r.toolRole(p, provider, tool)
		d.Allowed = d.Role != ""
		r.narrow(&d, provider, tool)
	}
	if !d.Allowed {
		d.thing = provider + "/" + tool
	}
	return d
}

func (r *Rights) toolRole(p Permission, provider, tool string) string {
	if r.all != "" {
		return r.all
	}
	g := r.grants[p]
	if g == nil || g.whole != "" {
		if g == nil {
			return ""
		}
		return g.whole
	}
	role, _, _ := g.tools.find(provider, tool)
	return role
}

// narrow applies the policies: a deny of any subject wins; an allow-list of a subject must have the tool.
func (r *Rights) narrow(d *Decision, provider, tool string) {
	if !d.Allowed {
		return
	}
	for i := range r.layers {
		l := &r.layers[i]
		if p, denied, _ := l.deny.find(provider, tool); denied {
			d.Allowed, d.Policy = false, p
			return
		}
		if _, listed, about := l.allow.find(provider, tool); about && !listed && d.Narrows == "" {
			d.Narrows = l.subject
		}
	}
	d.Allowed = d.Narrows == ""
}

// MayUse reports whether a tool is to be shown to somebody who calls tools: what one may not call, one does not see.
func (r *Rights) MayUse(provider, tool string) bool {
	return r.Tool(ToolsInvoke, provider, tool).Allowed && r.Tool(ToolsList, provider, tool).Allowed
}

// AllTools reports whether every tool may be listed and called, whatever it is called.
func (r *Rights) AllTools() bool {
	return len(r.layers) == 0 && r.Can(ToolsInvoke, "*").Allowed && r.Can(ToolsList, "*").Allowed
}

// Granted lists all that was granted, in normal spelling.
func (r *Rights) Granted() []string {
	list := []string{}
	for _, g := range r.held {
		list = append(list, g.String())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Exceeds gives a permission among these that the principal does not have, or false. Nobody gives away what they do not
// have. Patterns are compared by their texts, so a pattern that is equal in effect but not in text counts as more.
func (r *Rights) Exceeds(grants []Grant) (Grant, bool) {
	for _, g := range grants {
		if r.state != active || !slices.ContainsFunc(r.held, func(h Grant) bool { return h.covers(g) }) {
			return g, true
		}
	}
	return Grant{}, false
}

func (g Grant) covers(other Grant) bool {
	return (g.Resource == "*" || g.Resource == other.Resource) && (g.Action == "*" || g.Action == other.Action) &&
		coversID(other.Resource, g.ID, other.ID)
}

func coversID(resource, have, want string) bool {
	switch {
	case have == "*" || have == want:
		return true
	case strings.ContainsAny(want, special):
		return false
	case resource != "tool":
		return matches(have, want)
	}
	provider, tool := splitTool(have)
	wantedProvider, wanted := splitTool(want)
	return matches(provider, wantedProvider) && (tool == "*" || wanted != "*" && matches(tool, wanted))
}
