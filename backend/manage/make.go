package manage

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"hangar/backend/fault"
	"hangar/backend/gateway"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// job is what the calls of a batch have in common.
type job struct {
	batch    string
	client   mcp.Client
	attempts int
	tools    *catalogues
}

// retries says how often a call was made that failed at first.
type retries struct {
	Attempts int     `json:"attempts"`
	Retries  []retry `json:"retries"`
	TotalMS  float64 `json:"total_time_ms"`
}

type retry struct {
	Attempt   int     `json:"attempt"` // the one that failed
	Error     string  `json:"error"`
	ErrorType string  `json:"error_type"`
	DelayMS   float64 `json:"delay_ms"` // before the next
}

// make makes one call, once there is a place for it, and again where that is safe and wanted. Its own time bounds all attempts
// together.
func (t *Tools) make(ctx context.Context, slots chan struct{}, i int, c one, j job) outcome {
	begun := time.Now()
	o := outcome{Index: i, CallID: uuid.NewString(), fetched: t.fetches(c)}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // it was never sent
		o.cancel(ctx)
		if errors.Is(context.Cause(ctx), errOver) {
			o.ErrorType = "TimeoutError"
		}
		return o
	}
	if c.Timeout != nil {
		until := time.Now().Add(seconds(*c.Timeout))
		j.attempts = t.attempt(ctx, &o, c, j, &until)
	} else {
		j.attempts = t.attempt(ctx, &o, c, j, nil)
	}
	o.ElapsedMS = millis(begun)
	if o.Retries != nil {
		o.Retries.Attempts, o.Retries.TotalMS = j.attempts, o.ElapsedMS
	}
	return o
}

// attempt makes a call until it succeeds, or may not be made again; it says how often.
func (t *Tools) attempt(ctx context.Context, o *outcome, c one, j job, until *time.Time) int {
	for n := 1; ; n++ {
		sent := false
		var err error
		o.Result, err = t.once(ctx, c, j, until, &sent)
		o.end(ctx, err)
		if o.Success || o.cancelled || n == j.attempts || !transient(err) || sent && !j.tools.repeatable(ctx, c) {
			return n
		}
		delay := pause(n)
		if until != nil && time.Until(*until) <= delay {
			return n
		}
		if o.Retries == nil {
			o.Retries = &retries{}
		}
		o.Retries.Retries = append(o.Retries.Retries, retry{n, o.Error, o.ErrorType, float64(delay.Microseconds()) / 1000})
		wait := time.NewTimer(delay)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			o.cancel(ctx)
			return n
		}
	}
}

// pause is how long to wait after the nth attempt: a second, twice as long each time, at most half a minute, and a quarter more
// or less of it.
func pause(n int) time.Duration {
	d := min(time.Second<<(n-1), 30*time.Second)
	return time.Duration(float64(d) * (0.75 + rand.Float64()/2))
}

// transient reports a failure that may pass: of the way to a tool, not of the tool. What a person stopped stays stopped.
func transient(err error) bool {
	var answered *mcp.Error
	if err == nil || errors.As(err, &answered) {
		return false
	}
	f := fault.From(err)
	switch f.Type {
	case "RequestCancelledError", "OperationCancelledError", "ShuttingDownError", "ProviderDisabledError", "ProviderStoppedError":
		return false
	}
	return f.Kind == fault.Unavailable || f.Kind == fault.Upstream
}

// once sends a call where it goes. sent: it may have been seen there.
func (t *Tools) once(ctx context.Context, c one, j job, until *time.Time, sent *bool) (json.RawMessage, error) {
	var left time.Duration
	if until != nil {
		left = time.Until(*until)
	}
	g := t.group(c.Provider)
	if g == nil && t.ours(c) && t.o.Exists(ctx, self) != nil {
		if left > 0 {
			limited, cancel := context.WithTimeout(ctx, left)
			defer cancel()
			ctx = limited
		}
		*sent = true
		return t.Call(ctx, gateway.OwnCall{Name: c.Tool, Arguments: c.Arguments, Client: j.client})
	}
	params := append(append(append(json.RawMessage(`{"name":`), mcp.Quote(c.Tool)...), `,"arguments":`...), c.Arguments...)
	made := invoke.Call{
		Provider: provider.ID(c.Provider), Tool: c.Tool, Params: mcp.OneLine(append(params, '}')), Timeout: left, Via: provider.ViaMCP, Batch: j.batch,
		Client: j.client, Sent: sent,
	}
	if g != nil {
		made.Provider = ""
		return t.o.GroupCalls.Call(ctx, group.ID(c.Provider), made)
	}
	return t.o.Calls.Call(ctx, made)
}

// end says what became of an attempt. A call that came to its end counts as that, even when the batch has ended meanwhile.
func (o *outcome) end(ctx context.Context, err error) {
	o.Success, o.Error, o.ErrorType = false, "", ""
	var answered *mcp.Error
	switch failed, _ := mcp.Get(o.Result, "isError"); {
	case err == nil && string(failed) == "true":
		o.Error, o.ErrorType = "the tool answered that it failed", "ToolError"
	case err == nil:
		o.Success = true
	case ctx.Err() != nil && givenUp(ctx, err):
		o.cancel(ctx)
	case errors.As(err, &answered):
		o.Error, o.ErrorType = answered.Message, "ProviderError"
	default:
		f := fault.From(err)
		o.Error, o.ErrorType = f.Message, f.Type
	}
}

func (o *outcome) cancel(ctx context.Context) {
	o.cancelled, o.Error, o.ErrorType = true, context.Cause(ctx).Error(), "CancellationError"
}

// givenUp tells the end that the batch put to a call from one of its own.
func givenUp(ctx context.Context, err error) bool {
	var f *fault.Error
	if errors.As(err, &f) && (f.Type == "RequestCancelledError" || f.Kind == fault.Timeout) {
		return true
	}
	return errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
