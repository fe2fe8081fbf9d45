package operation

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"hangar/backend/event"
	"hangar/backend/fault"
)

// ID names an operation; a uuid.
type ID string

// Stream is the operation's stream in the log.
func (id ID) Stream() string { return "operation:" + string(id) }

// The statuses that are ours; a status event may say any other word while the operation runs.
const (
	Running   = "running"
	Completed = "completed"
	Failed    = "error"
	Cancelled = "cancelled"
)

// Bounds of what may be reported.
const (
	MaxEvents  = 10_000 // the two of a good end included
	maxType    = 100    // characters
	maxWord    = 100    // of a status, a level, an error's type
	maxMessage = 8 << 10
	maxDetails = 64 << 10 // bytes of JSON
	maxResult  = 256 << 10
	// MaxProviders is how many providers an operation names as its own. One about more is about the fleet.
	MaxProviders   = 200
	maxProvider    = 64 // characters of an id
	shownProviders = 20 // in a View of many
)

// Operation is one piece of work as it stands.
type Operation struct {
	ID          ID
	Type        string
	Status      string
	Progress    float64 // 0.0 to 1.0
	Message     string  // the last one that was reported
	Metadata    json.RawMessage
	Error       *ErrorData // how it failed, or nil
	Events      int
	Cancellable bool
	Actor       event.Actor // who began it
	Providers   []string    // that it is about; none: it may be about any
	StartedAt   time.Time
	EndedAt     time.Time // zero: it runs
}

// Ended reports whether it takes no more reports.
func (o Operation) Ended() bool { return !o.EndedAt.IsZero() }

// View is an operation as every face shows it.
type View struct {
	OperationID   string          `json:"operation_id"`
	OperationType string          `json:"operation_type"`
	StartedAt     float64         `json:"started_at" doc:"Unix seconds"`
	EndedAt       *float64        `json:"ended_at" nullable:"true" doc:"Unix seconds; null while it runs"`
	Status        string          `json:"status" doc:"running, what a status event said, completed, error or cancelled"`
	Progress      float64         `json:"progress" minimum:"0" maximum:"1"`
	Message       string          `json:"message" doc:"The last one that was reported"`
	Metadata      json.RawMessage `json:"metadata" doc:"What its producer said about it"`
	EventCount    int             `json:"event_count"`
	Cancellable   bool            `json:"cancellable" doc:"DELETE cancels it while it runs"`
	Error         *string         `json:"error" nullable:"true" doc:"Why it failed"`
	ErrorType     *string         `json:"error_type" nullable:"true"`
	StartedBy     string          `json:"started_by" doc:"Who began it, as type:id"`
	ProviderIDs   []string        `json:"provider_ids" nullable:"false" maxItems:"200" doc:"Providers that it is about, in lists the first 20; none: no provider in particular"`
	ProviderCount int             `json:"provider_count" doc:"How many it is about; who may read all of them, or began it, may see it"`
}

// Whole is its view with all providers that it is about.
func (o Operation) Whole() View {
	v := o.View()
	v.ProviderIDs = append([]string{}, o.Providers...)
	return v
}

// View is the operation as every face shows it among others.
func (o Operation) View() View {
	v := View{
		OperationID: string(o.ID), OperationType: o.Type, StartedAt: Unix(o.StartedAt), Status: o.Status, Progress: o.Progress,
		Message: o.Message, Metadata: o.Metadata, EventCount: o.Events, Cancellable: o.Cancellable && !o.Ended(),
		StartedBy: o.Actor.Type + ":" + o.Actor.ID, ProviderIDs: append([]string{}, o.Providers[:min(len(o.Providers), shownProviders)]...), ProviderCount: len(o.Providers),
	}
	if o.Ended() {
		ended := Unix(o.EndedAt)
		v.EndedAt = &ended
	}
	if o.Error != nil {
		v.Error, v.ErrorType = &o.Error.Error, &o.Error.ErrorType
	}
	return v
}

// Unix is a time as the guide's frames show it: seconds, with a fraction.
func Unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// Frame names an event as the operations socket and REST show it: the kind, and what it carries beside it.
func Frame(kind string) string {
	switch kind {
	case KindProgress:
		return "progress"
	case KindLog:
		return "log"
	case KindResult:
		return "result"
	case KindCompleted:
		return "completed"
	case KindError:
		return "error"
	default: // the beginning is a status too
		return "status"
	}
}

// Report is something that an operation says of itself; one of the types below.
type Report interface {
	check() error
	// apply changes the operation and gives the events that say so.
	apply(o *Operation, now time.Time) []event.Payload
	last() bool // it ends the operation
}

// Progress is how far it has come.
type Progress ProgressData

// Status is what it does at the moment.
type Status StatusData

// Log is a line that it wrote.
type Log LogData

// Result ends it well.
type Result ResultData

// Failure ends it.
type Failure ErrorData

// cancelled ends it because somebody asked for that.
type cancelled ErrorData

func (r *Progress) check() error {
	if !(r.Progress >= 0 && r.Progress <= 1) {
		return fault.Field("progress", "must be a number from 0.0 to 1.0, not %v", r.Progress)
	}
	return firstOf(text("message", r.Message, maxMessage), object("details", &r.Details))
}

