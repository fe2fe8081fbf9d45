package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"hangar/backend/fault"
	"hangar/backend/operation"
)

const (
	maxSubscriptions = 100       // of one client: each is looked at for each event
	maxListed        = 450 << 10 // bytes of get_operations: the frame has them twice, and clients take 1 MiB
)

// command is what a client of the operations socket says.
type command struct {
	Command     string `json:"command"`
	OperationID string `json:"operation_id"`
	History     bool   `json:"history"` // with subscribe: first what it has said so far
}

// heed answers a command; the writer has nothing else in hand, so the answer is the next frame after it.
func (t *operationTalk) heed(c *conn, message []byte) error {
	kind, fields, err := t.obey(c, message)
	if c.life.Err() != nil {
		return context.Cause(c.life)
	}
	if err != nil {
		kind, fields = "refused", map[string]any{"error": err.Error()}
	}
	return c.write(answerFrame(kind, must(fields)))
}

func (t *operationTalk) obey(c *conn, message []byte) (kind string, fields map[string]any, err error) {
	cmd, err := parseCommand(message)
	if err != nil {
		return "", nil, err
	}
	switch cmd.Command {
	case "subscribe":
		return t.add(c, cmd)
	case "unsubscribe":
		only := slices.DeleteFunc(slices.Clone(c.interest.only), func(id string) bool { return id == cmd.OperationID })
		t.subscribe(c, append([]string{}, only...), "")
		return "unsubscribed", map[string]any{"status": "unsubscribed", "operation_id": cmd.OperationID}, nil
	case "monitor":
		t.subscribe(c, nil, "")
		return "monitoring", map[string]any{"status": "monitoring"}, nil
	}
	if !t.commanded {
		t.subscribe(c, []string{}, "") // the first command, and it asks for no operation
	}
	switch cmd.Command {
	case "get_operation":
		return c.hub.oneOperation(c.life, c.interest.sight, cmd.OperationID)
	case "get_operations":
		return c.hub.allOperations(c.life, c.interest.sight)
	default:
		return c.hub.operationStats(c.life, c.interest.sight)
	}
}

// parseCommand reads a command and refuses what is none.
func parseCommand(message []byte) (cmd command, err error) {
	if json.Unmarshal(message, &cmd) != nil {
		return cmd, fmt.Errorf(`a command must be a JSON object such as {"command":"subscribe","operation_id":"..."}`)
	}
	switch cmd.Command {
	case "subscribe", "unsubscribe", "get_operation":
		if cmd.OperationID == "" || len(cmd.OperationID) > maxEntry {
			return cmd, fmt.Errorf("%s needs an operation_id", cmd.Command)
		}
	case "monitor", "get_operations", "get_stats":
	case "":
		return cmd, fmt.Errorf("the command is missing; there are subscribe, unsubscribe, monitor, get_operation, get_operations and get_stats")
	default:
		return cmd, fmt.Errorf("unknown command %.40q; there are subscribe, unsubscribe, monitor, get_operation, get_operations and get_stats", cmd.Command)
	}
	return cmd, nil
}

func (t *operationTalk) add(c *conn, cmd command) (kind string, fields map[string]any, err error) {
	only := append([]string{}, c.interest.only...)
	if !slices.Contains(only, cmd.OperationID) {
		if len(only) >= maxSubscriptions {
			return "", nil, fmt.Errorf("%d operations are subscribed, which is the limit; unsubscribe from some, or monitor all", maxSubscriptions)
		}
		only = append(only, cmd.OperationID)
	}
	again := ""
	if cmd.History {
		again = cmd.OperationID
	}
	t.subscribe(c, only, again)
	return "subscribed", map[string]any{"status": "subscribed", "operation_id": cmd.OperationID}, nil
}

func (h *Hub) oneOperation(ctx context.Context, sight Sight, id string) (kind string, fields map[string]any, err error) {
	if !sight.sees(operation.ID(id).Stream()) {
		return "operation", map[string]any{"operation": nil}, nil
	}
	o, err := h.o.Operations.Get(ctx, operation.ID(id))
	switch {
	case err == nil:
		return "operation", map[string]any{"operation": o.Whole()}, nil
	case fault.Is(err, fault.Missing):
		return "operation", map[string]any{"operation": nil}, nil
	default:
		return "", nil, h.unanswered(ctx, err)
	}
}

// allOperations gives the newest first, as many as a frame may hold.
func (h *Hub) allOperations(ctx context.Context, sight Sight) (kind string, fields map[string]any, err error) {
	found, _, err := h.o.Operations.List(ctx, operation.Filter{See: sight.operations()})
	if err != nil {
		return "", nil, h.unanswered(ctx, err)
	}
	listed, size := []json.RawMessage{}, 0
	for _, o := range found {
		one := must(o.View())
		if size += len(one) + 1; size > maxListed {
			break
		}
		listed = append(listed, one)
	}
	return "operations", map[string]any{"operations": listed}, nil
}

func (h *Hub) operationStats(ctx context.Context, sight Sight) (kind string, fields map[string]any, err error) {
	stats, err := h.OperationStats(ctx, sight.operations())
	if err != nil {
		return "", nil, h.unanswered(ctx, err)
	}
	return "stats", map[string]any{"stats": stats}, nil
}

// OperationStats is what get_stats tells, and the status service by REST.
type OperationStats struct {
	ConnectedClients int64 `json:"connected_clients"`
	ActiveOperations int   `json:"active_operations"`
	TotalOperations  int   `json:"total_operations"`
	Subscriptions    int64 `json:"subscriptions"`
}

// OperationStats counts the clients of the operations socket, their subscriptions, and the operations that may be shown.
func (h *Hub) OperationStats(ctx context.Context, see func(operation.ID) bool) (OperationStats, error) {
	n, err := h.o.Operations.StatsOf(ctx, see)
	s := OperationStats{ActiveOperations: n.Active, TotalOperations: n.Total}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.all {
		if t, ok := c.talk.(*operationTalk); ok {
			s.ConnectedClients++
			s.Subscriptions += t.subscriptions.Load()
		}
	}
	return s, err
}

// unanswered is what a client is told when the store fails; the log has why.
func (h *Hub) unanswered(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		h.o.Log.Error("answer a command of the operations socket", "error", err)
	}
	return fmt.Errorf("the store does not answer at the moment; ask again")
}
