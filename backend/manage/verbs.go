package manage

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// What no single route does: still nothing but routes, one after the other.

func reloadConfig(ctx context.Context, t *Tools, c call) answer {
	done, err := t.o.Reload(ctx, c.args.yes("graceful"))
	if err != nil {
		f := fault.From(err)
		a := say(map[string]any{"status": "failed", "message": f.Message, "error_type": f.Type})
		a.failed = true
		return a
	}
	return say(map[string]any{"status": "success", "result": done})
}

func rebalance(ctx context.Context, t *Tools, c call) answer {
	if a := t.ask(ctx, "POST /api/groups/{group_id}/rebalance", c.tool.takes, c.args); a.failed {
		return a
	}
	return t.ask(ctx, "GET /api/groups/{group_id}", c.tool.takes, c.args)
}

// metrics are figures, or the text that Prometheus reads.
func metrics(figures, prometheus behaviour) behaviour {
	return func(ctx context.Context, t *Tools, c call) answer {
		if c.args.text("format") == "prometheus" {
			return prometheus(ctx, t, c)
		}
		return figures(ctx, t, c)
	}
}

// toolsOf gives definitions as their providers wrote them. A group has what its members have, each name once.
func toolsOf(ctx context.Context, t *Tools, c call) answer {
	id, ids := c.args.text("provider"), []string{c.args.text("provider")}
	said := map[string]any{"provider": id}
	if g := t.group(id); g != nil {
		ids, said["group"] = members(g), true
	}
	rights, seen, tools := t.o.Rights(ctx), map[string]bool{}, []json.RawMessage{}
	for _, member := range ids {
		a := t.ask(ctx, "GET /api/providers/{provider_id}/tools", c.tool.takes, arguments{}.with("provider", member))
		if a.failed {
			if len(ids) == 1 {
				return a
			}
			continue // a member that left, or that the caller may not see
		}
		items, err := t.o.Catalogue(ctx, provider.ID(member))
		if err != nil {
			return refusal("InternalServerError", err.Error(), nil)
		}
		for _, it := range items.Of(provider.Tool) {
			if !seen[it.Name] && rights.MayUse(member, it.Name) {
				seen[it.Name] = true
				tools = append(tools, it.Raw)
			}
		}
	}
	said["tools"] = tools
	return say(said)
}

