package faults

import (
	"fmt"
	"slices"
	"sync"
)

// fact is a change that can be told from all others: at most one event of the log is it.
type fact struct{ kind, id, token string }

func (f fact) String() string { return fmt.Sprintf("%s of %s (%q)", f.kind, f.id, f.token) }

type outcome int

const (
	unknown outcome = iota // no answer came, or one that says so: it may be there
	acked                  // it must be there
	refused                // it must not be there
)

// history is what was tried, and how it was answered.
type history struct {
	mu    sync.Mutex
	facts map[fact]outcome
	calls int // answered ones of this life
	tried int // all of this life
	wrong []violation
}

func newHistory() *history { return &history{facts: map[fact]outcome{}} }

// intend notes a fact before the request goes out.
func (h *history) intend(f fact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts[f] = unknown
}

func (h *history) settle(f fact, o outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts[f] = o
}

// called notes how a call of a tool ended.
func (h *history) called(ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried++
	if ok {
		h.calls++
	}
}

func (h *history) blame(invariant, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, violation{invariant, fmt.Sprintf(format, args...)})
}

// acknowledged counts the facts that were answered with success.
func (h *history) acknowledged() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.facts {
		if o == acked {
			n++
		}
	}
	return n
}

// violation is an invariant that does not hold.
type violation struct{ invariant, what string }

func (v violation) String() string { return v.invariant + ": " + v.what }

// names are the invariants that were violated.
func (h *history) names() (names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.wrong {
		if !slices.Contains(names, v.invariant) {
			names = append(names, v.invariant)
		}
	}
	return names
}
