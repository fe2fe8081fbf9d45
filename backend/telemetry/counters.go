package telemetry

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hangar/backend/audit"
	"hangar/backend/event"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// The limits of labels.
const (
	maxProviders = 2000
	maxTools     = 2000 // pairs of provider and tool
	maxErrors    = 4000 // pairs with an error type
	maxKinds     = 300
	maxDeparted  = 100    // deleted providers whose series are still shown
	maxRunning   = 10_000 // operations whose beginning is remembered
)

func name(s string) string { return "mcp_hangar_" + s }

// callBuckets are those of 0.12, so that old queries go on working; newer servers take the native histogram.
func callBuckets() []float64 {
	return []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
}

func startBuckets() []float64 { return []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60} }

// counters are the facts that are events. Used by the reader's goroutine alone; the metrics themselves are read by others.
type counters struct {
	limits
	others

	events    *prometheus.CounterVec
	calls     *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	errors    *prometheus.CounterVec
	denied    *prometheus.CounterVec
	starts    *prometheus.CounterVec
	stops     *prometheus.CounterVec
	cold      *prometheus.HistogramVec
	changed   *prometheus.GaugeVec
	checks    *prometheus.CounterVec
	checked   *prometheus.HistogramVec
	ended     *prometheus.CounterVec
	took      *prometheus.HistogramVec
	series    map[pair]*callSeries
	running   map[string]time.Time    // operations, since when
	ofRemoved []*prometheus.MetricVec // what goes with its provider
}

type pair struct{ provider, tool string }

// callSeries are the series of one tool, found once.
type callSeries struct {
	labels         pair // as they are shown: folded, perhaps
	success, error prometheus.Counter
	seconds        prometheus.Observer
}

func newCounters(r prometheus.Registerer) *counters {
	c := &counters{series: map[pair]*callSeries{}, running: map[string]time.Time{}}
	counter := func(n, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name(n), Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	histogram := func(n, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name(n), Help: help, Buckets: buckets,
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}, labels)
		r.MustRegister(v)
		return v
	}
	c.events = counter("events_total", "Events of the log.", "event_type")
	c.calls = counter("tool_calls_total", "Tool calls. tool_error: the tool answered that it failed; error: no result came back.", "provider", "tool", "status")
	c.seconds = histogram("tool_call_duration_seconds", "Time of tool calls, the wait for a place and for a start included.", callBuckets(), "provider", "tool")
	c.errors = counter("tool_call_errors_total", "Tool calls that did not succeed, by class of error.", "provider", "tool", "error_type")
	c.denied = counter("tool_access_denied_total", "Calls of tools that their callers may not use.", "provider", "tool", "reason")
	c.starts = counter("provider_starts_total", "Starts of providers.", "provider", "result")
	c.stops = counter("provider_stops_total", "Stops of running providers, deaths not included.", "provider", "reason")
	c.cold = histogram("provider_cold_start_seconds", "Time from the beginning of a start to ready.", startBuckets(), "provider", "mode")
	c.changed = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: name("provider_last_state_change_timestamp_seconds"), Help: "When the state changed last, in unix seconds; absent when it did not in this run.",
	}, []string{"provider"})
	r.MustRegister(c.changed)
	c.checks = counter("health_checks_total", "Health checks of running providers.", "provider", "result")
	c.checked = histogram("health_check_duration_seconds", "Time of health checks.", callBuckets(), "provider")
	c.ended = counter("operations_total", "Operations that ended.", "status")
	c.took = histogram("operation_duration_seconds", "Time from the beginning of operations to their end.", []float64{0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600}, "status")
	c.others = newOthers(counter, histogram)
	c.ofRemoved = []*prometheus.MetricVec{
		c.calls.MetricVec, c.seconds.MetricVec, c.errors.MetricVec, c.denied.MetricVec, c.starts.MetricVec, c.stops.MetricVec,
		c.cold.MetricVec, c.changed.MetricVec, c.checks.MetricVec, c.checked.MetricVec,
	}
	c.limits = newLimits(counter("metrics_folded_total", "Observations whose label went into \"_other\", because there were too many values.", "label"), c.remove)
	return c
}

// seen counts one event.
func (c *counters) seen(e event.Envelope) error {
	c.events.WithLabelValues(c.kind(e.Kind)).Inc()
	if call, ok, err := provider.CallOf(e); ok || err != nil {
		if err == nil {
			c.call(call)
		}
		return err
	}
	if m, ok, err := provider.MomentOf(e); ok || err != nil {
		if err == nil {
			c.moment(m, e.At)
		}
		return err
	}
	switch e.Kind {
	case audit.KindAccessDenied:
		return c.refused(e)
	case operation.KindStarted, operation.KindCompleted, operation.KindError:
		return c.ofOperation(e)
	}
	return c.others.seen(e)
}

