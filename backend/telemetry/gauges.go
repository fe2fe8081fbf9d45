package telemetry

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hangar/backend/alert"
	"hangar/backend/breaker"
	"hangar/backend/discovery"
	"hangar/backend/eventlog"
	"hangar/backend/group"
	"hangar/backend/operation"
	"hangar/backend/provider"
)

// scrapePatience bounds what a scrape reads.
const scrapePatience = 5 * time.Second

// Live is what only the running process knows of a provider.
type Live struct {
	Alive    bool
	InFlight int
}

// Sockets counts the sockets of one kind.
type Sockets struct {
	Connections int64 // now
	Accepted    int64 // ever
	Frames      int64 // written
	Dropped     int64 // events and lines that a full queue or ring lost
	TooSlow     int64 // connections closed or cut for it
}

// Sources are what the gauges are read from.
type Sources struct {
	Providers  func(context.Context) ([]provider.Provider, error)
	Live       func(provider.ID) Live
	Groups     func(context.Context) ([]group.Group, error)
	Operations func(context.Context) (operation.Stats, error)
	Sockets    func() map[string]Sockets // by kind
	Discovery  func(context.Context) ([]discovery.Source, error)
	Alerts     func(context.Context) (map[alert.Level]int, error) // that fire
}

// Watch adds the gauges. Call it once, before the first scrape.
func (t *Telemetry) Watch(s Sources) { t.registry.MustRegister(newGauges(s, t)) }

// gauges reads everything anew for each scrape, so that what is gone is not shown.
type gauges struct {
	Sources
	t *Telemetry

	info, state, up, initialized, starting, failures, inFlight, circuit *prometheus.Desc
	members, healthy, wanted, groupOpen                                 *prometheus.Desc
	sources, sourcesHealthy, lastScan, firing                           *prometheus.Desc
	operations, sockets, accepted, frames, dropped, tooSlow             *prometheus.Desc
}

func desc(n, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name(n), help, labels, nil)
}

func newGauges(s Sources, t *Telemetry) *gauges {
	return &gauges{
		Sources: s, t: t,
		info:        desc("provider_info", "What a provider is; always 1.", "provider", "mode"),
		state:       desc("provider_state", "0 cold, 1 initializing, 2 ready, 3 degraded, 4 dead.", "provider"),
		up:          desc("provider_up", "1 while its process or connection is up.", "provider"),
		initialized: desc("provider_initialized", "1 while it takes calls.", "provider"),
		starting:    desc("provider_cold_start_in_progress", "1 while it is being started.", "provider"),
		failures:    desc("health_check_consecutive_failures", "Failed starts, deaths and failed health checks since the last success.", "provider"),
		inFlight:    desc("tool_calls_in_flight", "Calls that it works on.", "provider"),
		circuit:     desc("circuit_breaker_state", "1 for the state that its breaker is in.", "provider", "state"),

		members:   desc("group_members", "Members of a group.", "group"),
		healthy:   desc("group_healthy_members", "Members that can be called.", "group"),
		wanted:    desc("group_min_healthy_members", "Members that there should be.", "group"),
		groupOpen: desc("group_circuit_open", "1 while the breaker of every member in the rotation is open.", "group"),

		sources:        desc("discovery_sources", "Sources of discovery.", "source_type", "mode"),
		sourcesHealthy: desc("discovery_sources_healthy", "Sources whose last look succeeded.", "source_type"),
		lastScan:       desc("discovery_last_cycle_timestamp_seconds", "When a look succeeded last, in unix seconds.", "source_type"),
		firing:         desc("alerts_firing", "Alerts that fire.", "level"),

		operations: desc("operations_active", "Operations that run."),
		sockets:    desc("websocket_connections", "Open sockets.", "socket"),
		accepted:   desc("websocket_connections_total", "Sockets that were ever opened.", "socket"),
		frames:     desc("websocket_frames_total", "Frames that were written.", "socket"),
		dropped:    desc("websocket_frames_dropped_total", "Events and lines that the full queue of a slow reader lost.", "socket"),
		tooSlow:    desc("websocket_slow_readers_closed_total", "Sockets that were closed because their reader stayed behind.", "socket"),
	}
}

// Describe is prometheus.Collector's.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		g.info, g.state, g.up, g.initialized, g.starting, g.failures, g.inFlight, g.circuit,
		g.members, g.healthy, g.wanted, g.groupOpen,
		g.sources, g.sourcesHealthy, g.lastScan, g.firing,
		g.operations, g.sockets, g.accepted, g.frames, g.dropped, g.tooSlow,
	} {
		ch <- d
	}
}

