package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

func (a *API) observability(api huma.API) {
	huma.Register(api, op("GET", "/observability/metrics", "get-metrics", "observability", "Metrics, as Prometheus reads them at /metrics", 200), a.getMetrics)
	a.metricsHistory(api)
	a.alerts(api)
}

type metricsOutput struct {
	Body struct {
		Text    string             `json:"prometheus_text" doc:"Prometheus text format, 0.0.4"`
		Summary map[string]float64 `json:"summary" doc:"Sums over all labels, since Hangar started; tool_calls_total is always there"`
	}
}

func (a *API) getMetrics(ctx context.Context, _ *struct{}) (*metricsOutput, error) {
	s, err := a.Telemetry.Snapshot(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &metricsOutput{}
	out.Body.Text, out.Body.Summary = s.Text, s.Summary
	return out, nil
}
