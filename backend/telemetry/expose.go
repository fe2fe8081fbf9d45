package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// countPatience is how long a scrape waits until everything is counted. A full disk holds up the records of calls, and
// must not hold up the scrape that tells of it.
const countPatience = time.Second

// Handler serves the metrics in the format that the client prefers: text, OpenMetrics, or protobuf with native histograms.
func (t *Telemetry) Handler() http.Handler {
	h := promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: 8, Timeout: 2 * scrapePatience, ErrorHandling: promhttp.ContinueOnError,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.settle(r.Context())
		h.ServeHTTP(w, r)
	})
}

func (t *Telemetry) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	if err := t.CatchUp(ctx); err != nil {
		t.Log.Debug("a scrape did not wait for what is not counted yet", "error", err)
	}
}

// Snapshot is the metrics of one moment.
type Snapshot struct {
	Text    string             // Prometheus text, 0.0.4
	Summary map[string]float64 // sums over all labels
}

// Snapshot reads all metrics.
func (t *Telemetry) Snapshot(ctx context.Context) (Snapshot, error) {
	t.settle(ctx)
	families, err := t.registry.Gather()
	if err != nil {
		return Snapshot{}, fmt.Errorf("gather the metrics: %w", err)
	}
	out := Snapshot{Summary: map[string]float64{}}
	for _, s := range summed() {
		out.Summary[s] = 0 // always there (decisions.md 5)
	}
	var text bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			return Snapshot{}, fmt.Errorf("write %s: %w", f.GetName(), err)
		}
		for _, s := range summed() {
			if f.GetName() != name(s) {
				continue
			}
			for _, m := range f.GetMetric() {
				out.Summary[s] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	out.Text = text.String()
	return out, nil
}

// summed are the metrics that the summary has, without their prefix.
func summed() []string {
	return []string{
		"tool_calls_total", "tool_call_errors_total", "health_checks_total", "provider_starts_total", "provider_stops_total",
		"operations_total", "websocket_connections", "records_lost_total",
	}
}
