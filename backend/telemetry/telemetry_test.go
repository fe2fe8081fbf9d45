package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"hangar/backend/breaker"
	"hangar/backend/event"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// life takes a provider from cold to ready, has it checked, and stops it; then a start fails.
func (b *bundle) life() {
	b.t.Helper()
	for _, c := range []provider.Change{
		{Input: provider.Start, Reason: "start"},
		{Input: provider.Up, Reason: "ready", Meta: &provider.Meta{StartupDurationMS: 300}},
	} {
		_, err := b.providers.Transition(b.ctx, "math", c)
		must(b.t, err)
	}
	for _, failed := range []error{nil, nil, fmt.Errorf("no answer")} {
		_, err := b.providers.RecordProbe(b.ctx, "math", provider.Probe{Took: 20_000_000, Err: failed})
		must(b.t, err)
	}
	for _, c := range []provider.Change{
		{Input: provider.Stop, Reason: "tea"},
		{Input: provider.Start, Reason: "start"},
		{Input: provider.StartFailed, Reason: "broken", Err: &provider.LastError{Type: "ProviderStartError"}},
	} {
		_, err := b.providers.Transition(b.ctx, "math", c)
		must(b.t, err)
	}
	must(b.t, b.providers.SetCircuit(b.ctx, "math", breaker.Open, 5))
}