func (r *Progress) apply(o *Operation, _ time.Time) []event.Payload {
	o.Progress, o.Message = r.Progress, r.Message
	return []event.Payload{progressed{base{o.ID}, ProgressData(*r)}}
}

func (r *Progress) last() bool { return false }

func (r *Status) check() error {
	return firstOf(word("status", r.Status), text("message", r.Message, maxMessage), object("details", &r.Details))
}

// apply keeps the words for an end to those that ended.
func (r *Status) apply(o *Operation, _ time.Time) []event.Payload {
	if r.Status != Completed && r.Status != Failed && r.Status != Cancelled {
		o.Status = r.Status
	}
	o.Message = r.Message
	return []event.Payload{statusSaid{base{o.ID}, StatusData(*r)}}
}

func (r *Status) last() bool { return false }

func (r *Log) check() error {
	return firstOf(word("level", r.Level), text("message", r.Message, maxMessage))
}

func (r *Log) apply(o *Operation, _ time.Time) []event.Payload {
	return []event.Payload{logged{base{o.ID}, LogData(*r)}}
}

func (r *Log) last() bool { return false }

func (r *Result) check() error {
	if len(r.Result) == 0 {
		r.Result = json.RawMessage("null")
	}
	if len(r.Result) > maxResult {
		return fault.Field("result", "has %d bytes; at most %d are taken: store it elsewhere and report where", len(r.Result), maxResult)
	}
	return nil
}

func (r *Result) apply(o *Operation, now time.Time) []event.Payload {
	o.Progress = 1
	o.end(Completed, now)
	done := CompletedData{Status: Completed, Duration: now.Sub(o.StartedAt).Seconds()}
	return []event.Payload{resulted{base{o.ID}, ResultData(*r)}, completed{base{o.ID}, done}}
}

func (r *Result) last() bool { return true }

func (r *Failure) check() error {
	if r.ErrorType == "" {
		r.ErrorType = "UnknownError"
	}
	return firstOf(filled("error", r.Error), text("error", r.Error, maxMessage), word("error_type", r.ErrorType))
}

func (r *Failure) apply(o *Operation, now time.Time) []event.Payload {
	o.end(Failed, now)
	data := ErrorData(*r)
	o.Error, o.Message = &data, r.Error
	return []event.Payload{failed{base{o.ID}, data}}
}

func (r *Failure) last() bool { return true }

func (r *cancelled) check() error { return nil }

func (r *cancelled) apply(o *Operation, now time.Time) []event.Payload {
	said := (*Failure)(r).apply(o, now)
	o.Status = Cancelled
	return said
}

func (r *cancelled) last() bool { return true }

func (o *Operation) end(status string, now time.Time) { o.Status, o.EndedAt = status, now }

// take is the rule of what an operation may say: nothing after its end, and not more than the bound before it.
func (o *Operation) take(r Report, now time.Time) ([]event.Payload, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if o.Ended() {
		return nil, fault.Named(fault.Conflict, "OperationEndedError", "operation %s has ended (%s); it takes no more reports", o.ID, o.Status).
			With("operation_id", string(o.ID)).With("status", o.Status)
	}
	if o.Events >= MaxEvents-2 && !r.last() {
		return nil, fault.Named(fault.Limited, "OperationEventLimitError",
			"operation %s has reported %d events, which is the limit; report its result or error", o.ID, o.Events).
			With("operation_id", string(o.ID))
	}
	said := r.apply(o, now)
	o.Events += len(said)
	return said, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func filled(field, s string) error {
	if s == "" {
		return fault.Field(field, "must not be empty")
	}
	return nil
}

func text(field, s string, limit int) error {
	if len(s) > limit {
		return fault.Field(field, "has %d bytes; at most %d are taken", len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fault.Field(field, "is not UTF-8")
	}
	return nil
}

// word is a short text on one line that people filter by.
func word(field, s string) error {
	if err := filled(field, s); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(s); n > maxWord {
		return fault.Field(field, "has %d characters; at most %d are taken", n, maxWord)
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return fault.Field(field, "must be one line of plain text, not %q", s)
		}
	}
	return nil
}

// object makes an absent object an empty one and refuses what is none.
func object(field string, raw *json.RawMessage) error {
	if len(*raw) == 0 || string(*raw) == "null" {
		*raw = json.RawMessage("{}")
	}
	if (*raw)[0] != '{' || !json.Valid(*raw) {
		return fault.Field(field, "must be a JSON object")
	}
	if len(*raw) > maxDetails {
		return fault.Field(field, "has %d bytes; at most %d are taken", len(*raw), maxDetails)
	}
	return nil
}

// Unknown is the error for an operation that is not there, or that is not to be known of.
func Unknown(id ID) error {
	return fault.Named(fault.Missing, "OperationNotFoundError", "there is no operation %q; it never was, or was forgotten", string(id)).
		With("operation_id", string(id))
}

func describe(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("operation: metadata of our own does not marshal: %v", err)) // a bug here, not input
	}
	return raw
}