// warm starts what does not run.
func warm(ctx context.Context, t *Tools, c call) answer {
	list := t.ask(ctx, "GET /api/providers", nil, arguments{})
	if list.failed {
		return list
	}
	states := map[string]string{}
	var all []string
	var body struct {
		Providers []struct{ Provider, State string }
	}
	if err := json.Unmarshal(list.body, &body); err != nil {
		return refusal("InternalServerError", err.Error(), nil)
	}
	rights := t.o.Rights(ctx)
	for _, p := range body.Providers {
		states[p.Provider] = p.State
		if rights.Can(auth.ProvidersStart, p.Provider).Allowed {
			all = append(all, p.Provider)
		}
	}
	if wanted := c.args.text("providers"); wanted != "" {
		all = nil
		for id := range strings.SplitSeq(wanted, ",") {
			if id = strings.TrimSpace(id); t.group(id) != nil {
				all = append(all, members(t.group(id))...)
			} else if id != "" {
				all = append(all, id)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	already := []string{}
	cold := slices.DeleteFunc(all, func(id string) bool {
		if states[id] == string(provider.Ready) {
			already = append(already, id)
			return true
		}
		return false
	})
	warmed, failed := t.over(ctx, cold, func(id string) answer {
		return t.ask(ctx, "POST /api/providers/{provider_id}/start", nil, arguments{}.with("provider_id", id))
	}).split()
	a := say(map[string]any{"warmed": warmed, "already_warm": already, "failed": failed})
	a.failed = len(failed) > 0 && len(warmed)+len(already) == 0
	return a
}

// discover looks at one source, or at all that are on.
func discover(ctx context.Context, t *Tools, c call) answer {
	ids := []string{c.args.text("source")}
	if ids[0] == "" {
		list := t.ask(ctx, "GET /api/discovery/sources", nil, arguments{})
		if list.failed {
			return list
		}
		var body struct {
			Sources []struct {
				ID      string `json:"source_id"`
				Enabled bool   `json:"enabled"`
			}
		}
		if err := json.Unmarshal(list.body, &body); err != nil {
			return refusal("InternalServerError", err.Error(), nil)
		}
		ids = nil
		for _, s := range body.Sources {
			if s.Enabled {
				ids = append(ids, s.ID)
			}
		}
	}
	done := t.over(ctx, ids, func(id string) answer {
		return t.ask(ctx, "POST /api/discovery/sources/{source_id}/scan", nil, arguments{}.with("source_id", id))
	})
	scanned, failed := done.split()
	scans := []json.RawMessage{}
	for _, a := range done.answers {
		if !a.failed {
			scans = append(scans, a.body)
		}
	}
	a := say(map[string]any{"scans": scans, "failed": failed})
	a.failed = len(failed) > 0 && len(scanned) == 0
	return a
}

// entry is what load wants to know of one of the catalog's.
type entry struct {
	ID         string `json:"entry_id"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	Source     string `json:"source"`
	Variant    string `json:"variant"`
	Verified   bool   `json:"verified"`
	ProviderID string `json:"provider_id"`
}

// load deploys what a name means, or says what stands against it.
func load(ctx context.Context, t *Tools, c call) answer {
	name := c.args.text("name")
	found, bad := t.entries(ctx, name)
	switch {
	case bad != nil:
		return *bad
	case len(found) == 0:
		return unmet(map[string]any{"status": "not_found", "message": "the catalog has no entry " + name})
	case len(found) > 1:
		return unmet(map[string]any{"status": "ambiguous", "message": "the name means several entries; give the entry_id of one", "matches": found})
	case !found[0].Verified && !c.args.yes("force_unverified"):
		return unmet(map[string]any{"status": "unverified", "provider_name": found[0].Name, "instructions": "The entry does not come with Hangar. Look at what it runs, then call again with force_unverified: true."})
	}
	order := c.args.without("name", "force_unverified").with("entry_id", found[0].ID)
	order["start"] = json.RawMessage("true")
	a := t.ask(ctx, "POST /api/catalog/{entry_id}/deploy", c.tool.takes, order)
	if !a.failed {
		id, _ := mcp.GetString(a.body, "provider_id")
		why, _ := mcp.Get(a.body, "start_error")
		if started, _ := mcp.Get(a.body, "started"); string(started) != "true" {
			return unmet(map[string]any{"status": "failed", "provider": id, "message": "it was made and did not start", "start_error": why})
		}
		return say(map[string]any{"status": "loaded", "provider": id})
	}
	kind, _ := mcp.GetString(a.body, "type")
	message, _ := mcp.GetString(a.body, "error")
	details, _ := mcp.Get(a.body, "details")
	switch kind {
	case "ConflictError":
		return say(map[string]any{"status": "already_loaded", "message": message})
	case "ValidationError":
		return unmet(map[string]any{"status": "missing_secrets", "provider_name": found[0].Name, "message": message, "missing": details, "instructions": "Give variables and secrets as the entry's form asks."})
	}
	return a
}

func unmet(said map[string]any) answer {
	a := say(said)
	a.failed = true
	return a
}

// entries are those that a name means: by id, by name, by the provider that it would be; else all that have its words.
func (t *Tools) entries(ctx context.Context, name string) ([]entry, *answer) {
	a := t.ask(ctx, "GET /api/catalog", nil, arguments{}.with("search", name))
	if a.failed {
		return nil, &a
	}
	var body struct{ Entries []entry }
	if err := json.Unmarshal(a.body, &body); err != nil {
		bad := refusal("InternalServerError", err.Error(), nil)
		return nil, &bad
	}
	for _, same := range []func(entry) bool{
		func(e entry) bool { return e.ID == name }, func(e entry) bool { return e.Name == name }, func(e entry) bool { return e.ProviderID == name },
	} {
		if i := slices.IndexFunc(body.Entries, same); i >= 0 {
			return slices.DeleteFunc(body.Entries, func(e entry) bool { return !same(e) }), nil
		}
	}
	if len(body.Entries) == 0 { // an id's words need not stand in its entry
		if one := t.ask(ctx, "GET /api/catalog/{entry_id}", nil, arguments{}.with("entry_id", name)); !one.failed {
			var e entry
			if json.Unmarshal(one.body, &e) == nil {
				return []entry{e}, nil
			}
		}
	}
	return body.Entries, nil
}

// unload removes what load made.
func unload(ctx context.Context, t *Tools, c call) answer {
	is := t.ask(ctx, "GET /api/providers/{provider_id}", c.tool.takes, c.args)
	if is.failed {
		return is
	}
	id := c.args.text("provider")
	if source, _ := mcp.GetString(is.body, "source"); source != string(provider.SourceCatalog) {
		return unmet(map[string]any{"status": "not_hot_loaded", "provider": id, "message": "it was not loaded from the catalog but comes from " + source})
	}
	if a := t.ask(ctx, http.MethodDelete+" /api/providers/{provider_id}", c.tool.takes, c.args); a.failed {
		return a
	}
	return say(map[string]any{"status": "unloaded", "provider": id})
}
