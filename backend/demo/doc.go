// Package demo is the MCP server behind `hangar demo`: a provider that is always there, needs nothing installed, and
// shows everything that the dashboard can show.
//
// It speaks MCP 2025-11-25 and older on stdio: arithmetic with structured results, a slow tool with progress and
// cancellation, one that always fails, an echo, a resource, a prompt, and chatter on stderr.
//
// Owns: the demo server. Uses: mcp. Runs: one goroutine that reads, one per call.
package demo
