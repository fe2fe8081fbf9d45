// Package catalog is what one can deploy: MCP servers that are known, each with a recipe for running it.
//
// An entry is built in (builtin.yaml, embedded), made by a person, imported from a server.json of the official registry's
// format, or mirrored from a registry. Its recipe is a provider.Spec with placeholders and the variables that fill them.
// Filling is pure: each argument stays one argument whatever its value, no shell sees it, and a secret may stand in the
// environment, in headers and in credentials only, never in an argument or an address, which everybody may read.
//
// Deploying is one transaction with registering the provider; nothing of the values goes into an event.
//
// What the mirror holds is a cache of somebody else's list: its rows come and go without events of their own, and one
// event says what a refresh changed. Package registry does the fetching.
//
// Owns: tables catalog_entries, catalog_mirror; the events in events.go; builtin.yaml.
// Uses: provider, store, eventlog, event, fault.
// Runs: nothing. Callers bring the goroutine.
package catalog
