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
	"hangar/backend/gateway"
	"hangar/backend/group"
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
	Timeout   float64         `json:"timeout"` // seconds
}

// outcome is what became of it.
type outcome struct {
	Index     int             `json:"index"`
	Success   bool            `json:"success"`
	Result    json.RawMessage `json:"result"`
	Error     string          `json:"error,omitempty"`
	ErrorType string          `json:"error_type,omitempty"`
	ElapsedMS float64         `json:"elapsed_ms"`
	cancelled bool
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

// batch makes calls beside each other. Its time bounds all of it: what has not answered by then is cancelled, at its
// provider too, and is counted as cancelled.
func (t *Tools) batch(ctx context.Context, c gateway.OwnCall) (json.RawMessage, error) {
	in := struct {
		Calls          []one
		MaxConcurrency int     `json:"max_concurrency"`
		Timeout        float64 // seconds
		FailFast       bool    `json:"fail_fast"`
	}{MaxConcurrency: 10, Timeout: 60}
	if err := read(c.Arguments, &in); err != nil {
		return nil, err
	}
	r := batchResult{BatchID: uuid.NewString(), Success: true, Total: len(in.Calls), Results: make([]outcome, len(in.Calls))}
	if wrong := t.check(ctx, in.Calls); len(wrong) > 0 {
		return result(map[string]any{"batch_id": r.BatchID, "success": false, "error": "Validation failed", "validation_errors": wrong}, true)
	}
	begun := time.Now()
	limited, stop := context.WithTimeoutCause(ctx, seconds(max(1, min(in.Timeout, 300))), errOver)
	defer stop()
	limited, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	slots := make(chan struct{}, max(1, min(in.MaxConcurrency, 50)))
	var work sync.WaitGroup
	for i, call := range in.Calls {
		work.Go(func() {
			r.Results[i] = t.make(limited, slots, i, call, r.BatchID, c.Client)
			if in.FailFast && !r.Results[i].Success {
				cancel(errFailFast)
			}
		})
	}
	work.Wait()
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
	return result(r, !r.Success)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

// check looks at every call before any is made.
func (t *Tools) check(ctx context.Context, calls []one) (wrong []problem) {
	if len(calls) > maxCalls {
		return []problem{{-1, "calls", fmt.Sprintf("at most %d calls, not %d", maxCalls, len(calls))}}
	}
	for i, c := range calls {
		if _, isGroup := t.o.Groups.Live(group.ID(c.Provider)); !isGroup {
			if err := t.o.Exists(ctx, provider.ID(c.Provider)); err != nil {
				wrong = append(wrong, problem{i, "provider", fault.From(err).Message})
			}
		}
		if c.Tool == "" {
			wrong = append(wrong, problem{i, "tool", "is missing"})
		}
		if len(c.Arguments) == 0 || c.Arguments[0] != '{' {
			wrong = append(wrong, problem{i, "arguments", "must be an object"})
		}
		if c.Timeout < 0 {
			wrong = append(wrong, problem{i, "timeout", "must be positive"})
		}
	}
	return wrong
}

// make makes one call, once there is a place for it.
func (t *Tools) make(ctx context.Context, slots chan struct{}, i int, c one, batch string, client mcp.Client) outcome {
	begun := time.Now()
	o := outcome{Index: i}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // it was never sent
		o.cancelled, o.Error, o.ErrorType = true, context.Cause(ctx).Error(), "CancellationError"
		return o
	}
	params := append(append(append(json.RawMessage(`{"name":`), mcp.Quote(c.Tool)...), `,"arguments":`...), c.Arguments...)
	made := invoke.Call{
		Provider: provider.ID(c.Provider), Tool: c.Tool, Params: mcp.OneLine(append(params, '}')), Timeout: seconds(c.Timeout), Via: provider.ViaMCP, Batch: batch, Client: client,
	}
	var err error
	if _, isGroup := t.o.Groups.Live(group.ID(c.Provider)); isGroup {
		made.Provider = ""
		o.Result, err = t.o.GroupCalls.Call(ctx, group.ID(c.Provider), made)
	} else {
		o.Result, err = t.o.Calls.Call(ctx, made)
	}
	o.ElapsedMS = millis(begun)
	var answered *mcp.Error
	switch failed, _ := mcp.Get(o.Result, "isError"); {
	case err == nil && string(failed) == "true":
		o.Error, o.ErrorType = "the tool answered that it failed", "ToolError"
	case err == nil:
		o.Success = true
	case ctx.Err() != nil:
		o.cancelled, o.Error, o.ErrorType = true, context.Cause(ctx).Error(), "CancellationError"
	case errors.As(err, &answered):
		o.Error, o.ErrorType = answered.Message, "ProviderError"
	default:
		f := fault.From(err)
		o.Error, o.ErrorType = f.Message, f.Type
	}
	return o
}
