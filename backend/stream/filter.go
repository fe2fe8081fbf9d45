package stream

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
)

// A filter has at most so many entries per dimension: each is looked at for each event.
const maxEntries = 32

// filter says which events; an empty dimension means all. Names that do not exist match nothing, and are no error.
type filter struct {
	kinds     []string // `*` stands for any text
	providers []string
}

func queryFilter(q url.Values) (filter, error) {
	f := filter{kinds: q["event_type"], providers: q["provider_id"]}
	return f, f.check("query.event_type", "query.provider_id")
}

func (f filter) check(kinds, providers string) error {
	for name, entries := range map[string][]string{kinds: f.kinds, providers: f.providers} {
		if len(entries) > maxEntries {
			return tooMany(name)
		}
	}
	return nil
}

func (f filter) match(kind, providerID string) bool {
	if len(f.providers) > 0 && (providerID == "" || !slices.Contains(f.providers, providerID)) {
		return false
	}
	return len(f.kinds) == 0 || slices.ContainsFunc(f.kinds, func(pattern string) bool { return wildcard(pattern, kind) })
}

// stored is the part of the filter that the log can look up; match decides.
func (f filter) stored() eventlog.Filter {
	var s eventlog.Filter
	if !slices.ContainsFunc(f.kinds, func(pattern string) bool { return strings.Contains(pattern, "*") }) {
		s.Kinds = f.kinds
	}
	for _, id := range f.providers {
		s.Streams = append(s.Streams, provider.ID(id).Stream())
	}
	return s
}

// providerOf is the provider that an event is about, or "".
func providerOf(e event.Envelope) string {
	id, _ := strings.CutPrefix(e.Stream, provider.ID("").Stream())
	if id == e.Stream {
		return ""
	}
	return id
}

// wildcard matches a name against a pattern in which `*` stands for any text.
func wildcard(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	first, last := parts[0], parts[len(parts)-1]
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	if name, ok = strings.CutSuffix(name, last); !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name = rest
	}
	return true
}

// parseSubscribe reads a client's message. Either spelling of the ids is accepted; the ack repeats what came.
func parseSubscribe(message []byte) (filter, subscribed, error) {
	var m struct {
		Type         *string  `json:"type"`
		EventTypes   []string `json:"event_types"`
		ProviderIDs  []string `json:"provider_ids"`
		MCPServerIDs []string `json:"mcp_server_ids"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return filter{}, subscribed{}, fmt.Errorf("a message must be a JSON object such as %s",
			`{"type":"subscribe","event_types":[],"provider_ids":[]}`)
	}
	if m.Type == nil || *m.Type != "subscribe" {
		return filter{}, subscribed{}, fmt.Errorf("the only message type is \"subscribe\"")
	}
	f := filter{kinds: m.EventTypes, providers: slices.Concat(m.ProviderIDs, m.MCPServerIDs)}
	if err := f.check("event_types", "provider_ids"); err != nil {
		return filter{}, subscribed{}, err
	}
	list := func(entries []string) []string { return append([]string{}, entries...) }
	return f, subscribed{"subscribed", list(m.EventTypes), list(m.ProviderIDs), list(m.MCPServerIDs)}, nil
}
