package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

func (a *API) tools(api huma.API) {
	huma.Register(api, op("GET", "/tools", "list-tools", "tools", "Every tool of the fleet, as last listed, without its schemas", 200), a.listFleetTools)
	huma.Register(api, op("GET", "/providers/{provider_id}/tools", "list-provider-tools", "providers", "Tools of a provider, as last listed", 200, 404), a.listTools)
	huma.Register(api, op("GET", "/providers/{provider_id}/tools/history", "get-tool-history", "providers", "Calls on record", 200, 404), a.toolHistory)
	call := op("POST", "/providers/{provider_id}/tools/{tool_name}/call", "call-tool", "providers", "Call a tool", 200, 404, 502, 503, 504)
	call.Description = "Answers with the MCP result as it came, plus duration_ms. With `Accept: text/event-stream` it streams " +
		"`progress` events and ends with one `result` or `error` event. Aborting the request cancels the call."
	call.Responses = callResponses(api)
	huma.Register(api, call, a.callTool)
}

func callResponses(api huma.API) map[string]*huma.Response {
	result := huma.SchemaFromType(api.OpenAPI().Components.Schemas, reflect.TypeFor[CallResult]())
	result.AdditionalProperties = true // what the protocol may add passes through
	return map[string]*huma.Response{"200": {
		Description: "The MCP result",
		Content: map[string]*huma.MediaType{
			"application/json":  {Schema: result},
			"text/event-stream": {Schema: &huma.Schema{Type: "string"}},
		},
	}}
}

// Tool is a tool as its provider described it; parameters is its input schema.
type Tool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title,omitempty"`
	Description  string          `json:"description"`
	Parameters   json.RawMessage `json:"parameters" doc:"JSON Schema of the arguments"`
	OutputSchema json.RawMessage `json:"outputSchema,omitempty" doc:"JSON Schema of structuredContent"`
	Annotations  json.RawMessage `json:"annotations,omitempty"`
}

func tool(item provider.Item) Tool {
	t := Tool{Name: item.Name, Parameters: json.RawMessage(`{"type":"object"}`)}
	t.Title, _ = mcp.GetString(item.Raw, "title")
	t.Description, _ = mcp.GetString(item.Raw, "description")
	if schema, ok := mcp.Get(item.Raw, "inputSchema"); ok {
		t.Parameters = schema
	}
	t.OutputSchema, _ = mcp.Get(item.Raw, "outputSchema")
	t.Annotations, _ = mcp.Get(item.Raw, "annotations")
	return t
}

// shown are the tools of a catalogue that the caller may list.
func (a *API) shown(ctx context.Context, id provider.ID, items provider.Catalogue) []provider.Item {
	rights := a.Auth.Rights(ctx)
	return slices.DeleteFunc(items.Of(provider.Tool), func(it provider.Item) bool {
		return !rights.Tool(auth.ToolsList, string(id), it.Name).Allowed
	})
}

func (a *API) toolsOf(ctx context.Context, id provider.ID) ([]Tool, error) {
	items, err := a.Providers.Catalogue(ctx, id)
	if err != nil {
		return nil, err
	}
	out := []Tool{}
	for _, it := range a.shown(ctx, id, items) {
		out = append(out, tool(it))
	}
	return out, nil
}

type toolsOutput struct {
	Body struct {
		Tools []Tool `json:"tools" nullable:"false"`
	}
}

