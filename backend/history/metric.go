package history

import (
	"math"
	"slices"

	"hangar/backend/provider"
)

// Metric is what a point tells; the names are those of the metrics for Prometheus, without their prefix.
type Metric string

// The metrics. A point of a total is what happened within its step.
const (
	Calls         Metric = "tool_calls_total"
	CallErrors    Metric = "tool_call_errors_total"
	Duration      Metric = "tool_call_duration_seconds" // the mean, with the histogram
	DurationP50   Metric = "tool_call_duration_seconds_p50"
	DurationP95   Metric = "tool_call_duration_seconds_p95"
	DurationP99   Metric = "tool_call_duration_seconds_p99"
	ColdStarts    Metric = "cold_starts_total"
	StartFailures Metric = "provider_start_failures_total"
	Stops         Metric = "provider_stops_total"
	Checks        Metric = "health_checks_total"
	CheckFailures Metric = "health_check_failures_total"
)

// Metrics lists them.
func Metrics() []Metric {
	return []Metric{Calls, CallErrors, Duration, DurationP50, DurationP95, DurationP99, ColdStarts, StartFailures, Stops, Checks, CheckFailures}
}

// usual are those that a question without metrics means.
func usual() []Metric { return []Metric{Calls, CallErrors, ColdStarts, Checks, CheckFailures} }

// Bounds are the upper edges of the cells of a histogram but the last, in seconds: OpenTelemetry's advice, made finer
// below and longer above.
func Bounds() []float64 {
	return []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}
}

const cells = 18

// cell is where a time belongs; an edge belongs to the cell below it.
func cell(ms float64) int {
	i, _ := slices.BinarySearch(Bounds(), ms/1000)
	return i
}

// sums are what is kept of a series in a slot of time, in the order of columns().
type sums [firstCell + cells]int64

const (
	calls = iota
	toolErrors
	callErrors
	micros
	starts
	startFailures
	stops
	checks
	checkFailures
	firstCell
)

func (s *sums) call(c *provider.Call) {
	s[calls]++
	switch c.Outcome {
	case provider.CallToolError:
		s[toolErrors]++
	case provider.CallError:
		s[callErrors]++
	}
	s[micros] += int64(math.Round(c.DurationMS * 1000))
	s[firstCell+cell(c.DurationMS)]++
}

func (s *sums) moment(m provider.Moment) {
	switch m.What {
	case provider.MomentStarted:
		s[starts]++
	case provider.MomentStartFailed:
		s[startFailures]++
	case provider.MomentStopped:
		s[stops]++
	case provider.MomentChecked:
		s[checks]++
	case provider.MomentCheckFailed:
		s[checks]++
		s[checkFailures]++
	}
}

func (s *sums) add(o *sums) {
	for i, n := range o {
		s[i] += n
	}
}

// scan gives where the columns of a row go.
func (s *sums) scan(first any) []any {
	dest := []any{first}
	for i := range s {
		dest = append(dest, &s[i])
	}
	return dest
}

// value is what a metric makes of the sums; ok is false when they say nothing about it.
func (s *sums) value(m Metric) (v float64, ok bool) {
	total := func(n int64) (float64, bool) { return float64(n), true }
	switch m {
	case Calls:
		return total(s[calls])
	case CallErrors:
		return total(s[toolErrors] + s[callErrors])
	case ColdStarts:
		return total(s[starts])
	case StartFailures:
		return total(s[startFailures])
	case Stops:
		return total(s[stops])
	case Checks:
		return total(s[checks])
	case CheckFailures:
		return total(s[checkFailures])
	case Duration:
		return float64(s[micros]) / 1e6 / float64(max(s[calls], 1)), s[calls] > 0
	case DurationP50:
		return s.quantile(0.5), s[calls] > 0
	case DurationP95:
		return s.quantile(0.95), s[calls] > 0
	case DurationP99:
		return s.quantile(0.99), s[calls] > 0
	}
	return 0, false
}

// quantile is the time in seconds that a share of the calls did not exceed, linear within a cell; what is beyond the last
// edge counts as that.
func (s *sums) quantile(q float64) float64 {
	bounds := Bounds()
	rank, seen := q*float64(s[calls]), 0.0
	for i, n := range s[firstCell:] {
		if n == 0 || seen+float64(n) < rank {
			seen += float64(n)
			continue
		}
		if i == len(bounds) {
			break
		}
		low := 0.0
		if i > 0 {
			low = bounds[i-1]
		}
		return low + (bounds[i]-low)*(rank-seen)/float64(n)
	}
	return bounds[len(bounds)-1]
}
