package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/group"
	"hangar/backend/history"
	"hangar/backend/provider"
)

func (a *API) metricsHistory(api huma.API) {
	h := op("GET", "/observability/metrics/history", "get-metrics-history", "observability", "What happened over time, for charts", 200)
	h.Description = "Points of 10 seconds for a day, of a minute for a week, of ten minutes for 90 days, or of any multiple. A point is what " +
		"happened within the step that begins at recorded_at; steps in which nothing happened have none. Without provider and group: the whole fleet."
	huma.Register(api, h, a.getMetricsHistory)
}

type metricsHistoryInput struct {
	Minutes  int       `query:"minutes" minimum:"0" maximum:"129600" doc:"The last minutes; 60 when there is no from; not together with from and to"`
	From     time.Time `query:"from" doc:"RFC 3339"`
	To       time.Time `query:"to" doc:"RFC 3339; now when it is missing"`
	Step     int       `query:"step" minimum:"0" maximum:"86400" doc:"Seconds between points, a multiple of 10; 0 takes one that gives a few hundred points"`
	Provider string    `query:"provider" doc:"Only this provider"`
	Tool     string    `query:"tool" doc:"Only this tool of the provider"`
	Group    string    `query:"group" doc:"Only the calls of this group"`
	By       string    `query:"by" enum:"provider,tool,group" doc:"Points for each of these instead of their sum"`
	Metric   []string  `query:"metric,explode" doc:"Names, with commas between or each in a parameter of its own; the totals of calls, errors, starts and health checks when it is missing"`
}

// Resolve refuses two ways to say the same.
func (in *metricsHistoryInput) Resolve(huma.Context) []error {
	if in.Minutes > 0 && !(in.From.IsZero() && in.To.IsZero()) {
		return []error{fieldError("query.minutes", "cannot be combined with from and to")}
	}
	if in.From.IsZero() && !in.To.IsZero() {
		return []error{fieldError("query.from", "is missing: to alone says nothing")}
	}
	return nil
}

func (in *metricsHistoryInput) query(now time.Time) history.Query {
	q := history.Query{
		Provider: in.Provider, Tool: in.Tool, Group: in.Group, By: history.Kind(in.By), From: in.From, To: in.To, Step: time.Duration(in.Step) * time.Second,
	}
	for _, list := range in.Metric {
		for m := range strings.SplitSeq(list, ",") {
			q.Metrics = append(q.Metrics, history.Metric(m))
		}
	}
	if q.To.IsZero() {
		q.To = now
	}
	if q.From.IsZero() {
		minutes := 60
		if in.Minutes > 0 {
			minutes = in.Minutes
		}
		q.From = now.Add(-time.Duration(minutes) * time.Minute)
	}
	return q
}

// MetricPoint is a value of a step.
type MetricPoint struct {
	ProviderID string  `json:"provider_id" doc:"Empty for a group and the whole fleet"`
	ToolName   string  `json:"tool_name,omitempty" doc:"_other for tools that are too many, and for names that are no tool"`
	GroupID    string  `json:"group_id,omitempty"`
	MetricName string  `json:"metric_name"`
	Value      float64 `json:"value"`
	RecordedAt float64 `json:"recorded_at" doc:"Beginning of the step, unix seconds"`
	Buckets    []int64 `json:"buckets,omitempty" doc:"Of tool_call_duration_seconds: calls by time, for a heatmap; the edges are bucket_bounds"`
}

type metricsHistoryOutput struct {
	Body struct {
		Points []MetricPoint `json:"points" nullable:"false"`
		Count  int           `json:"count"`
		From   string        `json:"from" doc:"Beginning of the first step"`
		To     string        `json:"to" doc:"End of the last step"`
		Step   int           `json:"step" doc:"Seconds"`
		Bounds []float64     `json:"bucket_bounds" nullable:"false" doc:"Upper edges of the buckets in seconds; one more bucket is for what took longer"`
	}
}

// mayChart is what the caller may see the history of; nil for all of it.
func (a *API) mayChart(ctx context.Context) func(history.Series) bool {
	rights := a.Auth.Rights(ctx)
	if seesAll(rights) {
		return nil
	}
	return func(s history.Series) bool {
		if s.Kind == history.Group {
			return rights.MaySeeBy(auth.MetricsRead, group.ID(s.Name).Stream())
		}
		return rights.MaySeeBy(auth.MetricsRead, provider.ID(s.Name).Stream())
	}
}

// seesAll reports whether nothing of the fleet has to be left out for somebody.
func seesAll(r *auth.Rights) bool {
	return r.Can(auth.ProvidersRead, "*").Allowed && r.Can(auth.GroupsRead, "*").Allowed
}

func (a *API) getMetricsHistory(ctx context.Context, in *metricsHistoryInput) (*metricsHistoryOutput, error) {
	a.Calls.Settled(ctx)
	q := in.query(time.Now())
	q.May = a.mayChart(ctx)
	page, err := a.History.Read(ctx, q)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &metricsHistoryOutput{}
	out.Body.Points, out.Body.Count, out.Body.Step, out.Body.Bounds = make([]MetricPoint, 0, len(page.Points)), len(page.Points), int(page.Step.Seconds()), history.Bounds()
	out.Body.From, out.Body.To = page.From.UTC().Format(timestamp), page.To.UTC().Format(timestamp)
	for _, p := range page.Points {
		m := MetricPoint{MetricName: string(p.Metric), Value: p.Value, RecordedAt: float64(p.At.Unix()), ToolName: p.Tool, Buckets: p.Cells}
		switch p.Kind {
		case history.Group:
			m.GroupID = p.Name
		default:
			m.ProviderID = p.Name
		}
		out.Body.Points = append(out.Body.Points, m)
	}
	return out, nil
}
