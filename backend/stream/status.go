package stream

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"hangar/backend/event"
	"hangar/backend/provider"
)

// The frames of the status board (seed 004).

type initialStatus struct {
	Type      string      `json:"type"` // initial_status
	Timestamp string      `json:"timestamp"`
	MCPs      []boardLine `json:"mcps"`
}

type boardLine struct {
	Name            string  `json:"name"`
	HealthStatus    string  `json:"health_status"`
	CircuitState    string  `json:"circuit_state"`
	LastHealthCheck *string `json:"last_health_check"`
}

type statusChange struct {
	Type      string         `json:"type"` // mcp_status_change
	Timestamp string         `json:"timestamp"`
	MCPName   string         `json:"mcp_name"`
	Status    string         `json:"status"`
	Metadata  map[string]any `json:"metadata"`
}

type healthEvent struct {
	Type      string         `json:"type"` // health_event
	Timestamp string         `json:"timestamp"`
	MCPName   string         `json:"mcp_name"`
	EventType string         `json:"event_type"`
	Data      map[string]any `json:"data"`
}

// What the board calls a provider (decisions.md 16).
const (
	healthy      = "healthy"
	unhealthy    = "unhealthy"
	disconnected = "disconnected"
	inactive     = "inactive"
)

func statusOf(s provider.State) string {
	switch s {
	case provider.Ready:
		return healthy
	case provider.Degraded:
		return unhealthy
	case provider.Dead:
		return disconnected
	default:
		return inactive
	}
}

// standing is a provider on the board.
type standing struct {
	state    provider.State
	disabled bool
	circuit  string
	checked  time.Time // zero: never
	failing  string    // what it fell to and has not come back from yet
}

func (s standing) status() string {
	if s.disabled {
		return inactive
	}
	return statusOf(s.state)
}

func (s standing) line(name string) boardLine {
	l := boardLine{Name: name, HealthStatus: s.status(), CircuitState: s.circuit}
	if !s.checked.IsZero() {
		at := stamp(s.checked)
		l.LastHealthCheck = &at
	}
	return l
}

// standings is the board as the log tells it, from what the store held at some position on.
type standings map[string]standing

func newStandings(all []provider.Provider) standings {
	s := make(standings, len(all))
	for _, p := range all {
		one := standing{state: p.State, disabled: p.Disabled != nil, circuit: string(p.Circuit)}
		if p.State == provider.Degraded || p.State == provider.Dead {
			one.failing = statusOf(p.State)
		} else if p.State == provider.Initializing && p.LastError != nil {
			one.failing = disconnected
		}
		s[string(p.ID)] = one
	}
	return s
}

// apply folds one event in and gives the frames that tell of it.
func (s standings) apply(e event.Envelope, id string) []any {
	one, known := s[id]
	if !known && e.Kind != provider.KindRegistered {
		return nil
	}
	var frames []any
	change := func(metadata map[string]any) {
		metadata["circuit_state"] = one.circuit
		frames = append(frames, statusChange{"mcp_status_change", stamp(e.At), id, one.status(), metadata})
	}
	health := func(what string, data map[string]any) {
		frames = append(frames, healthEvent{"health_event", stamp(e.At), id, what, data})
	}
	switch e.Kind {
	case provider.KindRegistered:
		one = standing{state: provider.Cold, circuit: circuitClosed}
		change(map[string]any{"state": one.state, "reason": "registered"})
	case provider.KindDeregistered:
		delete(s, id)
		one.state, one.disabled = provider.Cold, false
		change(map[string]any{"reason": "deregistered"})
		return frames
	case provider.KindStateChanged:
		one.moved(read[provider.StateChanged](e), change, health)
	case provider.KindStarted:
		change(map[string]any{"tools_count": read[provider.Started](e).ToolsCount})
		if one.failing != "" {
			health("recovery", map[string]any{"previous_state": one.failing, "new_state": healthy})
			one.failing = ""
		}
	case provider.KindToolsChanged:
		if one.state == provider.Ready {
			change(map[string]any{"tools_count": read[provider.ToolsChanged](e).ToolsCount})
		}
	case provider.KindAutoDisabled:
		one.disabled = true
		change(map[string]any{"reason": "auto_disabled", "failure_cycles": read[provider.AutoDisabled](e).FailureCycles})
	case provider.KindEnabled:
		one.disabled = false
		change(map[string]any{"state": one.state, "reason": "enabled"})
	case provider.KindCircuit:
		turned := read[provider.CircuitChanged](e)
		one.circuit = string(turned.NewState)
		health(circuitEvent(one.circuit), map[string]any{"state": one.circuit, "failures": turned.FailureCount})
	case provider.KindHealthPassed, provider.KindHealthFailed:
		one.checked = e.At
	}
	s[id] = one
	return frames
}

// moved takes a change of state. That it is ready is told with its tools, by the event that follows.
func (one *standing) moved(c provider.StateChanged, change func(map[string]any), health func(string, map[string]any)) {
	before := one.status()
	one.state = c.NewState
	switch c.NewState {
	case provider.Ready:
	case provider.Degraded, provider.Dead:
		one.failing = statusOf(c.NewState)
		change(map[string]any{"state": c.NewState, "error": c.Reason})
		health("failure", map[string]any{"previous_state": before, "new_state": one.failing, "error": c.Reason})
	case provider.Cold:
		one.failing = "" // it was stopped: what failed is forgotten
		fallthrough
	default:
		change(map[string]any{"state": c.NewState, "reason": c.Reason})
	}
}

const circuitClosed = "closed"

func circuitEvent(state string) string {
	switch state {
	case circuitClosed:
		return "circuit_closed"
	case "half_open":
		return "circuit_half_open"
	default:
		return "circuit_opened"
	}
}

// read gives an event's own fields. They were written by the same types; of what cannot be read the zero is shown.
func read[T any](e event.Envelope) (v T) {
	if json.Unmarshal(e.Data, &v) != nil {
		var none T
		return none
	}
	return v
}

func (s standings) lines(sight Sight) []boardLine {
	lines := make([]boardLine, 0, len(s))
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if sight.seesProvider(name) {
			lines = append(lines, s[name].line(name))
		}
	}
	return lines
}

type systemMetrics struct {
	Type      string         `json:"type"` // system_metrics
	Timestamp string         `json:"timestamp"`
	Metrics   map[string]int `json:"metrics"`
}

func (s standings) metrics(now time.Time, sight Sight) systemMetrics {
	m := map[string]int{"total_mcps": 0, "healthy_mcps": 0, "unhealthy_mcps": 0, "disconnected_mcps": 0, "inactive_mcps": 0, "open_circuits": 0}
	for name, one := range s {
		if !sight.seesProvider(name) {
			continue
		}
		m["total_mcps"]++
		m[one.status()+"_mcps"]++
		if one.circuit != circuitClosed {
			m["open_circuits"]++
		}
	}
	return systemMetrics{"system_metrics", stamp(now), m}
}
