package auth

import (
	"time"

	"hangar/backend/fault"
)

// Spec is the part of the configuration that is about who may come in.
type Spec struct {
	Enabled      bool      `yaml:"enabled" doc:"everybody has to sign in"`
	SessionIdleS int       `yaml:"session_idle_s" default:"28800" minimum:"60" maximum:"31536000" doc:"seconds after which a dashboard session ends that nobody uses"`
	SessionMaxS  int       `yaml:"session_max_s" default:"604800" minimum:"60" maximum:"31536000" doc:"seconds after which any dashboard session ends"`
	RateLimit    RateLimit `yaml:"rate_limit" doc:"how many requests may come, while everybody has to sign in; a negative number is no limit"`
}

// RateLimit bounds how many requests may come, while everybody has to sign in; a negative number is no limit.
type RateLimit struct {
	PerSecond          int `yaml:"per_second" default:"2000" doc:"of one principal"`
	Burst              int `yaml:"burst" doc:"at once; by default twice per_second"`
	AnonymousPerSecond int `yaml:"anonymous_per_second" default:"1000" doc:"of one address, without credentials or with wrong ones"`
	AnonymousBurst     int `yaml:"anonymous_burst" doc:"at once; by default twice anonymous_per_second"`
}

// WithDefaults fills what was left out.
func (s Spec) WithDefaults() Spec {
	r := &s.RateLimit
	for _, d := range []struct {
		field *int
		value func() int
	}{
		{&s.SessionIdleS, func() int { return 8 * 3600 }},
		{&s.SessionMaxS, func() int { return 7 * 24 * 3600 }},
		{&r.PerSecond, func() int { return 2000 }},
		{&r.Burst, func() int { return 2 * r.PerSecond }},
		{&r.AnonymousPerSecond, func() int { return 1000 }},
		{&r.AnonymousBurst, func() int { return 2 * r.AnonymousPerSecond }},
	} {
		if *d.field == 0 {
			*d.field = d.value()
		}
	}
	return s
}

// Check refuses what makes no sense; fields are named as below auth.
func (s Spec) Check() error {
	const year = 365 * 24 * 3600
	for field, n := range map[string]int{"session_idle_s": s.SessionIdleS, "session_max_s": s.SessionMaxS} {
		if n < 60 || n > year {
			return fault.Field(field, "must be between 60 seconds and a year, not %d", n)
		}
	}
	if s.SessionIdleS > s.SessionMaxS {
		return fault.Field("session_idle_s", "must not be longer than session_max_s (%d)", s.SessionMaxS)
	}
	return nil
}

// SessionIdle is how long an unused session lives.
func (s Spec) SessionIdle() time.Duration { return time.Duration(s.SessionIdleS) * time.Second }

// SessionMax is how long any session lives.
func (s Spec) SessionMax() time.Duration { return time.Duration(s.SessionMaxS) * time.Second }
