package manage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"hangar/backend/group"
	"hangar/backend/mcp"
)

// Do makes a request of the REST face from inside, for the caller of the context: the same row of the table of permissions
// judges it, the same verb carries it out, the same event says so.
type Do func(ctx context.Context, method, target string, body []byte) (status int, answer []byte)

// answer is what a tool says: structured, and whether that is a failure.
type answer struct {
	body   json.RawMessage
	failed bool
}

func say(structured any) answer {
	raw, err := json.Marshal(structured)
	if err != nil { // a provider's own words that are no JSON; they were looked at when they were stored
		return refusal("InternalServerError", err.Error(), nil)
	}
	return answer{body: raw}
}

// refusal is a failure as a result, in the words of the management tools: error, type, details.
func refusal(kind, message string, details json.RawMessage) answer {
	raw, _ := json.Marshal(struct { // texts, and details that are JSON already
		Error   string          `json:"error"`
		Type    string          `json:"type"`
		Details json.RawMessage `json:"details,omitempty"`
	}{message, kind, details})
	return answer{raw, true}
}

// behaviour is what a tool does with arguments that were looked at. Errors are *fault.Error or *mcp.Error.
type behaviour func(ctx context.Context, t *Tools, c call) answer

// ask makes one request: arguments fill the path, the rest of them is the query of a GET and the body of anything else.
func (t *Tools) ask(ctx context.Context, door string, takes []param, a arguments) answer {
	method, path, _ := strings.Cut(door, " ")
	names := map[string]string{}
	for _, p := range takes {
		names[p.name] = p.route()
	}
	query, body := url.Values{}, map[string]json.RawMessage{}
	for name, value := range a {
		as := name
		if known := names[name]; known != "" {
			as = known
		}
		plain, isText := mcp.String(value)
		if !isText {
			plain = string(value)
		}
		switch hole := "{" + as + "}"; {
		case strings.Contains(path, hole):
			path = strings.ReplaceAll(path, hole, url.PathEscape(plain))
		case method == http.MethodGet:
			query.Set(as, plain)
		default:
			body[as] = value
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var sent []byte
	if method != http.MethodGet {
		sent, _ = json.Marshal(body) // values that are JSON already
	}
	return read(t.o.Do(ctx, method, path, sent))
}

// read turns an answer of the REST face into one of a tool.
func read(status int, raw []byte) answer {
	if status < http.StatusBadRequest && json.Valid(raw) {
		return answer{body: raw}
	}
	var e struct {
		Error, Message string
		Details        json.RawMessage
	}
	if json.Unmarshal(raw, &e) != nil || e.Message == "" {
		return refusal("InternalServerError", http.StatusText(status), nil)
	}
	return refusal(e.Error, e.Message, e.Details)
}

// route stands for one route.
func route(door string) behaviour {
	return func(ctx context.Context, t *Tools, c call) answer { return t.ask(ctx, door, c.tool.takes, c.args) }
}

// either stands for a route of providers, and for another one where the argument provider names a group.
func either(ofProvider, ofGroup string) behaviour {
	return func(ctx context.Context, t *Tools, c call) answer {
		if id := c.args.text("provider"); t.group(id) != nil {
			return t.ask(ctx, ofGroup, nil, c.args.without("provider").with("group_id", id))
		}
		return t.ask(ctx, ofProvider, c.tool.takes, c.args)
	}
}

func (a arguments) with(name, value string) arguments {
	a[name] = mcp.Quote(value)
	return a
}

func (t *Tools) group(id string) *group.Group {
	g, _ := t.o.Groups.Live(group.ID(id))
	return g
}

func members(g *group.Group) (ids []string) {
	for _, m := range g.Members {
		ids = append(ids, string(m.ID))
	}
	return ids
}

// outcomes is what a route said of each of several things.
type outcomes struct {
	ids     []string
	answers []answer
}

// beside is how many things a tool deals with at once.
const beside = 4

// over asks a route about several things beside each other; the outcomes are in their order.
func (t *Tools) over(ctx context.Context, ids []string, do func(id string) answer) outcomes {
	out := outcomes{ids, make([]answer, len(ids))}
	slots := make(chan struct{}, beside)
	var work sync.WaitGroup
	for i, id := range ids {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				out.answers[i] = refusal("RequestCancelledError", context.Cause(ctx).Error(), nil)
				return
			}
			out.answers[i] = do(id)
		})
	}
	work.Wait()
	return out
}

type mishap struct {
	ID    string `json:"id"`
	Error string `json:"error"`
	Type  string `json:"type"`
}

// split says which went well, and why the others did not.
func (o outcomes) split() (well []string, failed []mishap) {
	well, failed = []string{}, []mishap{}
	for i, id := range o.ids {
		if !o.answers[i].failed {
			well = append(well, id)
			continue
		}
		why, _ := mcp.GetString(o.answers[i].body, "error")
		kind, _ := mcp.GetString(o.answers[i].body, "type")
		failed = append(failed, mishap{id, why, kind})
	}
	return well, failed
}

// eachMember stands for a route of providers; of a group it goes to every member, each under the caller's own permission
// for it.
func eachMember(door, done string) behaviour {
	return func(ctx context.Context, t *Tools, c call) answer {
		id := c.args.text("provider")
		g := t.group(id)
		if g == nil {
			return t.ask(ctx, door, c.tool.takes, c.args)
		}
		well, failed := t.over(ctx, members(g), func(member string) answer {
			return t.ask(ctx, door, c.tool.takes, c.args.without("provider").with("provider", member))
		}).split()
		said := map[string]any{"group": id, done: well, "failed": failed, "total_members": len(g.Members)}
		if state := t.ask(ctx, "GET /api/groups/{group_id}", nil, arguments{}.with("group_id", id)); !state.failed {
			for _, key := range []string{"state", "healthy_count"} {
				said[key], _ = mcp.Get(state.body, key)
			}
		}
		a := say(said)
		a.failed = len(failed) > 0 && len(well) == 0
		return a
	}
}

// piece is a part of what gather puts together.
type piece struct {
	as     string   // its name in the result
	door   string   // where it comes from
	member string   // of that answer; "": all of it
	with   []string // arguments that go there
	fields []string // of each of its things; nil: all
}

// gather puts together what several routes say. A part that the caller may not see is left out.
func gather(parts ...piece) behaviour {
	return func(ctx context.Context, t *Tools, c call) answer {
		said, rights := map[string]any{}, t.o.Rights(ctx)
		for _, p := range parts {
			if !rights.Opens(t.doors[p.door]).Allowed {
				continue
			}
			given := arguments{}
			for _, name := range p.with {
				if v, ok := c.args[name]; ok {
					given[name] = v
				}
			}
			a := t.ask(ctx, p.door, c.tool.takes, given)
			if a.failed {
				return a
			}
			found := a.body
			if p.member != "" {
				found, _ = mcp.Get(a.body, p.member)
			}
			said[p.as] = p.slim(found)
		}
		return say(said)
	}
}

// slim keeps some fields of each of a list's things.
func (p piece) slim(list json.RawMessage) any {
	if p.fields == nil {
		return list
	}
	all, err := mcp.Elements(list)
	if err != nil {
		return list
	}
	slimmed := make([]json.RawMessage, 0, len(all))
	for _, thing := range all {
		if kept, err := mcp.Filter(thing, func(key string) bool { return slices.Contains(p.fields, key) }); err == nil {
			thing = kept
		}
		slimmed = append(slimmed, thing)
	}
	return slimmed
}
