package manage

import (
	"context"
	"encoding/json"
	"slices"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/gateway"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// Options are what the tools work with; all are required.
type Options struct {
	Offers func(ctx context.Context) ([]provider.Offer, error) // every tool of every provider, as last listed
	Exists func(ctx context.Context, id provider.ID) error     // a fault for a provider that there is not
	Rights func(ctx context.Context) *auth.Rights
	Groups interface {
		Live(id group.ID) (*group.Group, bool)
	}
	Calls interface {
		Call(ctx context.Context, c invoke.Call) (json.RawMessage, error)
	}
	GroupCalls interface {
		Call(ctx context.Context, id group.ID, c invoke.Call) (json.RawMessage, error)
	}
	Reload func(ctx context.Context, graceful bool) (any, error) // reads the configuration anew
	Listed bool                                                  // what manages Hangar is in the list of everything
}

// Tools is gateway.Own.
type Tools struct{ o Options }

// New makes them.
func New(o Options) *Tools { return &Tools{o} }

// The names.
const (
	find     = "hangar_find_tools"
	describe = "hangar_describe_tool"
	call     = "hangar_call"
	reload   = "hangar_reload_config"
)

// Has reports a name that is one of ours.
func (t *Tools) Has(name string) bool {
	return slices.Contains([]string{find, describe, call, reload}, name)
}

// Tools are their definitions: in the search mode those that find and call, for whoever may call any tool, because in the list of
// everything they would only repeat it; in that list what manages Hangar, where it is wanted.
func (t *Tools) Tools(rights *auth.Rights, search bool) []json.RawMessage {
	switch {
	case !search && t.o.Listed && t.mayReload(rights):
		return []json.RawMessage{reloadDefinition()}
	case !search, !rights.Some(auth.ToolsInvoke).Allowed:
		return nil
	}
	return definitions()
}

// mayReload: a configuration says what is run, so bringing one into effect needs what that needs.
func (t *Tools) mayReload(rights *auth.Rights) bool {
	return rights.Can(auth.ProvidersExec, "*").Allowed
}

func (t *Tools) reload(ctx context.Context, arguments json.RawMessage) (json.RawMessage, error) {
	if !t.mayReload(t.o.Rights(ctx)) { // what one may not call is not there
		return nil, fault.Named(fault.Missing, "ToolNotFoundError", "Hangar has no tool %q", reload)
	}
	in := struct{ Graceful *bool }{}
	if len(arguments) > 0 {
		if err := read(arguments, &in); err != nil {
			return nil, err
		}
	}
	done, err := t.o.Reload(ctx, in.Graceful == nil || *in.Graceful)
	if err != nil {
		f := fault.From(err)
		return result(map[string]any{"status": "failed", "message": f.Message, "error_type": f.Type}, true)
	}
	return result(map[string]any{"status": "success", "result": done}, false)
}

func reloadDefinition() json.RawMessage {
	return json.RawMessage(`{"name":"hangar_reload_config","title":"Reload the configuration","description":"Reads the configuration file again and brings it into effect, all of it or nothing. Says which providers were added, removed, changed and kept.","inputSchema":{"type":"object","properties":{"graceful":{"type":"boolean","default":true,"description":"Calls in flight of what restarts may end"}},"additionalProperties":false},"annotations":{"readOnlyHint":false,"destructiveHint":true,"openWorldHint":false}}`)
}

func definitions() []json.RawMessage {
	return []json.RawMessage{
		json.RawMessage(`{"name":"hangar_find_tools","title":"Find tools","description":"Finds tools by what they do: words of their names, descriptions and parameters, the best first. Call this first.","inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"What is to be done, in a few words"},"limit":{"type":"integer","minimum":1,"maximum":50,"default":8}},"required":["query"],"additionalProperties":false},"annotations":{"readOnlyHint":true,"openWorldHint":false}}`),
		json.RawMessage(`{"name":"hangar_describe_tool","title":"Describe a tool","description":"The whole definition of one tool: its description and the schema of its arguments. Read it before you call the tool.","inputSchema":{"type":"object","properties":{"provider":{"type":"string"},"tool":{"type":"string"}},"required":["provider","tool"],"additionalProperties":false},"annotations":{"readOnlyHint":true,"openWorldHint":false}}`),
		json.RawMessage(`{"name":"hangar_call","title":"Call tools","description":"Calls one tool or up to 100 at once, each of a provider or a group. The results come in the order of the calls.","inputSchema":{"type":"object","properties":{"calls":{"type":"array","maxItems":100,"items":{"type":"object","properties":{"provider":{"type":"string","description":"A provider or a group"},"tool":{"type":"string"},"arguments":{"type":"object"},"timeout":{"type":"number","description":"Seconds"}},"required":["provider","tool","arguments"],"additionalProperties":false}},"max_concurrency":{"type":"integer","minimum":1,"maximum":50,"default":10},"timeout":{"type":"number","minimum":1,"maximum":300,"default":60,"description":"Seconds, for all of them"},"fail_fast":{"type":"boolean","default":false,"description":"The first failure ends the others"}},"required":["calls"],"additionalProperties":false}}`),
	}
}

// Call calls one of them.
func (t *Tools) Call(ctx context.Context, c gateway.OwnCall) (json.RawMessage, error) {
	switch c.Name {
	case find:
		return t.find(ctx, c.Arguments)
	case describe:
		return t.describe(ctx, c.Arguments)
	case call:
		return t.batch(ctx, c)
	case reload:
		return t.reload(ctx, c.Arguments)
	}
	return nil, fault.Named(fault.Missing, "ToolNotFoundError", "Hangar has no tool %q", c.Name)
}

// read takes arguments; what is wrong with them names the parameter.
func read(arguments json.RawMessage, into any) error {
	if err := json.Unmarshal(arguments, into); err != nil {
		return mcp.Errorf(mcp.CodeInvalidParams, "params.arguments: %s", err)
	}
	return nil
}

// result is a tool's result: structured, and the same as text for those who read only that.
func result(structured any, failed bool) (json.RawMessage, error) {
	raw, err := json.Marshal(structured)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"content": []any{map[string]any{"type": "text", "text": string(raw)}}, "structuredContent": json.RawMessage(raw)}
	if failed {
		out["isError"] = true
	}
	return json.Marshal(out)
}

// offers are the tools that the caller may call.
func (t *Tools) offers(ctx context.Context) ([]provider.Offer, error) {
	all, err := t.o.Offers(ctx)
	if err != nil {
		return nil, err
	}
	rights := t.o.Rights(ctx)
	return slices.DeleteFunc(all, func(o provider.Offer) bool { return !rights.MayUse(string(o.Provider), o.Name) }), nil
}

func (t *Tools) describe(ctx context.Context, arguments json.RawMessage) (json.RawMessage, error) {
	var in struct{ Provider, Tool string }
	if err := read(arguments, &in); err != nil {
		return nil, err
	}
	all, err := t.offers(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if string(o.Provider) == in.Provider && o.Name == in.Tool {
			return result(map[string]any{"provider": in.Provider, "tool": in.Tool, "definition": o.Raw}, false)
		}
	}
	return result(map[string]any{"error": "there is no such tool; " + find + " finds those that there are"}, true)
}
