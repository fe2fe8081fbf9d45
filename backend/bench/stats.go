package main

import (
	"fmt"
	"slices"
	"time"
)

// spread is what several rounds of one measurement gave.
type spread struct{ min, median, max float64 }

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return spread{sorted[0], quantile(sorted, 0.5), sorted[len(sorted)-1]}
}

// ratios divides round by round: only what was measured in one round is comparable.
func ratios(measured, floor []float64) []float64 {
	var out []float64
	for i := range min(len(measured), len(floor)) {
		if floor[i] > 0 {
			out = append(out, measured[i]/floor[i])
		}
	}
	return out
}

// quantile of sorted values, between the two that are nearest.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low == len(sorted)-1 {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// micros is a quantile of durations in microseconds.
func micros(took []time.Duration, q float64) float64 {
	values := make([]float64, len(took))
	for i, d := range took {
		values[i] = float64(d) / 1e3
	}
	slices.Sort(values)
	return quantile(values, q)
}

// number shows three digits, and no more than a reader needs.
func number(v float64) string {
	switch {
	case v >= 10_000:
		return fmt.Sprintf("%.1fk", v/1000)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func (s spread) String() string {
	if s.min == s.max {
		return number(s.median)
	}
	return fmt.Sprintf("%s [%s–%s]", number(s.median), number(s.min), number(s.max))
}