func (c *counters) call(call provider.Call) {
	key := pair{legible(string(call.Provider)), legible(call.ToolName)}
	switch call.ErrorType { // callers may name any number of those, and would leave no room for real ones
	case "ProviderNotFoundError":
		key = pair{other, other}
	case "ToolNotFoundError":
		key.tool = other
	}
	s := c.series[key]
	if s == nil {
		s = c.callSeries(key)
	}
	switch call.Outcome {
	case provider.CallSucceeded:
		s.success.Inc()
	case provider.CallError:
		s.error.Inc()
	default:
		c.calls.WithLabelValues(s.labels.provider, s.labels.tool, string(call.Outcome)).Inc()
	}
	seconds := call.DurationMS / 1000
	if traced, ok := s.seconds.(prometheus.ExemplarObserver); ok && call.TraceID != "" {
		traced.ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": call.TraceID})
	} else {
		s.seconds.Observe(seconds)
	}
	if call.Outcome != provider.CallSucceeded {
		c.errors.WithLabelValues(s.labels.provider, s.labels.tool, c.errorType(s.labels, legible(call.ErrorType))).Inc()
	}
}

// refused counts calls of tools that were denied. Whoever is denied may have made the names up, so only those that are known
// already are labels.
func (c *counters) refused(e event.Envelope) error {
	var r audit.Refused
	if err := json.Unmarshal(e.Data, &r); err != nil {
		return fmt.Errorf("%s at position %d: %w", e.Kind, e.Position, err)
	}
	if r.Door != "tools/call" {
		return nil
	}
	labels := pair{other, other}
	if id, tool, ok := strings.Cut(r.Thing, "/"); ok {
		if _, known := c.providers[id]; known {
			labels.provider = id
		}
		if _, known := c.tools[pair{id, tool}]; known {
			labels.tool = tool
		}
	}
	c.denied.WithLabelValues(labels.provider, labels.tool, c.errorType(labels, legible(r.ErrorType))).Add(float64(r.Times))
	return nil
}

// legible makes a label of what callers and providers say: Prometheus panics on bytes that are no UTF-8.
func legible(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// callSeries finds the series of a tool. Those of folded labels are not kept by their own name: there may be any number.
func (c *counters) callSeries(key pair) *callSeries {
	labels := key
	if key.tool == other {
		labels.provider = c.provider(key.provider)
	} else {
		labels = c.tool(key)
	}
	s := &callSeries{
		labels:  labels,
		success: c.calls.WithLabelValues(labels.provider, labels.tool, string(provider.CallSucceeded)),
		error:   c.calls.WithLabelValues(labels.provider, labels.tool, string(provider.CallError)),
		seconds: c.seconds.WithLabelValues(labels.provider, labels.tool),
	}
	if labels == key {
		c.series[key] = s
	}
	return s
}

// remove forgets all that a provider has.
func (c *counters) remove(id string) {
	for _, v := range c.ofRemoved {
		v.DeletePartialMatch(prometheus.Labels{"provider": id})
	}
	for key := range c.series {
		if key.provider == id {
			delete(c.series, key)
		}
	}
}

// moment counts a fact of a provider's life.
func (c *counters) moment(m provider.Moment, at time.Time) {
	switch m.What {
	case provider.MomentRegistered:
		c.back(string(m.Provider))
		return
	case provider.MomentDeregistered:
		c.gone(string(m.Provider))
		return
	}
	id := c.provider(string(m.Provider))
	switch m.What {
	case provider.MomentStartFailed:
		c.starts.WithLabelValues(id, "failure").Inc()
		c.changed.WithLabelValues(id).Set(float64(at.UnixMicro()) / 1e6)
	case provider.MomentChanged:
		c.changed.WithLabelValues(id).Set(float64(at.UnixMicro()) / 1e6)
	case provider.MomentStarted:
		c.starts.WithLabelValues(id, "success").Inc()
		c.cold.WithLabelValues(id, m.Mode).Observe(m.StartupMS / 1000)
	case provider.MomentStopped:
		c.stops.WithLabelValues(id, c.reason(m.Reason)).Inc()
	case provider.MomentChecked:
		c.checks.WithLabelValues(id, "healthy").Inc()
		c.checked.WithLabelValues(id).Observe(m.DurationMS / 1000)
	case provider.MomentCheckFailed:
		c.checks.WithLabelValues(id, "unhealthy").Inc()
		c.checked.WithLabelValues(id).Observe(m.DurationMS / 1000)
	}
}

// ofOperation counts how operations end. Who makes them names their types, so types are no label.
func (c *counters) ofOperation(e event.Envelope) error {
	var f struct {
		ID   string `json:"operation_id"`
		Data struct {
			ErrorType string `json:"error_type"`
		} `json:"data"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil {
		return fmt.Errorf("%s at position %d: %w", e.Kind, e.Position, err)
	}
	if e.Kind == operation.KindStarted {
		if len(c.running) < maxRunning {
			c.running[f.ID] = e.At
		}
		return nil
	}
	status := "completed"
	if e.Kind == operation.KindError {
		status = endings(f.Data.ErrorType)
	}
	c.ended.WithLabelValues(status).Inc()
	if begun, known := c.running[f.ID]; known { // one of an earlier run has no time
		c.took.WithLabelValues(status).Observe(e.At.Sub(begun).Seconds())
		delete(c.running, f.ID)
	}
	return nil
}

// endings are what the log calls the ways in which operations end without a result.
func endings(errorType string) string {
	switch errorType {
	case "CancelledError":
		return "cancelled"
	case "InterruptedError":
		return "interrupted"
	case "AbandonedError":
		return "abandoned"
	}
	return "error"
}
