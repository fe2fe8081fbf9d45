package registry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hangar/backend/catalog"
	"hangar/backend/egress"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/operation"
)

// Options of a mirror.
type Options struct {
	Catalog    *catalog.Service
	Operations *operation.Service
	URL        string // of the registry, without /v0.1; "" means that there is no mirror
	Version    string // how we introduce ourselves
	Log        *slog.Logger

	Every     time.Duration // between refreshes; default one hour
	FullEvery time.Duration // between those that take everything; default a week
	Limits    Limits        // defaults for what is 0
}

// Limits bound a refresh.
type Limits struct {
	Pages   int           // default 1,000
	Entries int           // default 50,000
	Bytes   int64         // of one answer; default 16 MiB
	Time    time.Duration // of the whole; default 20 minutes
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		at *time.Duration
		to time.Duration
	}{{&o.Every, time.Hour}, {&o.FullEvery, 7 * 24 * time.Hour}, {&o.Limits.Time, 20 * time.Minute}} {
		if *d.at == 0 {
			*d.at = d.to
		}
	}
	if o.Limits.Pages == 0 {
		o.Limits.Pages = 1000
	}
	if o.Limits.Entries == 0 {
		o.Limits.Entries = 50_000
	}
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = 16 << 20
	}
	return o
}

// Mirror keeps the catalog's copy of a registry.
type Mirror struct {
	o    Options
	http *http.Client
	jobs chan job

	mu   sync.Mutex
	busy bool
}

// job is a refresh that somebody or the clock asked for.
type job struct {
	full   bool
	actor  event.Actor
	report *operation.Tracker
	ctx    context.Context // ends when the operation is cancelled
	cancel context.CancelCauseFunc
}

// New makes a mirror; Recover and Run bring it to life.
func New(o Options) *Mirror {
	o = o.withDefaults()
	return &Mirror{
		o: o, jobs: make(chan job, 1),
		http: egress.Client(egress.Options{Policy: egress.Policy{Loopback: true}, HeaderTimeout: 30 * time.Second}),
	}
}

// Recover tells the catalog which registry is mirrored now; what it holds of another one is forgotten.
func (m *Mirror) Recover(ctx context.Context) error { return m.o.Catalog.UseRegistry(ctx, m.o.URL) }

// Run refreshes when it is due and when somebody asks, until ctx ends.
func (m *Mirror) Run(ctx context.Context) error {
	defer m.http.CloseIdleConnections()
	due := time.NewTimer(m.wait(ctx))
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-due.C:
			if _, err := m.Begin(event.WithActor(ctx, event.System("registry")), false); err != nil && !fault.Is(err, fault.Conflict) {
				m.o.Log.Warn("the registry's mirror cannot be refreshed", "error", err)
			}
			due.Reset(m.o.Every)
		case j := <-m.jobs:
			m.work(ctx, j)
			due.Reset(m.o.Every)
		}
	}
}

// wait is how long the last refresh is still fresh. Without a registry nothing is ever due.
func (m *Mirror) wait(ctx context.Context) time.Duration {
	if m.o.URL == "" {
		return 1<<63 - 1
	}
	state, err := m.o.Catalog.Mirror(ctx)
	if err != nil || state.RefreshedAt == nil {
		return 0
	}
	return max(0, time.Until(state.RefreshedAt.Add(m.o.Every)))
}

// Begin asks for a refresh and returns its operation as soon as others can find it; when it cannot be stored, nothing is begun.
// One that is under way already is a ConflictError.
func (m *Mirror) Begin(ctx context.Context, full bool) (operation.ID, error) {
	if m.o.URL == "" {
		return "", fault.New(fault.Conflict, "no registry is mirrored; name one in catalog.registry, such as https://registry.modelcontextprotocol.io")
	}
	if !m.reserve() {
		return "", fault.New(fault.Conflict, "the mirror is being refreshed already")
	}
	j := m.draft(ctx, full)
	if err := j.report.Begun(ctx); err != nil { // nobody could follow or cancel it
		j.cancel(nil)
		j.report.End(nil, err)
		m.release()
		return "", fmt.Errorf("begin to refresh the mirror: %w", err)
	}
	m.jobs <- j // there is room: only one is reserved
	return j.report.ID(), nil
}

// reserve takes the one place that there is for a refresh, from when it is asked for to its end.
func (m *Mirror) reserve() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.busy
	m.busy = true
	return !was
}

func (m *Mirror) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = false
}

func (m *Mirror) draft(ctx context.Context, full bool) job {
	actor, _ := event.ActorFrom(ctx)
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	report := m.o.Operations.Track(ctx, "catalog_refresh", struct {
		Registry string `json:"registry"`
		Full     bool   `json:"full"`
	}{m.o.URL, full}, cancel)
	return job{full, actor, report, life, cancel}
}

// work does a refresh and notes how it ended.
func (m *Mirror) work(life context.Context, j job) {
	ctx, cancel := context.WithTimeoutCause(event.WithActor(life, j.actor), m.o.Limits.Time, fmt.Errorf("it took longer than %s", m.o.Limits.Time))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(j.ctx, func() { stop(context.Cause(j.ctx)) })()
	state, err := m.refresh(ctx, j)
	if err != nil && life.Err() == nil {
		m.note(ctx, err)
	}
	j.report.End(struct {
		Entries int `json:"entries"`
	}{state.Entries}, err)
	j.cancel(nil)
	m.release()
}

// note keeps why a refresh failed, for whoever looks at the mirror.
func (m *Mirror) note(ctx context.Context, why error) {
	m.o.Log.Warn("the registry's mirror could not be refreshed; what it held before stays", "registry", m.o.URL, "error", why)
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := m.o.Catalog.FailRefresh(ctx, why); err != nil {
		m.o.Log.Warn("why the mirror was not refreshed cannot be noted", "error", err)
	}
}
