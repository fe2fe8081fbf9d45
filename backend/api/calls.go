package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/call"
	"hangar/backend/fault"
)

func (a *API) calls(api huma.API) {
	list := op("GET", "/calls", "list-calls", "calls", "Search the records of tool calls", 200)
	list.Description = "Newest first. A page may be shorter than its limit, or empty, although there is more: then `next` says where to go on."
	huma.Register(api, list, a.listCalls)
	huma.Register(api, op("GET", "/calls/{call_id}", "get-call", "calls", "Get the record of a tool call", 200, 404), a.getCall)
}

// CallRecord is a call that is over. A call of a group has one for each member that was tried.
type CallRecord struct {
	CallID       string  `json:"call_id"`
	Position     int64   `json:"position" doc:"Of its event in the log"`
	Timestamp    string  `json:"timestamp" doc:"When it was over"`
	Provider     string  `json:"provider_id"`
	Tool         string  `json:"tool_name"`
	Group        string  `json:"group_id" doc:"The group that was called; empty when it was the provider itself"`
	Who          Who     `json:"who"`
	Via          string  `json:"via" doc:"The door that it came in by: mcp, rest"`
	Batch        string  `json:"batch_id"`
	Trace        string  `json:"trace_id" doc:"W3C Trace Context"`
	Outcome      string  `json:"outcome" enum:"success,tool_error,error" doc:"tool_error: the tool answered that it failed; error: no result came back"`
	ErrorType    string  `json:"error_type"`
	ErrorMessage string  `json:"error_message"`
	DurationMS   float64 `json:"duration_ms" doc:"The three that follow, together"`
	QueueMS      float64 `json:"queue_ms" doc:"Waiting for its place"`
	ColdStartMS  float64 `json:"cold_start_ms" doc:"Waiting for the provider to be up"`
	ExecuteMS    float64 `json:"execute_ms" doc:"The provider had it"`
	RequestSize  int     `json:"request_size_bytes"`
	ResultSize   int     `json:"result_size_bytes"`
}

// Who is who caused something.
type Who struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func callRecord(r call.Record) CallRecord {
	return CallRecord{
		CallID: r.CorrelationID, Position: r.Position, Timestamp: r.At.Format(timestamp), Provider: string(r.Provider), Tool: r.ToolName, Group: r.GroupID,
		Who: Who{r.Actor.Type, r.Actor.ID}, Via: string(r.Via), Batch: r.BatchID, Trace: r.TraceID, Outcome: string(r.Outcome),
		ErrorType: r.ErrorType, ErrorMessage: r.ErrorMessage, DurationMS: r.DurationMS, QueueMS: r.QueueMS, ColdStartMS: r.ColdStartMS,
		ExecuteMS: r.ExecuteMS, RequestSize: r.RequestSizeBytes, ResultSize: r.ResultSizeBytes,
	}
}

type callsInput struct {
	Provider  string    `query:"provider_id"`
	Tool      string    `query:"tool_name"`
	Group     string    `query:"group_id"`
	Who       string    `query:"who" doc:"Id of who called"`
	Via       string    `query:"via"`
	Batch     string    `query:"batch_id"`
	Trace     string    `query:"trace_id"`
	Outcome   string    `query:"outcome" enum:"success,tool_error,error"`
	ErrorType string    `query:"error_type"`
	From      time.Time `query:"from" doc:"Only calls that were over then or later (RFC 3339)"`
	To        time.Time `query:"to" doc:"Only calls that were over before then"`
	MinMS     float64   `query:"min_ms" minimum:"0" maximum:"86400000" doc:"Only calls that took so long"`
	MaxMS     float64   `query:"max_ms" minimum:"0" maximum:"86400000" doc:"Only calls that took less; 0 means any"`
	Limit     int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Before    int64     `query:"before" minimum:"0" doc:"Where the page begins: next of the page before; 0 means from the newest"`
}

// Resolve refuses ranges that hold nothing.
func (in *callsInput) Resolve(huma.Context) []error {
	var errs []error
	if !in.To.IsZero() && !in.From.Before(in.To) {
		errs = append(errs, fieldError("query.to", "must be after from"))
	}
	if in.MaxMS > 0 && in.MinMS >= in.MaxMS {
		errs = append(errs, fieldError("query.max_ms", "must be more than min_ms"))
	}
	return errs
}

func (in *callsInput) filter() call.Filter {
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	return call.Filter{
		Provider: in.Provider, Tool: in.Tool, Group: in.Group, Who: in.Who, Via: in.Via, Batch: in.Batch, Trace: in.Trace,
		Outcome: in.Outcome, ErrorType: in.ErrorType, From: in.From, To: in.To, AtLeast: ms(in.MinMS), Below: ms(in.MaxMS),
	}
}

type callsOutput struct {
	Body struct {
		Calls []CallRecord `json:"calls" nullable:"false"`
		Next  int64        `json:"next" doc:"before of the next page; 0 when there is none"`
	}
}

func (a *API) listCalls(ctx context.Context, in *callsInput) (*callsOutput, error) {
	page, err := a.Calls.Search(ctx, in.filter(), in.Before, in.Limit)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	rights := a.Auth.Rights(ctx)
	out := &callsOutput{}
	out.Body.Calls, out.Body.Next = []CallRecord{}, page.Next
	for _, r := range page.Calls {
		if rights.MaySeeBy(auth.CallsRead, r.Provider.Stream()) {
			out.Body.Calls = append(out.Body.Calls, callRecord(r))
		}
	}
	return out, nil
}

type callInputID struct {
	CallID string `path:"call_id" doc:"The call's own id, correlation_id of its event"`
}

type callRecordOutput struct {
	Body struct {
		Call CallRecord `json:"call"`
	}
}

func (a *API) getCall(ctx context.Context, in *callInputID) (*callRecordOutput, error) {
	r, err := a.Calls.Get(ctx, in.CallID)
	if err == nil && !a.Auth.Rights(ctx).MaySeeBy(auth.CallsRead, r.Provider.Stream()) {
		err = call.Unknown(in.CallID) // as if it were not there
	}
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &callRecordOutput{}
	out.Body.Call = callRecord(r)
	return out, nil
}

func (a *API) toolHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	if !a.Auth.Rights(ctx).MaySeeBy(auth.EventsRead, in.id().Stream()) {
		return nil, a.refuse(ctx, fault.New(fault.Denied, "this needs %s and, of provider %q, %s", auth.EventsRead, in.ProviderID, auth.ProvidersRead))
	}
	if _, err := a.Providers.Get(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	found, total, err := a.Calls.OfProvider(ctx, in.id(), in.FromPosition, in.Limit)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &historyOutput{}
	out.Body.ProviderID, out.Body.Total, out.Body.History = in.ProviderID, total, []StoredEvent{}
	for _, r := range found {
		out.Body.History = append(out.Body.History, storedCall(r))
	}
	return out, nil
}

// storedCall is a record as the event that told it.
func storedCall(r call.Record) StoredEvent {
	at, told := float64(r.At.UnixMicro())/1e6, r.Told()
	return StoredEvent{
		StreamID: r.Provider.Stream(), Version: r.Version, Position: r.Position, EventType: told.Kind(), EventID: r.EventID,
		OccurredAt: at, StoredAt: at, Data: told.AppendJSON(nil),
	}
}
