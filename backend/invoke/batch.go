package invoke

// KindBatch is the event of a batch of calls that is over.
const KindBatch = "BatchInvocationCompleted"

// Kinds lists the events of this room.
func Kinds() []string { return []string{KindBatch} }

// The results of a batch.
const (
	BatchSuccess = "success"
	BatchPartial = "partial" // some calls succeeded
	BatchFailure = "failure"
	BatchRefused = "validation_error" // no call was made
)

// Batch is the event that several calls, made as one order, are over. Each of them is a record of its own, with the batch's id.
type Batch struct {
	ID        string  `json:"batch_id"`
	Result    string  `json:"result"`
	Total     int     `json:"total"`
	Succeeded int     `json:"succeeded"`
	Failed    int     `json:"failed"`
	Cancelled int     `json:"cancelled"`
	ElapsedMS float64 `json:"elapsed_ms"`
	Cause     string  `json:"cause,omitempty"` // of the cancelled ones: fail_fast, timeout, caller
	// Results that were too large for the answer, by reason: response_size_exceeded, batch_budget_exceeded.
	Truncated map[string]int `json:"truncated,omitempty"`
}

// Kind is BatchInvocationCompleted.
func (Batch) Kind() string { return KindBatch }

// Stream is that of the process: a batch is about no provider in particular.
func (Batch) Stream() string { return "system" }
