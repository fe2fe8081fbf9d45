package stream

import "time"

// Frames that are not events have a type.

type warning struct {
	Type     string `json:"type"` // warning
	Code     string `json:"code"` // messages_dropped
	Dropped  int64  `json:"dropped"`
	Since    string `json:"since"`    // when the dropping began
	Position int64  `json:"position"` // the last one before the gap: ask again with since=position
}

func dropped(n int64, since time.Time, position int64) warning {
	return warning{"warning", "messages_dropped", n, stamp(since), position}
}

type reset struct {
	Type    string `json:"type"` // reset
	Reason  string `json:"reason"`
	Head    int64  `json:"head"`
	StoreID string `json:"store_id"`
}

type subscribed struct {
	Type         string   `json:"type"` // subscribed
	EventTypes   []string `json:"event_types"`
	ProviderIDs  []string `json:"provider_ids"`
	MCPServerIDs []string `json:"mcp_server_ids"`
}

type refusal struct {
	Type    string `json:"type"` // error
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refused(message string) []byte {
	return sealed(must(refusal{"error", "invalid_message", message}))
}
