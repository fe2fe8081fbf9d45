package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hangar/backend/alert"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/upkeep"
)

// others are the facts that are neither calls nor lives of providers nor operations. Their labels are lists of ours.
type others struct {
	registrations, deregistrations, quarantine *prometheus.CounterVec
	alerts                                     *prometheus.CounterVec
	compacted                                  prometheus.Counter
}

func newOthers(counter func(n, help string, labels ...string) *prometheus.CounterVec) others {
	return others{
		registrations:   counter("discovery_registrations_total", "Discovered providers that were registered.", "source_type"),
		deregistrations: counter("discovery_deregistrations_total", "Discovered providers that were taken away again.", "source_type", "reason"),
		quarantine:      counter("discovery_quarantine_total", "Discovered definitions that were quarantined.", "reason"),
		alerts:          counter("alerts_fired_total", "Alerts that fired, again or on another level included.", "rule", "level"),
		compacted:       counter("events_compacted_total", "Events that were removed by compaction.").WithLabelValues(),
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
	}
	switch e.Kind {
	case discovery.KindApproved, discovery.KindLost, discovery.KindQuarantined, alert.KindFired, upkeep.KindCompacted:
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