func TestEachFactIsCountedOnce(t *testing.T) {
	b := setup(t)
	b.record(good("math", "add", 4), good("math", "add", 40), toolError("math", "add"), bad("math", "add", "ToolTimeoutError"), good("math", "sub", 1))
	b.life()
	done, err := b.operations.Create(b.ctx, "x", nil)
	must(t, err)
	must(t, b.operations.Report(b.ctx, done, &operation.Result{Result: []byte(`1`)}))
	gone, err := b.operations.Create(b.ctx, "x", nil)
	must(t, err)
	_, err = b.operations.Remove(b.ctx, gone)
	must(t, err)
	_, err = b.operations.Create(b.ctx, "x", nil)
	must(t, err)

	text := b.text()
	for series, want := range map[string]float64{
		`tool_calls_total{provider="math",status="success",tool="add"}`:                    2,
		`tool_calls_total{provider="math",status="tool_error",tool="add"}`:                 1,
		`tool_calls_total{provider="math",status="error",tool="add"}`:                      1,
		`tool_calls_total{provider="math",status="success",tool="sub"}`:                    1,
		`tool_calls_total{provider="math",status="error",tool="sub"}`:                      0,
		`tool_calls_total{provider="math",status="tool_error",tool="sub"}`:                 -1,
		`tool_call_errors_total{error_type="ToolTimeoutError",provider="math",tool="add"}`: 1,
		`tool_call_errors_total{error_type="tool_error",provider="math",tool="add"}`:       1,
		`tool_call_duration_seconds_count{provider="math",tool="add"}`:                     4,
		`tool_call_duration_seconds_bucket{provider="math",tool="add",le="0.005"}`:         2,
		`tool_call_duration_seconds_sum{provider="math",tool="add"}`:                       0.094,
		`provider_starts_total{provider="math",result="success"}`:                          1,
		`provider_starts_total{provider="math",result="failure"}`:                          1,
		`provider_stops_total{provider="math",reason="_other"}`:                            1,
		`provider_cold_start_seconds_count{mode="subprocess",provider="math"}`:             1,
		`provider_cold_start_seconds_bucket{mode="subprocess",provider="math",le="0.25"}`:  0,
		`provider_cold_start_seconds_bucket{mode="subprocess",provider="math",le="0.5"}`:   1,
		`health_checks_total{provider="math",result="healthy"}`:                            2,
		`health_checks_total{provider="math",result="unhealthy"}`:                          1,
		`health_check_duration_seconds_count{provider="math"}`:                             3,
		`health_check_consecutive_failures{provider="math"}`:                               1,
		`provider_info{mode="subprocess",provider="math"}`:                                 1,
		`provider_state{provider="math"}`:                                                  4,
		`provider_up{provider="math"}`:                                                     1,
		`provider_initialized{provider="math"}`:                                            0,
		`provider_cold_start_in_progress{provider="math"}`:                                 0,
		`tool_calls_in_flight{provider="math"}`:                                            3,
		`circuit_breaker_state{provider="math",state="open"}`:                              1,
		`circuit_breaker_state{provider="math",state="closed"}`:                            0,
		`group_members{group="sums"}`:                                                      1,
		`group_min_healthy_members{group="sums"}`:                                          1,
		`operations_total{status="completed"}`:                                             1,
		`operations_total{status="cancelled"}`:                                             1,
		`operation_duration_seconds_count{status="completed"}`:                             1,
		`operations_active`:                                               1,
		`websocket_connections{socket="events"}`:                          2,
		`websocket_frames_dropped_total{socket="events"}`:                 1,
		`events_total{event_type="ToolInvocationCompleted"}`:              4,
		`events_total{event_type="ToolInvocationFailed"}`:                 1,
		`events_total{event_type="ProviderStateChanged"}`:                 5,
		`records_lost_total`:                                              0,
		`metrics_folded_total{label="provider"}`:                          -1,
		`log_position`:                                                    float64(b.events.Head()),
		`provider_last_state_change_timestamp_seconds{provider="nobody"}`: -1,
	} {
		if got := value(text, series); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if value(text, `provider_last_state_change_timestamp_seconds{provider="math"}`) < 1e9 {
		t.Error("nobody knows when the state changed last")
	}
	s, err := b.Snapshot(b.ctx)
	must(t, err)
	for key, want := range map[string]float64{
		"tool_calls_total": 5, "tool_call_errors_total": 2, "health_checks_total": 3, "provider_starts_total": 2,
		"provider_stops_total": 1, "operations_total": 2, "websocket_connections": 2, "records_lost_total": 0,
	} {
		if got, there := s.Summary[key]; !there || got != want {
			t.Errorf("summary: %s is %v, want %v", key, got, want)
		}
	}
}

func TestTheSummaryHasItsKeysBeforeAnythingHappened(t *testing.T) {
	b := setup(t)
	s, err := b.Snapshot(b.ctx)
	must(t, err)
	for _, key := range summed() {
		if _, there := s.Summary[key]; !there {
			t.Errorf("no %s in %v", key, s.Summary)
		}
	}
}

// A fleet that names ever new tools and providers does not make the metrics grow for ever, and no call goes uncounted.
func TestLabelsAreBounded(t *testing.T) {
	folded := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "f"}, []string{"label"})
	evicted := []string{}
	l := newLimits(folded, func(id string) { evicted = append(evicted, id) })
	for i := range maxTools + 10 {
		l.tool(pair{"p", fmt.Sprint(i)})
	}
	if got := l.tool(pair{"p", "0"}); got != (pair{"p", "0"}) {
		t.Errorf("a known tool became %v", got)
	}
	if got := l.tool(pair{"p", "new"}); got != (pair{"p", other}) {
		t.Errorf("one too many became %v", got)
	}
	for i := range maxProviders + 10 {
		l.provider(fmt.Sprint("q", i))
	}
	if got := l.tool(pair{"late", "x"}); got != (pair{other, other}) {
		t.Errorf("a provider too many became %v", got)
	}
	l.gone("p")
	l.gone("never seen")
	if got := l.tool(pair{"late", "x"}); got != (pair{"late", "x"}) || fmt.Sprint(evicted) != "[p]" {
		t.Errorf("a deleted provider made no room: %v, %v evicted", got, evicted)
	}
	l.gone("late")
	l.back("late")
	if l.provider("later"); len(evicted) != 1 {
		t.Errorf("one that came back was evicted: %v", evicted)
	}
	for i := range maxDeparted {
		l.gone(fmt.Sprint("q", i))
	}
	if len(evicted) != 1 {
		t.Errorf("those that were deleted last have no series any more: %v", evicted)
	}
	if l.gone(fmt.Sprint("q", maxDeparted)); len(evicted) != 2 || evicted[1] != "q0" {
		t.Errorf("of one more deleted provider came %v", evicted)
	}
	if l.reason("idle") != "idle" || l.reason("because") != other {
		t.Error("reasons")
	}
}

func TestEveryCallIsCountedBeyondTheLimitsToo(t *testing.T) {
	b := setup(t)
	const n = maxTools + 50
	for i := range n {
		b.record(bad("math", fmt.Sprint("tool", i), "UpstreamError"))
	}
	s, err := b.Snapshot(b.ctx)
	must(t, err)
	if s.Summary["tool_calls_total"] != n || s.Summary["tool_call_errors_total"] != n {
		t.Errorf("%v", s.Summary)
	}
	if got := value(s.Text, `tool_calls_total{provider="math",status="error",tool="_other"}`); got != 50 {
		t.Errorf("%v calls under other", got)
	}
	if got := count(s.Text, "tool_calls_total"); got != 2*(maxTools+1) {
		t.Errorf("%d series", got)
	}
	if value(s.Text, `metrics_folded_total{label="tool"}`) != 50 {
		t.Error("nobody is told that labels were folded")
	}
}

