package streaming

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Operation is one piece of work. Its reports return whether Hangar took them; none of them fails the work.
type Operation struct {
	ID     string
	client *Client
	ended  atomic.Bool
}

// Run runs work as an operation: what it returns is the result or the error, and comes back. A panic is reported too,
// and goes on.
func Run[T any](ctx context.Context, c *Client, operationType string, metadata map[string]any,
	work func(context.Context, *Operation) (T, error),
) (result T, err error) {
	op, returned := c.Create(ctx, operationType, metadata), false
	defer func() {
		switch {
		case !returned:
			op.Error(ctx, "the work panicked", "panic")
		case err != nil:
			op.Error(ctx, err.Error(), fmt.Sprintf("%T", err))
		default:
			op.Result(ctx, result)
		}
	}()
	result, err = work(ctx, op)
	returned = true
	return result, err
}

// Ended says whether it is over: by its result or error, or because somebody cancelled it. Work that can stop early may ask.
func (o *Operation) Ended() bool { return o.ended.Load() }

// Progress is from 0.0 to 1.0; details may be nil.
func (o *Operation) Progress(ctx context.Context, progress float64, message string, details map[string]any) bool {
	return o.emit(ctx, "progress", map[string]any{"progress": progress, "message": message, "details": orEmpty(details)})
}

// Status says what it does at the moment, in a word; details may be nil.
func (o *Operation) Status(ctx context.Context, status, message string, details map[string]any) bool {
	return o.emit(ctx, "status", map[string]any{"status": status, "message": message, "details": orEmpty(details)})
}

// Log adds a line; level is info, warning, error or the like.
func (o *Operation) Log(ctx context.Context, level, message string) bool {
	return o.emit(ctx, "log", map[string]any{"level": level, "message": message})
}

// Result ends it: completed. The result is anything that JSON can say.
func (o *Operation) Result(ctx context.Context, result any) bool {
	return o.end(ctx, "result", map[string]any{"result": result})
}

// Error ends it: failed.
func (o *Operation) Error(ctx context.Context, message, errorType string) bool {
	return o.end(ctx, "error", map[string]any{"error": message, "error_type": errorType})
}

func (o *Operation) emit(ctx context.Context, what string, body map[string]any) bool {
	if o.ID == "" || o.Ended() || time.Now().UnixNano() < o.client.quietUntil.Load() {
		return false
	}
	return o.send(ctx, what, body)
}

func (o *Operation) end(ctx context.Context, what string, body map[string]any) bool {
	return o.ID != "" && !o.ended.Swap(true) && o.send(ctx, what, body)
}

func (o *Operation) send(ctx context.Context, what string, body map[string]any) bool {
	status := o.client.post(ctx, "operations/"+url.PathEscape(o.ID)+"/"+what, body, nil)
	if status == http.StatusConflict {
		o.ended.Store(true)
	}
	return status >= 200 && status < 300
}

// Tracker counts the steps of an operation. It belongs to one goroutine.
type Tracker struct {
	op          *Operation
	step, total int
}

// NewTracker expects so many steps, at least one.
func NewTracker(op *Operation, totalSteps int) *Tracker {
	return &Tracker{op: op, total: max(totalSteps, 1)}
}

// Step is one step more; more than announced stay at 1.0. details may be nil.
func (t *Tracker) Step(ctx context.Context, message string, details map[string]any) bool {
	t.step++
	all := map[string]any{"step": t.step, "total_steps": t.total}
	maps.Copy(all, details)
	return t.op.Progress(ctx, min(float64(t.step)/float64(t.total), 1), message, all)
}

// Complete ends the operation with its result.
func (t *Tracker) Complete(ctx context.Context, result any) bool { return t.op.Result(ctx, result) }
