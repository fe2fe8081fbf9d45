package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"hangar/backend/mcp"
)

const (
	maxSeconds = 300
	maxSteps   = 1000
)

type schema map[string]any

type toolInfo struct {
	Name         string      `json:"name"`
	Title        string      `json:"title"`
	Description  string      `json:"description"`
	InputSchema  schema      `json:"inputSchema"`
	OutputSchema schema      `json:"outputSchema,omitempty"`
	Annotations  annotations `json:"annotations"`
}

type annotations struct {
	ReadOnly    bool `json:"readOnlyHint"`
	Destructive bool `json:"destructiveHint"`
	Idempotent  bool `json:"idempotentHint"`
	OpenWorld   bool `json:"openWorldHint"`
}

func tools() []toolInfo {
	return []toolInfo{
		arithmetic("add", "Add", "Adds b to a."),
		arithmetic("subtract", "Subtract", "Subtracts b from a."),
		arithmetic("multiply", "Multiply", "Multiplies a by b."),
		arithmetic("divide", "Divide", "Divides a by b. Dividing by zero is a tool error."),
		plain("slow", "Take your time", "Waits, reporting progress when the caller asks for it. Can be cancelled.", object(schema{
			"seconds": schema{
				"type": "number", "title": "Seconds", "description": "How long to wait in all.",
				"default": 5, "minimum": 0, "maximum": maxSeconds,
			},
			"steps": schema{
				"type": "integer", "title": "Steps", "description": "In how many steps, with a progress report after each.",
				"default": 10, "minimum": 1, "maximum": maxSteps,
			},
		})),
		plain("fail", "Fail", "Always fails with a tool error.", object(schema{})),
		plain("echo", "Echo", "Gives the message back.", object(schema{
			"message": schema{"type": "string", "title": "Message", "description": "What to say."},
		}, "message")),
	}
}

func plain(name, title, description string, input schema) toolInfo {
	return toolInfo{
		Name: name, Title: title, Description: description, InputSchema: input,
		Annotations: annotations{ReadOnly: true, Idempotent: true},
	}
}

func arithmetic(name, title, description string) toolInfo {
	t := plain(name, title, description, object(schema{
		"a": schema{"type": "number", "title": "a", "description": "The first number."},
		"b": schema{"type": "number", "title": "b", "description": "The second number."},
	}, "a", "b"))
	t.OutputSchema = object(schema{
		"result": schema{"type": "number", "title": "Result", "description": "The result."},
	}, "result")
	return t
}

func object(properties schema, required ...string) schema {
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

type content struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type toolResult struct {
	Content    []content `json:"content"`
	Structured any       `json:"structuredContent,omitempty"`
	IsError    bool      `json:"isError,omitempty"`
}

func text(s string) toolResult { return toolResult{Content: []content{{Type: "text", Text: s}}} }

// toolError is a failure of the tool, which the model shall read, not of the protocol.
func toolError(format string, args ...any) toolResult {
	r := text(fmt.Sprintf(format, args...))
	r.IsError = true
	return r
}

// runTool gives the tool's result; the error is context.Canceled or an *mcp.Error. Wrong arguments are a tool error, so
// that a model can correct itself (MCP 2025-11-25, tools, error handling).
func runTool(ctx context.Context, name string, args json.RawMessage, report func(done, total int, text string)) (toolResult, error) {
	if args == nil {
		args = json.RawMessage("{}")
	}
	switch name {
	case "add", "subtract", "multiply", "divide":
		return calculate(name, args), nil
	case "slow":
		return slow(ctx, args, report)
	case "fail":
		return toolError("This tool always fails. That is all it does."), nil
	case "echo":
		raw, _ := mcp.Get(args, "message")
		message, ok := mcp.String(raw)
		if !ok {
			return toolError("Argument message: a string is needed."), nil
		}
		return text(message), nil
	default:
		return toolResult{}, mcp.Errorf(mcp.CodeInvalidParams, "unknown tool: %s", name)
	}
}

func calculate(op string, args json.RawMessage) toolResult {
	a, okA := number(args, "a")
	b, okB := number(args, "b")
	if !okA || !okB {
		return toolError("Arguments a and b: two numbers are needed.")
	}
	var result float64
	switch op {
	case "add":
		result = a + b
	case "subtract":
		result = a - b
	case "multiply":
		result = a * b
	case "divide":
		if b == 0 {
			return toolError("Cannot divide %s by zero.", decimal(a))
		}
		result = a / b
	}
	if math.IsInf(result, 0) || math.IsNaN(result) {
		return toolError("The result is too large.")
	}
	r := text(decimal(result))
	r.Structured = map[string]float64{"result": result}
	return r
}

// number is strict: "2", true and null are no numbers.
func number(args json.RawMessage, name string) (float64, bool) {
	raw, ok := mcp.Get(args, name)
	if !ok || strings.ContainsAny(string(raw[:1]), `"tfn[{`) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func slow(ctx context.Context, args json.RawMessage, report func(done, total int, text string)) (toolResult, error) {
	seconds, steps := 5.0, 10
	if _, given := mcp.Get(args, "seconds"); given {
		v, ok := number(args, "seconds")
		if !ok || v < 0 || v > maxSeconds {
			return toolError("Argument seconds: a number from 0 to %d is needed.", maxSeconds), nil
		}
		seconds = v
	}
	if _, given := mcp.Get(args, "steps"); given {
		v, ok := number(args, "steps")
		if !ok || v != math.Trunc(v) || v < 1 || v > maxSteps {
			return toolError("Argument steps: a whole number from 1 to %d is needed.", maxSteps), nil
		}
		steps = int(v)
	}
	tick := time.NewTimer(0)
	defer tick.Stop()
	<-tick.C
	for step := 1; step <= steps; step++ {
		tick.Reset(time.Duration(seconds * float64(time.Second) / float64(steps)))
		select {
		case <-tick.C:
			report(step, steps, fmt.Sprintf("step %d of %d", step, steps))
		case <-ctx.Done():
			return toolResult{}, context.Canceled
		}
	}
	return text(fmt.Sprintf("Waited %s s in %d steps.", decimal(seconds), steps)), nil
}
