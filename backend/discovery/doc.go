// Package discovery finds providers that exist already, somewhere: definitions in a directory, containers and Kubernetes
// objects that ask for it, programs that are installed.
//
// A source is looked at again and again, and whenever it says that something changed. A look only looks: nothing that is
// found is run, spoken to or trusted. What a source says of a name is a Candidate; what became of it is an Entry: pending
// until a person approves it (or registered at once where the source is set to auto_approve), quarantined with a reason and
// the evidence, rejected, or registered. judge, a pure function, decides; it sees the claims of all sources to a name and
// the provider that has it, and knows no history but what the rows say, so it can be asked again at any time.
//
//   - Approving is one transaction with registering the provider, and it means that one definition: what changes at the
//     source afterwards waits for approval anew, while the approved definition goes on.
//   - A definition that somebody else made (the configuration file, REST, the catalog) is never touched.
//   - An authoritative source also takes away: what it has not shown for its time to live is deregistered, but never while
//     it is being called, and never because the source itself cannot be reached. An additive source only adds.
//   - Registering starts nothing.
//
// Owns: tables discovery_sources, discoveries; the events in events.go.
// Uses: provider, secret, engine, eventlog, store, event, egress, fault; goccy/go-yaml, fsnotify, client-go.
// Runs: with Run, two goroutines per enabled source (one looks, one watches) and what their libraries start.
package discovery
