package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/event"
	"hangar/backend/operation"
)

func (a *API) operations(api huma.API) {
	huma.Register(api, op("GET", "/operations", "list-operations", "operations", "List operations, newest first", 200), a.listOperations)
	huma.Register(api, op("POST", "/operations", "create-operation", "operations", "Begin an operation that you report on", 201, 400), a.createOperation)
	huma.Register(api, op("GET", "/operations/{operation_id}", "get-operation", "operations", "Get an operation", 200, 404), a.getOperation)
	huma.Register(api, op("GET", "/operations/{operation_id}/events", "list-operation-events", "operations", "What an operation has said", 200, 404), a.operationEvents)
	huma.Register(api, op("DELETE", "/operations/{operation_id}", "delete-operation", "operations", "Cancel an operation that runs, forget one that has ended", 200, 404, 409), a.deleteOperation)
	report := func(name, summary string) huma.Operation {
		return op("POST", "/operations/{operation_id}/"+name, "report-operation-"+name, "operations", summary, 200, 400, 404, 409)
	}
	progress := report("progress", "Report how far it has come")
	progress.Errors = append(progress.Errors, 429)
	huma.Register(api, progress, a.reportProgress)
	status := report("status", "Report what it does at the moment")
	status.Errors = append(status.Errors, 429)
	huma.Register(api, status, a.reportStatus)
	log := report("log", "Report a line")
	log.Errors = append(log.Errors, 429)
	huma.Register(api, log, a.reportLog)
	huma.Register(api, report("result", "Report the result: it has completed"), a.reportResult)
	huma.Register(api, report("error", "Report that it has failed"), a.reportError)
}

// OnOperation is the path of what is about one operation.
type OnOperation struct {
	OperationID string `path:"operation_id" doc:"The operation's id"`
}

func (o OnOperation) id() operation.ID { return operation.ID(o.OperationID) }

