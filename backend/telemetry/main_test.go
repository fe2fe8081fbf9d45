package telemetry

import (
	"context"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/alert"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/group"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/store"
	"hangar/backend/storetest"
	"hangar/backend/storetest/fresh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Main(m)) }

// bundle is a real log with a telemetry that reads it.
type bundle struct {
	*Telemetry
	t          *testing.T
	ctx        context.Context
	db         *store.DB
	events     *eventlog.Log
	providers  *provider.Service
	operations *operation.Service
	alerts     *alert.Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ctx := event.WithActor(t.Context(), event.Actor{Type: "user", ID: "tester"})
	db, err := store.Open(ctx, store.Options{Dir: fresh.Dir(t), URL: storetest.URL(t, ""), Log: quiet})
	must(t, err)
	events, err := eventlog.New(db, quiet)
	must(t, err)
	providers := provider.New(db, events)
	groups := group.New(db, events, providers, quiet)
	operations := operation.New(operation.Options{DB: db, Events: events, Log: quiet})
	alerts := alert.New(db, events)
	b := &bundle{New(Options{Events: events, Version: "test", Log: quiet}), t, ctx, db, events, providers, operations, alerts}
	b.Watch(Sources{
		Providers:  providers.List,
		Live:       func(provider.ID) Live { return Live{Alive: true, InFlight: 3} },
		Groups:     func(ctx context.Context) ([]group.Group, error) { all, _, err := groups.Snapshot(ctx); return all, err },
		Operations: operations.Stats,
		Discovery: func(context.Context) ([]discovery.Source, error) {
			at := time.Now()
			return []discovery.Source{{Type: "docker", Mode: "additive", Healthy: true, LastScan: &at}, {Type: "docker", Mode: "authoritative"}}, nil
		},
		Alerts: alerts.Firing,
		Sockets: func() map[string]Sockets {
			return map[string]Sockets{"events": {Connections: 2, Accepted: 5, Frames: 70, Dropped: 1}, "state": {}}
		},
	})
	must(t, providers.Create(ctx, "math", provider.Spec{Mode: provider.Subprocess, Command: []string{"x"}}, provider.SourceAPI))
	must(t, groups.Create(ctx, group.Group{ID: "sums", Strategy: group.RoundRobin}))
	must(t, groups.AddMember(ctx, "sums", group.NewMember{ID: "math", Weight: 1, Priority: 1}))

	life, end := context.WithCancel(ctx)
	done := make(chan struct{}, 2)
	go func() { _ = events.Run(life); done <- struct{}{} }()
	go func() { _ = b.Run(life); done <- struct{}{} }()
	t.Cleanup(func() {
		end()
		<-done
		<-done
		operations.Close(context.Background())
		must(t, db.Close())
	})
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) record(ps ...event.Payload) {
	b.t.Helper()
	for _, p := range ps {
		must(b.t, b.events.Record(b.ctx, p))
	}
}

func good(id provider.ID, tool string, ms float64) event.Payload {
	return provider.NewCallCompleted(id, provider.CallCompleted{CallFacts: provider.CallFacts{ToolName: tool, DurationMS: ms, TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}})
}

func toolError(id provider.ID, tool string) event.Payload {
	return provider.NewCallCompleted(id, provider.CallCompleted{CallFacts: provider.CallFacts{ToolName: tool}, IsError: true})
}

func bad(id provider.ID, tool, kind string) event.Payload {
	return provider.NewCallFailed(id, provider.CallFailed{CallFacts: provider.CallFacts{ToolName: tool, DurationMS: 50}, ErrorType: kind, ErrorMessage: "boom"})
}

// text gives the metrics as Prometheus reads them.
func (b *bundle) text() string {
	b.t.Helper()
	s, err := b.Snapshot(b.ctx)
	must(b.t, err)
	return s.Text
}

// value finds one series, written with its labels in the order of the text; -1 when it is not there.
func value(text, series string) float64 {
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name(series)) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return -1
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return -2
	}
	return v
}

// count is how many series a metric has.
func count(text, metric string) int {
	return strings.Count(text, "\n"+name(metric)+"{")
}
