package manage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"hangar/backend/fault"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

const maxCalls = 100

// one is a call of a batch.
type one struct {
	Provider  string          `json:"provider"`
	Tool      string          `json:"tool"`
	Arguments json.RawMessage `json:"arguments"`
	Timeout   *float64        `json:"timeout"` // seconds
}

// order is what hangar_call takes.
type order struct {
	Calls          []one   `json:"calls"`
	MaxConcurrency int     `json:"max_concurrency"`
	Timeout        float64 `json:"timeout"` // seconds
	FailFast       bool    `json:"fail_fast"`
	MaxAttempts    int     `json:"max_attempts"`
}

// outcome is what became of a call.
type outcome struct {
	Index     int             `json:"index"`
	CallID    string          `json:"call_id"`
	Success   bool            `json:"success"`
	Result    json.RawMessage `json:"result"`
	Error     string          `json:"error,omitempty"`
	ErrorType string          `json:"error_type,omitempty"`
	ElapsedMS float64         `json:"elapsed_ms"`
	cut
	Retries   *retries `json:"retry_metadata,omitempty"`
	cancelled bool
	fetched   bool // a piece of what was kept, which is not kept again
}

type batchResult struct {
	BatchID   string    `json:"batch_id"`
	Success   bool      `json:"success"`
	Total     int       `json:"total"`
	Succeeded int       `json:"succeeded"`
	Failed    int       `json:"failed"`
	Cancelled int       `json:"cancelled"`
	ElapsedMS float64   `json:"elapsed_ms"`
	Results   []outcome `json:"results"`
}