type listOperationsInput struct {
	Status string `query:"status" maxLength:"100" doc:"running means all that have not ended; else completed, error, cancelled, or a word that their producers said"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type listOperationsOutput struct {
	Body struct {
		Operations []operation.View `json:"operations" nullable:"false"`
		Total      int              `json:"total" doc:"All of this status, not only those shown"`
	}
}

func (a *API) listOperations(ctx context.Context, in *listOperationsInput) (*listOperationsOutput, error) {
	found, total, err := a.Operations.List(ctx, operation.Filter{Status: in.Status, Limit: in.Limit, See: a.concerning(ctx)})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listOperationsOutput{}
	out.Body.Operations, out.Body.Total = []operation.View{}, total
	for _, o := range found {
		out.Body.Operations = append(out.Body.Operations, o.View())
	}
	return out, nil
}

// concerning is which operations the caller is shown, by the rule of the sockets; nil: all.
func (a *API) concerning(ctx context.Context) func(operation.ID) bool {
	if a.Auth.Concerns(ctx, "") {
		return nil
	}
	return func(id operation.ID) bool { return a.Auth.Concerns(ctx, id.Stream()) }
}

// concerns refuses what the caller is not to know of, as what is not there.
func (a *API) concerns(ctx context.Context, id operation.ID) error {
	if !a.Auth.Concerns(ctx, id.Stream()) {
		return operation.Unknown(id)
	}
	return nil
}

type createOperationInput struct {
	Body struct {
		OperationType string          `json:"operation_type" minLength:"1" maxLength:"100" doc:"What sort of work it is, such as code_generation"`
		Metadata      json.RawMessage `json:"metadata,omitempty" doc:"An object: whatever describes it; no secrets"`
		ProviderIDs   []string        `json:"provider_ids,omitempty" nullable:"false" maxItems:"200" doc:"Providers that it is about: who may read all of them sees it. Left out: who sees the whole fleet, and you"`
	}
}

type createOperationOutput struct {
	Body struct {
		OperationID string `json:"operation_id"`
	}
}

func (a *API) createOperation(ctx context.Context, in *createOperationInput) (*createOperationOutput, error) {
	id, err := a.Operations.Create(ctx, in.Body.OperationType, in.Body.Metadata, in.Body.ProviderIDs...)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &createOperationOutput{}
	out.Body.OperationID = string(id)
	return out, nil
}

type getOperationOutput struct {
	Body struct {
		Operation operation.View `json:"operation"`
	}
}

func (a *API) getOperation(ctx context.Context, in *OnOperation) (*getOperationOutput, error) {
	if err := a.concerns(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	o, err := a.Operations.Get(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &getOperationOutput{}
	out.Body.Operation = o.Whole()
	return out, nil
}

type operationEventsInput struct {
	OnOperation
	After int64 `query:"after" minimum:"0" default:"0" doc:"Version in the operation's stream after which to read"`
	Limit int   `query:"limit" minimum:"1" maximum:"10000" default:"10000"`
}

// OperationEvent is an event in the words of the operations socket.
type OperationEvent struct {
	EventType   string          `json:"event_type" enum:"progress,status,log,result,completed,error"`
	OperationID string          `json:"operation_id"`
	Timestamp   float64         `json:"timestamp" doc:"Unix seconds"`
	Data        json.RawMessage `json:"data"`
	Position    int64           `json:"position"`
	EventID     string          `json:"event_id"`
	Version     int64           `json:"version" doc:"Counts the events of the operation"`
}

func operationEvent(e event.Envelope) (OperationEvent, error) {
	var own struct {
		OperationID string          `json:"operation_id"`
		Data        json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(e.Data, &own)
	return OperationEvent{
		EventType: operation.Frame(e.Kind), OperationID: own.OperationID, Timestamp: operation.Unix(e.At), Data: own.Data,
		Position: e.Position, EventID: e.ID, Version: e.Version,
	}, err
}

type operationEventsOutput struct {
	Body struct {
		Events []OperationEvent `json:"events" nullable:"false"`
		Total  int              `json:"total" doc:"All that it has said, not only those shown"`
	}
}

func (a *API) operationEvents(ctx context.Context, in *operationEventsInput) (*operationEventsOutput, error) {
	if err := a.concerns(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	found, total, err := a.Operations.Events(ctx, in.id(), in.After, in.Limit)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &operationEventsOutput{}
	out.Body.Events, out.Body.Total = []OperationEvent{}, total
	for _, e := range found {
		shown, err := operationEvent(e)
		if err != nil {
			return nil, a.refuse(ctx, err)
		}
		out.Body.Events = append(out.Body.Events, shown)
	}
	return out, nil
}

type deleteOperationOutput struct {
	Body struct {
		OperationID string `json:"operation_id"`
		Cancelled   bool   `json:"cancelled" doc:"It ran, and was cancelled; its record stays"`
		Deleted     bool   `json:"deleted" doc:"It had ended, and was forgotten"`
	}
}

func (a *API) deleteOperation(ctx context.Context, in *OnOperation) (*deleteOperationOutput, error) {
	if err := a.concerns(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	cancelled, err := a.Operations.Remove(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteOperationOutput{}
	out.Body.OperationID, out.Body.Cancelled, out.Body.Deleted = in.OperationID, cancelled, !cancelled
	return out, nil
}

type progressInput struct {
	OnOperation
	Body struct {
		Progress float64         `json:"progress" minimum:"0" maximum:"1"`
		Message  string          `json:"message,omitempty" maxLength:"8192"`
		Details  json.RawMessage `json:"details,omitempty" doc:"An object"`
	}
}

type reportOutput struct {
	Body struct {
		OperationID string `json:"operation_id"`
		Reported    bool   `json:"reported"`
	}
}

func (a *API) report(ctx context.Context, on OnOperation, r operation.Report) (*reportOutput, error) {
	if err := a.concerns(ctx, on.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	if err := a.Operations.Report(ctx, on.id(), r); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &reportOutput{}
	out.Body.OperationID, out.Body.Reported = on.OperationID, true
	return out, nil
}

func (a *API) reportProgress(ctx context.Context, in *progressInput) (*reportOutput, error) {
	return a.report(ctx, in.OnOperation, &operation.Progress{Progress: in.Body.Progress, Message: in.Body.Message, Details: in.Body.Details})
}

type statusInput struct {
	OnOperation
	Body struct {
		Status  string          `json:"status" minLength:"1" maxLength:"100"`
		Message string          `json:"message,omitempty" maxLength:"8192"`
		Details json.RawMessage `json:"details,omitempty" doc:"An object"`
	}
}

func (a *API) reportStatus(ctx context.Context, in *statusInput) (*reportOutput, error) {
	return a.report(ctx, in.OnOperation, &operation.Status{Status: in.Body.Status, Message: in.Body.Message, Details: in.Body.Details})
}

type logInput struct {
	OnOperation
	Body struct {
		Level   string `json:"level" minLength:"1" maxLength:"100" doc:"info, warning, error or the like"`
		Message string `json:"message" maxLength:"8192"`
	}
}

func (a *API) reportLog(ctx context.Context, in *logInput) (*reportOutput, error) {
	return a.report(ctx, in.OnOperation, &operation.Log{Level: in.Body.Level, Message: in.Body.Message})
}

type resultInput struct {
	OnOperation
	Body struct {
		Result json.RawMessage `json:"result" doc:"Anything, null included"`
	}
}

func (a *API) reportResult(ctx context.Context, in *resultInput) (*reportOutput, error) {
	return a.report(ctx, in.OnOperation, &operation.Result{Result: in.Body.Result})
}

type errorInput struct {
	OnOperation
	Body struct {
		Error     string `json:"error" minLength:"1" maxLength:"8192"`
		ErrorType string `json:"error_type,omitempty" maxLength:"100" default:"UnknownError"`
	}
}

func (a *API) reportError(ctx context.Context, in *errorInput) (*reportOutput, error) {
	return a.report(ctx, in.OnOperation, &operation.Failure{Error: in.Body.Error, ErrorType: in.Body.ErrorType})
}
