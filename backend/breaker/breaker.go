package breaker

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// State is the state of a breaker.
type State string

// The states; lower case everywhere (decisions.md 12).
const (
	Closed   State = "closed"
	Open     State = "open"
	HalfOpen State = "half_open"
)

// Rules are when a breaker opens and closes (reference/hangar.md 2.1).
type Rules struct {
	FailureThreshold int           // failures in a row until it opens
	ResetTimeout     time.Duration // from open to half-open
	Probes           int           // calls that half-open lets through; so many successes close it
}

// DefaultRules are those of every breaker.
func DefaultRules() Rules {
	return Rules{FailureThreshold: 10, ResetTimeout: time.Minute, Probes: 1}
}

// Outcome is what a call says about its member.
type Outcome uint8

// The outcomes.
const (
	Neutral Outcome = iota // nothing: the caller gave up, or never reached it
	Good                   // it answered, be it with an error
	Bad                    // it did not
)

var (
	errBad     = errors.New("bad")
	errNeutral = errors.New("neutral")
)

// Breaker wraps a kept library. It adds that half-open comes by a timer, so that its event is on time
// and not only when somebody calls again.
type Breaker struct {
	steps *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu       sync.Mutex // guards what follows; taken inside the library's own lock, never the other way round
	failures int        // that opened it
	timer    *time.Timer
	over     bool
}

// New makes a closed one. changed hears of every change, in order and under a lock: it must not block or come back.
func New(r Rules, changed func(to State, failures int)) *Breaker {
	b := &Breaker{}
	b.steps = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: uint32(r.Probes),
		Timeout:     r.ResetTimeout,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.failures = int(c.ConsecutiveFailures)
			return b.failures >= r.FailureThreshold
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNeutral) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			changed(state(to), b.turn(to, r.ResetTimeout))
		},
	})
	return b
}

// turn sets the clock of an open breaker.
func (b *Breaker) turn(to gobreaker.State, reset time.Duration) (failures int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if to == gobreaker.StateOpen && !b.over {
		// The library compares strictly, so a moment later than the deadline.
		b.timer = time.AfterFunc(reset+time.Millisecond, func() { _ = b.State() })
	}
	return b.failures
}

// Admit asks to make a call; when it may, report must be called once with how it went.
func (b *Breaker) Admit() (report func(Outcome), ok bool) {
	done, err := b.steps.Allow()
	if err != nil {
		return nil, false
	}
	return func(o Outcome) {
		switch o {
		case Good:
			done(nil)
		case Bad:
			done(errBad)
		default:
			done(errNeutral)
		}
	}, true
}

// State is its state now.
func (b *Breaker) State() State { return state(b.steps.State()) }

// Failures are those in a row; while it is not closed, those that opened it.
func (b *Breaker) Failures() int {
	if b.State() == Closed {
		return int(b.steps.Counts().ConsecutiveFailures)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures
}

// Close stops its clock.
func (b *Breaker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.timer != nil {
		b.timer.Stop()
	}
}

func state(s gobreaker.State) State {
	switch s {
	case gobreaker.StateOpen:
		return Open
	case gobreaker.StateHalfOpen:
		return HalfOpen
	default:
		return Closed
	}
}
