package faults

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// entry is an event as the log shows it; of its fields only those that tell facts apart.
type entry struct {
	Kind     string `json:"event_type"`
	ID       string `json:"event_id"`
	Position int64  `json:"position"`
	Source   string `json:"source"`
	Group    string `json:"group_id"`
	Provider string `json:"provider_id"`
	Key      string `json:"key_id"`
	KeyName  string `json:"key_name"`
	Owner    string `json:"principal_id"`
	Op       string `json:"operation_id"`
	OpType   string `json:"operation_type"`
	Data     struct {
		Message string `json:"message"`
	} `json:"data"`
	Changes json.RawMessage `json:"changes"` // a list, but not of every kind
}

// described is the description that an update brought.
func (e entry) described() (text string, ok bool) {
	var changes []struct {
		Field string `json:"field"`
		After any    `json:"after"`
	}
	if json.Unmarshal(e.Changes, &changes) != nil {
		return "", false
	}
	for _, c := range changes {
		if c.Field == "description" {
			text, ok = c.After.(string)
			return text, ok
		}
	}
	return "", false
}

// fact is what a worker calls this event; false for what workers do not do.
func (e entry) fact(mine func(op string) bool) (f fact, ok bool) {
	text, described := e.described()
	switch e.Kind {
	case "GroupCreated", "GroupDeleted":
		return fact{e.Kind, e.Group, ""}, true
	case "GroupUpdated":
		return fact{e.Kind, e.Group, text}, described
	case "ProviderRegistered", "ProviderDeregistered":
		return fact{e.Kind, e.Provider, ""}, e.Source != "file"
	case "ProviderUpdated":
		return fact{e.Kind, e.Provider, text}, described && e.Source != "file"
	case "ApiKeyCreated":
		return fact{e.Kind, e.KeyName, ""}, true
	case "ApiKeyRevoked":
		return fact{e.Kind, e.Key, ""}, true
	case "OperationStarted":
		return fact{e.Kind, e.OpType, ""}, strings.HasPrefix(e.OpType, prefix)
	case "OperationProgress":
		return fact{e.Kind, e.Op, e.Data.Message}, mine(e.Op)
	case "OperationResult":
		return fact{e.Kind, e.Op, ""}, mine(e.Op)
	}
	return fact{}, false
}

// after reads the events beyond a position, oldest first, and the head.
func (c *client) after(position int64) (log []entry, raw []json.RawMessage, head int64, err error) {
	before := int64(0)
	for {
		var page struct {
			Events []json.RawMessage `json:"events"`
			Head   int64             `json:"head"`
		}
		if err := c.read(fmt.Sprintf("/api/events?limit=500&before=%d", before), &page); err != nil {
			return nil, nil, 0, err
		}
		if before == 0 {
			head = page.Head
		}
		for _, text := range slices.Backward(page.Events) {
			var e entry
			if err := json.Unmarshal(text, &e); err != nil {
				return nil, nil, 0, err
			}
			if e.Position <= position {
				page.Events = nil
				break
			}
			log, raw, before = append(log, e), append(raw, text), e.Position
		}
		if len(page.Events) == 0 {
			slices.Reverse(log)
			slices.Reverse(raw)
			return log, raw, head, nil
		}
	}
}
