package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hangar/backend/alert"
	"hangar/backend/audit"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/invoke"
	"hangar/backend/upkeep"
)

// others are the facts that are neither calls nor lives of providers nor operations. Their labels are lists of ours.
type others struct {
	registrations, deregistrations, quarantine *prometheus.CounterVec
	alerts                                     *prometheus.CounterVec
	compacted                                  prometheus.Counter
	limited                                    prometheus.Counter
	batches
}

// batches are the orders of several calls.
type batches struct {
	ended, truncated, cancelled *prometheus.CounterVec
	refused                     prometheus.Counter
	size, took                  prometheus.Observer
}

func newOthers(
	counter func(n, help string, labels ...string) *prometheus.CounterVec,
	histogram func(n, help string, buckets []float64, labels ...string) *prometheus.HistogramVec,
) others {
	return others{
		registrations:   counter("discovery_registrations_total", "Discovered providers that were registered.", "source_type"),
		deregistrations: counter("discovery_deregistrations_total", "Discovered providers that were taken away again.", "source_type", "reason"),
		quarantine:      counter("discovery_quarantine_total", "Discovered definitions that were quarantined.", "reason"),
		alerts:          counter("alerts_fired_total", "Alerts that fired, again or on another level included.", "rule", "level"),
		compacted:       counter("events_compacted_total", "Events that were removed by compaction.").WithLabelValues(),
		limited:         counter("rate_limit_hits_total", "Requests that came too fast.", "result").WithLabelValues("rejected"),
		batches: batches{
			ended:     counter("batch_calls_total", "Orders of several calls (hangar_call) that are over.", "result"),
			refused:   counter("batch_validation_failures_total", "Orders of several calls of which none was made, because one was wrong.").WithLabelValues(),
			truncated: counter("batch_truncations_total", "Results of batches that were kept to be fetched, because they were too large.", "reason"),
			cancelled: counter("batch_cancellations_total", "Calls of batches that were ended before they had answered.", "reason"),
			size:      histogram("batch_size", "Calls of a batch.", []float64{1, 2, 5, 10, 20, 50, 100}).WithLabelValues(),
			took:      histogram("batch_duration_seconds", "Time of a batch.", callBuckets()).WithLabelValues(),
		},
	}
}

// seen counts an event, if it is one of these.
func (o *others) seen(e event.Envelope) error {
	var f struct {
		SourceType string `json:"source_type"`
		Reason     string `json:"reason"`
		Rule       string `json:"rule"`
		Level      string `json:"level"`
		Deleted    int64  `json:"events_deleted"`
		Times      int64  `json:"times"`
	}
	switch e.Kind {
	case invoke.KindBatch:
		return o.batch(e)
	case discovery.KindApproved, discovery.KindLost, discovery.KindQuarantined, alert.KindFired, upkeep.KindCompacted, audit.KindRateLimited:
		if err := json.Unmarshal(e.Data, &f); err != nil {
			return fmt.Errorf("%s at position %d: %w", e.Kind, e.Position, err)
		}
	}
	switch e.Kind {
	case discovery.KindApproved:
		o.registrations.WithLabelValues(f.SourceType).Inc()
	case discovery.KindLost:
		if f.Reason == "deregistered" {
			o.deregistrations.WithLabelValues(f.SourceType, "lost").Inc()
		}
	case discovery.KindQuarantined:
		o.quarantine.WithLabelValues(f.Reason).Inc()
	case alert.KindFired:
		o.alerts.WithLabelValues(f.Rule, f.Level).Inc()
	case upkeep.KindCompacted:
		o.compacted.Add(float64(f.Deleted))
	case audit.KindRateLimited:
		o.limited.Add(float64(f.Times))
	}
	return nil
}

func (o *batches) batch(e event.Envelope) error {
	var b invoke.Batch
	if err := json.Unmarshal(e.Data, &b); err != nil {
		return fmt.Errorf("%s at position %d: %w", e.Kind, e.Position, err)
	}
	o.ended.WithLabelValues(b.Result).Inc()
	if b.Result == invoke.BatchRefused {
		o.refused.Inc()
		return nil
	}
	o.size.Observe(float64(b.Total))
	o.took.Observe(b.ElapsedMS / 1000)
	for reason, n := range b.Truncated {
		o.truncated.WithLabelValues(reason).Add(float64(n))
	}
	if b.Cancelled > 0 {
		o.cancelled.WithLabelValues(b.Cause).Add(float64(b.Cancelled))
	}
	return nil
}

// collectDiscovery reads the sources.
func (g *gauges) collectDiscovery(ctx context.Context, ch chan<- prometheus.Metric) error {
	all, err := g.Discovery(ctx)
	if err != nil {
		return err
	}
	type kind struct{ source, mode string }
	count, healthy, last := map[kind]int{}, map[string]int{}, map[string]time.Time{}
	for _, s := range all {
		source := string(s.Type)
		count[kind{source, string(s.Mode)}]++
		healthy[source] += int(bit(s.Healthy))
		if s.LastScan != nil && s.LastScan.After(last[source]) {
			last[source] = *s.LastScan
		}
	}
	for k, n := range count {
		ch <- gauge(g.sources, float64(n), k.source, k.mode)
	}
	for source, n := range healthy {
		ch <- gauge(g.sourcesHealthy, float64(n), source)
	}
	for source, at := range last {
		ch <- gauge(g.lastScan, float64(at.UnixMicro())/1e6, source)
	}
	return nil
}

// collectAlerts reads what fires.
func (g *gauges) collectAlerts(ctx context.Context, ch chan<- prometheus.Metric) error {
	firing, err := g.Alerts(ctx)
	if err != nil {
		return err
	}
	for _, level := range []alert.Level{alert.Critical, alert.Warning, alert.Info} {
		ch <- gauge(g.firing, float64(firing[level]), string(level))
	}
	return nil
}
