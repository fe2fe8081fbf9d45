package demo

import (
	"encoding/json"

	"hangar/backend/mcp"
)

const (
	greetingURI = "demo://greeting"
	greeting    = "Hello from the demo server. It runs inside of Hangar's own program."
)

func initializeResult(version string) map[string]any {
	return map[string]any{
		"protocolVersion": version,
		"capabilities": map[string]any{
			"tools": struct{}{}, "resources": struct{}{}, "prompts": struct{}{},
		},
		"serverInfo":   map[string]any{"name": "hangar-demo", "title": "Hangar demo server", "version": "1.0.0"},
		"instructions": "Tools to try things out with: arithmetic, an echo, one that takes its time, one that always fails.",
	}
}

func resources() []map[string]any {
	return []map[string]any{{
		"uri": greetingURI, "name": "greeting", "title": "Greeting", "description": "A friendly text.", "mimeType": "text/plain",
	}}
}

func readResource(params json.RawMessage) (any, *mcp.Error) {
	uri, _ := mcp.GetString(params, "uri")
	if uri != greetingURI {
		// -32002 is what the revisions that we speak say; 2026-07-28 has -32602.
		return nil, mcp.Errorf(-32002, "resource not found: %s", uri)
	}
	return map[string]any{"contents": []map[string]any{{"uri": uri, "mimeType": "text/plain", "text": greeting}}}, nil
}

func prompts() []map[string]any {
	return []map[string]any{{
		"name": "greet", "title": "Greet someone", "description": "Asks the model to greet someone by name.",
		"arguments": []map[string]any{{"name": "name", "title": "Name", "description": "Whom to greet.", "required": true}},
	}}
}

func getPrompt(params json.RawMessage) (any, *mcp.Error) {
	if name, _ := mcp.GetString(params, "name"); name != "greet" {
		return nil, mcp.Errorf(mcp.CodeInvalidParams, "unknown prompt: %s", name)
	}
	whom, ok := mcp.GetString(params, "arguments", "name")
	if !ok || whom == "" {
		return nil, mcp.Errorf(mcp.CodeInvalidParams, "prompt greet: argument name is needed")
	}
	return map[string]any{
		"description": "A greeting for " + whom,
		"messages": []map[string]any{{
			"role": "user", "content": content{Type: "text", Text: "Please greet " + whom + " warmly, in one sentence."},
		}},
	}, nil
}
