package operation

import "encoding/json"

// The events of this noun: those of seed 002, with the guide's `data`.

type base struct {
	OperationID ID `json:"operation_id"`
}

// Stream is the operation's stream.
func (b base) Stream() string { return b.OperationID.Stream() }

// StatusData is what it does at the moment.
type StatusData struct {
	Status  string          `json:"status"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
}

// ProgressData is how far it has come.
type ProgressData struct {
	Progress float64         `json:"progress"` // 0.0 to 1.0
	Message  string          `json:"message"`
	Details  json.RawMessage `json:"details"`
}

// LogData is a line that it wrote.
type LogData struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

// ResultData is what came of it.
type ResultData struct {
	Result json.RawMessage `json:"result"`
}

// CompletedData is that it ended well.
type CompletedData struct {
	Status   string  `json:"status"`   // completed
	Duration float64 `json:"duration"` // seconds
}

// ErrorData is that it failed, was cancelled or was interrupted.
type ErrorData struct {
	Error     string `json:"error"`
	ErrorType string `json:"error_type"`
}

type started struct {
	base
	OperationType string     `json:"operation_type"`
	Providers     []string   `json:"provider_ids,omitempty"` // that it is about
	Data          StatusData `json:"data"`
}

type progressed struct {
	base
	Data ProgressData `json:"data"`
}

type statusSaid struct {
	base
	Data StatusData `json:"data"`
}

type logged struct {
	base
	Data LogData `json:"data"`
}

type resulted struct {
	base
	Data ResultData `json:"data"`
}

type completed struct {
	base
	Data CompletedData `json:"data"`
}

type failed struct {
	base
	Data ErrorData `json:"data"`
}

// The kinds.
const (
	KindStarted   = "OperationStarted"
	KindProgress  = "OperationProgress"
	KindStatus    = "OperationStatus"
	KindLog       = "OperationLog"
	KindResult    = "OperationResult"
	KindCompleted = "OperationCompleted"
	KindError     = "OperationError"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{KindStarted, KindProgress, KindStatus, KindLog, KindResult, KindCompleted, KindError}
}

// Kind methods give each event its name.

// Kind is OperationStarted.
func (started) Kind() string { return KindStarted }

// Kind is OperationProgress.
func (progressed) Kind() string { return KindProgress }

// Kind is OperationStatus.
func (statusSaid) Kind() string { return KindStatus }

// Kind is OperationLog.
func (logged) Kind() string { return KindLog }

// Kind is OperationResult.
func (resulted) Kind() string { return KindResult }

// Kind is OperationCompleted.
func (completed) Kind() string { return KindCompleted }

// Kind is OperationError.
func (failed) Kind() string { return KindError }
