// Package fleet makes true what the definitions say: one actor per provider owns its life.
//
// The actor is the only one to touch a provider's state: start (single flight, shared result, shared error), probes,
// idle stop, death. It never waits for a provider itself: whatever takes time runs beside it and reports back through
// its inbox, so a hanging provider can always be stopped. Calls do not pass through the actor; they lease the session
// that it published, and a lease keeps the session from being stopped for idleness under a running call.
//
// A bulk is one verb for many providers, a few at a time, shown as one operation.
//
// Every change goes through provider.Service.Transition before it is acted upon or announced.
//
// Owns: running providers and the rings with their last log lines. Nothing stored.
// Uses: operation, provider, upstream, launch (the rings), eventlog, fault, event.
// Runs: one goroutine per provider that was ever wanted, and those that wait for it; all end with Close.
package fleet
