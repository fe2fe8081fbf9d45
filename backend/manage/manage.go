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
	"hangar/backend/provider"
)

// Options are what the tools work with; all but Listed, Results and Refused are required.
type Options struct {
	Do        Do
	Offers    func(ctx context.Context) ([]provider.Offer, error) // every tool of every provider, as last listed
	Catalogue func(ctx context.Context, id provider.ID) (provider.Catalogue, error)
	Exists    func(ctx context.Context, id provider.ID) error // a fault for a provider that there is not
	Rights    func(ctx context.Context) *auth.Rights
	Groups    interface {
		Live(id group.ID) (*group.Group, bool)
	}
	Calls interface {
		Call(ctx context.Context, c invoke.Call) (json.RawMessage, error)
	}
	GroupCalls interface {
		Call(ctx context.Context, id group.ID, c invoke.Call) (json.RawMessage, error)
	}
	Reload  func(ctx context.Context, graceful bool) (any, error)             // reads the configuration anew
	Refused func(ctx context.Context, id provider.ID, tool string, err error) // is told of a call that is not allowed
	Over    func(ctx context.Context, b invoke.Batch)                         // is told of a batch that is over
	Listed  bool                                                              // what manages Hangar is there; else only what finds and calls
	Results Results
}

// Tools is gateway.Own.
type Tools struct {
	o     Options
	doors map[string]auth.Door
	need  map[string]auth.Door // by the name of a tool
	table []tool
	shown map[string]json.RawMessage
	kept  *kept
}

// New makes them.
func New(o Options) *Tools {
	t := &Tools{o: o, doors: auth.Doors(), need: auth.ToolDoors(), table: table(), shown: map[string]json.RawMessage{}, kept: newKept(o.Results)}
	for _, row := range t.table {
		t.shown[row.name] = row.definition()
	}
	return t
}

// The names that the code speaks of.
const (
	find       = "hangar_find_tools"
	describe   = "hangar_describe_tool"
	callTools  = "hangar_call"
	fetchRest  = "hangar_fetch_continuation"
	deleteRest = "hangar_delete_continuation"
	reload     = "hangar_reload_config"
)

// self is whose tools these are where a provider is to be named, as long as no provider is called so.
const self = "hangar"

// Has reports a name that is one of ours.
func (t *Tools) Has(name string) bool { return t.shown[name] != nil }

// Names are all of them, in the order of the table.
func (t *Tools) Names() (names []string) {
	for _, row := range t.table {
		names = append(names, row.name)
	}
	return names
}

// Tools are their definitions: in the search mode those that find and call, because in the list of everything two of them would
// only repeat it; in that list what manages Hangar and what calls many. Who may not call one does not see it.
func (t *Tools) Tools(rights *auth.Rights, search bool) (list []json.RawMessage) {
	for _, row := range t.table {
		if (search && row.finds || !search && !row.only && t.o.Listed) && t.may(rights, row) {
			list = append(list, t.shown[row.name])
		}
	}
	return list
}

// may: whoever calls any tool needs what tools/call needs, and what stands beside this one.
func (t *Tools) may(rights *auth.Rights, row tool) bool {
	return (t.o.Listed || row.always) && rights.Some(auth.ToolsInvoke).Allowed && rights.Opens(t.need[row.name]).Allowed
}

func (t *Tools) row(name string) (tool, bool) {
	i := slices.IndexFunc(t.table, func(row tool) bool { return row.name == name })
	if i < 0 {
		return tool{}, false
	}
	return t.table[i], true
}

// call is a call of one of them: arguments that were looked at, and as they came for a tool with a schema of its own.
type call struct {
	tool tool
	args arguments
	raw  json.RawMessage
	from gateway.OwnCall
}

// Call calls one of them. What one may not call is not there.
func (t *Tools) Call(ctx context.Context, c gateway.OwnCall) (json.RawMessage, error) {
	row, ok := t.row(c.Name)
	if !ok || !t.may(t.o.Rights(ctx), row) {
		err := fault.Named(fault.Missing, "ToolNotFoundError", "Hangar has no tool %q", c.Name)
		if ok && t.o.Refused != nil && (t.o.Listed || row.always) {
			t.o.Refused(ctx, self, c.Name, fault.New(fault.Denied, "the caller may not use this"))
		}
		return nil, err
	}
	made := call{tool: row, raw: c.Arguments, from: c}
	if row.schema == nil {
		var err error
		if made.args, err = take(row.name, row.takes, c.Arguments); err != nil {
			return nil, err
		}
	} else if err := checkBatch(c.Arguments); err != nil {
		return nil, err
	}
	a := row.does(ctx, t, made)
	if row.name != callTools && row.name != fetchRest { // these see to their size themselves
		a = t.fit(ctx, a)
	}
	return result(a)
}

// result is a tool's result: structured, and the same as text for those who read only that.
func result(a answer) (json.RawMessage, error) {
	out := map[string]any{"content": []any{map[string]any{"type": "text", "text": string(a.body)}}, "structuredContent": a.body}
	if a.failed {
		out["isError"] = true
	}
	return json.Marshal(out)
}

// offers are the tools that the caller may call, those of Hangar itself among them.
func (t *Tools) offers(ctx context.Context) ([]provider.Offer, error) {
	all, err := t.o.Offers(ctx)
	if err != nil {
		return nil, err
	}
	rights := t.o.Rights(ctx)
	all = slices.DeleteFunc(all, func(o provider.Offer) bool { return !rights.MayUse(string(o.Provider), o.Name) })
	if t.o.Exists(ctx, self) == nil { // a provider has the name
		return all, nil
	}
	for _, row := range t.table {
		if !row.finds && t.may(rights, row) {
			all = append(all, provider.Offer{Provider: self, Item: provider.Item{Kind: provider.Tool, Name: row.name, Raw: t.shown[row.name]}})
		}
	}
	return all, nil
}

func describeTool(ctx context.Context, t *Tools, c call) answer {
	all, err := t.offers(ctx)
	if err != nil {
		return ofError(err)
	}
	for _, o := range all {
		if string(o.Provider) == c.args.text("provider") && o.Name == c.args.text("tool") {
			return say(map[string]any{"provider": o.Provider, "tool": o.Name, "definition": o.Raw})
		}
	}
	return refusal("ToolNotFoundError", "there is no such tool; "+find+" finds those that there are", nil)
}

// ofError is a fault of ours as a result.
func ofError(err error) answer {
	f := fault.From(err)
	return refusal(f.Type, f.Message, nil)
}
