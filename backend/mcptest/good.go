package mcptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func answerInitialize(d *double, m message) {
	var p struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	_ = json.Unmarshal(m.Params, &p)
	legacy := []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}
	version := legacy[0]
	if slices.Contains(legacy, p.ProtocolVersion) {
		version = p.ProtocolVersion
	}
	d.result(m.ID, map[string]any{
		"protocolVersion": version,
		"capabilities":    map[string]any{"tools": map[string]any{"listChanged": true}},
		"serverInfo":      map[string]any{"name": "mcptest-" + d.mode, "version": "1.0.0"},
		"instructions":    "A double for tests.",
	})
}

func cancelCall(d *double, m message) {
	var p struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	_ = json.Unmarshal(m.Params, &p)
	d.mu.Lock()
	defer d.mu.Unlock()
	if call, ok := d.running[string(p.RequestID)]; ok {
		call.cancel()
	}
}

func tool(name, description string, properties map[string]string) map[string]any {
	props := map[string]any{}
	for p, kind := range properties {
		props[p] = map[string]any{"type": kind}
	}
	return map[string]any{
		"name":        name,
		"description": description,
		"inputSchema": map[string]any{"type": "object", "properties": props, "required": append([]string{}, slices.Sorted(maps.Keys(properties))...)},
	}
}

func goodTools() []map[string]any {
	add := tool("add", "Adds two numbers.", map[string]string{"a": "number", "b": "number"})
	add["annotations"] = map[string]any{"readOnlyHint": true}
	slow := tool("slow", "Takes its time, with progress.", map[string]string{"ms": "integer", "steps": "integer"})
	slow["annotations"] = map[string]any{"idempotentHint": true}
	delete(slow["inputSchema"].(map[string]any), "required")
	return []map[string]any{
		add,
		tool("echo", "Gives the message back.", map[string]string{"message": "string"}),
		slow,
		tool("fail", "Always fails.", map[string]string{}),
		tool("count", "Tells how often each method was received.", map[string]string{}),
		tool("big", "Gives a text of this size.", map[string]string{"bytes": "integer"}),
	}
}

// listTools gives pages of two.
func listTools(d *double, m message) {
	var p struct {
		Cursor string `json:"cursor"`
	}
	_ = json.Unmarshal(m.Params, &p)
	from := 0
	if p.Cursor != "" {
		if _, err := fmt.Sscanf(p.Cursor, "from-%d", &from); err != nil || from < 0 {
			d.send(message{ID: m.ID, Error: rpcError(-32602, "unknown cursor")})
			return
		}
	}
	d.mu.Lock()
	all := slices.Clone(d.tools)
	d.mu.Unlock()
	from = min(from, len(all))
	to := min(from+2, len(all))
	page := map[string]any{"tools": all[from:to]}
	if to < len(all) {
		page["nextCursor"] = fmt.Sprintf("from-%d", to)
	}
	d.result(m.ID, page)
}

// call is what tools/call carries.
type call struct {
	Name      string `json:"name"`
	Arguments struct {
		A, B    float64
		Message string
		MS      *int
		Steps   int
		Bytes   int
	} `json:"arguments"`
	Meta struct {
		ProgressToken json.RawMessage `json:"progressToken"`
	} `json:"_meta"`
}

func callTool(d *double, m message) {
	var c call
	if err := json.Unmarshal(m.Params, &c); err != nil {
		d.send(message{ID: m.ID, Error: rpcError(-32602, err.Error())})
		return
	}
	switch c.Name {
	case "add":
		sum := c.Arguments.A + c.Arguments.B
		d.result(m.ID, map[string]any{"content": text(fmt.Sprint(sum)), "structuredContent": map[string]any{"sum": sum}})
	case "echo":
		d.result(m.ID, map[string]any{"content": text(c.Arguments.Message)})
	case "slow":
		d.slow(m, c)
	case "fail":
		d.result(m.ID, map[string]any{"content": text("this tool always fails"), "isError": true})
	case "count":
		d.mu.Lock()
		counts := maps.Clone(d.counts)
		d.mu.Unlock()
		d.result(m.ID, map[string]any{"content": text(string(encode(counts))), "structuredContent": counts})
	case "big":
		d.result(m.ID, map[string]any{"content": text(strings.Repeat("x", max(c.Arguments.Bytes, 0)))})
	default:
		d.send(message{ID: m.ID, Error: rpcError(-32602, "unknown tool: "+c.Name)})
	}
}

// slow waits in steps. A cancelled call is not answered, as the protocol wants it.
func (d *double) slow(m message, c call) {
	d.mu.Lock()
	ctx := d.running[string(m.ID)].ctx
	d.mu.Unlock()
	ms, steps := 1000, max(c.Arguments.Steps, 1)
	if c.Arguments.MS != nil {
		ms = *c.Arguments.MS
	}
	for step := 1; step <= steps; step++ {
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond / time.Duration(steps)):
		case <-ctx.Done():
			return
		}
		d.progress(c.Meta.ProgressToken, step, steps)
	}
	d.result(m.ID, map[string]any{"content": text(fmt.Sprintf("slept %d ms", ms))})
}

func (d *double) progress(token json.RawMessage, step, steps int) {
	if token != nil {
		d.notify("notifications/progress", map[string]any{
			"progressToken": token, "progress": step, "total": steps, "message": fmt.Sprintf("step %d of %d", step, steps),
		})
	}
}

func text(s string) []map[string]any { return []map[string]any{{"type": "text", "text": s}} }
