package main

import (
	"errors"
	"fmt"
	"strings"
)

// What clients say. The tool is the demo's echo; text is what it gives back.

func text(n int) string { return strings.Repeat("m", n) }

const (
	accepted      = `"jsonrpc":"2.0"`
	sessionHeader = "Mcp-Session-Id: "
	greeting      = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
	bothForms     = "Accept: application/json, text/event-stream" // what MCP over HTTP asks of a client
	greeted       = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	statelessMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
)

func callBody(tool, message, meta string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":%q,"arguments":{"message":%q}%s}}`, tool, message, meta)
}

// echoed is what the answer to an echo must hold.
func echoed(message string) string { return `"text":"` + message + `"` }

// inSession opens a session for each connection and repeats a request in it.
func inSession(path, body, want string) prepare {
	return func(c *conn) ([]byte, string, error) {
		a, err := c.expect(post(path, greeting, bothForms), accepted)
		if err != nil {
			return nil, "", err
		}
		if a.session == "" {
			return nil, "", errors.New("initialize gave no session")
		}
		session := sessionHeader + a.session
		_, err = c.expect(post(path, greeted, session, bothForms), "")
		return post(path, body, session, bothForms, "MCP-Protocol-Version: 2025-11-25"), want, err
	}
}

// stateless repeats a request of 2026-07-28, which says everything by itself.
func stateless(path, method, name, body, want string) prepare {
	headers := []string{bothForms, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if name != "" {
		headers = append(headers, "Mcp-Name: "+name)
	}
	return plainly(post(path, body, headers...), want)
}

func plainly(request []byte, want string) prepare {
	return func(*conn) ([]byte, string, error) { return request, want, nil }
}

// canned is the floor of a request: the same body in, as many bytes out.
func canned(body string, bytes int) prepare {
	return plainly(post(fmt.Sprintf("/fixed/%d", bytes), body, bothForms), "x")
}