type problem struct {
	Index   int    `json:"index"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

var (
	errFailFast = errors.New("another call of the batch failed")
	errOver     = errors.New("the time of the batch is over")
)

// readBatch reads an order. Numbers out of their range are brought into it.
func readBatch(raw json.RawMessage) (order, error) {
	in := order{MaxConcurrency: 10, Timeout: 60, MaxAttempts: 1}
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, mcp.Errorf(mcp.CodeInvalidParams, "params.arguments: %s", err)
	}
	in.MaxConcurrency = max(1, min(in.MaxConcurrency, 50))
	in.Timeout = max(1, min(in.Timeout, 300))
	in.MaxAttempts = max(1, min(in.MaxAttempts, 10))
	return in, nil
}

func checkBatch(raw json.RawMessage) error {
	_, err := readBatch(raw)
	return err
}

// batch makes calls beside each other. Its time bounds all of it, starts and waiting included: what has not answered by then is
// cancelled, at its provider too, and is counted as cancelled.
func batch(ctx context.Context, t *Tools, c call) answer {
	in, err := readBatch(c.raw)
	if err != nil {
		return ofError(err)
	}
	r := batchResult{BatchID: uuid.NewString(), Success: true, Total: len(in.Calls), Results: make([]outcome, len(in.Calls))}
	tools := t.newCatalogues()
	if wrong := t.check(ctx, in.Calls, tools); len(wrong) > 0 {
		t.o.Over(ctx, invoke.Batch{ID: r.BatchID, Result: invoke.BatchRefused, Total: r.Total})
		return unmet(map[string]any{"batch_id": r.BatchID, "success": false, "error": "Validation failed", "validation_errors": wrong})
	}
	begun := time.Now()
	limited, stop := context.WithTimeoutCause(ctx, seconds(in.Timeout), errOver)
	defer stop()
	limited, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	slots := make(chan struct{}, in.MaxConcurrency)
	var work sync.WaitGroup
	for i, one := range in.Calls {
		work.Go(func() {
			r.Results[i] = t.make(limited, slots, i, one, job{batch: r.BatchID, client: c.from.Client, attempts: in.MaxAttempts, tools: tools})
			if in.FailFast && !r.Results[i].Success {
				cancel(errFailFast)
			}
		})
	}
	work.Wait()
	cause := context.Cause(limited)
	t.share(ctx, &r)
	for _, o := range r.Results {
		switch {
		case o.Success:
			r.Succeeded++
		case o.cancelled:
			r.Cancelled++
		default:
			r.Failed++
		}
	}
	r.Success, r.ElapsedMS = r.Succeeded == r.Total, millis(begun)
	t.o.Over(ctx, r.event(cause))
	a := say(r)
	a.failed = !r.Success
	return a
}

// event is what the log is told of a batch; cause is why the last calls were ended, if they were.
func (r *batchResult) event(cause error) invoke.Batch {
	b := invoke.Batch{
		ID: r.BatchID, Result: invoke.BatchPartial,
		Total: r.Total, Succeeded: r.Succeeded, Failed: r.Failed, Cancelled: r.Cancelled, ElapsedMS: r.ElapsedMS,
	}
	switch {
	case r.Success:
		b.Result = invoke.BatchSuccess
	case r.Succeeded == 0:
		b.Result = invoke.BatchFailure
	}
	switch {
	case r.Cancelled == 0:
	case errors.Is(cause, errFailFast):
		b.Cause = "fail_fast"
	case errors.Is(cause, errOver):
		b.Cause = "timeout"
	default:
		b.Cause = "caller"
	}
	for _, o := range r.Results {
		if o.Truncated {
			if b.Truncated == nil {
				b.Truncated = map[string]int{}
			}
			b.Truncated[o.Reason]++
		}
	}
	return b
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

// check looks at every call before any is made.
func (t *Tools) check(ctx context.Context, calls []one, tools *catalogues) (wrong []problem) {
	if len(calls) > maxCalls {
		return []problem{{-1, "calls", fmt.Sprintf("at most %d calls, not %d", maxCalls, len(calls))}}
	}
	fetches := 0
	for i, c := range calls {
		add := func(field, format string, args ...any) {
			wrong = append(wrong, problem{i, field, fmt.Sprintf(format, args...)})
		}
		exists := t.group(c.Provider) != nil
		if !exists {
			err := t.o.Exists(ctx, provider.ID(c.Provider))
			if exists = err == nil || t.ours(c); !exists {
				add("provider", "%s", fault.From(err).Message)
			}
		}
		switch {
		case c.Tool == "":
			add("tool", "is missing")
		case exists && !t.ours(c) && !tools.mayHave(ctx, c):
			add("tool", "%q has no tool %q", c.Provider, c.Tool)
		}
		if t.fetches(c) {
			if fetches++; fetches > 1 { // each may be as large as an answer may be
				add("tool", "%s is called once in a batch", fetchRest)
			}
		}
		if len(c.Arguments) == 0 || c.Arguments[0] != '{' {
			add("arguments", "must be an object")
		}
		if c.Timeout != nil && *c.Timeout <= 0 {
			add("timeout", "must be positive")
		}
	}
	return wrong
}

func (t *Tools) fetches(c one) bool { return c.Tool == fetchRest && t.ours(c) }

// ours reports a call of a tool of Hangar's: those of the list, by the name of a provider that there is not.
func (t *Tools) ours(c one) bool { return c.Provider == self && c.Tool != callTools && t.Has(c.Tool) }

func batchSchema() json.RawMessage {
	return json.RawMessage(`{"type":"object","properties":{"calls":{"type":"array","maxItems":100,"items":{"type":"object","properties":{"provider":{"type":"string","description":"A provider or a group"},"tool":{"type":"string"},"arguments":{"type":"object"},"timeout":{"type":"number","description":"Seconds"}},"required":["provider","tool","arguments"],"additionalProperties":false}},"max_concurrency":{"type":"integer","minimum":1,"maximum":50,"default":10},"timeout":{"type":"number","minimum":1,"maximum":300,"default":60,"description":"Seconds, for all of them"},"fail_fast":{"type":"boolean","default":false,"description":"The first failure ends the others"},"max_attempts":{"type":"integer","minimum":1,"maximum":10,"default":1,"description":"A call that did not get there, or that may run twice by its annotations, is made again"}},"required":["calls"],"additionalProperties":false}`)
}
