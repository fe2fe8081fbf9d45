package provider

import "time"

// The restart rules (reference/reliability.md a.1, the kubelet's numbers with a shorter beginning).
const (
	firstBackoff = time.Second
	maxBackoff   = 5 * time.Minute
	// GoodAfter is how long a provider must run until its failures are forgotten.
	GoodAfter = 10 * time.Minute

	// DefaultFailureThreshold is how many failures in a row degrade a provider.
	DefaultFailureThreshold = 3
	// DefaultAutoDisableAfter is how many failure cycles disable it: each ends dead or degraded.
	DefaultAutoDisableAfter = 5
)

// Backoff is the wait before the restart that follows a failure cycle (the first is 1): 1 s, doubling to 5 min. jitter,
// between 0 and 1, is drawn once per failure by the caller and moves it by up to a fifth either way, so that what failed
// together does not return together.
func Backoff(cycle int, jitter float64) time.Duration {
	d := maxBackoff
	if cycle < 10 { // 2^9 s is beyond the cap
		d = min(firstBackoff<<max(cycle-1, 0), maxBackoff)
	}
	return d + time.Duration((jitter*2-1)*float64(d)/5)
}

// FailureThreshold is how many failures in a row degrade this provider.
func (s Spec) FailureThreshold() int {
	if s.MaxConsecutiveFailures > 0 {
		return s.MaxConsecutiveFailures
	}
	return DefaultFailureThreshold
}

// DisableAfter is how many failure cycles disable this provider.
func (s Spec) DisableAfter() int {
	if s.AutoDisableAfter > 0 {
		return s.AutoDisableAfter
	}
	return DefaultAutoDisableAfter
}

// Disabled is why a provider is not started any more until a person asks for it.
type Disabled struct {
	Reason string    `json:"reason"`
	Cycles int       `json:"failure_cycles"`
	At     time.Time `json:"at"`
}

// failed counts a failure cycle: it sets the time of the next restart, or disables the provider.
func (p Provider) failed(now time.Time, jitter float64, why string) Provider {
	p.Cycles++
	p.RetryAt = nil
	if p.Cycles >= p.Spec.DisableAfter() {
		p.Disabled = &Disabled{Reason: why, Cycles: p.Cycles, At: now}
		return p
	}
	at := now.Add(Backoff(p.Cycles, jitter))
	p.RetryAt = &at
	return p
}
