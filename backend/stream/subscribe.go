package stream

import (
	"encoding/json"
	"errors"
	"slices"

	"hangar/backend/fault"
)

// subscription is a client's message: what it wants from now on.
type subscription struct {
	filter     filter
	since      *int64 // first everything after this position
	ack        subscribed
	vocabulary func(vocabulary) vocabulary
}

// parseSubscribe reads a message. Either spelling of the ids is accepted, and the type may be left out where a filter
// says what is meant; the ack repeats what came.
func parseSubscribe(message []byte) (subscription, error) {
	var m struct {
		Type         *string  `json:"type"`
		EventTypes   []string `json:"event_types"`
		ProviderIDs  []string `json:"provider_ids"`
		MCPServerIDs []string `json:"mcp_server_ids"`
		Since        *int64   `json:"since"`
	}
	if json.Unmarshal(message, &m) != nil {
		return subscription{}, errors.New(`a message must be a JSON object such as {"type":"subscribe","event_types":[],"provider_ids":[]}`)
	}
	filtering := m.EventTypes != nil || m.ProviderIDs != nil || m.MCPServerIDs != nil
	if m.Type == nil && !filtering || m.Type != nil && *m.Type != "subscribe" {
		return subscription{}, errors.New(`the only message type is "subscribe"`)
	}
	if m.Since != nil && *m.Since < 0 {
		return subscription{}, errors.New("since must be a position, 0 or more")
	}
	f := filter{kinds: m.EventTypes, providers: slices.Concat(m.ProviderIDs, m.MCPServerIDs)}
	if err := f.check("event_types", "provider_ids"); err != nil {
		return subscription{}, errors.New(fault.From(err).Message)
	}
	list := func(entries []string) []string { return append([]string{}, entries...) }
	return subscription{
		filter: f, since: m.Since,
		ack:        subscribed{"subscribed", list(m.EventTypes), list(m.ProviderIDs), list(m.MCPServerIDs)},
		vocabulary: func(v vocabulary) vocabulary { return v.after(f, m.ProviderIDs, m.MCPServerIDs) },
	}, nil
}
