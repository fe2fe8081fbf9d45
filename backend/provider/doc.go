// Package provider is the first noun: what MCP servers exist, how each is to be run, and in which state it is.
//
// A definition (Spec) says what should be true; the fleet makes it so. The lifecycle is a pure function, Next; its whole
// transition table is a test. Every change is a row and an event in one transaction, through Service and nothing else.
//
// Owns: tables providers, provider_stats, provider_catalogue; the events in events.go.
// Uses: store, eventlog, event, fault, mcp.
// Runs: nothing. Callers bring the goroutine.
package provider