// Collect is prometheus.Collector's. What cannot be read is left out of this scrape and told to the log.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	for what, read := range map[string]func(context.Context, chan<- prometheus.Metric) error{
		"providers": g.collectProviders, "groups": g.collectGroups, "operations": g.collectOperations,
		"discovery": g.collectDiscovery, "alerts": g.collectAlerts,
	} {
		if err := read(ctx, ch); err != nil {
			g.t.Log.Error("metrics could not be read", "of", what, "error", err)
		}
	}
	for kind, s := range g.Sockets() {
		ch <- gauge(g.sockets, float64(s.Connections), kind)
		ch <- total(g.accepted, s.Accepted, kind)
		ch <- total(g.frames, s.Frames, kind)
		ch <- total(g.dropped, s.Dropped, kind)
		ch <- total(g.tooSlow, s.TooSlow, kind)
	}
}

func (g *gauges) collectProviders(ctx context.Context, ch chan<- prometheus.Metric) error {
	all, err := g.Providers(ctx)
	if err != nil {
		return err
	}
	for _, p := range all[:min(len(all), maxProviders)] {
		id, live := string(p.ID), g.Live(p.ID)
		ch <- gauge(g.info, 1, id, string(p.Spec.Mode))
		ch <- gauge(g.state, stateNumber(p.State), id)
		ch <- gauge(g.up, bit(live.Alive), id)
		ch <- gauge(g.initialized, bit(p.State == provider.Ready), id)
		ch <- gauge(g.starting, bit(p.State == provider.Initializing), id)
		ch <- gauge(g.failures, float64(p.Failures), id)
		ch <- gauge(g.inFlight, float64(live.InFlight), id)
		for _, s := range []breaker.State{breaker.Closed, breaker.Open, breaker.HalfOpen} {
			ch <- gauge(g.circuit, bit(p.Circuit == s), id, string(s))
		}
	}
	return nil
}

func (g *gauges) collectGroups(ctx context.Context, ch chan<- prometheus.Metric) error {
	all, err := g.Groups(ctx)
	if err != nil {
		return err
	}
	for _, one := range all[:min(len(all), maxProviders)] {
		id := string(one.ID)
		ch <- gauge(g.members, float64(len(one.Members)), id)
		ch <- gauge(g.healthy, float64(one.Usable()), id)
		ch <- gauge(g.wanted, float64(one.MinHealthy), id)
		ch <- gauge(g.groupOpen, bit(one.Circuit() == breaker.Open), id)
	}
	return nil
}

func (g *gauges) collectOperations(ctx context.Context, ch chan<- prometheus.Metric) error {
	n, err := g.Operations(ctx)
	if err == nil {
		ch <- gauge(g.operations, float64(n.Active))
	}
	return err
}

// stateNumber is how 0.12 numbered the states.
func stateNumber(s provider.State) float64 {
	for i, known := range []provider.State{provider.Cold, provider.Initializing, provider.Ready, provider.Degraded, provider.Dead} {
		if s == known {
			return float64(i)
		}
	}
	return -1
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func total(d *prometheus.Desc, v int64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func buildInfo(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: name("build_info"), Help: "What runs; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH},
	})
	g.Set(1)
	return g
}

// recorder shows how the log itself is doing.
type recorder struct{ events *eventlog.Log }

func (r recorder) descs() (position, queued, refused, lost *prometheus.Desc) {
	return desc("log_position", "Position of the newest event."),
		desc("records_queued", "Records of calls that wait to be written."),
		desc("records_refused_total", "Records of calls that the full queue did not take."),
		desc("records_lost_total", "Records of calls that could not be written.")
}

// Describe is prometheus.Collector's.
func (r recorder) Describe(ch chan<- *prometheus.Desc) {
	position, queued, refused, lost := r.descs()
	ch <- position
	ch <- queued
	ch <- refused
	ch <- lost
}

// Collect is prometheus.Collector's.
func (r recorder) Collect(ch chan<- prometheus.Metric) {
	position, queued, refused, lost := r.descs()
	s := r.events.RecordStats()
	ch <- gauge(position, float64(r.events.Head()))
	ch <- gauge(queued, float64(s.Queued))
	ch <- total(refused, s.Refused)
	ch <- total(lost, s.Lost)
}
