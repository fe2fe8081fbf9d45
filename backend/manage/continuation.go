package manage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"hangar/backend/auth"
)

// Results bound what a tool of Hangar's answers at once, and what is kept of the rest.
type Results struct {
	Bytes  int           // of one answer; default 900,000
	Keep   time.Duration // of what was too large; default 5 min
	Memory int           // bytes of all that is kept; default 64 MiB
}

func (r Results) withDefaults() Results {
	if r.Bytes == 0 {
		r.Bytes = 900_000
	}
	if r.Keep == 0 {
		r.Keep = 5 * time.Minute
	}
	if r.Memory == 0 {
		r.Memory = 64 << 20
	}
	return r
}

const (
	floorBytes = 10_000   // a result of a batch that is no larger always goes out whole
	mostBytes  = 10 << 20 // a result that is larger is never sent whole, whatever the budget
)

// kept holds results that were too large to be sent, for a while: in memory, within a bound, each for the principal whose call
// it was. To anybody else it is not there.
type kept struct {
	Results

	mu    sync.Mutex
	by    map[string]*keptResult
	order []*keptResult // the oldest first
	bytes int
}

type keptResult struct {
	id, owner string
	text      []byte
	timer     *time.Timer // ends it
}

func newKept(r Results) *kept { return &kept{Results: r.withDefaults(), by: map[string]*keptResult{}} }

// owner is whom what is kept belongs to.
func owner(ctx context.Context) string {
	c, _ := auth.CallerFrom(ctx) // nobody is an owner too: of what nobody else reads
	return c.Principal
}

// put keeps a result, false when it is larger than all that may be kept. Who keeps the most makes room, their oldest first.
func (k *kept) put(ctx context.Context, name string, text []byte) (id string, ok bool) {
	if len(text) > k.Memory {
		return "", false
	}
	var tail [4]byte
	_, _ = rand.Read(tail[:]) // it never fails
	r := &keptResult{id: "cont_" + name + "_" + hex.EncodeToString(tail[:]), owner: owner(ctx), text: text}
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.bytes+len(text) > k.Memory {
		k.drop(k.victim())
	}
	r.timer = time.AfterFunc(k.Keep, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.drop(r)
	})
	k.by[r.id], k.order, k.bytes = r, append(k.order, r), k.bytes+len(text)
	return r.id, true
}

// victim is the oldest result of who keeps the most; mu is held, and something is kept.
func (k *kept) victim() *keptResult {
	of := map[string]int{}
	for _, r := range k.order {
		of[r.owner] += len(r.text)
	}
	var first *keptResult
	for _, r := range k.order {
		if first == nil || of[r.owner] > of[first.owner] {
			first = r
		}
	}
	return first
}

// drop forgets a result; mu is held.
func (k *kept) drop(r *keptResult) {
	if k.by[r.id] != r {
		return
	}
	r.timer.Stop()
	delete(k.by, r.id)
	k.bytes -= len(r.text)
	for i, other := range k.order {
		if other == r {
			k.order = append(k.order[:i], k.order[i+1:]...)
			return
		}
	}
}

// get finds what the caller keeps; remove forgets it, too.
func (k *kept) get(ctx context.Context, id string, remove bool) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.by[id]
	if r == nil || r.owner != owner(ctx) {
		return nil, false
	}
	if remove {
		k.drop(r)
	}
	return r.text, true
}

// cut says what stands in the place of a result that was kept.
type cut struct {
	Truncated      bool   `json:"truncated,omitempty"`
	Reason         string `json:"truncated_reason,omitempty"`
	OriginalSize   int    `json:"original_size_bytes,omitempty"`
	ContinuationID string `json:"continuation_id,omitempty"`
	Preview        string `json:"preview,omitempty"` // the beginning of its JSON
}

// keep keeps a result and says so.
func (t *Tools) keep(ctx context.Context, name, reason string, text []byte, preview int) (cut, bool) {
	id, ok := t.kept.put(ctx, name, text)
	return cut{true, reason, len(text), id, string(text[:whole(text, min(preview, len(text)))])}, ok
}

// whole is the last place at or before n where no character is cut in two.
func whole(text []byte, n int) int {
	for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

// fit keeps an answer that is too large to be sent.
func (t *Tools) fit(ctx context.Context, a answer) answer {
	if len(a.body) <= t.kept.Bytes {
		return a
	}
	var name [16]byte
	_, _ = rand.Read(name[:]) // it never fails
	c, ok := t.keep(ctx, hex.EncodeToString(name[:]), "response_size_exceeded", a.body, floorBytes)
	if !ok {
		return tooLarge(len(a.body))
	}
	said := say(c)
	said.failed = a.failed
	return said
}

func tooLarge(size int) answer {
	return refusal("ResultTooLargeError", fmt.Sprintf("the result of %d bytes is larger than all that may be kept (mcp.result_memory_bytes)", size), nil)
}

// fetchContinuation gives a piece of what is kept: parsed when that is all of it, else a piece of its text. Offsets are bytes;
// a piece ends where a character does.
func fetchContinuation(ctx context.Context, t *Tools, c call) answer {
	text, ok := t.kept.get(ctx, c.args.text("continuation_id"), false)
	if !ok {
		a := say(map[string]any{"found": false, "error": "there is no such result; it is kept for minutes, for whoever made the call"})
		a.failed = true
		return a
	}
	from, limit := c.args.number("offset"), c.args.number("limit")
	if from >= len(text) || whole(text, from) != from {
		return refusal("ValidationError", fmt.Sprintf("offset %d is not where a piece of these %d bytes begins; take next_offset of the piece before", from, len(text)), nil)
	}
	to := whole(text, min(from+limit, len(text)))
	if to == from { // one character is more than the limit: it goes whole
		for to++; to < len(text) && !utf8.RuneStart(text[to]); to++ {
		}
	}
	said := map[string]any{"found": true, "total_size_bytes": len(text), "offset": from, "next_offset": to, "has_more": to < len(text), "complete": from == 0 && to == len(text)}
	if from == 0 && to == len(text) {
		said["data"] = json.RawMessage(text)
	} else {
		said["data"] = string(text[from:to])
	}
	return say(said)
}

func deleteContinuation(ctx context.Context, t *Tools, c call) answer {
	id := c.args.text("continuation_id")
	_, deleted := t.kept.get(ctx, id, true)
	return say(map[string]any{"deleted": deleted, "continuation_id": id})
}
