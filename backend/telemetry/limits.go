package telemetry

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// other is where the values of a label go that are too many. No provider can be called so.
const other = "_other"

// limits bound the values of labels, so that no caller and no fleet can make the metrics grow for ever.
type limits struct {
	folded    *prometheus.CounterVec
	evict     func(provider string)
	providers map[string]struct{}
	tools     map[pair]struct{}
	errors    map[[3]string]struct{}
	kinds     map[string]struct{}
	departed  []string // providers that were deleted, oldest first: the first to make room
}

func newLimits(folded *prometheus.CounterVec, evict func(string)) limits {
	return limits{
		folded: folded, evict: evict, providers: map[string]struct{}{}, tools: map[pair]struct{}{},
		errors: map[[3]string]struct{}{}, kinds: map[string]struct{}{},
	}
}

// admit says whether a value may have series of its own.
func admit[K comparable](l *limits, known map[K]struct{}, value K, limit int, label string) bool {
	if _, ok := known[value]; ok {
		return true
	}
	for len(known) >= limit && len(l.departed) > 0 {
		l.makeRoom()
	}
	if len(known) >= limit {
		l.folded.WithLabelValues(label).Inc()
		return false
	}
	known[value] = struct{}{}
	return true
}

func (l *limits) makeRoom() {
	id := l.departed[0]
	l.departed = l.departed[1:]
	l.evict(id)
	delete(l.providers, id)
	for p := range l.tools {
		if p.provider == id {
			delete(l.tools, p)
		}
	}
	for e := range l.errors {
		if e[0] == id {
			delete(l.errors, e)
		}
	}
}

// provider is the label for a provider.
func (l *limits) provider(id string) string {
	if admit(l, l.providers, id, maxProviders, "provider") {
		return id
	}
	return other
}

// tool is the labels for a tool.
func (l *limits) tool(p pair) pair {
	p.provider = l.provider(p.provider)
	if p.provider == other || !admit(l, l.tools, p, maxTools, "tool") {
		p.tool = other
	}
	return p
}

// errorType is the label for a class of error. Most are names of ours, but nothing says so.
func (l *limits) errorType(p pair, kind string) string {
	if admit(l, l.errors, [3]string{p.provider, p.tool, kind}, maxErrors, "error_type") {
		return kind
	}
	return other
}

// kind is the label for an event's kind.
func (l *limits) kind(kind string) string {
	if admit(l, l.kinds, kind, maxKinds, "event_type") {
		return kind
	}
	return other
}

// reason is the label for why a provider was stopped: ours have names, a person may write anything.
func (l *limits) reason(why string) string {
	if slices.Contains([]string{"user_request", "idle", "shutdown", "deleted", "deregistered", "operation_cancelled", "hangar_restarted"}, why) {
		return why
	}
	return other
}

// gone remembers that a provider was deleted. The series of the last ones stay until their room is needed: their last
// calls are still of interest.
func (l *limits) gone(id string) {
	if _, known := l.providers[id]; known {
		l.departed = append(l.departed, id)
	}
	if len(l.departed) > maxDeparted {
		l.makeRoom()
	}
}

// back takes a provider of the same name as one that was deleted for that one.
func (l *limits) back(id string) {
	l.departed = slices.DeleteFunc(l.departed, func(d string) bool { return d == id })
}
