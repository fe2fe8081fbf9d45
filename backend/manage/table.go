package manage

import "encoding/json"

// tool is a tool of Hangar's.
type tool struct {
	name, title, about string
	takes              []param
	schema             json.RawMessage // in the place of one made of takes
	reads              bool            // it changes nothing
	destroys           bool            // it may end or remove something
	repeats            bool            // twice is as good as once
	finds              bool            // of the search mode
	only               bool            // of the search mode alone: elsewhere it would repeat the list
	always             bool            // not one of those that a setting turns off
	does               behaviour
}

func provided(about string) param {
	return param{name: "provider", at: "provider_id", kind: text, about: about, required: true}
}

// table is every tool: what it takes, how it is marked, and the routes that it stands for. What each needs is a row of
// auth.Rules; the routes ask for their own permission again.
func table() []tool {
	const either2 = "Id of a provider or a group"
	summary := []string{"provider", "state", "status", "mode", "health_status", "tools_count", "last_call_at", "calls_total", "calls_failed", "circuit_state", "retry_at"}
	pools := []string{"group_id", "state", "healthy_count", "total_members", "circuit_breaker_state"}
	return []tool{
		{
			name: find, title: "Find tools", about: "Finds tools by what they do: words of their names, descriptions and parameters, the best first. Call this first.",
			reads: true, repeats: true, finds: true, only: true, always: true, does: findTools,
			takes: []param{
				{name: "query", kind: text, about: "What is to be done, in a few words", required: true},
				{name: "limit", kind: integer, low: 1, top: 50, standard: 8},
			},
		},
		{
			name: describe, title: "Describe a tool", about: "The whole definition of one tool: its description and the schema of its arguments. Read it before you call the tool.",
			reads: true, repeats: true, finds: true, only: true, always: true, does: describeTool,
			takes: []param{{name: "provider", kind: text, required: true}, {name: "tool", kind: text, required: true}},
		},
		{
			name: callTools, title: "Call tools", about: "Calls one tool or up to 100 at once, each of a provider or a group. The results come in the order of the calls; one that is too large is kept: provider hangar, tool hangar_fetch_continuation gives it in pieces.",
			destroys: true, finds: true, always: true, schema: batchSchema(), does: batch,
		},
		{
			name: fetchRest, title: "Fetch a kept result", about: "A piece of a result that was too large to be sent whole, by its continuation_id. It is kept for minutes, for whoever made the call.",
			reads: true, repeats: true, always: true, does: fetchContinuation,
			takes: []param{
				{name: "continuation_id", kind: text, required: true},
				{name: "offset", kind: integer, low: 0, top: 1 << 30, standard: 0, about: "Bytes from the beginning"},
				{name: "limit", kind: integer, low: 1, top: 2_000_000, standard: 500_000, about: "Bytes at most"},
			},
		},
		{
			name: deleteRest, title: "Delete a kept result", about: "Forgets a kept result before its time.",
			destroys: true, repeats: true, always: true, does: deleteContinuation, takes: []param{{name: "continuation_id", kind: text, required: true}},
		},
		{
			name: "hangar_list", title: "List providers", about: "Every provider and group with its state.", reads: true, repeats: true,
			takes: []param{{name: "state_filter", at: "state", kind: text, enum: []string{"cold", "initializing", "ready", "degraded", "dead"}, about: "Only providers in this state"}},
			does: gather(piece{as: "providers", door: "GET /api/providers", member: "providers", with: []string{"state_filter"}},
				piece{as: "groups", door: "GET /api/groups", member: "groups"}),
		},
		{
			name: "hangar_status", title: "Status", about: "How everything is, in short: providers, groups, and the whole in numbers.", reads: true, repeats: true,
			does: gather(piece{as: "providers", door: "GET /api/providers", member: "providers", fields: summary},
				piece{as: "groups", door: "GET /api/groups", member: "groups", fields: pools}, piece{as: "summary", door: "GET /api/system", member: "system"}),
		},
		{
			name: "hangar_details", title: "Details of a provider", about: "All that is known of one provider or group: definition, state, health, tools.", reads: true, repeats: true,
			takes: []param{provided(either2)}, does: either("GET /api/providers/{provider_id}", "GET /api/groups/{group_id}"),
		},
		{
			name: "hangar_tools", title: "Tools of a provider", about: "The whole definitions of a provider's or a group's tools, as last listed; nothing is started for it.", reads: true, repeats: true,
			takes: []param{provided(either2)}, does: toolsOf,
		},
		{
			name: "hangar_start", title: "Start a provider", about: "Starts a provider, or every member of a group, and waits until it is ready.", repeats: true,
			takes: []param{provided(either2)}, does: eachMember("POST /api/providers/{provider_id}/start", "members_started"),
		},
		{
			name: "hangar_stop", title: "Stop a provider", about: "Stops a provider, or every member of a group. A call starts it again.", destroys: true, repeats: true,
			takes: []param{provided(either2), {name: "reason", kind: text, about: "Goes into the log"}}, does: eachMember("POST /api/providers/{provider_id}/stop", "members_stopped"),
		},
		{
			name: "hangar_warm", title: "Warm providers", about: "Starts providers that do not run yet, so that the first call need not wait.", repeats: true,
			takes: []param{{name: "providers", kind: text, about: "Ids of providers or groups with commas between them; left out: all that you may start"}}, does: warm,
		},
		{
			name: reload, title: "Reload the configuration", about: "Reads the configuration file again and brings it into effect, all of it or nothing. Says which providers were added, removed, changed and kept.",
			destroys: true, repeats: true, takes: []param{{name: "graceful", kind: boolean, standard: true, about: "Calls in flight of what restarts may end"}}, does: reloadConfig,
		},
		{
			name: "hangar_load", title: "Load a server from the catalog", about: "Makes a provider of an entry of the catalog and starts it. Says what it lacks: a choice between entries, a secret, your word that it may be unverified.",
			takes: []param{
				{name: "name", kind: text, required: true, about: "Name or id of the entry"},
				{name: "force_unverified", kind: boolean, standard: false, about: "Load it though it does not come with Hangar"},
				{name: "provider", at: "provider_id", kind: text, about: "Id of the new provider; left out: the entry's own"},
				{name: "variables", kind: object, about: "By name, as the entry's form asks"}, {name: "secrets", kind: object, about: "By name; ${env:NAME} refers to a variable"},
			},
			does: load,
		},
		{
			name: "hangar_unload", title: "Unload a server", about: "Stops and removes a provider that was loaded from the catalog. No other is touched.", destroys: true, repeats: true,
			takes: []param{provided("Id of the provider")}, does: unload,
		},
		{
			name: "hangar_health", title: "Health", about: "Whether Hangar is ready, and how many providers and groups are in which state.", reads: true, repeats: true,
			does: gather(piece{as: "readiness", door: "GET /health/ready"}, piece{as: "system", door: "GET /api/system", member: "system"},
				piece{as: "groups", door: "GET /api/groups", member: "groups", fields: pools}),
		},
		{
			name: "hangar_metrics", title: "Metrics", about: "Calls, failures and sums of everything that is measured.", reads: true, repeats: true,
			takes: []param{{name: "format", kind: text, enum: []string{"json", "prometheus"}, standard: "json"}}, does: metrics(
				gather(piece{as: "summary", door: "GET /api/observability/metrics", member: "summary"},
					piece{as: "providers", door: "GET /api/providers", member: "providers", fields: summary}, piece{as: "groups", door: "GET /api/groups", member: "groups", fields: pools}),
				gather(piece{as: "prometheus_text", door: "GET /api/observability/metrics", member: "prometheus_text"})),
		},
		{
			name: "hangar_discover", title: "Discover providers", about: "Looks at the discovery sources now. What is found waits for approval, unless its source says otherwise.",
			takes: []param{{name: "source", kind: text, about: "Id of one source; left out: all that are on"}}, does: discover,
		},
		{
			name: "hangar_discovered", title: "Discovered providers", about: "What was found and waits for approval.", reads: true, repeats: true,
			does: route("GET /api/discovery/pending"),
		},
		{
			name: "hangar_quarantine", title: "Quarantined providers", about: "What was found and cannot be used as it is, with the reason.", reads: true, repeats: true,
			does: route("GET /api/discovery/quarantined"),
		},
		{
			name: "hangar_approve", title: "Approve a discovered provider", about: "Registers what was found under a name; nothing is started by that.",
			takes: []param{
				{name: "provider", at: "name", kind: text, required: true, about: "Its key, as hangar_discovered shows it"},
				{name: "fingerprint", kind: text, about: "Of the definition that you have seen; another one is refused"},
			},
			does: route("POST /api/discovery/approve/{name}"),
		},
		{
			name: "hangar_sources", title: "Discovery sources", about: "Where providers are looked for, and whether that works.", reads: true, repeats: true,
			does: route("GET /api/discovery/sources"),
		},
		{
			name: "hangar_group_list", title: "List groups", about: "Every group with its members and their share of the calls.", reads: true, repeats: true,
			does: gather(piece{as: "groups", door: "GET /api/groups", member: "groups"}),
		},
		{
			name: "hangar_group_rebalance", title: "Rebalance a group", about: "Closes the circuit breakers of a group's members and takes those that can be called into the rotation again.", repeats: true,
			takes: []param{{name: "group", at: "group_id", kind: text, required: true, about: "Id of the group"}}, does: rebalance,
		},
	}
}

// definition is a tool as tools/list shows it.
func (t tool) definition() json.RawMessage {
	input := any(t.schema)
	if t.schema == nil {
		input = schema(t.takes)
	}
	raw, _ := json.Marshal(struct { // texts and plain values
		Name        string         `json:"name"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Input       any            `json:"inputSchema"`
		Annotations map[string]any `json:"annotations"`
	}{t.name, t.title, t.about, input, t.hints()})
	return raw
}

// hints leaves out what does not apply. Only hangar_call reaches beyond Hangar and what it runs, which is what open world
// means by default.
func (t tool) hints() map[string]any {
	h := map[string]any{"readOnlyHint": t.reads}
	if !t.reads {
		h["destructiveHint"], h["idempotentHint"] = t.destroys, t.repeats
	}
	if t.name != callTools {
		h["openWorldHint"] = false
	}
	return h
}
