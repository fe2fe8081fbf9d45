package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

func (a *API) websocket(api huma.API) {
	status := op("POST", "/get_websocket_status_service", "get-websocket-status", "operations", "Is the operations socket running, and who is connected", 200)
	status.Description = "The status service of the guide to operation progress (seed 002): the body is `{\"data\": []}`, the answer has one entry."
	huma.Register(api, status, a.websocketStatus)
}

// WebSocketStatus is how the operations socket's own listener is doing.
type WebSocketStatus struct {
	Available bool           `json:"available" doc:"The settings ask for it"`
	Running   bool           `json:"running" doc:"It listens"`
	Stats     WebSocketStats `json:"stats"`
}

// WebSocketStats is what get_stats tells on the socket.
type WebSocketStats struct {
	ConnectedClients int64 `json:"connected_clients"`
	ActiveOperations int   `json:"active_operations"`
	TotalOperations  int   `json:"total_operations"`
	Subscriptions    int64 `json:"subscriptions"`
}

type websocketStatusInput struct {
	Body *struct {
		Data []json.RawMessage `json:"data,omitempty" nullable:"false" doc:"Empty; what stands in it is not looked at"`
	}
}

type websocketStatusOutput struct {
	Body struct {
		Data []WebSocketStatus `json:"data" nullable:"false"`
	}
}

func (a *API) websocketStatus(ctx context.Context, _ *websocketStatusInput) (*websocketStatusOutput, error) {
	status, err := a.WebSocket(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &websocketStatusOutput{}
	out.Body.Data = []WebSocketStatus{status}
	return out, nil
}