func (a *API) listTools(ctx context.Context, in *OnProvider) (*toolsOutput, error) {
	if _, err := a.Providers.Get(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	tools, err := a.toolsOf(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &toolsOutput{}
	out.Body.Tools = tools
	return out, nil
}

// FleetTool is a tool and its provider. Its schemas are asked for one provider at a time: those of a fleet are megabytes.
type FleetTool struct {
	ProviderID  string          `json:"provider_id"`
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description"`
	Annotations json.RawMessage `json:"annotations,omitempty"`
	Bytes       int             `json:"bytes" doc:"Size of the whole definition, schemas included: what it costs a model to know the tool"`
}

type fleetToolsOutput struct {
	Body struct {
		Tools []FleetTool `json:"tools" nullable:"false"`
	}
}

func (a *API) listFleetTools(ctx context.Context, _ *struct{}) (*fleetToolsOutput, error) {
	offers, err := a.Providers.Tools(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	rights := a.Auth.Rights(ctx)
	out := &fleetToolsOutput{}
	out.Body.Tools = make([]FleetTool, 0, len(offers))
	for _, o := range offers {
		if !rights.Tool(auth.ToolsList, string(o.Provider), o.Name).Allowed {
			continue
		}
		t := FleetTool{ProviderID: string(o.Provider), Name: o.Name, Bytes: len(o.Raw)}
		t.Title, _ = mcp.GetString(o.Raw, "title")
		t.Description, _ = mcp.GetString(o.Raw, "description")
		t.Annotations, _ = mcp.Get(o.Raw, "annotations")
		out.Body.Tools = append(out.Body.Tools, t)
	}
	return out, nil
}

type historyInput struct {
	OnProvider
	Limit        int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
	FromPosition int64 `query:"from_position" minimum:"0" default:"0" doc:"Version in the provider's stream after which to read"`
}

// StoredEvent is a record of the log.
type StoredEvent struct {
	StreamID   string          `json:"stream_id"`
	Version    int64           `json:"version" doc:"Counts the events of the stream"`
	Position   int64           `json:"position" doc:"Counts all events"`
	EventType  string          `json:"event_type"`
	EventID    string          `json:"event_id"`
	OccurredAt float64         `json:"occurred_at" doc:"Unix seconds"`
	StoredAt   float64         `json:"stored_at" doc:"Unix seconds"`
	Data       json.RawMessage `json:"data"`
}

type historyOutput struct {
	Body struct {
		ProviderID string        `json:"provider_id"`
		History    []StoredEvent `json:"history" nullable:"false"`
		Total      int           `json:"total" doc:"All calls on record, not only those shown"`
	}
}

type callInput struct {
	OnProvider
	CallParts
}

// CallParts is what a call says, whoever is called.
type CallParts struct {
	ToolName string `path:"tool_name" doc:"The provider's own name of the tool; / percent-encoded"`
	Accept   string `header:"Accept"`
	Trace    string `header:"traceparent" doc:"W3C Trace Context; the record of the call keeps its trace id"`
	Body     struct {
		Arguments json.RawMessage `json:"arguments,omitempty" doc:"An object that fits the tool's parameters"`
		TimeoutMS int             `json:"timeout_ms,omitempty" minimum:"1" maximum:"600000" default:"30000"`
	}
}

// Resolve refuses arguments that are not an object.
func (in *CallParts) Resolve(huma.Context) []error {
	if len(in.Body.Arguments) > 0 && in.Body.Arguments[0] != '{' {
		return []error{fieldError("body.arguments", "must be an object")}
	}
	return nil
}

// CallResult is what an MCP tool answers; fields that the protocol may add pass through.
type CallResult struct {
	Content           []json.RawMessage `json:"content,omitempty" nullable:"false"`
	StructuredContent json.RawMessage   `json:"structuredContent,omitempty"`
	IsError           bool              `json:"isError,omitempty" doc:"The tool itself reported failure"`
	DurationMS        float64           `json:"duration_ms"`
}

func (in *CallParts) call() (invoke.Call, error) {
	arguments := in.Body.Arguments
	if len(arguments) == 0 {
		arguments = json.RawMessage(`{}`)
	}
	params, err := mcp.Set(nil, arguments, "arguments")
	if err == nil {
		params, err = mcp.Set(params, mcp.Quote(in.ToolName), "name")
	}
	timeout := time.Duration(in.Body.TimeoutMS) * time.Millisecond
	return invoke.Call{Tool: in.ToolName, Params: params, Timeout: timeout, Via: provider.ViaREST, Trace: invoke.TraceID(in.Trace)}, err
}

func (a *API) callTool(ctx context.Context, in *callInput) (*huma.StreamResponse, error) {
	return a.answerCall(ctx, &in.CallParts, func(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
		c.Provider = in.id()
		return a.Invoke.Call(ctx, c)
	})
}

// caller makes a call, of a provider or of a group.
type caller func(ctx context.Context, c invoke.Call) (json.RawMessage, error)

func (a *API) answerCall(ctx context.Context, in *CallParts, do caller) (*huma.StreamResponse, error) {
	call, err := in.call()
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	if wantsStream(in.Accept) {
		return &huma.StreamResponse{Body: func(hc huma.Context) { a.streamCall(hc, call, do) }}, nil
	}
	begun := time.Now()
	result, err := do(ctx, call)
	if err != nil {
		return nil, a.refuse(ctx, callFault(err))
	}
	result, err = withDuration(result, begun)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/json")
		hc.SetStatus(http.StatusOK)
		// The client may be gone.
		_, _ = hc.BodyWriter().Write(result)
	}}, nil
}

func withDuration(result json.RawMessage, begun time.Time) (json.RawMessage, error) {
	ms := float64(time.Since(begun).Microseconds()) / 1000
	return mcp.Set(result, fmt.Appendf(nil, "%.3f", ms), "duration_ms")
}

// callFault words a provider's JSON-RPC error for REST: it answered, but not with a result.
func callFault(err error) error {
	var answered *mcp.Error
	if !errors.As(err, &answered) {
		return err
	}
	f := fault.New(fault.Upstream, "the provider refused the call: %s", answered.Message).With("code", answered.Code)
	if answered.Data != nil {
		f = f.With("data", answered.Data)
	}
	return f
}
