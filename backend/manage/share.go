package manage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// share lets an answer out whole as long as it fits. Where it does not, small results go first; what is larger than what is
// then left for each is kept, and fetched by its continuation.
func (t *Tools) share(ctx context.Context, r *batchResult) {
	total, used, order := 0, 0, make([]int, len(r.Results))
	for i, o := range r.Results {
		order[i] = i
		total += len(o.Result)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(r.Results[a].Result), len(r.Results[b].Result)) })
	for at, i := range order {
		o := &r.Results[i]
		left := max(t.kept.Bytes-used, 0) / (len(order) - at)
		reason := reasonToKeep(len(o.Result), total > t.kept.Bytes, left)
		if reason == "" || o.fetched {
			used += len(o.Result)
			continue
		}
		t.keepOf(ctx, r.BatchID, o, reason, min(left, floorBytes))
		used += len(o.Preview)
	}
}

func reasonToKeep(size int, tooMuch bool, left int) string {
	switch {
	case size > mostBytes:
		return "response_size_exceeded"
	case tooMuch && size > max(floorBytes, left):
		return "batch_budget_exceeded"
	}
	return ""
}

// keepOf keeps the result of one call. What cannot be kept is a failure: nothing is left out without a word.
func (t *Tools) keepOf(ctx context.Context, batch string, o *outcome, reason string, preview int) {
	size, ok := len(o.Result), false
	o.cut, ok = t.keep(ctx, fmt.Sprintf("%s_%d", batch, o.Index), reason, o.Result, preview)
	if !ok {
		o.Success, o.ErrorType = false, "ResultTooLargeError"
		o.Error = fmt.Sprintf("the tool ran, and its result of %d bytes is larger than all that may be kept (mcp.result_memory_bytes)", size)
	}
	o.Result = nil
}
