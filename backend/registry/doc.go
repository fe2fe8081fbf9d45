// Package registry mirrors a registry of MCP servers into the catalog: GET /v0.1/servers of the official registry's API,
// page by page.
//
// It is off unless an address is configured. A refresh takes what has changed since the last one, and from time to time
// everything; one that breaks off leaves the cache as it was, so that the catalog works without the registry. Everything is
// bounded: pages, entries, bytes of an answer, time. Connections keep to the address policy of package egress; loopback is
// allowed, because whoever configures Hangar wrote the address down.
//
// Owns: nothing; the rows are the catalog's. Uses: catalog, operation, egress, event, fault.
// Runs: one loop, Run; a refresh is an operation that can be cancelled.
package registry