// Whoever calls providers and tools that do not exist, each by another name, takes no room from those that do.
func TestWhatDoesNotExistIsCountedTogether(t *testing.T) {
	b := setup(t)
	for i := range 20 {
		b.record(bad("math", fmt.Sprint("made-up-", i), "ToolNotFoundError"))
		b.record(bad(provider.ID(fmt.Sprint("made-up-", i)), "add", "ProviderNotFoundError"))
	}
	b.record(bad("math", "add", "UpstreamError"))
	s, err := b.Snapshot(b.ctx)
	must(t, err)
	if got := value(s.Text, `tool_calls_total{provider="math",status="error",tool="_other"}`); got != 20 || count(s.Text, "made-up") != 0 {
		t.Errorf("%v under other\n%s", got, s.Text)
	}
	if got := value(s.Text, `tool_calls_total{provider="_other",status="error",tool="_other"}`); got != 20 {
		t.Errorf("%v calls of providers that do not exist", got)
	}
	if value(s.Text, `tool_calls_total{provider="math",status="error",tool="add"}`) != 1 {
		t.Error("a tool that exists is not counted by its name")
	}
}

// A full disk holds up the records; the scrape answers all the same.
func TestAScrapeDoesNotWaitForEver(t *testing.T) {
	b := setup(t)
	idle := New(Options{Events: b.events, Version: "x", Log: b.Log}) // its reader does not run
	b.record(good("math", "add", 1))
	must(t, b.CatchUp(b.ctx))
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if err := idle.CatchUp(ctx); err == nil {
		t.Error("it claims to have counted what it has not read")
	}
	s, err := idle.Snapshot(ctx)
	must(t, err)
	if s.Summary["tool_calls_total"] != 0 || !strings.Contains(s.Text, "mcp_hangar_build_info{") {
		t.Errorf("%v", s.Summary)
	}
}

func TestNonsenseInTheLogCostsOneEventAndNotTheReader(t *testing.T) {
	b := setup(t)
	b.record(odd{provider.KindStarted}, odd{provider.KindCallFailed}, odd{operation.KindStarted}, good("math", "add", 1))
	if got := value(b.text(), `tool_calls_total{provider="math",status="success",tool="add"}`); got != 1 {
		t.Errorf("%v calls", got)
	}
}

// Who calls may name what there is not, in any bytes; a label is UTF-8 or Prometheus panics.
func TestNamesThatAreNoTextAreCountedAndHarmNobody(t *testing.T) {
	b := setup(t)
	call := good("\xff\xfe", "a\xffb", 1)
	b.record(call, bad("\xff\xfe", "b", "\xff"), good("math", "add", 1))
	if got := value(b.text(), `tool_calls_total{provider="math",status="success",tool="add"}`); got != 1 {
		t.Errorf("%v calls", got)
	}
	if got := value(b.text(), `tool_calls_total{provider="�",status="success",tool="a�b"}`); got != 1 {
		t.Errorf("%v calls of the nameless", got)
	}
}

// odd is an event whose fields have the wrong types.
type odd struct{ kind string }

func (o odd) Kind() string   { return o.kind }
func (o odd) Stream() string { return "provider:math" }
func (odd) MarshalJSON() ([]byte, error) {
	return []byte(`{"provider_id":1,"operation_id":2,"tool_name":3}`), nil
}

var _ event.Payload = odd{}

func TestTheFormats(t *testing.T) {
	b := setup(t)
	b.record(good("math", "add", 4))
	srv := httptest.NewServer(b.Handler())
	defer srv.Close()
	for accept, want := range map[string]struct{ kind, part string }{
		"":                             {"text/plain", `mcp_hangar_tool_calls_total{provider="math",status="success",tool="add"} 1`},
		"application/openmetrics-text": {"application/openmetrics-text", `trace_id="4bf92f3577b34da6a3ce929d0e0e4736"`},
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited": {"application/vnd.google.protobuf", "tool_call_duration_seconds"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
		must(t, err)
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		resp, err := srv.Client().Do(req)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), want.kind) || !strings.Contains(string(body), want.part) {
			t.Errorf("%s: %s, %d bytes", accept, resp.Header.Get("Content-Type"), len(body))
		}
	}
}

// Servers that ask for native histograms get them.
func TestHistogramsAreNativeToo(t *testing.T) {
	b := setup(t)
	b.record(good("math", "add", 4))
	must(t, b.CatchUp(b.ctx))
	families, err := b.registry.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() != name("tool_call_duration_seconds") {
			continue
		}
		h := f.GetMetric()[0].GetHistogram()
		if len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) != len(callBuckets()) || h.GetSampleCount() != 1 {
			t.Errorf("%v", h)
		}
		return
	}
	t.Error("there is no such histogram")
}
