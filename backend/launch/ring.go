package launch

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxLine = 16 << 10 // bytes of one line that are kept
	maxRing = 1 << 20  // bytes of text in one ring: 200 providers must not cost gigabytes
)

// LogLine is one line that a provider wrote to stderr. Seq counts by ones from the ring's base and never repeats.
type LogLine struct {
	Seq  int64
	At   time.Time
	Text string
}

// Ring keeps the newest lines of a provider, across restarts. It is bounded in lines and in bytes and never blocks
// whoever appends. Safe for concurrent use.
type Ring struct {
	mu       sync.Mutex
	lines    []LogLine // a circle: oldest at head
	head     int
	count    int
	bytes    int
	base     int64
	total    int64
	dropped  int64
	watchers map[chan struct{}]struct{}
}

// NewRing makes a ring of at most so many lines. The first line gets the number base+1: a base that grows from run to
// run (the time, in microseconds) lets a reader that comes back tell the lines of this run from those of an earlier one.
func NewRing(lines int, base int64) *Ring {
	return &Ring{lines: make([]LogLine, max(lines, 1)), base: base, total: base, watchers: map[chan struct{}]struct{}{}}
}

// Append adds a line, made valid UTF-8 and cut at 16 KiB, and wakes the watchers.
func (r *Ring) Append(at time.Time, text string) {
	text, cut := clip(strings.ToValidUTF8(text, "\uFFFD"))
	// The caller's string may be a slice of a much larger one, which the ring must not keep alive.
	text = strings.Clone(text)

	r.mu.Lock()
	defer r.mu.Unlock()
	for r.count == len(r.lines) || (r.count > 0 && r.bytes+len(text) > maxRing) {
		r.evict()
	}
	r.total++
	r.dropped += int64(cut)
	r.lines[(r.head+r.count)%len(r.lines)] = LogLine{Seq: r.total, At: at, Text: text}
	r.count++
	r.bytes += len(text)
	for wake := range r.watchers {
		select {
		case wake <- struct{}{}:
		default: // it has not yet looked since the last one: one wake-up is enough
		}
	}
}

func (r *Ring) evict() {
	r.bytes -= len(r.lines[r.head].Text)
	r.lines[r.head] = LogLine{}
	r.head = (r.head + 1) % len(r.lines)
	r.count--
}

// clip cuts a line at the limit without splitting a rune.
func clip(text string) (kept string, cut int) {
	if len(text) <= maxLine {
		return text, 0
	}
	end := maxLine
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], len(text) - end
}

// Tail reads lines, oldest first. With since <= 0 they are the newest n, otherwise the first n after since; n <= 0 means
// all. next is the since for the following call: passing it on with n <= 0 never skips a line that the ring still holds,
// and a line that it no longer holds shows as a gap in Seq.
func (r *Ring) Tail(since int64, n int) (lines []LogLine, next int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := r.total - int64(r.count) + 1
	from, to := max(since+1, oldest), r.total
	if since <= 0 {
		from = oldest
	}
	if have := to - from + 1; n > 0 && have > int64(n) {
		if since <= 0 {
			from = to - int64(n) + 1
		} else {
			to = from + int64(n) - 1
		}
	}
	next = max(since, 0)
	for seq := from; seq <= to; seq++ {
		lines = append(lines, r.lines[(r.head+int(seq-oldest))%len(r.lines)])
		next = seq
	}
	return lines, next
}

// Watch gives a channel that becomes readable when lines were appended since it was last read. Watch first, then Tail:
// no line falls between the two.
func (r *Ring) Watch() (wake <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[ch] = struct{}{}
	return ch, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watchers, ch)
	}
}

// Bounds are the numbers before the first line ever and of the last one.
func (r *Ring) Bounds() (base, total int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.base, r.total
}

// Dropped is how many bytes never became lines: the ends of over-long lines, and what a flood brought too fast.
func (r *Ring) Dropped() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

func (r *Ring) drop(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped += bytes
}
